package git

import "math/bits"

// keys is a set of keys. The zero key is never in it.
type keys struct {
	slots []key
	shift int
	count int
}

// newKeys returns a set with room for n keys.
func newKeys(n int) *keys {
	width := max(4, bits.Len(uint(n+n/2)))
	return &keys{slots: make([]key, 1<<width), shift: 64 - width}
}

// at returns the slot of a key, or the empty one where it belongs.
func (s *keys) at(k key) *key {
	for i := int(uint64(k) >> s.shift); ; i = (i + 1) & (len(s.slots) - 1) {
		if slot := &s.slots[i]; *slot == k || *slot == 0 {
			return slot
		}
	}
}

func (s *keys) has(k key) bool { return k != 0 && *s.at(k) == k }

func (s *keys) add(k key) {
	if s.count >= len(s.slots)/4*3 {
		old := s.slots
		*s = keys{slots: make([]key, 2*len(old)), shift: s.shift - 1}
		for _, k := range old {
			s.add(k)
		}
	}
	if slot := s.at(k); k != 0 && *slot == 0 {
		*slot = k
		s.count++
	}
}

// find returns the slot of a key that is in the set.
func (s *keys) find(k key) (slot int, ok bool) {
	for i := int(uint64(k) >> s.shift); ; i = (i + 1) & (len(s.slots) - 1) {
		switch s.slots[i] {
		case 0:
			return 0, false
		case k:
			return i, true
		}
	}
}

// twice adds a key and reports whether it was there before.
func (s *keys) twice(k key) bool {
	was := s.has(k)
	s.add(k)
	return was
}

// numbers maps keys to numbers.
type numbers struct {
	keys *keys
	of   []int32 // by slot
}

// newNumbers returns a map with room for n keys, and no more.
func newNumbers(n int) *numbers {
	k := newKeys(n + 1)
	return &numbers{k, make([]int32, len(k.slots))}
}

// add gives a key a number, and reports whether it had none. Key 0 gets none.
func (n *numbers) add(k key, number int32) bool {
	if k == 0 || n.keys.has(k) {
		return false
	}
	n.keys.add(k)
	i, _ := n.keys.find(k)
	n.of[i] = number
	return true
}

// number returns the number of a key.
func (n *numbers) number(k key) (int32, bool) {
	i, ok := n.keys.find(k)
	if !ok {
		return 0, false
	}
	return n.of[i], true
}
