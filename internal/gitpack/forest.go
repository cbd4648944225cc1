package gitpack

import "slices"

// forest is the shape of a pack: every entry a node, in the order of the file,
// under the entry it is a delta of.
type forest struct {
	off  []int64  // where each node starts; one more for the end
	pos  []uint32 // position in the index, or unlisted
	base []int32  // node of the delta base, or one of the marks below
	kind []Type   // type of the object; 0 if it cannot be told

	first []uint32 // kids[first[i]:first[i+1]] are the deltas of node i
	kids  []uint32
	order []uint32 // bases before deltas; nil if the order of the file is so
}

// unlisted is the position of a node that serves as a base though the index
// does not list it.
const unlisted = ^uint32(0)

// Nodes that are under no other.
const (
	noBase      = -1 // a whole object
	outsideBase = -2 // a delta of an object of another pack
	brokenNode  = -3 // its head cannot be read
	doubleNode  = -4 // the index says that an earlier node has this offset too
	loopNode    = -5 // a delta that, over others, is one of itself
)

// shape returns the forest, made at the first call.
func (p *Pack) shape() *forest {
	p.forestOnce.Do(func() { p.forest = p.grow() })
	return p.forest
}

// grow reads the heads of all entries.
func (p *Pack) grow() *forest {
	f := &forest{}
	f.off, f.pos = p.located()
	extra := p.fill(f)
	if len(extra) > 0 {
		for _, off := range extra {
			f.off, f.pos = append(f.off, off), append(f.pos, unlisted)
		}
		f.off, f.pos = sortPlaces(f.off, f.pos, int64(len(p.data)))
		p.fill(f)
	}
	f.off = append(f.off, int64(len(p.data)))
	f.link()
	return f
}

// idleEvery is how many bytes of a pack are passed over between two calls of
// Idle.
const idleEvery = 16 << 20

// fill finds the base and the type of every node. It returns the offsets of
// bases that are not among the nodes, and those of their bases.
func (p *Pack) fill(f *forest) (extra []int64) {
	f.base, f.kind = make([]int32, len(f.off)), make([]Type, len(f.off))
	find := newLocator(f.off, len(p.data))
	var known map[int64]bool
	var idle int64 // up to where
	for i, off := range f.off {
		if p.Idle != nil && off-idle >= idleEvery {
			p.Idle()
			idle = off
		}
		if i > 0 && off == f.off[i-1] {
			f.base[i] = doubleNode
			continue
		}
		var head int64
		head, f.kind[i] = p.head(off)
		if head < 0 {
			f.base[i] = int32(head)
			continue
		}
		f.base[i] = brokenNode
		if at, ok := find.node(head); ok {
			f.base[i] = int32(at)
			continue
		}
		for head > 0 && !known[head] {
			if _, ok := find.node(head); ok {
				break
			}
			if known == nil {
				known = map[int64]bool{}
			}
			known[head] = true
			extra = append(extra, head)
			head, _ = p.head(head)
		}
	}
	return extra
}

// head returns the offset of the base of an entry, or a mark, and the type of
// an entry that is whole.
func (p *Pack) head(off int64) (int64, Type) {
	e, err := p.entryAt(off)
	switch {
	case err != nil:
		return brokenNode, 0
	case e.kind == ofsDelta:
		return e.back, 0
	case e.kind == refDelta:
		at, ok := p.index.find(e.base)
		if !ok {
			return outsideBase, 0
		}
		if off := p.index.offset(at); off >= packHeader {
			return off, 0
		}
		return brokenNode, 0
	}
	return noBase, e.kind
}

// located returns the offsets of all entries of the index, ascending, and their
// positions there.
func (p *Pack) located() ([]int64, []uint32) {
	x := p.index
	offs, pos := make([]int64, x.count, x.count+1), make([]uint32, x.count)
	for i := range offs {
		offs[i], pos[i] = x.offset(i), uint32(i)
		if offs[i] < 0 || offs[i] > int64(len(p.data)) {
			offs[i] = int64(len(p.data))
		}
	}
	return sortPlaces(offs, pos, int64(len(p.data)))
}

// sortPlaces is a radix sort by offset: a million of them take ten milliseconds.
func sortPlaces(offs []int64, pos []uint32, most int64) ([]int64, []uint32) {
	const width = 11
	offs2, pos2 := make([]int64, len(offs), len(offs)+1), make([]uint32, len(pos))
	for shift := 0; most>>shift > 0; shift += width {
		var starts [1 << width]int
		for _, off := range offs {
			starts[off>>shift&(1<<width-1)]++
		}
		sum := 0
		for i, n := range starts {
			starts[i], sum = sum, sum+n
		}
		for i, off := range offs {
			at := &starts[off>>shift&(1<<width-1)]
			offs2[*at], pos2[*at] = off, pos[i]
			*at++
		}
		offs, offs2, pos, pos2 = offs2, offs, pos2, pos
	}
	return offs, pos
}

// locator finds nodes by offset.
type locator struct {
	offs   []int64
	shift  uint
	starts []uint32 // first node at or after each bucket of 1<<shift bytes
}

func newLocator(offs []int64, size int) *locator {
	l := &locator{offs: offs}
	for size>>l.shift > len(offs)/2+1 {
		l.shift++
	}
	l.starts = make([]uint32, size>>l.shift+2)
	next := 0
	for b := range l.starts {
		for next < len(offs) && offs[next]>>l.shift < int64(b) {
			next++
		}
		l.starts[b] = uint32(next)
	}
	return l
}

// node returns the first node at an offset.
func (l *locator) node(off int64) (int, bool) {
	b := int(off >> l.shift)
	if b+1 >= len(l.starts) {
		return 0, false
	}
	low, high := int(l.starts[b]), int(l.starts[b+1])
	for low < high {
		mid := (low + high) / 2
		if l.offs[mid] < off {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low, low < len(l.offs) && l.offs[low] == off
}

// link fills in the deltas of each node, the type of every delta, and marks the
// nodes that no whole object leads to.
func (f *forest) link() {
	n := len(f.base)
	f.first = make([]uint32, n+1)
	straight := true
	for i, b := range f.base {
		if b >= 0 {
			f.first[b+1]++
			straight = straight && int(b) < i
		}
	}
	for i := range n {
		f.first[i+1] += f.first[i]
	}
	f.kids = make([]uint32, f.first[n])
	next := slices.Clone(f.first[:n])
	for i, b := range f.base {
		if b >= 0 {
			f.kids[next[b]] = uint32(i)
			next[b]++
		}
	}
	if straight {
		for i, b := range f.base {
			if b >= 0 {
				f.kind[i] = f.kind[b]
			}
		}
		return
	}
	f.untangle()
}

// untangle orders nodes whose bases may come after them, and breaks loops.
func (f *forest) untangle() {
	f.order = make([]uint32, 0, len(f.base))
	for i, b := range f.base {
		if b < 0 {
			f.order = append(f.order, uint32(i))
		}
	}
	for next := 0; next < len(f.order); next++ {
		i := f.order[next]
		for _, k := range f.deltas(i) {
			f.kind[k] = f.kind[i]
			f.order = append(f.order, k)
		}
	}
	if len(f.order) == len(f.base) {
		return
	}
	reached := make([]bool, len(f.base))
	for _, i := range f.order {
		reached[i] = true
	}
	for i, ok := range reached {
		if !ok {
			f.base[i] = loopNode
		}
	}
	f.order = nil
	f.link()
}

// deltas returns the nodes that are deltas of node i.
func (f *forest) deltas(i uint32) []uint32 { return f.kids[f.first[i]:f.first[i+1]] }

// upward calls do with every node, deltas before their bases.
func (f *forest) upward(do func(uint32)) {
	for i := len(f.base) - 1; i >= 0; i-- {
		if f.order != nil {
			do(f.order[i])
		} else {
			do(uint32(i))
		}
	}
}
