package find

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/unpack"
)

// Skip is something that could not be read, or not to its end. It is yielded in
// place of a hit and ends nothing.
type Skip struct{ overgrant.Skipped }

// Error says what was skipped and why.
func (s *Skip) Error() string {
	if s.Detail == "" {
		return fmt.Sprintf("read %s: %s", s.Place.Path, s.Reason)
	}
	return fmt.Sprintf("read %s: %s: %s", s.Place.Path, s.Reason, s.Detail)
}

// Counts says how much was looked into.
type Counts struct {
	Pieces int64 // with the members of containers
	Bytes  int64 // what was copied from an earlier piece included
}

// Searcher searches the pieces of one shard, in their order. It is for one
// goroutine.
type Searcher struct {
	f      *Finder
	counts Counts
	stack  []*trace // of the piece at each depth, and of those it was made from
	free   []*trace // to be used again
	sweep  *sweep   // used for one piece after the other
	window []byte   // of a delta
	ends   []byte   // the head and the tail of a piece
}

// Shard returns a Searcher that has not seen anything.
func (f *Finder) Shard() *Searcher {
	return &Searcher{f: f, sweep: &sweep{f: f, scratch: newScratch(f)}}
}

// Counts returns how much was looked into so far.
func (s *Searcher) Counts() Counts { return s.counts }

// Stream returns the links in the size bytes of r, in order, reading each byte
// once and holding a fixed amount of them. An error ends it.
func (f *Finder) Stream(ctx context.Context, r io.ReaderAt, size int64) iter.Seq2[Hit, error] {
	return func(yield func(Hit, error) bool) {
		e := f.scratch()
		defer f.idle.Put(e)
		s := &sweep{f: f, scratch: e, yield: func(h Hit) bool { return yield(h, nil) }}
		if err := s.stream(ctx, io.NewSectionReader(r, 0, size)); err != nil && !s.stopped {
			yield(Hit{}, fmt.Errorf("read bytes: %w", err))
		}
	}
}

// Piece returns the links in a piece, then those in what it contains if it is a
// container. What cannot be read is yielded as a *Skip and ends nothing; any
// other error, such as that of ctx, ends the iteration.
//
// Of a piece with a base only what the base does not have is read. The pieces of
// a shard have to be passed in the order in which their source yields them, and
// each has to be iterated over to its end.
func (s *Searcher) Piece(ctx context.Context, p overgrant.Piece) iter.Seq2[Hit, error] {
	return func(yield func(Hit, error) bool) {
		v := &visit{Searcher: s, ctx: ctx, piece: p, yield: yield}
		if err := v.run(); err != nil && !v.stopped {
			yield(Hit{}, err)
		}
	}
}

// visit is the search of one piece.
type visit struct {
	*Searcher
	ctx     context.Context
	piece   overgrant.Piece
	yield   func(Hit, error) bool
	stopped bool
	path    string // of the member being searched
}

func (v *visit) run() error {
	v.forget()
	c, err := v.piece.Open(v.ctx)
	if err != nil {
		return v.skip("unreadable", err, v.piece.Size)
	}
	defer c.Close()
	v.counts.Pieces++
	v.counts.Bytes += c.Size()
	if err := v.raw(c); err != nil {
		return v.skip("unreadable", err, 0)
	}
	if v.stopped || v.f.opt.Closed || !v.container(c) {
		return nil
	}
	return v.members(c)
}

// forget drops what is known of pieces that no later piece can be made from.
func (v *visit) forget() {
	depth := 0
	if v.piece.Base != nil {
		depth = v.piece.Base.Depth
	}
	for len(v.stack) < depth {
		v.stack = append(v.stack, nil)
	}
	for _, t := range v.stack[depth:] {
		if t != nil {
			v.free = append(v.free, t.empty())
		}
	}
	v.stack = v.stack[:depth]
}

// blank returns a trace of nothing.
func (s *Searcher) blank() *trace {
	n := len(s.free)
	if n == 0 {
		return &trace{}
	}
	t := s.free[n-1]
	s.free = s.free[:n-1]
	return t
}

// raw searches the bytes of the piece themselves.
func (v *visit) raw(c overgrant.Content) error {
	s := v.sweep
	s.yield = v.hit
	base := v.piece.Base
	if base == nil {
		s.again(nil)
		return v.all(s, c)
	}
	s.again(v.blank())
	var err error
	if d := len(v.stack); d > 0 && v.stack[d-1] != nil && len(base.Copies) > 0 {
		err = (&delta{sweep: s, text: c, size: c.Size(), base: v.stack[d-1], copies: base.Copies, window: &v.window}).run(v.ctx)
	} else {
		err = v.all(s, c)
	}
	s.trace.size = c.Size()
	if err != nil || s.stopped {
		v.stack = append(v.stack, nil)
		return err
	}
	v.stack = append(v.stack, s.trace)
	return nil
}

// all searches the whole content.
func (v *visit) all(s *sweep, c overgrant.Content) error {
	if m, ok := c.(interface{ Bytes() []byte }); ok {
		if b := m.Bytes(); int64(len(b)) == c.Size() {
			s.whole(b)
			return v.ctx.Err()
		}
	}
	return s.stream(v.ctx, io.NewSectionReader(c, 0, c.Size()))
}

// hit passes one hit on. Pieces with a base have no lines: their text was not
// read.
func (v *visit) hit(h Hit) bool {
	if v.piece.Base != nil && v.path == "" {
		h.Line, h.Column = 0, 0
	}
	h.Path = v.path
	v.stopped = v.stopped || !v.yield(h, nil)
	return !v.stopped
}

// skip yields err as a *Skip, but for the error of the context, which it
// returns.
func (v *visit) skip(reason string, err error, size int64) error {
	if v.stopped {
		return nil
	}
	if v.ctx.Err() != nil {
		return v.ctx.Err()
	}
	s := &Skip{overgrant.Skipped{Place: v.piece.Place, Reason: reason, Bytes: max(0, size)}}
	s.Place.Path += v.path
	if err != nil {
		s.Detail = err.Error()
	}
	v.stopped = !v.yield(Hit{}, s)
	return nil
}

// container reports whether package unpack may have something to do.
func (s *Searcher) container(c overgrant.Content) bool {
	size := c.Size()
	s.ends = slices.Grow(s.ends[:0], unpack.HeadSize+unpack.TailSize)
	head := s.ends[:min(unpack.HeadSize, size)]
	n, _ := c.ReadAt(head, 0)
	tail := s.ends[unpack.HeadSize : unpack.HeadSize+min(unpack.TailSize, size)]
	t, _ := c.ReadAt(tail, size-int64(len(tail)))
	_, yes := unpack.Sniff(head[:n], tail[:t])
	return yes
}

// members searches what the piece contains.
func (v *visit) members(c overgrant.Content) error {
	for m, err := range unpack.Members(v.ctx, c, c.Size(), v.f.opt.Unpack) {
		v.path = m.Path
		var cut *unpack.Cut
		switch {
		case errors.As(err, &cut):
			if err := v.cut(cut); err != nil {
				return err
			}
		case err != nil:
			return err
		default:
			v.member(m)
		}
		if v.stopped {
			return nil
		}
	}
	return nil
}

// cut yields what of a container was not read.
func (v *visit) cut(c *unpack.Cut) error {
	if v.ctx.Err() != nil {
		return v.ctx.Err()
	}
	v.stopped = !v.yield(Hit{}, &Skip{c.Skipped(v.piece.Place)})
	return nil
}

// member searches one member and what stands beside it.
func (v *visit) member(m unpack.Member) {
	v.counts.Pieces++
	s := &sweep{f: v.f, scratch: v.sweep.scratch, yield: v.hit}
	if m.Whole != nil {
		v.counts.Bytes += int64(len(m.Whole))
		s.whole(m.Whole)
	} else {
		r := &counted{r: m.Reader}
		_ = s.stream(v.ctx, r) // a member's reader does not fail; the context is looked at by the walk
		v.counts.Bytes += r.n
	}
	if len(m.Beside) == 0 || v.stopped {
		return
	}
	beside := &sweep{f: v.f, scratch: v.sweep.scratch, yield: func(h Hit) bool {
		h.Encoding = append([]string{"metadata"}, h.Encoding...)
		return v.hit(h)
	}}
	beside.whole(bytes.Clone(m.Beside))
}

// counted counts what is read.
type counted struct {
	r io.Reader
	n int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}
