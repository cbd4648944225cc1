package git

import "slices"

// fate is what became of a mark at a path.
type fate struct {
	change
	root  int32 // node of the tree, or object, under which it was first seen
	intro int32 // place of the commit that brought it; -1 if none did
	last  int32 // place of the last commit that held it; -1 if none did
	gone  int32 // place of the last commit that took it out; -1 if none did
	top   int32 // path at which root itself stands; 0 is the top
	kept  bool  // a ref, or an index, holds it now
	lost  bool  // only commits that no ref leads to hold it
	head  bool  // HEAD holds it
	vague bool  // last and gone are not the whole truth
	blind bool  // whether HEAD holds it is not known, unless head says so
	refs  []string
}

// named adds to the refs that hold it.
func (f *fate) named(ref string) {
	if ref != "" && len(f.refs) < mostRefs && !slices.Contains(f.refs, ref) {
		f.refs = append(f.refs, ref)
	}
}

// fates follows marks through the commits of a line.
type fates struct {
	line   *line
	shapes *shapes
	paths  *paths
	root   []int32 // by commit: the shape of its tree
	child  []bool  // by commit: has a child among those with a place
	index  map[change]int32
	all    []fate
	lost   bool // the commits at hand are those that no ref leads to
	gaps   int  // commits whose tree is not there
}

// spot is what fates are found by: the mark and the path.
func (c change) spot() change { return change{path: c.path, mark: c.mark} }

func follow(l *line, s *shapes) *fates {
	f := &fates{line: l, shapes: s, paths: newPaths(), index: map[change]int32{}}
	f.root = make([]int32, len(l.history.commits))
	f.child = make([]bool, len(l.history.commits))
	for c := range l.history.commits {
		if n, ok := s.leads.node.number(l.history.commits[c].tree); ok {
			f.root[c] = s.node(n, 0)
		} else if l.place[c] >= 0 {
			f.gaps++
		}
		if l.place[c] < 0 {
			continue
		}
		for _, p := range l.history.parentsOf(int32(c)) {
			if i, ok := l.index[p]; ok && (int(l.place[i]) >= l.reached || int(l.place[c]) < l.reached) {
				f.child[i] = true
			}
		}
	}
	for at, c := range l.order {
		f.lost = at >= l.reached
		f.commit(c, int32(at))
	}
	f.lost = false
	return f
}

// commit compares a commit with its parents. What none of them has, it brought;
// what one of them has and it has not, it took out.
func (f *fates) commit(c, at int32) {
	var parents []int32
	same := false
	for _, k := range f.line.history.parentsOf(c) {
		if p, ok := f.line.index[k]; ok {
			parents = append(parents, p)
			same = same || f.root[p] == f.root[c]
		}
	}
	var brought map[change]int
	for _, p := range parents {
		if f.root[p] == f.root[c] {
			continue
		}
		for _, d := range f.shapes.compare(f.root[p], f.root[c], 0, f.paths, nil) {
			switch {
			case !d.added:
				f.took(d, f.line.place[p], at)
			case len(parents) == 1:
				f.bring(d, c, at)
			case !same:
				if brought == nil {
					brought = map[change]int{}
				}
				if brought[d]++; brought[d] == len(parents) {
					f.bring(d, c, at)
				}
			}
		}
	}
	if len(parents) == 0 && f.root[c] != 0 {
		for _, d := range f.shapes.compare(0, f.root[c], 0, f.paths, nil) {
			f.bring(d, c, at)
		}
	}
	if !f.child[c] && f.root[c] != 0 {
		for _, d := range f.shapes.compare(0, f.root[c], 0, f.paths, nil) {
			if i, ok := f.index[d.spot()]; ok && f.all[i].lost == f.lost {
				f.all[i].last = max(f.all[i].last, at)
			}
		}
	}
}

func (f *fates) bring(d change, c, at int32) {
	if _, known := f.index[d.spot()]; known {
		return
	}
	root, _ := f.shapes.leads.node.number(f.line.history.commits[c].tree)
	f.add(fate{change: d.spot(), root: root, intro: at, last: at, gone: -1, lost: f.lost})
}

// add notes a fate. Beyond so many none are, which is counted.
func (f *fates) add(made fate) *fate {
	if len(f.all) >= mostChanges {
		f.shapes.cut = true
		return &made
	}
	i := int32(len(f.all))
	f.index[made.change] = i
	f.all = append(f.all, made)
	return &f.all[i]
}

func (f *fates) took(d change, parent, at int32) {
	i, ok := f.index[d.spot()]
	if !ok || f.all[i].lost != f.lost {
		return
	}
	f.all[i].last = max(f.all[i].last, parent)
	f.all[i].gone = at
}

// mostRefs is how many refs a sighting names.
const mostRefs = 3

// hold notes that a ref leads to a node, or that nothing does, and returns what
// the node holds.
func (f *fates) hold(node int32, name string, lost bool) []change {
	found := f.shapes.compare(0, f.shapes.node(node, 0), 0, f.paths, nil)
	for _, d := range found {
		i, ok := f.index[d.spot()]
		var at *fate
		switch {
		case !ok:
			at = f.add(fate{change: d.spot(), root: node, intro: -1, last: -1, gone: -1, lost: lost})
		case f.all[i].lost && !lost:
			at = &f.all[i]
			at.lost = false
		default:
			at = &f.all[i]
		}
		at.kept = at.kept || !lost
		at.named(name)
	}
	return found
}
