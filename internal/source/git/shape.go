package git

import (
	"encoding/binary"
	"slices"
)

// mark is one occurrence of a link in an object, wherever that object stands:
// the same text again, in a later version of a file, is the same mark.
type mark struct {
	text    int32 // a link, how it is written, and a path inside the object
	ordinal int32 // counts equal ones in one object
}

// shape is what of the marks lies in and below an object, by names: two
// versions of a folder have one shape if, as far as marks go, they are equal.
type shape struct {
	marks []int32
	below []way // to shapes
}

// ownName flags, in a way of a shape, that the mark is in the name itself.
const ownName = subtree

// shapes works out the shapes of objects. Shape 0 has nothing.
type shapes struct {
	leads *leads
	marks map[int32][]int32            // by node: in the object itself, sorted
	named map[int32]map[uint32][]int32 // by tree: in the names of its entries, sorted
	all   []shape
	index map[string]int32
	of    []int32 // by node; -1 is not known yet
	left  int     // what compare may still do
	cut   bool    // it could not do all
}

// A tree of few bytes can hold one object under more paths than could ever be
// listed. These bound what all comparisons look at, and what one may yield.
const (
	mostCompared = 1 << 26
	mostChanges  = 1 << 18
	mostPaths    = 1 << 18
)

func newShapes(l *leads) *shapes {
	s := &shapes{leads: l, marks: map[int32][]int32{}, named: map[int32]map[uint32][]int32{}}
	s.left = mostCompared
	s.all = make([]shape, 1)
	s.index = map[string]int32{}
	s.of = slices.Repeat([]int32{-1}, len(l.led))
	return s
}

// node returns the shape of a node, 0 if there is nothing in it. Trees that
// hold each other, which only a forgery can, and those too deep end there.
func (s *shapes) node(n int32, depth int) int32 {
	if s.of[n] >= 0 || depth > maxDepth {
		return max(0, s.of[n])
	}
	s.of[n] = 0
	var made shape
	made.marks = s.marks[n]
	for _, w := range s.leads.below(n) {
		if to := s.node(w.to, depth+1); to != 0 {
			made.below = append(made.below, way{w.name, to})
		}
	}
	for name, marks := range s.named[n] {
		made.below = append(made.below, way{name | ownName, s.intern(shape{marks: marks})})
	}
	slices.SortFunc(made.below, way.compare)
	s.of[n] = s.intern(made)
	return s.of[n]
}

func (s *shapes) intern(made shape) int32 {
	if len(made.marks)+len(made.below) == 0 {
		return 0
	}
	id := binary.LittleEndian.AppendUint32(nil, uint32(len(made.marks)))
	for _, m := range made.marks {
		id = binary.LittleEndian.AppendUint32(id, uint32(m))
	}
	for _, w := range made.below {
		id = binary.LittleEndian.AppendUint32(id, w.name)
		id = binary.LittleEndian.AppendUint32(id, uint32(w.to))
	}
	if n, ok := s.index[string(id)]; ok {
		return n
	}
	n := int32(len(s.all))
	s.index[string(id)] = n
	s.all = append(s.all, made)
	return n
}

// change is a mark at a path that one of two shapes has.
type change struct {
	path, mark int32
	added      bool
}

// compare yields what shape b has and a has not, and the reverse.
func (s *shapes) compare(a, b, path int32, paths *paths, out []change) []change {
	x, y := s.all[a], s.all[b]
	s.left -= 1 + len(x.marks) + len(y.marks)
	if a == b {
		return out
	}
	if s.left <= 0 || len(out) > mostChanges || len(paths.all) > mostPaths {
		s.cut = true
		return out
	}
	out = compareMarks(x.marks, y.marks, path, out)
	i, j := 0, 0
	for i < len(x.below) || j < len(y.below) {
		switch {
		case j >= len(y.below) || i < len(x.below) && x.below[i].name < y.below[j].name:
			out = s.compare(x.below[i].to, 0, paths.below(path, x.below[i].name), paths, out)
			i++
		case i >= len(x.below) || y.below[j].name < x.below[i].name:
			out = s.compare(0, y.below[j].to, paths.below(path, y.below[j].name), paths, out)
			j++
		default:
			if x.below[i].to != y.below[j].to {
				out = s.compare(x.below[i].to, y.below[j].to, paths.below(path, x.below[i].name), paths, out)
			}
			i++
			j++
		}
	}
	return out
}

func compareMarks(a, b []int32, path int32, out []change) []change {
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case j >= len(b) || i < len(a) && a[i] < b[j]:
			out = append(out, change{path, a[i], false})
			i++
		case i >= len(a) || b[j] < a[i]:
			out = append(out, change{path, b[j], true})
			j++
		default:
			i++
			j++
		}
	}
	return out
}

// paths numbers paths: each is a name below another path. Path 0 is the top.
type paths struct {
	all   []step // node is the path above
	index map[step]int32
}

func newPaths() *paths {
	return &paths{all: make([]step, 1), index: map[step]int32{}}
}

func (p *paths) below(path int32, name uint32) int32 {
	s := step{path, name}
	if n, ok := p.index[s]; ok {
		return n
	}
	n := int32(len(p.all))
	p.all = append(p.all, s)
	p.index[s] = n
	return n
}

// names lists the names of a path from the top, flags included.
func (p *paths) names(path int32) []uint32 {
	var names []uint32
	for ; path != 0; path = p.all[path].node {
		names = append(names, p.all[path].name)
	}
	slices.Reverse(names)
	return names
}

// next returns the node that a name in a tree leads to.
func (s *shapes) next(n int32, name uint32) (int32, bool) {
	ways := s.leads.below(n)
	i, _ := slices.BinarySearchFunc(ways, name, func(w way, name uint32) int { return int(int64(w.name) - int64(name)) })
	for ; i < len(ways) && ways[i].name == name; i++ {
		if s.of[ways[i].to] > 0 {
			return ways[i].to, true
		}
	}
	return 0, false
}
