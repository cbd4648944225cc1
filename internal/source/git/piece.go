package git

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/gitpack"
	"github.com/overgrant/overgrant/internal/source"
)

// Pieces implements source.Source.
func (s *Source) Pieces(ctx context.Context, shard source.Shard) iter.Seq2[overgrant.Piece, error] {
	return func(yield func(overgrant.Piece, error) bool) {
		switch part := shard.Part.(type) {
		case refNames:
			s.refPieces(ctx, yield)
		case single:
			w := &walk{source: s, yield: yield}
			w.guard(func() { w.singly(ctx, part) })
		case gitpack.Shard:
			defer func() { s.store.walked(shard.Weight) }()
			w := &walk{source: s, yield: yield}
			w.guard(func() { w.objects(ctx, part) })
		default:
			yield(overgrant.Piece{}, fmt.Errorf("read shard %q: not one of this source", shard.Name))
		}
	}
}

// refPieces yields the names that people gave to refs.
func (s *Source) refPieces(ctx context.Context, yield func(overgrant.Piece, error) bool) {
	for _, t := range s.refs.tips {
		if err := ctx.Err(); err != nil {
			yield(overgrant.Piece{}, err)
			return
		}
		if !t.text || s.since != nil && !s.since.leads(t) {
			continue
		}
		piece := overgrant.Piece{
			Place: overgrant.Place{Source: Name, Repository: s.name, Ref: t.name, Part: partName},
			Size:  int64(len(t.name)),
			Open:  func(context.Context) (overgrant.Content, error) { return text(t.name), nil },
		}
		if !yield(piece, nil) {
			return
		}
	}
}

// walk yields the objects of one shard.
type walk struct {
	source   *Source
	recorder *recorder
	yield    func(overgrant.Piece, error) bool
	outside  bool // the consumer runs, not the walk
	ids      strings.Builder
	bases    []overgrant.Base // made many at a time, each given away once
	copies   []overgrant.Copy
	object   *gitpack.Object
	ropes    ropes
}

// guard runs a part of a walk. A pack that is cut short while it is mapped
// makes reading it fault; that ends the shard and is counted, not the program.
func (w *walk) guard(run func()) {
	w.recorder = w.source.recorder()
	defer w.source.release(w.recorder)
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if w.outside {
			return
		}
		if err := fault(recover()); err != nil {
			w.source.damage.Add(1)
			w.give(overgrant.Piece{}, w.source.skipping(overgrant.Place{}, "pack changed while it was read", err))
		}
	}()
	run()
}

// fault returns the error of a read that faulted, and nil if nothing was
// recovered. Any other panic goes on.
func fault(recovered any) error {
	if recovered == nil {
		return nil
	}
	if err, ok := recovered.(runtime.Error); ok {
		if _, ok := recovered.(interface{ Addr() uintptr }); ok {
			return err
		}
	}
	panic(recovered)
}

func (w *walk) give(p overgrant.Piece, err error) bool {
	w.outside = true
	more := w.yield(p, err)
	w.outside = false
	return more
}

// objects yields the objects of a shard of packs. It reports whether more are
// wanted.
func (w *walk) objects(ctx context.Context, shard gitpack.Shard) bool {
	open := w.open
	for o, err := range gitpack.Walk(ctx, shard, gitpack.WalkOptions{}) {
		if ctx.Err() != nil {
			o, err = nil, ctx.Err()
		}
		if err != nil {
			var bad *gitpack.ObjectError
			if !errors.As(err, &bad) {
				w.give(overgrant.Piece{}, err)
				return false
			}
			if !w.give(overgrant.Piece{}, w.unread(bad)) {
				return false
			}
			continue
		}
		if !w.note(o) && !w.give(overgrant.Piece{}, w.absurd(o.ID, o.Type)) {
			return false
		}
		w.object = o
		if !w.give(w.piece(o, open), nil) {
			return false
		}
	}
	return true
}

// singly yields objects one by one. Those too large for memory go the way of
// the packs, which can stream them.
func (w *walk) singly(ctx context.Context, ids single) {
	large := map[gitpack.ID]bool{}
	for _, id := range ids {
		if err := ctx.Err(); err != nil {
			w.give(overgrant.Piece{}, err)
			return
		}
		kind, data, err := w.source.store.Get(id)
		if errors.Is(err, gitpack.ErrTooLarge) {
			large[id] = true
			continue
		}
		var bad *gitpack.ObjectError
		if errors.As(err, &bad) {
			if !w.give(overgrant.Piece{}, w.unread(bad)) {
				return
			}
			continue
		}
		if !w.noteWhole(id, kind, data) && !w.give(overgrant.Piece{}, w.absurd(id, kind)) {
			return
		}
		name := id.String()
		piece := overgrant.Piece{
			Place: overgrant.Place{Source: Name, Repository: w.source.name, Object: name, Part: partOf(kind)},
			Size:  int64(len(data)),
			Tag:   name,
			Open:  func(context.Context) (overgrant.Content, error) { return text(data), nil },
		}
		if !w.give(piece, nil) {
			return
		}
	}
	if len(large) == 0 {
		return
	}
	opt := gitpack.PlanOptions{Want: func(id gitpack.ID) bool { return large[id] }, Loose: slices.Collect(maps.Keys(large))}
	for _, shard := range gitpack.Plan(&w.source.store.Store, opt) {
		if !w.objects(ctx, shard) {
			return
		}
	}
}

// noteWhole lets the recorder see an object that comes by itself, and reports
// whether it is well formed.
func (w *walk) noteWhole(id gitpack.ID, kind gitpack.Type, data []byte) bool {
	switch kind {
	case gitpack.Tree:
		return w.recorder.tree(id, 0, flat(data), int64(len(data)))
	case gitpack.Commit:
		return w.recorder.commit(id, data)
	case gitpack.Tag:
		return w.recorder.tag(id, data)
	}
	w.recorder.blob(idKey(id))
	return true
}

// note lets the recorder see an object, and reports whether it is well formed.
func (w *walk) note(o *gitpack.Object) bool {
	switch {
	case o.Type == gitpack.Tree:
		if o.Streamed {
			return false
		}
		return w.recorder.tree(o.ID, o.Depth, o, o.Size)
	case o.Seen:
		return true
	case o.Type == gitpack.Blob:
		w.recorder.blob(idKey(o.ID))
		return true
	case o.Streamed:
		return false
	case o.Type == gitpack.Commit:
		return w.recorder.commit(o.ID, o.Bytes())
	case o.Type == gitpack.Tag:
		return w.recorder.tag(o.ID, o.Bytes())
	}
	return true
}

// piece describes an object.
func (w *walk) piece(o *gitpack.Object, open func(context.Context) (overgrant.Content, error)) overgrant.Piece {
	id := w.hex(o.ID)
	p := overgrant.Piece{
		Place: overgrant.Place{Source: Name, Repository: w.source.name, Object: id, Part: partOf(o.Type)},
		Size:  o.Size,
		Tag:   id,
		Base:  w.base(o),
		Again: o.Seen,
		Open:  open,
	}
	return p
}

// base says how an object follows from its delta base.
func (w *walk) base(o *gitpack.Object) *overgrant.Base {
	const bases, copies = 64, 1024
	if len(w.bases) == 0 {
		w.bases = make([]overgrant.Base, bases)
	}
	b := &w.bases[0]
	w.bases = w.bases[1:]
	b.Depth = o.Depth
	n := len(o.Copies)
	if n == 0 {
		return b
	}
	if n > len(w.copies) {
		w.copies = make([]overgrant.Copy, max(n, copies))
	}
	b.Copies, w.copies = w.copies[:n:n], w.copies[n:]
	for i, c := range o.Copies {
		b.Copies[i] = overgrant.Copy{At: c.At, From: c.From, Size: c.Size}
	}
	return b
}

// hex writes ids into blocks of memory, many to a block.
func (w *walk) hex(id gitpack.ID) string {
	const digits = "0123456789abcdef"
	raw := id.Bytes()
	if w.ids.Cap()-w.ids.Len() < 2*len(raw) {
		w.ids = strings.Builder{}
		w.ids.Grow(8 << 10)
	}
	start := w.ids.Len()
	for _, b := range raw {
		w.ids.WriteByte(digits[b>>4])
		w.ids.WriteByte(digits[b&15])
	}
	return w.ids.String()[start:]
}

func partOf(t gitpack.Type) string {
	switch t {
	case gitpack.Commit:
		return partCommit
	case gitpack.Tag:
		return partTag
	case gitpack.Tree:
		return partTree
	}
	return ""
}

// unread says that an object could not be read.
func (w *walk) unread(bad *gitpack.ObjectError) *source.Skip {
	if bad.Type != gitpack.Blob {
		w.source.damage.Add(1)
	}
	place := overgrant.Place{Object: bad.ID.String(), Part: partOf(bad.Type)}
	skip := w.source.skipping(place, objectReason(bad.Err), bad.Err)
	if bad.Size > 0 {
		skip.Bytes = bad.Size
	}
	w.recorder.blob(idKey(bad.ID))
	w.source.failed(idKey(bad.ID))
	return skip
}

// absurd says that a tree, commit or tag is not what it should be.
func (w *walk) absurd(id gitpack.ID, kind gitpack.Type) *source.Skip {
	w.source.damage.Add(1)
	w.source.failed(idKey(id))
	return w.source.skipping(overgrant.Place{Object: id.String(), Part: partOf(kind)}, "malformed "+kind.String(), nil)
}

func (s *Source) skipping(place overgrant.Place, reason string, err error) *source.Skip {
	skip := &source.Skip{Skipped: overgrant.Skipped{Place: place, Reason: reason}}
	if err != nil {
		skip.Detail = err.Error()
	}
	return s.named(skip)
}

func objectReason(err error) string {
	switch {
	case errors.Is(err, gitpack.ErrTooLarge):
		return "object too large"
	case errors.Is(err, gitpack.ErrBase):
		return "missing delta base"
	case errors.Is(err, gitpack.ErrMissing):
		return "missing object"
	}
	return "corrupt object"
}
