package model

import (
	"encoding/binary"
	"errors"
	"io"
	"math"
)

// windowSize is how much is read ahead of what is asked, in bytes. Where a file
// is read in one go it doubles up to windowMost; after a jump it is windowLeast.
const (
	windowLeast = 4 << 10
	windowSize  = 16 << 10
	windowMost  = 256 << 10
)

// errShort means that a file ends before what it announces.
var errShort = errors.New("the file ends too early")

// errSense means that a number in a file cannot be true.
var errSense = errors.New("a length that no file can have")

// window reads small things of a piece without asking for each by itself. Only
// one goroutine may use it.
type window struct {
	at   io.ReaderAt
	size int64 // bytes; the greatest int64 where it is not known
	off  int64 // of the cursor
	err  error // the first that the cursor met

	buf    []byte
	bufOff int64
	ahead  int // bytes of the next read
}

func newWindow(p piece) *window {
	w := &window{at: p.at, size: p.size}
	if w.size < 0 {
		w.size = math.MaxInt64
	}
	return w
}

// slice returns n bytes at off; they hold until the next call. n is bounded by
// the caller.
func (w *window) slice(off int64, n int) ([]byte, error) {
	if off < 0 || n < 0 || off > w.size-int64(n) {
		return nil, errShort
	}
	if off >= w.bufOff && off+int64(n) <= w.bufOff+int64(len(w.buf)) {
		return w.buf[off-w.bufOff:][:n], nil
	}
	if end := w.bufOff + int64(len(w.buf)); w.ahead == 0 || off < w.bufOff || off > end {
		w.ahead = windowLeast
	} else {
		w.ahead = min(2*w.ahead, windowMost)
	}
	want := int(min(int64(max(n, w.ahead)), w.size-off))
	if cap(w.buf) < want || cap(w.buf) > 4*max(want, windowMost) {
		w.buf = make([]byte, want)
	}
	w.buf = w.buf[:want]
	got, err := w.at.ReadAt(w.buf, off)
	w.buf, w.bufOff = w.buf[:max(got, 0)], off
	if got < n {
		if err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			err = errShort
		}
		return nil, err
	}
	return w.buf[:n], nil
}

// take returns the next n bytes, or zeros once something went wrong.
func (w *window) take(n int) []byte {
	if w.err == nil {
		b, err := w.slice(w.off, n)
		if err == nil {
			w.off += int64(n)
			return b
		}
		w.err = err
	}
	return make([]byte, min(n, windowSize))
}

// skip passes n bytes without reading them.
func (w *window) skip(n uint64) {
	switch {
	case w.err != nil:
	case n > math.MaxInt64 || int64(n) > math.MaxInt64-w.off:
		w.err = errSense
	case int64(n) > w.size-w.off:
		w.err = errShort
	default:
		w.off += int64(n)
	}
}

// left is what is behind the cursor, in bytes.
func (w *window) left() int64 {
	return w.size - w.off
}

// number reads an unsigned integer of 1, 2, 4 or 8 bytes.
func (w *window) number(n int, order binary.ByteOrder) uint64 {
	b := w.take(n)
	switch n {
	case 1:
		return uint64(b[0])
	case 2:
		return uint64(order.Uint16(b))
	case 4:
		return uint64(order.Uint32(b))
	}
	return order.Uint64(b)
}
