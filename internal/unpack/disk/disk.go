// Package disk reads disk images where they lie: the list of the files in
// them and the bytes of single files, through an io.ReaderAt that may be slow
// and far away.
//
// It reads little, and what lies together in one piece. It knows VHD, VHDX,
// VMDK, qcow2, VDI and raw images, GPT and MBR partitions, and the file systems
// NTFS, ext2 to ext4, XFS, FAT and exFAT. What it recognises and cannot read,
// such as BitLocker, LUKS or ReFS, it tells by name as a [Gap]; so it does with
// everything else that was not read.
//
// It writes nothing, asks for no password, follows no symbolic link, and needs
// no second file: images that only hold what differs from a parent are told.
// Journals of file systems are not replayed, so an image of a machine that was
// running is read as its sectors stood.
package disk

import (
	"context"
	"io"
)

// Limits bounds what one hostile image can cost. The zero value is safe.
type Limits struct {
	Files   int   // entries yielded of one volume; 0 means 10,000,000
	Depth   int   // folders inside folders; 0 means 256
	Volumes int   // partitions of one image; 0 means 128
	Bytes   int64 // bytes read to list one volume, contents of files apart; 0 means 16 GiB
	Held    int64 // bytes of memory, roughly, that one listing holds; 0 means 256 MiB
	Runs    int   // pieces that one file lies in; 0 means 1,000,000
}

func (l Limits) filled() Limits {
	set := func(v *int, or int) {
		if *v <= 0 {
			*v = or
		}
	}
	set(&l.Files, 10_000_000)
	set(&l.Depth, 256)
	set(&l.Volumes, 128)
	set(&l.Runs, 1_000_000)
	if l.Bytes <= 0 {
		l.Bytes = 16 << 30
	}
	if l.Held <= 0 {
		l.Held = 256 << 20
	}
	return l
}

// entries is how many entries of one folder may be held.
func (l Limits) entries() int64 { return l.Held / 64 }

// Image is an opened disk image. It may be used by many at once if the reader
// below it may.
type Image struct {
	Format    string // as Sniff names it
	Size      int64  // bytes of the disk that the image stands for
	Allocated int64  // bytes that the image itself takes, at most Size

	disk    io.ReaderAt
	lim     Limits
	volumes []Volume
	gaps    []*Gap
}

// container is how one format of images is opened.
type container struct {
	name string
	is   func(head, tail []byte) bool
	open func(r io.ReaderAt, size int64) (plain, error)
}

// plain is the disk that an image stands for.
type plain struct {
	r    io.ReaderAt
	size int64
}

// containers lists the formats in the order in which they are tried.
var containers = []container{
	{"vhdx", isVHDX, openVHDX},
	{"vhd", isVHD, openVHD},
	{"vmdk", isVMDK, openVMDK},
	{"qcow2", isQcow2, openQcow2},
	{"vdi", isVDI, openVDI},
}

// HeadSize and TailSize say how many bytes [Sniff] wants to see.
const (
	HeadSize = 64 << 10
	TailSize = 1024
)

// Sniff tells which format of image begins with head, the first HeadSize bytes
// or all there are, and ends with tail, the last TailSize bytes or all there
// are; tail may be nil where it is not at hand, and a fixed VHD then shows as
// raw. A raw image is one that holds a partition table or a known file system.
// A yes may still turn out wrong. It may be called by many at once.
func Sniff(head, tail []byte) (format string, ok bool) {
	for _, c := range containers {
		if c.is(head, tail) {
			return c.name, true
		}
	}
	if isRaw(head) {
		return "raw", true
	}
	return "", false
}

// Open reads what it takes to know the volumes of the image of size bytes in r:
// some hundred KiB, scattered. An image that cannot be read at all, because it
// is encrypted, needs a parent or is damaged, is a *Gap error. The only other
// error is that of ctx.
func Open(ctx context.Context, r io.ReaderAt, size int64, lim Limits) (*Image, error) {
	im := &Image{Format: "raw", Size: size, Allocated: size, lim: lim.filled(), disk: r}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := im.unwrap(r, size); err != nil {
		return nil, gapOf(err)
	}
	im.Allocated = min(size, im.Size)
	if err := im.findVolumes(ctx); err != nil {
		return nil, gapOf(err)
	}
	return im, nil
}

// unwrap finds the format of the image and so the disk in it.
func (im *Image) unwrap(r io.ReaderAt, size int64) error {
	head, err := readUpTo(r, 0, HeadSize, size)
	if err != nil {
		return err
	}
	tail, err := readUpTo(r, max(0, size-TailSize), TailSize, size)
	if err != nil {
		return err
	}
	for _, c := range containers {
		if !c.is(head, tail) {
			continue
		}
		d, err := c.open(r, size)
		if err != nil {
			return err
		}
		if d.size <= 0 {
			return corrupt("a disk of no size")
		}
		im.Format, im.Size, im.disk = c.name, d.size, d.r
		return nil
	}
	return nil
}

// Volumes gives the volumes of the image in the order of its partition table,
// or the whole disk as one volume where it has none.
func (im *Image) Volumes() []Volume { return im.volumes }

// Gaps gives what the partition tables did not tell, such as partitions beyond
// a limit or the end of the disk.
func (im *Image) Gaps() []*Gap { return im.gaps }
