package find

import (
	"context"
	"errors"
	"io"
)

// sweep is one pass over a text, whole or in pieces. Its state depends on what
// was passed, not on how it was cut.
type sweep struct {
	f       *Finder
	yield   func(Hit) bool
	stopped bool

	pending []mark // found, not evaluated yet
	scanned int64  // marks before it are found
	lines   lines
	recent  recent

	trace *trace // remembers what there was in the text; nil if nobody will ask

	scratch *scratch
}

// again makes the sweep ready for another text.
func (s *sweep) again(t *trace) {
	*s = sweep{f: s.f, yield: s.yield, pending: s.pending[:0], trace: t, scratch: s.scratch}
}

// chunk is how many bytes are searched for marks at a time.
const chunk = 1 << 20

// overlap is how many bytes of a stream are kept before the next chunk, at most:
// the window of a cluster that is not complete.
const overlap = 2*Margin + clusterSpan + clusterGap + 2*guard

// whole searches a text in memory.
func (s *sweep) whole(text []byte) {
	for !s.stopped && s.scanned < int64(len(text)) {
		to := min(len(text), int(s.scanned)+chunk)
		s.step(text, 0, to, true)
	}
}

// stream searches what r gives, in bounded memory.
func (s *sweep) stream(ctx context.Context, r io.Reader) error {
	buf := s.f.buffer()
	defer s.f.buffers.Put(buf)
	text, base := (*buf)[:0], int64(0)
	for eof := false; !eof && !s.stopped; {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := io.ReadFull(r, text[len(text):cap(text)])
		text = text[:len(text)+n]
		eof = errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !eof {
			s.step(text, base, len(text), true)
			return err
		}
		to := len(text)
		if !eof {
			to -= guard
		}
		s.step(text, base, to, eof)
		keep := s.scanned
		if len(s.pending) > 0 {
			keep = s.pending[0].at
		}
		keep = max(base, keep-Margin)
		s.lines.advance(text, base, keep)
		text = text[:copy(text, text[keep-base:])]
		base = keep
	}
	return nil
}

// buffer returns a slice for one chunk and its overlap.
func (f *Finder) buffer() *[]byte {
	if b, ok := f.buffers.Get().(*[]byte); ok {
		return b
	}
	b := make([]byte, 0, chunk+overlap)
	return &b
}

// step searches text up to the offset to; text starts at base, and ends where
// all of it ends if last is set.
func (s *sweep) step(text []byte, base int64, to int, last bool) {
	n := len(s.pending)
	s.pending = s.f.scanner.marks(s.pending, text, int(s.scanned-base), to)
	for i := n; i < len(s.pending); i++ {
		s.pending[i].at += base
	}
	if s.trace != nil {
		s.trace.marks = append(s.trace.marks, s.pending[n:]...)
	}
	s.scanned = max(s.scanned, base+int64(to))
	done := 0
	end := base + int64(len(text))
	for i, j := range clusters(s.pending) {
		latest := s.pending[j-1].at
		open := j == len(s.pending) && s.scanned-latest <= clusterGap && !(last && s.scanned >= end)
		if s.stopped || open || !last && latest+Margin > end {
			break
		}
		s.settle(text, base, s.pending[i:j])
		done = j
	}
	s.pending = s.pending[:copy(s.pending, s.pending[done:])]
}

// settle evaluates one cluster and yields its hits.
func (s *sweep) settle(text []byte, base int64, marks []mark) {
	a := max(base, marks[0].at-Margin)
	b := min(base+int64(len(text)), marks[len(marks)-1].at+Margin)
	c := s.scratch.within(text[a-base:b-base], a, marks)
	if s.trace != nil {
		s.trace.clusters = append(s.trace.clusters, c)
	}
	if len(c.found) > 0 {
		s.lines.advance(text, base, a)
	}
	for _, f := range c.found {
		if span := c.span(f); !s.stopped && s.recent.fresh(f.link, span) {
			h := c.hit(f)
			h.Line, h.Column = s.lines.of(text, base, span[0])
			s.stopped = !s.yield(h)
		}
	}
}
