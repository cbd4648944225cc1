package model

import (
	"errors"
	"io"
)

// replay makes a stream that can only be read forwards readable anywhere: what
// lies behind is in a small cache, or the stream is opened again.
type replay struct {
	s    *scan
	open func() (io.Reader, error)

	r      io.Reader
	next   int64 // block that r gives next
	end    int64 // bytes in all, -1 until they were seen
	err    error // why it ends early, if it does
	opened int
	cache  [replayBlocks]struct {
		no int64
		b  []byte
	}
}

const (
	replayBlock  = 64 << 10
	replayBlocks = 8
	replayOpens  = 64 // how often a stream is opened
)

var errReplay = errors.New("a packed stream that is read back and forth too often")

// replayed returns the bytes of a stream as a piece inside p.
func (s *scan) replayed(p piece, size int64, open func() (io.Reader, error)) (piece, *replay) {
	r := &replay{s: s, open: open, end: -1}
	for i := range r.cache {
		r.cache[i].no = -1
	}
	return piece{at: r, size: size, path: p.path, depth: p.depth + 1}, r
}

func (r *replay) ReadAt(b []byte, off int64) (n int, err error) {
	for n < len(b) {
		if r.end >= 0 && off >= r.end {
			return n, io.EOF
		}
		block, err := r.block(off / replayBlock)
		if err != nil {
			return n, err
		}
		at := off % replayBlock
		if at >= int64(len(block)) {
			return n, io.EOF
		}
		k := copy(b[n:], block[at:])
		n += k
		off += int64(k)
	}
	return n, nil
}

func (r *replay) block(no int64) ([]byte, error) {
	if c := &r.cache[no%replayBlocks]; c.no == no {
		return c.b, nil
	}
	if r.r == nil || no < r.next {
		if r.opened >= replayOpens {
			r.err = errReplay
			return nil, errReplay
		}
		z, err := r.open()
		if err != nil {
			r.err = err
			return nil, io.EOF
		}
		r.r, r.next, r.opened = z, 0, r.opened+1
	}
	for {
		c := &r.cache[r.next%replayBlocks]
		if err := r.read(c.b[:0], &c.b); err != nil {
			return nil, err
		}
		c.no = r.next
		r.next++
		if len(c.b) < replayBlock {
			r.end = c.no*replayBlock + int64(len(c.b))
		}
		if c.no == no || r.end >= 0 {
			if c.no != no {
				return nil, io.EOF
			}
			return c.b, nil
		}
	}
}

// free gives the blocks back, for the next stream of the scan.
func (r *replay) free() {
	for i := range r.cache {
		c := &r.cache[i]
		if cap(c.b) >= replayBlock && len(r.s.spare) < replayBlocks {
			r.s.spare = append(r.s.spare, c.b)
		}
		c.b, c.no = nil, -1
	}
	if z, ok := r.r.(io.Closer); ok {
		_ = z.Close()
	}
	r.r = nil
}

// spareBlock returns a block that nobody uses.
func (s *scan) spareBlock() []byte {
	if n := len(s.spare); n > 0 {
		b := s.spare[n-1]
		s.spare = s.spare[:n-1]
		return b
	}
	return make([]byte, replayBlock)
}

// read fills a block.
func (r *replay) read(b []byte, to *[]byte) error {
	if err := r.s.ctx.Err(); err != nil {
		return err
	}
	if r.s.unpacked >= r.s.lim.Unpacked {
		r.err = errUnpacked
		return errUnpacked
	}
	if cap(b) < replayBlock {
		b = r.s.spareBlock()
	}
	b = b[:replayBlock]
	n, err := fillSafely(r.r, b)
	r.s.unpacked += int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		r.err = err
	}
	*to = b[:n]
	return nil
}

// fillSafely reads as much as there is. A decoder that panics over damage has
// come to its end.
func fillSafely(r io.Reader, b []byte) (n int, err error) {
	defer func() {
		if x := recover(); x != nil {
			err = errDecoder
		}
	}()
	for n < len(b) && err == nil {
		var k int
		k, err = r.Read(b[n:])
		n += k
	}
	return n, err
}

var errDecoder = errors.New("damaged in a way that the decoder does not survive")

// extent returns the size of a piece, which for a stream costs reading it.
func (s *scan) extent(p piece) int64 {
	r, ok := p.at.(*replay)
	if p.size >= 0 || !ok {
		return p.size
	}
	if r.end < 0 {
		for no := r.next; ; no++ {
			if _, err := r.block(no); err != nil || r.end >= 0 {
				break
			}
		}
	}
	return r.end
}

// cursor reads a ReaderAt forwards, and skips by seeking.
type cursor struct {
	r   io.ReaderAt
	off int64
}

func (c *cursor) Read(b []byte) (int, error) {
	n, err := c.r.ReadAt(b, c.off)
	c.off += int64(n)
	if n > 0 {
		return n, nil
	}
	return n, err
}

func (c *cursor) Seek(off int64, whence int) (int64, error) {
	switch whence {
	case io.SeekStart:
		c.off = off
	case io.SeekCurrent:
		c.off += off
	default:
		return 0, errors.ErrUnsupported
	}
	return c.off, nil
}
