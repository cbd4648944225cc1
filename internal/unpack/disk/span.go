package disk

import (
	"errors"
	"io"
)

// hole is where nothing is: zeros that take no reading.
const hole = -1

// span is a stretch of bytes that are read alike.
type span struct {
	n    int64  // how many
	at   int64  // where they begin in the reader below, or hole
	data []byte // the bytes themselves where they had to be unpacked, else nil
}

// mapped is a reader whose bytes lie elsewhere in another one.
type mapped struct {
	below io.ReaderAt
	size  int64
	find  func(off int64) (span, error) // the span that off, below size, begins
}

// ReadAt reads what lies together below in one go.
func (m *mapped) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, errors.New("read: negative offset")
	}
	var end error
	if off >= m.size {
		return 0, io.EOF
	}
	if int64(len(p)) > m.size-off {
		p, end = p[:m.size-off], io.EOF
	}
	for done := 0; done < len(p); {
		n, err := m.stretch(p[done:], off+int64(done))
		done += n
		if err != nil {
			return done, err
		}
	}
	return len(p), end
}

// stretch reads the first bytes of p, at least one.
func (m *mapped) stretch(p []byte, off int64) (int, error) {
	s, err := m.find(off)
	if err != nil {
		return 0, err
	}
	n := min(s.n, int64(len(p)))
	if n <= 0 {
		return 0, corrupt("an empty block")
	}
	switch {
	case s.data != nil:
		return copy(p, s.data[:n]), nil
	case s.at < 0:
		clear(p[:n])
		return int(n), nil
	}
	for n < int64(len(p)) {
		next, err := m.find(off + n)
		if err != nil || next.data != nil || next.at != s.at+n || next.n <= 0 {
			break
		}
		n += min(next.n, int64(len(p))-n)
	}
	return readFull(m.below, p[:n], s.at)
}

// readFull fills p from off, or fails.
func readFull(r io.ReaderAt, p []byte, off int64) (int, error) {
	n, err := r.ReadAt(p, off)
	if n == len(p) {
		return n, nil
	}
	if err == nil || err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// readUpTo reads n bytes at off, or as many as there are before size.
func readUpTo(r io.ReaderAt, off, n, size int64) ([]byte, error) {
	if off < 0 || off > size {
		return nil, io.ErrUnexpectedEOF
	}
	p := make([]byte, min(n, size-off))
	_, err := readFull(r, p, off)
	return p, err
}
