package gitpack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
)

// WalkOptions bounds what a walk takes. The zero value is safe.
type WalkOptions struct {
	// MaxObject bounds the objects and deltas that are held in memory, in bytes. A
	// whole object that is larger is yielded Streamed, and its deltas fail with
	// ErrTooLarge. 0 means 128 MiB.
	MaxObject int64

	// Memory bounds what the walk holds, in bytes: the deltas that the last object
	// comes of. Objects that would pass it fail with ErrTooLarge. 0 means 256 MiB.
	Memory int64
}

// How a walk keeps content.
const (
	// flatMost is up to which size an object that others build on is put together
	// in one piece: copying it once costs less than finding its pieces often.
	flatMost = 16 << 10

	// extentsMost bounds the pieces of an object that others build on, and leafMost
	// those of one that none does; one that has more is put together.
	extentsMost = 1 << 12
	leafMost    = 1 << 17

	// virtualMost is how many times larger than MaxObject an object may be that
	// exists in pieces only.
	virtualMost = 8

	defaultMemory = 256 << 20
	checkEvery    = 256 // objects between two looks at the context
)

// Walk yields every object of a shard once, depth first: the deltas of an object
// come after it, before anything else. An object that cannot be read is yielded
// as an *ObjectError, with no object; so is each of its deltas. The walk goes on
// after them. It ends early only with the error of the context.
//
// A walk is for one goroutine; any number of walks may go on at once.
func Walk(ctx context.Context, s Shard, opt WalkOptions) iter.Seq2[*Object, error] {
	if opt.MaxObject <= 0 {
		opt.MaxObject = defaultMaxObject
	}
	if opt.Memory <= 0 {
		opt.Memory = defaultMemory
	}
	return func(yield func(*Object, error) bool) {
		w := takeWalker(ctx, s.store, opt)
		defer w.giveBack()
		w.yield = yield
		for _, g := range s.groups {
			if !w.group(g) {
				return
			}
		}
		for _, id := range s.loose {
			if !w.looseObject(id) {
				return
			}
		}
	}
}

// walker is the state of a walk. Its frames are the nodes from a root to the
// last object.
type walker struct {
	inflater
	ctx     context.Context //nolint:containedctx // the walk is one call
	store   *Store
	reader  *reader
	limits  WalkOptions
	yield   func(*Object, error) bool
	part    *part
	frames  []*frame
	deep    int // frames in use
	visited int

	bytes   arena[byte]
	extents arena[extent]
	copies  arena[Copy]

	extentsSpare []extent
	copiesSpare  []Copy
}

// frame is one node on the way down.
type frame struct {
	object  Object
	node    uint32
	near    *frame // the next one above that was yielded; nil if there is none
	failure error
	yielded bool
	bytes   mark
	extents mark
	copies  mark
	kids    []uint32
	chosen  bool // kids are those of a group: all of them are visited
	rescued bool // the content does not come from the frame above
	single  [1]extent
}

// takeWalker returns a walker that may have walked another shard of the store:
// its memory is warm.
func takeWalker(ctx context.Context, s *Store, opt WalkOptions) *walker {
	w, _ := s.walkers.Get().(*walker)
	if w == nil || w.limits != opt {
		w = &walker{store: s, limits: opt, reader: &reader{store: s}}
		w.bytes.chunk, w.bytes.most = 256<<10, int(opt.Memory)
		w.extents.chunk, w.extents.most = 1<<12, int(opt.Memory/4/32)
		w.copies.chunk, w.copies.most = 1<<12, int(opt.Memory/4/24)
	}
	w.ctx = ctx
	return w
}

// keptMost is how much memory a walker that walks no more may hold, in bytes.
const keptMost = 16 << 20

// giveBack ends the use of a walker, also in the middle of a walk.
func (w *walker) giveBack() {
	w.deep, w.part, w.yield, w.ctx = 0, nil, nil, nil
	w.bytes.release(mark{})
	w.extents.release(mark{})
	w.copies.release(mark{})
	if w.bytes.held+w.extents.held*32+w.copies.held*24 <= keptMost && cap(w.extentsSpare) <= extentsMost*4 {
		w.store.walkers.Put(w)
	}
}

// group walks the trees of a group.
func (w *walker) group(g group) bool {
	w.part = g.part
	floor := 0
	if g.over >= 0 {
		var path []uint32
		for n := g.over; n >= 0; n = w.part.forest.base[n] {
			path = append(path, uint32(n))
		}
		for i := len(path) - 1; i >= 0; i-- {
			f := w.push(path[i])
			f.kids = nil
			if i == 0 {
				f.kids, f.chosen = g.kids, true
				if !w.show(f) {
					return false
				}
			}
		}
		floor = len(path) - 1
		if !w.descend(floor) {
			return false
		}
		for w.deep > 0 {
			w.pop()
		}
		return true
	}
	for _, root := range g.kids {
		if !w.show(w.push(root)) || !w.descend(0) {
			return false
		}
	}
	return true
}

// descend visits all that is below the last frame, and removes frames down to a
// number.
func (w *walker) descend(floor int) bool {
	for w.deep > floor {
		f := w.frames[w.deep-1]
		if len(f.kids) == 0 {
			w.pop()
			continue
		}
		kid := f.kids[0]
		f.kids = f.kids[1:]
		if !w.part.isNeeded(kid) || !f.chosen && w.part.isCut(kid) {
			continue
		}
		if !w.show(w.push(kid)) {
			return false
		}
	}
	return true
}

// push resolves a node under the last frame.
func (w *walker) push(node uint32) *frame {
	if w.deep == len(w.frames) {
		w.frames = append(w.frames, new(frame))
	}
	f := w.frames[w.deep]
	var base *frame
	if w.deep > 0 {
		base = w.frames[w.deep-1]
	}
	w.deep++
	f.node, f.failure, f.yielded, f.chosen, f.rescued = node, nil, false, false, false
	if f.near = base; base != nil && !base.yielded {
		f.near = base.near
	}
	f.bytes, f.extents, f.copies = w.bytes.at, w.extents.at, w.copies.at
	f.kids = w.part.forest.deltas(node)
	f.object = Object{Type: w.part.forest.kind[node], walk: w, self: f}
	if pos := w.part.forest.pos[node]; pos != unlisted {
		f.object.ID = w.part.pack.index.id(int(pos))
	}
	if f.failure = w.resolve(f, base); f.failure != nil {
		w.release(f)
	}
	return f
}

func (w *walker) pop() {
	w.deep--
	w.release(w.frames[w.deep])
}

func (w *walker) release(f *frame) {
	w.bytes.release(f.bytes)
	w.extents.release(f.extents)
	w.copies.release(f.copies)
}

// show yields the last frame, if it is one to yield: an object that is wanted,
// or one under which several others come that can be told from it.
func (w *walker) show(f *frame) bool {
	if w.visited++; w.visited%checkEvery == 0 && w.ctx.Err() != nil {
		w.yield(nil, w.ctx.Err())
		return false
	}
	wanted := w.part.isWanted(f.node) && !f.chosen
	if f.failure != nil && !w.rescue(f) {
		if !wanted {
			return true
		}
		e := &ObjectError{ID: f.object.ID, Type: f.object.Type, Size: -1, Pack: w.part.pack.name, Err: f.failure}
		return w.yield(nil, e)
	}
	o := &f.object
	switch {
	case f.near != nil:
		o.Depth, o.Base = f.near.object.Depth+1, f.near.object.ID
	case !wanted && !w.forks(f):
		return true
	}
	if f.rescued || f.near == nil || f.near != w.frames[w.deep-2] {
		o.Copies = nil
	}
	o.Seen = !wanted
	f.yielded = true
	return w.yield(o, nil)
}

// rescue reads an object that failed from another pack, or from a loose file, if
// one of them holds it too.
func (w *walker) rescue(f *frame) bool {
	if f.object.ID.IsZero() || len(w.store.Packs) < 2 && w.store.Loose == nil {
		return false
	}
	kind, data, err := w.reader.object(f.object.ID, 1)
	if err != nil {
		return false
	}
	// What was read is valid until the reader reads again; others may build on it.
	w.setFlat(f, bytes.Clone(data))
	f.object.Type, f.failure, f.rescued = kind, nil, true
	return true
}

// forks says whether two or more nodes come directly under a frame.
func (w *walker) forks(f *frame) bool {
	n := 0
	for _, k := range f.kids {
		if w.part.isNeeded(k) && (f.chosen || !w.part.isCut(k)) {
			if n++; n > 1 {
				return true
			}
		}
	}
	return false
}

// looseObject yields one loose object.
func (w *walker) looseObject(id ID) bool {
	if err := w.ctx.Err(); err != nil {
		w.yield(nil, err)
		return false
	}
	f := &frame{}
	f.object = Object{ID: id, walk: w, self: f}
	if err := w.resolveLoose(f); err != nil {
		w.release(f)
		return w.yield(nil, &ObjectError{ID: id, Type: f.object.Type, Size: -1, Err: err})
	}
	ok := w.yield(&f.object, nil)
	w.release(f)
	return ok
}

// failed says that a node cannot be read because the one under it cannot.
func failed(base error) error {
	if errors.Is(base, ErrBase) {
		return base
	}
	return fmt.Errorf("%w: %w", ErrBase, base)
}
