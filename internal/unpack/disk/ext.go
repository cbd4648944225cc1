package disk

import (
	"encoding/binary"
	"io"
	"time"
)

// ext2, ext3 and ext4, after the documentation of the Linux kernel.

// ext is a volume whose superblock was read.
type ext struct {
	w         *walk
	meta      io.ReaderAt
	block     int64 // bytes
	blocks    int64 // in the volume
	firstData int64
	inodeSize int64
	perGroup  int64 // inodes
	inodes    int64
	groupSize int64 // bytes of a group descriptor
	blocksPer int64 // blocks in a group
	metaGroup int64 // the first of the groups that keep their descriptors themselves; -1 if none
	incompat  uint32
}

// Features that change how the volume is read, and flags of inodes.
const (
	extFileType   = 0x2
	extJournalDev = 0x8
	extMetaBG     = 0x10
	extExtents    = 0x40
	ext64Bit      = 0x80
	extInline     = 0x8000
	extEncrypt    = 0x10000
	extCompress   = 0x1

	extInodeEncrypted = 0x800
	extInodeExtents   = 0x80000
	extInodeInline    = 0x10000000
	extInodeComprBlk  = 0x200
	extInodeCompr     = 0x4

	extRoot = 2
)

func isExt(head []byte) bool {
	return magic(0x438, "\x53\xef")(head) && binary.LittleEndian.Uint32(head[0x418:]) <= 6
}

// extName tells the three apart by their features.
func extName(head []byte) string {
	le := binary.LittleEndian
	if len(head) < 0x46c {
		return "ext"
	}
	compat, incompat, ro := le.Uint32(head[0x45c:]), le.Uint32(head[0x460:]), le.Uint32(head[0x464:])
	switch {
	case incompat&(extExtents|ext64Bit|extInline|0x200) != 0 || ro&0x78 != 0:
		return "ext4"
	case compat&4 != 0:
		return "ext3"
	}
	return "ext2"
}

func listExt(w *walk) error {
	fs, err := openExt(w)
	if err != nil {
		return err
	}
	root, err := fs.node(extRoot)
	if err != nil {
		return err
	}
	return (&tree{w: w, read: fs.folder}).list(root)
}

func openExt(w *walk) (*ext, error) {
	s := make([]byte, 1024)
	if _, err := w.meta.ReadAt(s, 1024); err != nil {
		return nil, err
	}
	le := binary.LittleEndian
	fs := &ext{
		w: w, meta: w.meta, block: 1024 << le.Uint32(s[24:]), blocks: int64(le.Uint32(s[4:])), firstData: int64(le.Uint32(s[20:])),
		inodes: int64(le.Uint32(s[0:])), perGroup: int64(le.Uint32(s[40:])), blocksPer: int64(le.Uint32(s[32:])),
		inodeSize: 128, groupSize: 32, metaGroup: -1, incompat: le.Uint32(s[96:]),
	}
	if le.Uint32(s[76:]) > 0 {
		fs.inodeSize = int64(le.Uint16(s[88:]))
	}
	if fs.incompat&ext64Bit != 0 {
		fs.groupSize = int64(le.Uint16(s[254:]))
		fs.blocks |= int64(le.Uint32(s[336:])) << 32
	}
	if fs.incompat&extMetaBG != 0 {
		fs.metaGroup = int64(le.Uint32(s[260:])) * (fs.block / max(fs.groupSize, 32))
	}
	switch {
	case fs.incompat&extJournalDev != 0:
		return nil, unsupported("a journal of another ext4 volume")
	case fs.block < 1024 || fs.block > 64<<10 || fs.perGroup == 0 || fs.blocksPer == 0 || fs.inodeSize < 128 || fs.inodeSize > fs.block || fs.groupSize < 32 || fs.groupSize > fs.block:
		return nil, corrupt("superblock of ext")
	}
	return fs, nil
}

// groupAt gives where the descriptor of a group is.
func (fs *ext) groupAt(group int64) int64 {
	if fs.metaGroup < 0 || group < fs.metaGroup {
		return (fs.firstData+1)*fs.block + group*fs.groupSize
	}
	per := fs.block / fs.groupSize
	first := group / per * per
	at := fs.firstData + first*fs.blocksPer
	if hasBackup(first) {
		at++
	}
	return at*fs.block + group%per*fs.groupSize
}

// hasBackup reports whether a group begins with a copy of the superblock.
func hasBackup(group int64) bool {
	if group < 2 {
		return true
	}
	for _, p := range []int64{3, 5, 7} {
		n := p
		for n < group {
			n *= p
		}
		if n == group {
			return true
		}
	}
	return false
}

// inode reads an inode through r.
func (fs *ext) inode(r io.ReaderAt, number uint64) ([]byte, error) {
	if number == 0 || int64(number) > fs.inodes {
		return nil, corrupt("number of an inode")
	}
	group, index := (int64(number)-1)/fs.perGroup, (int64(number)-1)%fs.perGroup
	le := binary.LittleEndian
	desc := make([]byte, fs.groupSize)
	if _, err := readFull(r, desc, fs.groupAt(group)); err != nil {
		return nil, err
	}
	table := int64(le.Uint32(desc[8:]))
	if fs.incompat&ext64Bit != 0 && fs.groupSize >= 64 {
		table |= int64(le.Uint32(desc[40:])) << 32
	}
	if table >= fs.blocks {
		return nil, corrupt("a table of inodes beyond the end of the volume")
	}
	b := make([]byte, fs.inodeSize)
	_, err := readFull(r, b, table*fs.block+index*fs.inodeSize)
	return b, err
}

// node reads what an inode tells of a file.
func (fs *ext) node(number uint64) (node, error) {
	b, err := fs.inode(fs.meta, number)
	if err != nil {
		return node{}, err
	}
	le := binary.LittleEndian
	n := node{id: number, links: int(le.Uint16(b[26:])), modified: extTime(b)}
	size := int64(le.Uint32(b[4:]))
	switch le.Uint16(b) & 0xf000 {
	case 0x4000:
		n.dir = true
	case 0x8000:
		n.size = size | int64(le.Uint32(b[108:]))<<32
		if n.size < 0 || n.size > maxDisk {
			return n, corrupt("size of a file")
		}
		n.open = func() (io.ReaderAt, error) { return fs.open(b, n.size) }
	case 0xa000:
		n.link = fs.target(b, size)
	case 0:
		return n, corrupt("an entry of a folder for an inode that is not in use")
	}
	return n, nil
}

// extTime gives when the file was written to; the upper bits are in the part
// of the inode beyond its first 128 bytes.
func extTime(b []byte) time.Time {
	le := binary.LittleEndian
	sec, nsec := int64(int32(le.Uint32(b[16:]))), int64(0)
	if len(b) >= 0x8c && le.Uint16(b[0x80:]) >= 0xc {
		extra := le.Uint32(b[0x88:])
		sec += int64(extra&3) << 32
		nsec = int64(extra >> 2)
	}
	return time.Unix(sec, nsec).UTC()
}

// target gives what a symbolic link leads to; short ones are in the inode.
func (fs *ext) target(b []byte, size int64) string {
	flags := binary.LittleEndian.Uint32(b[32:])
	switch {
	case flags&extInodeEncrypted != 0 || size > 4096:
		return ""
	case size < 60 && flags&extInodeExtents == 0:
		return printable(string(b[40 : 40+size]))
	}
	r, err := fs.open(b, size)
	if err != nil {
		return ""
	}
	text := make([]byte, size)
	if _, err := readFull(r, text, 0); err != nil {
		return ""
	}
	return printable(string(text))
}

// open gives the bytes of an inode. The map of its blocks is read at once.
func (fs *ext) open(b []byte, size int64) (io.ReaderAt, error) {
	flags := binary.LittleEndian.Uint32(b[32:])
	switch {
	case flags&extInodeEncrypted != 0:
		return nil, &Gap{Reason: Encrypted, Detail: "fscrypt", Bytes: size}
	case flags&(extInodeCompr|extInodeComprBlk) != 0 && fs.incompat&extCompress != 0:
		return nil, &Gap{Reason: Unsupported, Detail: "compression of ext2", Bytes: size}
	case flags&extInodeInline != 0:
		data := fs.inline(b)
		if size > int64(len(data)) {
			return nil, corrupt("a file inside its inode")
		}
		return (&mapped{size: size, find: func(off int64) (span, error) { return span{n: size - off, data: data[off:size]}, nil }}), nil
	}
	l, err := fs.layout(fs.w.r, b, size)
	if err != nil {
		return nil, err
	}
	return l.reader(fs.w.r, size), nil
}

// inline gives the bytes that are in the inode: 60 where the map would be, and
// the rest as the value of an extended attribute, system.data.
func (fs *ext) inline(b []byte) []byte {
	data := append([]byte(nil), b[40:100]...)
	le := binary.LittleEndian
	if len(b) < 0x84 {
		return data
	}
	at := 128 + int(le.Uint16(b[0x80:]))
	if at+4 > len(b) || le.Uint32(b[at:]) != 0xea020000 {
		return data
	}
	body := b[at+4:]
	for e := body; len(e) >= 16 && e[0] != 0; {
		n := int(e[0])
		if 16+n > len(e) {
			break
		}
		if e[1] == 7 && string(e[16:16+n]) == "data" {
			from, size := int64(le.Uint16(e[2:])), int64(le.Uint32(e[8:]))
			if from+size <= int64(len(body)) {
				data = append(data, body[from:from+size]...)
			}
			break
		}
		e = e[min(len(e), (16+n+3)&^3):]
	}
	return data
}
