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
	nodes := p.located()
	heads := make([]int64, len(nodes)) // offset of the base, or a mark
	kinds := make([]Type, len(nodes))
	for i, n := range nodes {
		if i > 0 && n.off == nodes[i-1].off {
			heads[i] = doubleNode
			continue
		}
		heads[i], kinds[i] = p.head(n.off)
	}
	find := newLocator(nodes, len(p.data))
	if extra := p.unlistedBases(heads, find); len(extra) > 0 {
		nodes = append(nodes, extra...)
		slices.SortStableFunc(nodes, func(a, b place) int { return int(a.off - b.off) })
		heads, kinds = make([]int64, len(nodes)), make([]Type, len(nodes))
		for i, n := range nodes {
			if i > 0 && n.off == nodes[i-1].off {
				heads[i] = doubleNode
				continue
			}
			heads[i], kinds[i] = p.head(n.off)
		}
		find = newLocator(nodes, len(p.data))
	}
	f := &forest{off: make([]int64, len(nodes)+1), pos: make([]uint32, len(nodes)), base: make([]int32, len(nodes)), kind: kinds}
	f.off[len(nodes)] = int64(len(p.data))
	for i, n := range nodes {
		f.off[i], f.pos[i] = n.off, n.pos
		f.base[i] = int32(heads[i])
		if heads[i] > 0 {
			f.base[i] = brokenNode
			if at, ok := find.node(heads[i]); ok {
				f.base[i] = int32(at)
			}
		}
	}
	f.link()
	return f
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

// unlistedBases finds the bases that are not among the nodes, and theirs.
func (p *Pack) unlistedBases(heads []int64, find *locator) (extra []place) {
	var known map[int64]bool
	for _, off := range heads {
		for off > 0 && !known[off] {
			if _, ok := find.node(off); ok {
				break
			}
			if known == nil {
				known = map[int64]bool{}
			}
			known[off] = true
			extra = append(extra, place{off, unlisted})
			off, _ = p.head(off)
		}
	}
	return extra
}

// place is an entry of the index seen from the pack.
type place struct {
	off int64
	pos uint32
}

// located returns all entries of the index by ascending offset.
func (p *Pack) located() []place {
	x := p.index
	nodes := make([]place, x.count)
	for i := range nodes {
		off := x.offset(i)
		if off < 0 || off > int64(len(p.data)) {
			off = int64(len(p.data))
		}
		nodes[i] = place{off, uint32(i)}
	}
	return sortPlaces(nodes, int64(len(p.data)))
}

// sortPlaces is a radix sort by offset: a million of them take ten milliseconds.
func sortPlaces(nodes []place, most int64) []place {
	const width = 11
	spare := make([]place, len(nodes))
	for shift := 0; most>>shift > 0; shift += width {
		var starts [1 << width]int
		for _, n := range nodes {
			starts[n.off>>shift&(1<<width-1)]++
		}
		sum := 0
		for i, n := range starts {
			starts[i], sum = sum, sum+n
		}
		for _, n := range nodes {
			at := &starts[n.off>>shift&(1<<width-1)]
			spare[*at] = n
			*at++
		}
		nodes, spare = spare, nodes
	}
	return nodes
}

// locator finds nodes by offset.
type locator struct {
	nodes  []place
	shift  uint
	starts []uint32 // first node at or after each bucket of 1<<shift bytes
}

func newLocator(nodes []place, size int) *locator {
	l := &locator{nodes: nodes}
	for size>>l.shift > len(nodes)+1 {
		l.shift++
	}
	l.starts = make([]uint32, size>>l.shift+2)
	next := 0
	for b := range l.starts {
		for next < len(nodes) && nodes[next].off>>l.shift < int64(b) {
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
		if l.nodes[mid].off < off {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low, low < len(l.nodes) && l.nodes[low].off == off
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
