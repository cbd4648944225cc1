package manifest

import (
	"context"
	"crypto/md5" //nolint:gosec // storage services list it; nothing rests on it alone
	"errors"
	"fmt"
	"hash"
	"io"
	"sync"
)

// File is a file of a model as it is now.
type File struct {
	Path  string // relative to the model, as a manifest has it
	Noted Noted  // its size and what a listing says; Size is -1 if only reading tells
	Past  bool   // it is an earlier version, to tell where what was signed is still kept; never read
	Odd   error  // not nil if it is no file that can be signed, such as a symbolic link, and says so
	Open  func(ctx context.Context) (Content, error)
}

// Content is an opened file. Methods may be called by several goroutines at once.
type Content interface {
	io.ReaderAt
	io.Closer
	Size() int64 // bytes
}

// piece is how much is read at once, in bytes.
const piece = 1 << 20

var errGrew = errors.New("it changed while it was read")

// reading reads parts of files with memory of its own.
type reading struct {
	buf  []byte
	read func(n int) // told of bytes that were read; may be nil
}

// sum writes the bytes of a resource into the digests. An end of -1 is that of the
// content, which is checked to be where it said.
func (r *reading) sum(ctx context.Context, c Content, res Resource, into ...hash.Hash) error {
	last := res.End
	if last < 0 {
		last = c.Size()
	}
	for off := res.Start; off < last; {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := c.ReadAt(r.buf[:min(int64(len(r.buf)), last-off)], off)
		write(r.buf[:n], into)
		off += int64(n)
		if r.read != nil {
			r.read(n)
		}
		switch {
		case off == last:
		case errors.Is(err, io.EOF):
			return errGrew
		case err != nil:
			return fmt.Errorf("read at byte %d: %w", off, err)
		case n == 0:
			return fmt.Errorf("read at byte %d: %w", off, io.ErrNoProgress)
		}
	}
	if res.End >= 0 {
		return nil
	}
	var more [1]byte
	if n, err := c.ReadAt(more[:], last); n > 0 || err != nil && !errors.Is(err, io.EOF) {
		return errors.Join(errGrew, err)
	}
	return nil
}

// write writes into several digests side by side.
func write(p []byte, into []hash.Hash) {
	var beside sync.WaitGroup
	for _, h := range into[1:] {
		beside.Go(func() { h.Write(p) })
	}
	into[0].Write(p)
	beside.Wait()
}

// sums says which digests are made.
type sums struct {
	hash Hash
	md5  bool // too, where all of a file is read
}

// digest returns the digest of a resource and, where all of its file is read, the
// MD5 if that is wanted.
func (r *reading) digest(ctx context.Context, c Content, res Resource, want sums) (sum, md string, err error) {
	if r.buf == nil {
		r.buf = make([]byte, piece)
	}
	into := []hash.Hash{want.hash.new()}
	if want.md5 && (res.End < 0 || res.Start == 0 && res.End == c.Size()) {
		into = append(into, md5.New())
	}
	if err := r.sum(ctx, c, res, into...); err != nil {
		return "", "", err
	}
	if len(into) > 1 {
		md = string(into[1].Sum(nil))
	}
	return string(into[0].Sum(nil)), md, nil
}
