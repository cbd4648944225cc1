package usage

import (
	"cmp"
	"slices"

	"github.com/overgrant/overgrant"
)

// top counts the names that occur most, in a few slots: a name that has none
// takes the one with the lowest count, and goes on from there. What remains at
// the end are those that occurred most; a count may be too high, by at most what
// the lowest one is. The slots keep their memory.
type top struct {
	slots []slot
	size  int
}

type slot struct {
	hash  uint64
	count int64
	name  []byte
}

// longestName is how much of a name is kept, in bytes.
const longestName = 256

func (t *top) add(hash uint64, name []byte) {
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
	if len(t.slots) < t.size {
		t.slots = append(t.slots, slot{hash: hash, count: 1, name: slices.Clone(name[:min(len(name), longestName)])})
		return
	}
	s := &t.slots[low]
	s.hash = hash
	s.count++
	s.name = append(s.name[:0], name[:min(len(name), longestName)]...)
}

// list returns the names, most frequent first.
func (t *top) list() []overgrant.Counted {
	var all []overgrant.Counted
	for i := range t.slots {
		all = append(all, overgrant.Counted{Name: text(t.slots[i].name), Count: t.slots[i].count})
	}
	slices.SortFunc(all, func(a, b overgrant.Counted) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Name, b.Name))
	})
	return all
}

// join counts the names of another in.
func (t *top) join(o *top) {
	for i := range o.slots {
		s := o.slots[i]
		if at := slices.IndexFunc(t.slots, func(have slot) bool { return have.hash == s.hash }); at >= 0 {
			t.slots[at].count += s.count
			continue
		}
		t.slots = append(t.slots, s)
	}
	slices.SortStableFunc(t.slots, func(a, b slot) int { return cmp.Compare(b.count, a.count) })
	t.slots = t.slots[:min(len(t.slots), t.size)]
}
