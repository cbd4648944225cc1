package pickle

import (
	"bytes"
	"errors"
	"io"
)

// source reads forwards and skips without reading.
type source struct {
	r    io.ReaderAt
	buf  []byte
	i    int   // next byte in buf
	base int64 // where buf[0] stands in r
	want int   // bytes of the next read: small after a skip, growing after
	end  bool  // r has no more than buf
	err  error // what else than the end stopped it

	room [readMax + 4*readMin]byte
}

const (
	readMin = 4 << 10
	readMax = 64 << 10
)

func (s *source) reset(r io.ReaderAt, off int64) {
	s.r, s.base, s.i, s.buf, s.want, s.end = r, off, 0, s.room[:0], readMin, false
}

// close ends reading.
func (s *source) close() {
	s.r, s.base, s.i, s.buf, s.end, s.err = nil, 0, 0, nil, true, nil
}

// at returns where the next byte stands.
func (s *source) at() int64 { return s.base + int64(s.i) }

// fill tries to have n bytes from i on; n is at most readMin.
func (s *source) fill(n int) bool {
	for len(s.buf)-s.i < n && !s.end {
		rest := copy(s.room[:], s.buf[s.i:])
		s.base += int64(s.i)
		s.i = 0
		got, err := s.r.ReadAt(s.room[rest:rest+s.want], s.base+int64(rest))
		s.buf = s.room[:rest+max(got, 0)]
		if err != nil || got <= 0 {
			s.end = true
			if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
				s.err = err
			}
		}
		s.want = min(2*s.want, readMax)
	}
	return len(s.buf)-s.i >= n
}

// skip passes n bytes, read or not.
func (s *source) skip(n int64) {
	if n <= int64(len(s.buf)-s.i) {
		s.i += int(n)
		return
	}
	if s.end && s.err == nil {
		s.base, s.i, s.buf = s.at()+n, 0, s.room[:0]
		return
	}
	s.base, s.i, s.buf, s.want = s.at()+n, 0, s.room[:0], readMin
}

// lineMax bounds a line that is kept; one beyond it is passed.
const lineMax = readMin

// line returns the bytes up to the next newline, which is passed. Lines of more
// than lineMax bytes come cut; ok is false where the file ends first. The bytes
// stand until the next read.
func (s *source) line() (line []byte, off int64, ok bool) {
	off = s.at()
	s.fill(1)
	if k := bytes.IndexByte(s.buf[s.i:], '\n'); k >= 0 {
		line = s.buf[s.i : s.i+k]
		s.i += k + 1
		return line[:min(k, lineMax)], off, true
	}
	s.fill(lineMax)
	have := s.buf[s.i:]
	if k := bytes.IndexByte(have, '\n'); k >= 0 {
		s.i += k + 1
		return have[:min(k, lineMax)], off, true
	}
	if s.end {
		s.i = len(s.buf)
		return have, off, false
	}
	kept := bytes.Clone(have[:lineMax])
	for {
		s.i = len(s.buf)
		if !s.fill(1) {
			return kept, off, false
		}
		if k := bytes.IndexByte(s.buf[s.i:], '\n'); k >= 0 {
			s.i += k + 1
			return kept, off, true
		}
	}
}

// look returns up to n bytes at off, from the buffer where they are in it.
func (s *source) look(off int64, n int) []byte {
	if from := off - s.base; from >= 0 && from+int64(n) <= int64(len(s.buf)) {
		return s.buf[from : from+int64(n)]
	}
	b := make([]byte, n)
	got, _ := s.r.ReadAt(b, off)
	return b[:max(got, 0)]
}
