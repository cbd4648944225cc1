package git

import "slices"

// leads are the trees that lead, by whatever way, to one of some objects, and
// the entries in them that do. Objects are numbered: trees as in the history,
// then the wanted objects that are no trees.
type leads struct {
	history *history
	node    *numbers
	wanted  []key
	step    []step // the edits whose child has a number, tree by tree
	first   []int32
	held    []int32 // by tree: how many of its entries lead somewhere
	led     []bool  // by node: wanted, or leads to one that is
	list    []int32 // by tree: its entries that lead somewhere, in lists; 0 is none
	lists   [][]way
}

// step is an edit whose child is a tree or wanted.
type step struct {
	node int32
	name uint32
}

// way is an entry that leads somewhere.
type way struct {
	name uint32
	to   int32 // a node or, among shapes, a shape
}

// lead finds the trees that lead to wanted objects. Its cost is one pass over
// the history, whatever is wanted.
func lead(h *history, wanted []key) *leads {
	l := &leads{history: h, wanted: wanted}
	l.number()
	l.steps()
	l.spread()
	l.collect()
	return l
}

func (l *leads) number() {
	l.node = newNumbers(len(l.history.trees) + len(l.wanted))
	for i := range l.history.trees {
		k := l.history.trees[i].key
		l.node.add(k, int32(i))
	}
	n := int32(len(l.history.trees))
	for _, k := range l.wanted {
		if l.node.add(k, n) {
			n++
		}
	}
	l.led = make([]bool, n)
	for _, k := range l.wanted {
		if n, ok := l.node.number(k); ok {
			l.led[n] = true
		}
	}
}

func (l *leads) steps() {
	l.first = make([]int32, len(l.history.trees)+1)
	for i := range l.history.trees {
		l.first[i] = int32(len(l.step))
		for _, e := range l.history.of(i) {
			if n, ok := l.node.number(e.child); ok {
				l.step = append(l.step, step{n, e.name &^ subtree})
			}
		}
	}
	l.first[len(l.history.trees)] = int32(len(l.step))
}

// uses lists, for each node, the trees with an edit of it: those of node n are
// tree[first[n]:first[n+1]], doubled, and odd where the edit takes n out.
func (l *leads) uses() (first, tree []int32) {
	first = make([]int32, len(l.led)+2)
	for _, s := range l.step {
		first[s.node+2]++
	}
	for i := 1; i < len(first); i++ {
		first[i] += first[i-1]
	}
	tree = make([]int32, len(l.step))
	for t := range l.history.trees {
		for _, s := range l.step[l.first[t]:l.first[t+1]] {
			at := &first[s.node+1]
			tree[*at] = int32(t)<<1 | int32(s.name>>31)
			*at++
		}
	}
	return first, tree
}

// spread marks the trees that lead somewhere. In each round, the objects that
// were marked in the one before are counted into the trees that hold them; a
// tree holds what its base does, plus and less its edits.
func (l *leads) spread() {
	first, tree := l.uses()
	own := make([]int32, len(l.history.trees))
	l.held = make([]int32, len(l.history.trees))
	var fresh []int32
	for n, is := range l.led {
		if is {
			fresh = append(fresh, int32(n))
		}
	}
	for round := 0; len(fresh) > 0 && round < maxDepth; round++ {
		for _, n := range fresh {
			for _, t := range tree[first[n]:first[n+1]] {
				own[t>>1] += 1 - 2*(t&1)
			}
		}
		fresh = fresh[:0]
		for t := range own {
			l.held[t] = own[t]
			if b := l.history.trees[t].base; b >= 0 {
				l.held[t] += l.held[b]
			}
			if l.held[t] > 0 && !l.led[t] {
				l.led[t] = true
				fresh = append(fresh, int32(t))
			}
		}
	}
}

// collect makes the list of each tree. A tree that differs from its base in
// nothing that leads anywhere shares the list of its base.
func (l *leads) collect() {
	l.lists = make([][]way, 1)
	l.list = make([]int32, len(l.history.trees))
	var gone, come []way
	for t := range l.list {
		if l.held[t] <= 0 {
			continue
		}
		var base int32
		if b := l.history.trees[t].base; b >= 0 {
			base = l.list[b]
		}
		gone, come = gone[:0], come[:0]
		for _, s := range l.step[l.first[t]:l.first[t+1]] {
			switch {
			case !l.led[s.node]:
			case s.name&taken != 0:
				gone = append(gone, way{s.name &^ taken, s.node})
			default:
				come = append(come, way{s.name, s.node})
			}
		}
		if len(gone)+len(come) == 0 {
			l.list[t] = base
			continue
		}
		l.list[t] = int32(len(l.lists))
		l.lists = append(l.lists, changed(l.lists[base], gone, come))
	}
}

// changed returns list without what is gone and with what has come, sorted.
func changed(list, gone, come []way) []way {
	slices.SortFunc(gone, way.compare)
	slices.SortFunc(come, way.compare)
	next := make([]way, 0, max(0, len(list)-len(gone)+len(come)))
	for _, w := range list {
		for len(come) > 0 && come[0].compare(w) < 0 {
			next, come = append(next, come[0]), come[1:]
		}
		for len(gone) > 0 && gone[0].compare(w) < 0 {
			gone = gone[1:]
		}
		if len(gone) > 0 && gone[0] == w {
			gone = gone[1:]
			continue
		}
		next = append(next, w)
	}
	return append(next, come...)
}

func (w way) compare(v way) int {
	if w.name != v.name {
		return int(int64(w.name) - int64(v.name))
	}
	return int(w.to - v.to)
}

// below returns the entries of a node that lead somewhere.
func (l *leads) below(n int32) []way {
	if int(n) >= len(l.list) {
		return nil
	}
	return l.lists[l.list[n]]
}
