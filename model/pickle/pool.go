package pickle

import (
	"context"
	"io"
	"sync"
)

// machines are kept from one pickle to the next: most pickles are smaller than
// what a machine needs to run them, and a pickle that calls a loader sixty times
// has sixty others looked into.
var machines = sync.Pool{New: func() any { return newMachine() }}

// How much of a machine is kept for the next pickle, in entries. A pickle that
// needed more gives the rest back.
const (
	ringKept  = 1 << 10
	stackKept = 1 << 12
	pagesKept = 4
	namesKept = 1 << 7
)

func newMachine() *machine {
	return &machine{
		ring: make([]slot, ringKept), byName: map[name]int32{}, byLines: map[string]int32{}, pinned: map[int64]string{},
		reported: map[reportKey]struct{}{}, keys: map[string]struct{}{}, handed: map[handedKey]struct{}{},
	}
}

// takeMachine returns a machine that stands before the pickle at off.
func takeMachine(ctx context.Context, r io.ReaderAt, off int64, o Options) *machine {
	if o.Opcodes <= 0 {
		o.Opcodes = 1_000_000_000
	}
	if o.Memory <= 0 {
		o.Memory = 16 << 20
	}
	o.Memory = max(o.Memory, 2<<20)
	m, _ := machines.Get().(*machine)
	m.course = course{ctx: ctx, opt: o}
	m.res.Version = -1
	m.reset(r, off)
	m.stack.max, m.stack.grow = lightSlots, func() { m.heavy(); m.stack.max = max(lightSlots, int(o.Memory/8/8)) }
	m.memo.max, m.memo.grow = lightPages, func() { m.heavy(); m.memo.max = max(lightPages, int(o.Memory/2/8/pageSize)) }
	return m
}

// What a machine takes before it asks for its turn: half a MiB of the stack and
// one of the memo.
const (
	lightSlots = 1 << 15
	lightPages = 1 << 8
)

func (m *machine) heavy() {
	if m.opt.Heavy != nil {
		m.opt.Heavy()
	}
}

// release empties the machine, which is not to be used any more.
func (m *machine) release() {
	m.course = course{}
	m.close()
	m.stack.empty()
	m.memo.empty()
	m.sizes.empty()
	if len(m.ring) > ringKept {
		m.ring = make([]slot, ringKept)
	}
	for i := range m.shelves {
		m.shelves[i].serial = 0
	}
	m.globals, m.derived = emptied(m.globals), emptied(m.derived)
	m.byName, m.byLines, m.pinned = cleared(m.byName), cleared(m.byLines), cleared(m.pinned)
	m.reported, m.keys, m.handed = cleared(m.reported), cleared(m.keys), cleared(m.handed)
	machines.Put(m)
}

// emptied returns a slice without items and without what they held on to.
func emptied[T any](s []T) []T {
	if cap(s) > 2*namesKept {
		return nil
	}
	clear(s)
	return s[:0]
}

// cleared returns a map without entries.
func cleared[K comparable, V any](m map[K]V) map[K]V {
	if len(m) > namesKept {
		return map[K]V{}
	}
	clear(m)
	return m
}

// empty takes all values and marks from the stack.
func (t *stack) empty() {
	if cap(t.s) > stackKept || cap(t.marks) > stackKept {
		*t = stack{}
		return
	}
	t.s, t.marks, t.full = t.s[:0], t.marks[:0], false
}

// empty forgets all entries. Some of the pages are kept.
func (m *memo) empty() {
	kept := m.free
	for _, p := range m.dense {
		if p != nil && len(kept) < pagesKept {
			clear(p[:])
			kept = append(kept, p)
		}
	}
	dense := m.dense[:0]
	if cap(dense) > namesKept {
		dense = nil
	}
	clear(m.dense)
	*m = memo{free: kept, dense: dense}
}
