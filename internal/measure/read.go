package measure

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync/atomic"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/classify"
	"github.com/overgrant/overgrant/internal/source"
)

// read looks into objects one after the other.
func (m *Measurer) read(ctx context.Context, all []wanted, got *overgrant.Measured) error {
	for _, w := range all {
		if err := m.object(ctx, w, got); err != nil {
			return err
		}
	}
	return nil
}

// object looks into one object. What fails is a gap; errors are the end of ctx,
// what could not be put on record, and what fails at this moment only: then nothing
// counts, so that a later run reads the objects again.
func (m *Measurer) object(ctx context.Context, w wanted, got *overgrant.Measured) error {
	l := &look{m: m, got: got, object: w, place: m.place(w.Range, w.Name)}
	guess := classify.Named([]byte(w.Name), w.Size)
	named := source.Named{Range: w.Range, Name: w.Name, Size: w.Size, Tag: w.Tag}
	if guess.Look == classify.Model && w.Size > largeModel {
		named.Grain = modelGrain
	}
	content, err := m.from.Content(ctx, named)
	if passes(err) {
		return nothing(ctx, err)
	}
	if err != nil {
		return l.failed(ctx, err)
	}
	defer content.Close()
	at, err := m.bounded(content, w.Limit)
	if passes(err) {
		return nothing(ctx, err)
	}
	if err != nil {
		return l.failed(ctx, err)
	}
	out := l.piece(ctx, piece{place: l.place, name: w.Name, at: at, size: content.Size(), look: guess.Look})
	got.Exposure.Read += at.fetched(content)
	if err := at.passed.Load(); err != nil {
		return nothing(ctx, *err)
	}
	if out.err != nil {
		return l.failed(ctx, out.err)
	}
	l.cover(out, w.Size)
	return nil
}

// smallObject is up to how many bytes an object is read in one go: it is looked
// into more than once.
const smallObject = 256 << 10

// bounded returns a reader of content that gives no more than the object may
// cost, in bytes.
func (m *Measurer) bounded(content overgrant.Content, limit int64) (*limited, error) {
	if content.Size() > min(smallObject, limit) {
		return &limited{at: content, left: limit}, nil
	}
	text := make([]byte, content.Size())
	if err := fill(content, text, 0); err != nil {
		return nil, err
	}
	return &limited{at: bytes.NewReader(text), left: limit, whole: content.Size()}, nil
}

// look is the look into one object.
type look struct {
	m      *Measurer
	got    *overgrant.Measured
	object wanted
	place  overgrant.Place
	depth  int
}

// outcome says how far a piece was looked into.
type outcome struct {
	partial string // why not all of it; empty if all
	err     error  // why no further
}

// and returns the outcome of two pieces together.
func (o outcome) and(other outcome) outcome {
	if o.partial == "" {
		o.partial = other.partial
	}
	if o.err == nil {
		o.err = other.err
	}
	return o
}

// cover counts the object as read.
func (l *look) cover(out outcome, size int64) {
	c := &l.got.Exposure.Coverage
	one := overgrant.Tally{Objects: 1, Bytes: size}
	if out.partial == "" {
		c.Complete.Add(one)
		return
	}
	c.Partial.Add(one)
	if c.PartialWhy == nil {
		c.PartialWhy = map[string]overgrant.Tally{}
	}
	sum := c.PartialWhy[out.partial]
	sum.Add(one)
	c.PartialWhy[out.partial] = sum
}

// failed counts the object as not read.
func (l *look) failed(ctx context.Context, err error) error {
	var fatal *recordError
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &fatal):
		return fatal.err
	}
	reason := "could not be read"
	if errors.Is(err, source.ErrChanged) {
		reason = source.ErrChanged.Error()
	}
	var skip *source.Skip
	if errors.As(err, &skip) {
		reason = skip.Reason
	}
	l.got.Gaps = append(l.got.Gaps, overgrant.Skipped{Place: l.place, Reason: reason, Detail: err.Error(), Bytes: l.object.Size})
	c := &l.got.Exposure.Coverage
	if c.Skipped == nil {
		c.Skipped = map[string]overgrant.Tally{}
	}
	sum := c.Skipped[reason]
	sum.Add(overgrant.Tally{Objects: 1, Bytes: l.object.Size})
	c.Skipped[reason] = sum
	return nil
}

// recordError is the failure to put on record what was found. It ends the run.
type recordError struct{ err error }

func (e *recordError) Error() string { return e.err.Error() }
func (e *recordError) Unwrap() error { return e.err }

// reasonLimit says that an object would have cost more than it may.
const reasonLimit = "beyond what one object may cost"

// errLimit ends the reading of an object that has cost what it may.
var errLimit = errors.New(reasonLimit)

// passes reports whether err is of the moment, as those errors tell that have a
// method Later: the network is down, the service is busy, a budget is spent.
func passes(err error) bool {
	var e interface{ Later() bool }
	return errors.As(err, &e) && e.Later()
}

// limited lets only so many bytes be read. It may be used by many at once.
type limited struct {
	at     io.ReaderAt
	left   int64
	whole  int64 // bytes that were read in one go; 0 if they are read as they are wanted
	used   atomic.Int64
	passed atomic.Pointer[error] // a failure of the moment, which readers of formats may hide
}

func (l *limited) ReadAt(p []byte, off int64) (int, error) {
	if l.used.Add(int64(len(p))) > 2*l.left+1<<20 { // formats are read twice in part: once for links, once for classes
		return 0, errLimit
	}
	n, err := l.at.ReadAt(p, off)
	if passes(err) {
		l.passed.CompareAndSwap(nil, &err)
	}
	return n, err
}

// fetched returns how many bytes came from the service, where content can tell.
func (l *limited) fetched(content overgrant.Content) int64 {
	if f, ok := content.(interface{ Fetched() int64 }); ok {
		return f.Fetched()
	}
	if l.whole > 0 {
		return l.whole
	}
	return l.used.Load()
}
