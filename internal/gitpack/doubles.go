package gitpack

import (
	"bytes"
	"container/heap"
	"slices"
)

// dropDoubles leaves every object wanted in one pack only: the first that holds
// it, where packs to skip come first of all.
func dropDoubles(parts []*part, skip []*Pack) {
	var m merge
	for i, p := range parts {
		if p.pack.index.count == 0 {
			continue
		}
		rank := i
		if slices.Contains(skip, p.pack) {
			rank -= len(parts)
		}
		m = append(m, &cursor{part: p, rank: rank})
	}
	if len(m) < 2 {
		return
	}
	heap.Init(&m)
	var last []byte
	doubles := make(map[*part]bitset)
	for len(m) > 0 {
		c := m[0]
		raw := c.raw()
		if bytes.Equal(raw, last) {
			if doubles[c.part] == nil {
				doubles[c.part] = newBitset(c.part.pack.index.count)
			}
			doubles[c.part].add(uint32(c.at))
		}
		last = raw
		if c.at++; c.at == c.part.pack.index.count {
			heap.Pop(&m)
		} else {
			heap.Fix(&m, 0)
		}
	}
	for p, d := range doubles {
		wanted := p.all()
		for i, pos := range p.forest.pos {
			if pos != unlisted && d.has(pos) {
				wanted.remove(uint32(i))
			}
		}
	}
}

// cursor goes through the IDs of one pack.
type cursor struct {
	part *part
	rank int
	at   int
}

func (c *cursor) raw() []byte { return c.part.pack.index.raw(c.at) }

// merge is a heap of cursors, the least ID on top, of equal ones that of the
// first pack.
type merge []*cursor

func (m merge) Len() int      { return len(m) }
func (m merge) Swap(i, j int) { m[i], m[j] = m[j], m[i] }
func (m *merge) Push(any)     {}
func (m merge) Less(i, j int) bool {
	if c := bytes.Compare(m[i].raw(), m[j].raw()); c != 0 {
		return c < 0
	}
	return m[i].rank < m[j].rank
}

// Pop implements heap.Interface.
func (m *merge) Pop() any {
	last := (*m)[len(*m)-1]
	*m = (*m)[:len(*m)-1]
	return last
}
