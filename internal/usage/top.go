package usage

import (
	"cmp"
	"slices"

	"github.com/overgrant/overgrant"
)

// top counts the names that occur most, in a few slots: a name that has none
// takes the one with the lowest count, and goes on from there. What remains at
// the end are those that occurred most; a count may be too high, by at most what
// the lowest one is. There may be tens of thousands of tops with all slots
// taken, so they hold no pointers, which the garbage collector would follow.
type top struct {
	slots []slot
	names []byte // cells, each of the same length
}

// slot counts one name. Its name stands in a cell.
type slot struct {
	hash  uint64
	count int64
	cell  uint8
	size  uint8 // of the name, in bytes
}

// topSize is how many names a top has room for, and how much of each it keeps,
// in bytes.
type topSize struct{ slots, name int }

func (t *top) add(hash uint64, name []byte, size topSize) {
	low := 0
	for i := range t.slots {
		s := &t.slots[i]
		if s.hash == hash {
			s.count++
			if i > 0 && s.count > t.slots[i-1].count { // what is frequent is found first
				t.slots[i], t.slots[i-1] = t.slots[i-1], t.slots[i]
			}
			return
		}
		if s.count < t.slots[low].count {
			low = i
		}
	}
	if n := len(t.slots); n < size.slots {
		low = n
		t.slots = append(t.slots, slot{cell: uint8(n)})
		t.names = append(t.names, make([]byte, size.name)...)
	}
	s := &t.slots[low]
	s.hash = hash
	s.count++
	s.size = uint8(copy(t.names[int(s.cell)*size.name:][:size.name], name))
}

// list returns the names, most frequent first.
func (t *top) list(size topSize) []overgrant.Counted {
	var all []overgrant.Counted
	for _, s := range t.slots {
		all = append(all, overgrant.Counted{Name: short(t.names[int(s.cell)*size.name:][:s.size]), Count: s.count})
	}
	slices.SortFunc(all, func(a, b overgrant.Counted) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Name, b.Name))
	})
	return all
}

// joined returns a top that counts the names of both. Neither changes.
func (t *top) joined(o *top, size topSize) top {
	type named struct {
		slot
		name []byte
	}
	var all []named
	for _, from := range []*top{t, o} {
		for _, s := range from.slots {
			if at := slices.IndexFunc(all, func(have named) bool { return have.hash == s.hash }); at >= 0 {
				all[at].count += s.count
				continue
			}
			all = append(all, named{s, from.names[int(s.cell)*size.name:][:s.size]})
		}
	}
	slices.SortStableFunc(all, func(a, b named) int { return cmp.Compare(b.count, a.count) })
	var sum top
	for i, n := range all[:min(len(all), size.slots)] {
		sum.add(n.hash, n.name, size)
		sum.slots[i].count = n.count
	}
	return sum
}
