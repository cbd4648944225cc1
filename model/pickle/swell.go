package pickle

import (
	"slices"
	"strings"
)

// What harmless calls can take of memory and time: a pickle of fifty bytes can
// ask for a terabyte. Sources: the constructors of CPython 3.13 and NumPy 2.1.

// appetite says what a harmless import does with a large argument.
type appetite uint8

const (
	frugal   appetite = iota // nothing of note
	iterates                 // goes through what it is given
	lazy                     // gives the items of what it is given, one by one
	endless                  // gives items without end, or as many as it is told
	pools                    // goes through what it is given and gives many more
	fills                    // makes as many bytes as it is told, or goes through
	times                    // multiplies or adds
	powers                   // raises to a power
	shapes                   // makes an array of the shape that it is given
	some                     // gives some of the items
	decimals                 // computes a number with an exponent
)

var appetites = func() map[string]appetite {
	m := map[string]appetite{}
	add := func(a appetite, names string) {
		for n := range set(names) {
			m[n] = a
		}
	}
	add(iterates, `builtins.list builtins.tuple builtins.set builtins.frozenset builtins.dict builtins.sum collections.deque collections.Counter
		collections.OrderedDict collections.UserList array.array`)
	add(lazy, `builtins.zip builtins.enumerate builtins.reversed itertools.chain itertools.compress itertools.zip_longest itertools.pairwise itertools.batched itertools._tee`)
	add(endless, "builtins.range itertools.count itertools.cycle itertools.repeat")
	add(pools, "itertools.product itertools.combinations itertools.combinations_with_replacement itertools.permutations")
	add(fills, "builtins.bytes builtins.bytearray")
	add(times, "operator.mul _operator.mul operator.add _operator.add")
	add(powers, "builtins.pow")
	add(shapes, `numpy.ndarray numpy.matrix numpy.recarray numpy.core.multiarray.ndarray numpy.core.numeric.ndarray numpy.rec.recarray
		numpy.core.multiarray._reconstruct numpy._core.multiarray._reconstruct`)
	add(some, "itertools.islice")
	add(decimals, "fractions.Fraction")
	return m
}()

// From which numbers on a call is told: none of a model comes near.
const (
	itemsMany = 1 << 30 // of a sequence, or bytes
	powerMany = 1 << 16 // of an exponent
	sumsMany  = 16      // calls that compute with what was computed
)

// swells says why a harmless call would take more memory or time than there is,
// and empty where it would not. Gives is what the call gives where that has no
// end.
func (m *machine) swells(g *global, f, args slot) (why string, gives slot) {
	items, n, ok := m.items(args)
	if !ok || n == 0 && g.appetite != endless {
		return "", 0
	}
	long := slices.ContainsFunc(items, m.neverEnds)
	switch g.appetite {
	case iterates, fills, pools:
		if long {
			return "goes through items that have no end: loading takes all memory", 0
		}
		if g.appetite == pools && n > 1 {
			return "", m.longOf(f)
		}
		if g.appetite == fills && n == 1 && large(items[0], itemsMany) {
			return "makes so many bytes: loading takes all memory", 0
		}
	case lazy, some:
		if long && (g.appetite == lazy || n > 1 && large(items[n-1], itemsMany)) {
			return "", m.longOf(f)
		}
	case endless:
		if m.unending(g, items, n) {
			return "", m.longOf(f)
		}
	case times:
		return m.multiplies(items), 0
	case powers:
		if n == 2 && large(items[1], powerMany) {
			return "raises to a power of many digits: loading does not come to an end", 0
		}
	case shapes:
		return m.shaped(items), 0
	case decimals:
		s, _ := m.text(items[0])
		if _, exponent, ok := strings.Cut(strings.ToLower(s), "e"); ok && len(strings.TrimLeft(exponent, "+-0")) > 5 {
			return "computes a number of many digits: loading does not come to an end", 0
		}
	}
	return "", 0
}

// large reports whether a value is a number of at least n, or one below -n.
func large(v slot, n int64) bool {
	return v.kind() == kInt && (v.whole() >= n || v.whole() <= -n)
}

// neverEnds reports whether a value is an iterator that has no end, or none in sight.
func (m *machine) neverEnds(v slot) bool {
	return v.kind() == kDerived && m.derived[v.payload()].what == dLong
}

// longOf is what calling f gives where that has no end, one value for each f.
func (m *machine) longOf(f slot) slot {
	g := &m.globals[f.payload()]
	if g.result == 0 {
		g.result = m.derive(derived{what: dLong, text: g.String() + "(…)"})
	}
	return g.result
}

// unending reports whether a range, a count, a cycle or a repetition has no end
// in sight.
func (m *machine) unending(g *global, items []slot, n int64) bool {
	switch g.leaf() {
	case "range":
		return slices.ContainsFunc(items[:min(n, 2)], func(v slot) bool { return large(v, itemsMany) })
	case "repeat":
		return n == 1 || n > 1 && large(items[1], itemsMany)
	}
	return n > 0 || g.leaf() == "count"
}

// multiplies says whether a sequence is repeated many times, or results are
// computed with over and over: each time they may double.
func (m *machine) multiplies(items []slot) string {
	for i, v := range items {
		other := items[(i+1)%len(items)]
		if k := v.kind(); (k == kText || k == kBytes || k == kList || k == kTuple) && large(other, itemsMany) {
			return "repeats a sequence so often: loading takes all memory"
		}
		if v.kind() == kObject && m.globals[v.payload()].appetite == times {
			if m.sums++; m.sums == sumsMany {
				return "computes with what it computed, over and over: each time it may double"
			}
		}
	}
	return ""
}

// shaped says whether an array of NumPy is made before its bytes are there.
func (m *machine) shaped(items []slot) string {
	total := int64(1)
	for _, shape := range items[:min(len(items), 2)] {
		dims, _, ok := m.items(shape)
		if !ok {
			dims = []slot{shape}
		}
		for _, d := range dims {
			if d.kind() != kInt || d.whole() <= 0 {
				continue
			}
			if d.whole() > itemsMany*16/total {
				return "makes an array of this shape before its bytes come: loading takes all memory"
			}
			total *= d.whole()
		}
	}
	return ""
}
