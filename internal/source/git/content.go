package git

import (
	"context"
	"errors"
	"io"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/gitpack"
)

// open opens the object at hand.
func (w *walk) open(context.Context) (overgrant.Content, error) {
	if w.object.Streamed {
		return &stream{object: w.object}, nil
	}
	if data, ok := w.object.Slice(0, w.object.Size); ok {
		return text(data), nil
	}
	w.ropes.Object = w.object
	return &w.ropes, nil
}

// ropes is the content of an object that does not lie in one piece.
type ropes struct{ *gitpack.Object }

// Size returns the length of the content in bytes.
func (r *ropes) Size() int64 { return r.Object.Size }

// Close implements io.Closer.
func (r *ropes) Close() error { return nil }

// text is content in one piece.
type text []byte

// ReadAt implements io.ReaderAt.
func (t text) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, errors.New("read object: negative offset")
	}
	if off >= int64(len(t)) {
		return 0, io.EOF
	}
	n := copy(p, t[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// Bytes returns all of the content; it must not be changed.
func (t text) Bytes() []byte { return t }

// Size returns the length of the content in bytes.
func (t text) Size() int64 { return int64(len(t)) }

// Close implements io.Closer.
func (t text) Close() error { return nil }

// stream reads an object that is too large for memory. It is cheap to read from
// the start to the end; going back starts anew.
type stream struct {
	object *gitpack.Object
	from   io.Reader
	at     int64
}

// ReadAt implements io.ReaderAt.
func (s *stream) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, errors.New("read object: negative offset")
	}
	if s.from == nil || off < s.at {
		s.from, s.at = s.object.Reader(), 0
	}
	skipped, err := io.CopyN(io.Discard, s.from, off-s.at)
	s.at += skipped
	if err != nil {
		return 0, err
	}
	n, err := io.ReadFull(s.from, p)
	s.at += int64(n)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	return n, err
}

// Size returns the length of the content in bytes.
func (s *stream) Size() int64 { return s.object.Size }

// Close implements io.Closer.
func (s *stream) Close() error { return nil }
