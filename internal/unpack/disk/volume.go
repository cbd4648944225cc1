package disk

import (
	"context"
	"io"
	"iter"
	"time"
)

// Volume is a partition of an image, or the whole disk.
type Volume struct {
	Name string // its number in the partition table, and its label where it has one: "2 Basic data"
	FS   string // the file system: ntfs, ext4, xfs, fat32, exfat; or what else it is: BitLocker, LVM; empty if unknown

	Start, Size int64 // bytes

	im     *Image
	system *system
}

// File is a file, a folder, or a named stream of one.
type File struct {
	// Path leads from the root of the volume, without a slash before it. It is
	// valid UTF-8 without control characters, however the name is written; a
	// stream is "name:stream". What has lost its folder is below "$Orphans".
	Path string

	Size     int64     // bytes; 0 for a folder
	Modified time.Time // UTC; zero if it is not kept
	Dir      bool
	Deleted  bool   // its entry is still there; its bytes may be those of others by now
	Again    bool   // another name of a file that was yielded before: the same bytes
	Link     string // what a symbolic link leads to, as it is written; it is not followed

	open func() (io.ReaderAt, error)
}

// Open gives the Size bytes of a file. Runs of which nothing was written are
// zeros and take no reading. A file whose bytes cannot be read, because they
// are encrypted or damaged, is a *Gap error, from Open or from a read. Open and
// its reader may be used by many at once, and after the walk.
func (f File) Open() (io.ReaderAt, error) {
	if f.open == nil {
		return nil, &Gap{Path: f.Path, Reason: Unsupported, Detail: "not a file"}
	}
	r, err := f.open()
	if err != nil {
		return nil, gapAt(err, f.Path)
	}
	return told{r, f.Path}, nil
}

// told reads a file and says of a failure which file it was.
type told struct {
	r    io.ReaderAt
	path string
}

func (t told) ReadAt(p []byte, off int64) (int, error) {
	n, err := t.r.ReadAt(p, off)
	if err != nil && err != io.EOF {
		err = gapAt(err, t.path)
	}
	return n, err
}

// Files yields the files and folders of the volume in no order; a folder may
// come after what is in it. Only the listing is read. What could not be read is
// a *Gap error and ends nothing, unless it is a limit or the file system as a
// whole. The only other error is that of ctx, which ends the walk.
func (v *Volume) Files(ctx context.Context) iter.Seq2[File, error] {
	return func(yield func(File, error) bool) {
		w := newWalk(ctx, v, yield)
		err := w.list()
		if err == errStop || err == nil {
			return
		}
		yield(File{}, gapOf(err))
	}
}
