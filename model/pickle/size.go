package pickle

import (
	"fmt"
	"math/bits"
)

// A value that is put into another many times, and that into a third, takes no
// room in a pickle and none while it is loaded, yet whoever walks, prints,
// compares or hashes it meets every copy. The machine keeps of each list, dict,
// set and tuple how many values it unfolds to, as a power of two that is never
// too high.

// size is the binary logarithm of a number of values, rounded down.
type size = uint8

// sizeMost is where sizes end.
const (
	sizeMost size = 62
	sizeMask size = 63
)

// sizes are those of the latest lists, dicts and sets, by serial number.
type sizes struct {
	of   []size
	last int64
}

// sizesKept is of how many containers the size is known at first, and sizesMax at
// most; one byte for each.
const (
	sizesKept = 1 << 10
	sizesMax  = 1 << 20
)

// add makes room for a container that is empty.
func (z *sizes) add(serial int64) {
	if serial >= int64(len(z.of)) && len(z.of) < sizesMax {
		z.of = append(z.of, make([]size, max(sizesKept, len(z.of)))...)
	}
	z.of[serial&int64(len(z.of)-1)] = 0
	z.last = serial
}

// at returns where the size of a container stands, nil if it is no longer known.
func (z *sizes) at(serial int64) *size {
	if serial <= z.last-int64(len(z.of)) {
		return nil
	}
	return &z.of[serial&int64(len(z.of)-1)]
}

func (z *sizes) empty() {
	if len(z.of) > sizesKept {
		z.of = nil
	}
	z.last = 0
}

// fresh makes a list, dict or set.
func (m *machine) fresh(k kind) slot {
	m.serial++
	m.sizes.add(m.serial)
	return mk(k, m.serial)
}

// tupleSize is the size of a kTuple.
func (s slot) tupleSize() size { return size(s>>(ringLenBits+ringAtBits)) & sizeMask }

// sizeOf returns how many values v unfolds to.
func (m *machine) sizeOf(v slot) size {
	switch v.kind() {
	case kTuple:
		return v.tupleSize()
	case kList, kDict, kSet:
		if at := m.sizes.at(v.payload()); at != nil {
			return *at
		}
	}
	return 0
}

// unfolded counts the values that items unfold to, and one for what holds them.
func (m *machine) unfolded(items []slot) uint64 {
	n := uint64(len(items)) + 1
	for _, v := range items {
		switch v.kind() {
		case kTuple:
			n = min(n+(1<<v.tupleSize()-1), 1<<sizeMost)
		case kList, kDict, kSet:
			n = min(n+(1<<m.sizeOf(v)-1), 1<<sizeMost)
		case kRun:
			n += uint64(v.payload())
		}
	}
	return n
}

// sized returns the size of a tuple of items.
func (m *machine) sized(items []slot) size {
	s := size(bits.Len64(m.unfolded(items)) - 1)
	if s >= unfoldsMin {
		m.swollen(s)
	}
	return s
}

// grow adds items to the size of a list, dict or set.
func (m *machine) grow(v slot, items []slot) {
	at := m.sizes.at(v.payload())
	if at == nil {
		return
	}
	n := m.unfolded(items) - 1 + 1<<*at
	*at = min(size(bits.Len64(n)-1), sizeMost)
	if *at >= unfoldsMin {
		m.swollen(*at)
	}
}

// unfoldsMin is the size from which a value is told, and hashesMin from which one
// that is hashed is; but not before more than one value refers to many others
// which refer to many others.
const (
	unfoldsMin size = 32
	hashesMin  size = 24
)

// swollen tells of a value that is larger than any model has, once.
func (m *machine) swollen(s size) {
	if m.unfolds || s < m.sizeTold() {
		return
	}
	m.unfolds = true
	m.report(Finding{
		Rule: "expansion", What: fmt.Sprintf("a value that unfolds to more than 2^%d values", unfoldsMin), Level: Unknown,
		Why: "it refers to the same values over and over: whoever walks, prints or compares it runs out of time or memory",
	})
}

// sizeTold is the size up to which a pickle of so many opcodes comes by sharing
// values that are not shared themselves.
func (m *machine) sizeTold() size { return size(2 * (bits.Len64(uint64(m.res.Opcodes)) - 1)) }

// hashedSize tells of a key or a member of a set that takes as long to hash as it
// is large.
func (m *machine) hashedSize(v slot) {
	if s := m.sizeOf(v); s >= hashesMin && !m.hashes && s >= m.sizeTold() {
		m.hashes = true
		m.report(Finding{
			Rule: "expansion", What: fmt.Sprintf("a key that unfolds to more than 2^%d values", hashesMin), Level: Unknown,
			Why: "it refers to the same values over and over, and loading hashes each of them: it does not come to an end",
		})
	}
}

// surplusMin is how many values at STOP that nothing takes are told.
const surplusMin = 64

// surplus tells of values that are made for nothing.
func (m *machine) surplus() {
	if n := count(m.stack.s); n >= surplusMin {
		m.report(Finding{
			Rule: "expansion", What: "values that nothing takes are left at the end", Level: Unknown,
			Why: "no pickler leaves any: they wear out scanners and loaders that keep them",
		})
	}
}
