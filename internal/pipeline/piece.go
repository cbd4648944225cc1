package pipeline

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/find"
	"github.com/overgrant/overgrant/internal/source"
)

// kept holds the sightings of a source with history until they can be traced.
type kept struct {
	mu   sync.Mutex
	seen source.Sightings
}

func (k *kept) add(s overgrant.Seen) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.seen.Add(s)
}

// again holds the tags of pieces in which something was found or could not be
// read.
type again struct {
	mu   sync.Mutex
	tags map[string]struct{}
	last string // added last: a piece with many hits is added many times
}

func (a *again) add(tag string) {
	if a == nil || tag == "" {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if tag == a.last {
		return
	}
	if a.tags == nil {
		a.tags = map[string]struct{}{}
	}
	a.last = tag
	if _, ok := a.tags[tag]; !ok {
		a.tags[strings.Clone(tag)] = struct{}{} // the tags of a walk share memory
	}
}

// piece searches one piece. Links are told at once; sightings too, unless they
// are in an object whose history is told later.
//
// A piece that breaks the search by a fault of ours is counted like one that
// cannot be read: the others are still looked into.
func (w *walk) piece(ctx context.Context, s *find.Searcher, p overgrant.Piece) (fault error) {
	if p.Place.Object != "" {
		w.job.Meter.objects.Add(1)
	}
	defer func() {
		if v := recover(); v != nil {
			w.again.add(p.Tag)
			fault = w.broken(p.Place, v)
		}
	}()
	for hit, err := range s.Piece(ctx, p) {
		w.again.add(p.Tag)
		if err != nil {
			if err := w.unread(p.Place, err); err != nil {
				return err
			}
			continue
		}
		if err := w.rec.found(hit.Link); err != nil {
			return err
		}
		seen := overgrant.Seen{ID: hit.Link.ID, Sighting: sighting(p.Place, hit)}
		if w.kept != nil {
			w.kept.add(seen)
			continue
		}
		if err := w.rec.seen(seen); err != nil {
			return err
		}
	}
	return nil
}

// carry searches a piece for the sake of those that follow from it. What is in
// it is told where it counts.
func (w *walk) carry(ctx context.Context, s *find.Searcher, p overgrant.Piece) (fault error) {
	defer func() {
		if v := recover(); v != nil {
			fault = w.broken(p.Place, v)
		}
	}()
	for _, err := range s.Piece(ctx, p) {
		var skip *find.Skip
		if err != nil && !errors.As(err, &skip) {
			return err
		}
	}
	return nil
}

// unread counts what could not be searched in a piece; any other error is
// returned.
func (w *walk) unread(at overgrant.Place, err error) error {
	var s *find.Skip
	if !errors.As(err, &s) {
		return w.skip(err)
	}
	skipped := s.Skipped
	if skipped.Place.Source == "" {
		path := skipped.Place.Path
		skipped.Place = at
		if path != at.Path {
			skipped.Place.Path += path
		}
	}
	return w.rec.skipped(skipped)
}

// broken counts a piece on which the search panicked. What the panic says is
// told only where it comes from the runtime: it then holds no text of the piece.
func (w *walk) broken(at overgrant.Place, v any) error {
	skipped := overgrant.Skipped{Place: at, Reason: "internal error", Detail: "please report it"}
	if err, ok := v.(runtime.Error); ok {
		skipped.Detail = err.Error() + "; please report it"
	}
	return w.rec.skipped(skipped)
}

// sighting places a hit.
func sighting(at overgrant.Place, h find.Hit) overgrant.Sighting {
	at.Path += h.Path
	return overgrant.Sighting{
		Place: at, Line: h.Line, Column: h.Column, Span: h.Span, Encoding: h.Encoding,
		Written: written(h),
	}
}

// written names the text of a hit: the link as it was decoded, and how.
func written(h find.Hit) string {
	name := strings.TrimPrefix(h.Link.Secret.String(), "secret:")
	if len(h.Encoding) > 0 {
		name += "+" + strings.Join(h.Encoding, "+")
	}
	return name
}

// trace tells the history of what was seen. If it fails, the sightings are told
// without.
func (w *walk) trace(ctx context.Context, t source.Tracer) error {
	for seen, err := range t.Trace(ctx, &w.kept.seen) {
		if err == nil {
			err = w.rec.seen(seen)
		} else {
			err = w.skip(err)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
