package disk

import (
	"context"
	"io"
)

// walk is one listing of a volume.
type walk struct {
	ctx   context.Context // a walk lives as long as the call that was given it
	lim   Limits
	vol   *Volume
	r     io.ReaderAt // the volume, for the contents of files
	meta  io.ReaderAt // the volume, for tables and folders: it reads whole or fails, within the limit on bytes
	yield func(File, error) bool

	files int   // yielded
	read  int64 // bytes of metadata
}

// metaHeld is how many bytes of tables and folders a walk keeps.
const metaHeld = 8 << 20

func newWalk(ctx context.Context, v *Volume, yield func(File, error) bool) *walk {
	w := &walk{ctx: ctx, lim: v.im.lim, vol: v, r: v.im.section(v.Start, v.Size), yield: yield}
	w.meta = counted{w, newPages(counted{w, w.r}, v.Size, metaHeld)}
	return w
}

// list yields what is in the volume.
func (w *walk) list() error {
	if w.vol.system.list == nil {
		return &Gap{Reason: w.vol.system.why, Detail: w.vol.FS, Bytes: w.vol.Size}
	}
	return w.vol.system.list(w)
}

// counted reads within the limit on metadata. What was read lately is counted
// again, since folders that lie over each other cost time, if not reads.
type counted struct {
	w *walk
	r io.ReaderAt
}

func (c counted) ReadAt(p []byte, off int64) (int, error) {
	if err := c.w.ctx.Err(); err != nil {
		return 0, err
	}
	if c.w.read += int64(len(p)); c.w.read > c.w.lim.Bytes {
		return 0, exhausted("bytes of tables and folders")
	}
	return c.r.ReadAt(p, off)
}

// file yields f; an error ends the walk.
func (w *walk) file(f File) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	if w.files >= w.lim.Files {
		return exhausted("files")
	}
	w.files++
	return w.out(f, nil)
}

// gap yields what err tells; the error it returns ends the walk.
func (w *walk) gap(err error, path string) error {
	err = gapAt(err, path)
	if err == nil || ends(err) {
		return err
	}
	if g := asGap(err); g != nil && g.last {
		return err
	}
	return w.out(File{}, err)
}

func (w *walk) out(f File, err error) error {
	if !w.yield(f, err) {
		return errStop
	}
	return nil
}

// gapAt makes a *Gap of err that tells of path, unless it is one for the whole
// of a walk.
func gapAt(err error, path string) error {
	err = gapOf(err)
	g := asGap(err)
	if g == nil || g.Path != "" || g.last {
		return err
	}
	at := *g
	at.Path = path
	return &at
}
