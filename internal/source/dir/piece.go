package dir

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"sync"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/source"
)

const (
	// small is the size in bytes up to which a file is read at once.
	small = 1 << 20

	// unsized is how much is read of a file that says it is empty but is not, as
	// files that the kernel makes up do.
	unsized = 16 << 20
)

// Pieces yields the files of a shard. What Open gives is valid until the
// iteration moves on. A file that was cut short while it was read is yielded,
// and then a *source.Skip for it.
func (d *Dir) Pieces(ctx context.Context, s source.Shard) iter.Seq2[overgrant.Piece, error] {
	return func(yield func(overgrant.Piece, error) bool) {
		items, ok := s.Part.([]item)
		if !ok {
			yield(overgrant.Piece{}, fmt.Errorf("read shard %s: not one of this source", s.Name))
			return
		}
		r, _ := readers.Get().(*reader)
		if r == nil {
			r = &reader{}
		}
		defer readers.Put(r)
		for _, it := range items {
			if err := ctx.Err(); err != nil {
				yield(overgrant.Piece{}, err)
				return
			}
			if !yield(r.piece(it), nil) {
				_ = r.done()
				return
			}
			if err := r.done(); err != nil && !yield(overgrant.Piece{}, err) {
				return
			}
		}
	}
}

// readers keeps the buffers of shards that were read.
var readers sync.Pool

// reader reads the files of one shard, one after the other.
type reader struct {
	buf     []byte
	content memory
	open    []*large // of the item being read
	changed *source.Skip
}

func (r *reader) piece(it item) overgrant.Piece {
	p := overgrant.Piece{Place: place(it.path, it.part), Size: it.size}
	if it.part != "" {
		p.Size = int64(len(it.text))
	}
	p.Open = func(ctx context.Context) (overgrant.Content, error) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		return r.read(it)
	}
	return p
}

// done closes what was left open, and tells whether the file changed.
func (r *reader) done() error {
	for _, f := range r.open {
		_ = f.Close()
	}
	s := r.changed
	r.open, r.changed = r.open[:0], nil
	if s == nil {
		return nil
	}
	return s
}

// read opens an item. A small file is read at once.
func (r *reader) read(it item) (overgrant.Content, error) {
	if it.part != "" {
		return give(&r.content, []byte(it.text)), nil
	}
	if it.size > small {
		return r.readLarge(it)
	}
	if int64(len(r.buf)) <= it.size {
		r.buf = make([]byte, max(2*it.size, 64<<10)+1)
	}
	n, more, err := readSmall(it, r.buf)
	if err != nil {
		return nil, skip(it.path, err)
	}
	if more {
		return r.readLarge(it)
	}
	if int64(n) < it.size {
		r.note(it, it.size-int64(n), "shorter than it was")
	}
	return give(&r.content, r.buf[:n]), nil
}

func (r *reader) note(it item, missing int64, detail string) {
	s := &source.Skip{}
	s.Place, s.Reason, s.Detail, s.Bytes = place(it.path, ""), Changed, detail, missing
	r.changed = s
}

// readLarge opens a file that is read piece by piece, up to the size that it
// has now.
func (r *reader) readLarge(it item) (overgrant.Content, error) {
	f, err := openFile(it)
	if err != nil {
		return nil, skip(it.path, err)
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errSpecial
	}
	if err != nil {
		f.Close()
		return nil, skip(it.path, err)
	}
	if info.Size() == 0 {
		return r.readUnsized(it, f)
	}
	c := &large{File: f, size: info.Size(), before: info, it: it, r: r}
	r.open = append(r.open, c)
	return c, nil
}

// readUnsized holds a file that gives bytes although its size is none.
func (r *reader) readUnsized(it item, f *os.File) (overgrant.Content, error) {
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, unsized+1))
	if err != nil {
		return nil, skip(it.path, err)
	}
	if len(b) > unsized {
		b = b[:unsized]
		r.note(it, 0, "")
		r.changed.Reason = Endless
	}
	return give(&r.content, b), nil
}

// memory is content in memory.
type memory struct {
	bytes.Reader
	all []byte
}

func give(c *memory, b []byte) *memory {
	c.all = b
	c.Reset(b)
	return c
}

// Bytes gives the whole content. It is valid until the source moves on.
func (c *memory) Bytes() []byte { return c.all }

// Close does nothing.
func (c *memory) Close() error { return nil }

// large is content on disk. ReadAt may be called by several goroutines.
type large struct {
	*os.File
	size   int64
	before fs.FileInfo
	it     item
	r      *reader
	closed bool
}

// Size is the size in bytes at the time the file was opened.
func (c *large) Size() int64 { return c.size }

// ReadAt reads no further than Size, even if the file has grown.
func (c *large) ReadAt(p []byte, off int64) (int, error) {
	if off >= c.size {
		return 0, io.EOF
	}
	var end error
	if left := c.size - off; int64(len(p)) > left {
		p, end = p[:left], io.EOF
	}
	n, err := c.File.ReadAt(p, off)
	if err == nil {
		err = end
	}
	return n, err
}

// Close closes the file. If it changed since it was opened, that is told once
// the source moves on.
func (c *large) Close() error {
	if c.closed {
		return nil
	}
	c.closed = true
	if now, err := c.File.Stat(); err == nil {
		switch {
		case now.Size() < c.size:
			c.r.note(c.it, c.size-now.Size(), "shorter than it was")
		case now.Size() > c.size:
			c.r.note(c.it, now.Size()-c.size, "longer than it was")
		case !now.ModTime().Equal(c.before.ModTime()):
			c.r.note(c.it, 0, "written to")
		}
	}
	return c.File.Close()
}

var errSpecial = errors.New("it is no longer a file")

// reason is the fixed phrase for an error of the file system.
func reason(err error) string {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return Denied
	case errors.Is(err, fs.ErrNotExist):
		return Vanished
	case errors.Is(err, errSpecial), replaced(err):
		return Changed
	}
	return Failed
}

// cause is err without the path, which the place has already.
func cause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
