package git

import (
	"cmp"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/overgrant/overgrant"
)

// end is where a tip leads once tags are followed: to a commit, or to a tree or
// file without one.
type end struct {
	tip    tip
	target key
	commit int32 // -1 if it is none
}

// roots are the places from which what is kept can be reached.
type roots struct {
	ends   []end
	tagged map[key]string // tags that refs lead to, and one such ref
}

// maxTags bounds how many tags stand between a ref and what it is about.
const maxTags = 64

// rootsOf follows all tips. Those of branches come first, then tags.
func rootsOf(h *history, tips []tip) roots {
	r := roots{tagged: map[key]string{}}
	tags := make(map[key]int, len(h.tags))
	for i := range h.tags {
		tags[idKey(h.tags[i].id)] = i
	}
	for _, t := range tips {
		e := end{tip: t, target: idKey(t.id), commit: -1}
		for range maxTags {
			i, is := tags[e.target]
			if !is {
				break
			}
			if _, known := r.tagged[e.target]; !known {
				r.tagged[e.target] = t.name
			}
			e.target = h.tags[i].target
		}
		r.ends = append(r.ends, e)
	}
	slices.SortStableFunc(r.ends, func(a, b end) int { return cmp.Compare(a.tip.rank(), b.tip.rank()) })
	return r
}

// rank orders tips by how much their names tell.
func (t tip) rank() int {
	switch {
	case t.head:
		return 0
	case strings.HasPrefix(t.name, "refs/heads/"):
		return 1
	case strings.HasPrefix(t.name, "refs/tags/"):
		return 2
	case strings.HasPrefix(t.name, "refs/"):
		return 3
	}
	return 4
}

// arrange orders the commits and looks up where tips lead.
func (t *trace) arrange() {
	t.roots = rootsOf(t.history, t.source.refs.tips)
	from := make([]key, 0, len(t.roots.ends))
	for _, e := range t.roots.ends {
		from = append(from, e.target)
	}
	t.line = arrange(t.history, from, t.source.shallow)
	if t.source.options.Unreachable {
		t.line.unreached()
	}
	for i, e := range t.roots.ends {
		c, ok := t.line.index[e.target]
		if !ok {
			continue
		}
		t.roots.ends[i].commit = c
		if parents := t.history.parentsOf(c); e.tip.stash() && len(parents) > 1 {
			for _, p := range parents[1:] {
				if c, ok := t.line.index[p]; ok {
					t.roots.ends = append(t.roots.ends, end{e.tip, p, c})
				}
			}
		}
	}
}

// stash reports whether a tip is a stash: a merge of HEAD with a commit of the
// index and one of the files that were not tracked, which are as much in the
// stash as its own tree.
func (t tip) stash() bool { return t.name == "refs/stash" || strings.HasPrefix(t.name, "stash@{") }

// keep notes what refs, and indexes, hold now, and what nothing leads to.
func (t *trace) keep() {
	t.visited = make([]bool, len(t.leads.led))
	for at, c := range t.line.order {
		if n, ok := t.leads.node.number(t.history.commits[c].tree); ok && at < t.line.reached {
			t.visit(n)
		}
	}
	named := map[int32]int{} // by shape
	for _, e := range t.roots.ends {
		k := e.target
		if e.commit >= 0 {
			if t.line.place[e.commit] < 0 {
				continue
			}
			k = t.history.commits[e.commit].tree
		}
		n, ok := t.leads.node.number(k)
		if !ok {
			continue
		}
		t.visit(n)
		shape := t.shapes.node(n, 0)
		if named[shape]++; named[shape] > 4*mostRefs && !e.tip.head {
			continue
		}
		for _, d := range t.fates.hold(n, e.tip.name, false) {
			if e.tip.head {
				if i, ok := t.fates.index[d.spot()]; ok {
					t.fates.all[i].head = true
				}
			}
		}
	}
	t.staged()
	if t.source.options.Unreachable {
		t.dangling()
	}
}

// visit marks all that a node leads to.
func (t *trace) visit(n int32) {
	stack := []int32{n}
	for len(stack) > 0 {
		n, stack = stack[len(stack)-1], stack[:len(stack)-1]
		if t.visited[n] || !t.leads.led[n] {
			continue
		}
		t.visited[n] = true
		for _, w := range t.leads.below(n) {
			if !t.visited[w.to] {
				stack = append(stack, w.to)
			}
		}
	}
}

// staged notes the paths at which indexes have files that no ref leads to.
func (t *trace) staged() {
	for _, e := range t.source.stages() {
		n, ok := t.leads.node.number(idKey(e.id))
		if !ok || t.visited[n] {
			continue
		}
		path := int32(0)
		for name := range strings.SplitSeq(e.path, "/") {
			path = t.fates.paths.below(path, t.history.names.of([]byte(name)))
		}
		for _, d := range t.shapes.compare(0, t.shapes.node(n, 0), path, t.fates.paths, nil) {
			if _, known := t.fates.index[d.spot()]; !known {
				made := t.fates.add(fate{change: d.spot(), root: n, top: path, intro: -1, last: -1, gone: -1})
				made.refs, made.kept = []string{"index"}, true
			}
		}
	}
	for _, e := range t.source.stages() {
		if n, ok := t.leads.node.number(idKey(e.id)); ok {
			t.visit(n)
		}
	}
}

// dangling takes the trees and files that nothing leads to, and that are in no
// other of these, as roots of their own.
func (t *trace) dangling() {
	for at, c := range t.line.order {
		if n, ok := t.leads.node.number(t.history.commits[c].tree); ok && at >= t.line.reached {
			t.lostTo(n)
		}
	}
	inside := make([]bool, len(t.leads.led))
	for n := range t.leads.led {
		if t.leads.led[n] && !t.visited[n] {
			for _, w := range t.leads.below(int32(n)) {
				inside[w.to] = true
			}
		}
	}
	for n := range t.leads.led {
		if t.leads.led[n] && !t.visited[n] && !inside[n] && !t.lost[int32(n)] {
			t.fates.hold(int32(n), "", true)
		}
	}
}

// lostTo marks what a commit leads to that no ref leads to.
func (t *trace) lostTo(n int32) {
	if t.lost == nil {
		t.lost = map[int32]bool{}
	}
	stack := []int32{n}
	for len(stack) > 0 {
		n, stack = stack[len(stack)-1], stack[:len(stack)-1]
		if t.visited[n] || t.lost[n] || !t.leads.led[n] {
			continue
		}
		t.lost[n] = true
		for _, w := range t.leads.below(n) {
			stack = append(stack, w.to)
		}
	}
}

// ancestors marks the commits that some commits lead back to.
func (l *line) ancestors(from []int32) []bool {
	marked := make([]bool, len(l.place))
	for len(from) > 0 {
		c := from[len(from)-1]
		from = from[:len(from)-1]
		if c < 0 || marked[c] {
			continue
		}
		marked[c] = true
		for _, k := range l.history.parentsOf(c) {
			if p, ok := l.index[k]; ok {
				from = append(from, p)
			}
		}
	}
	return marked
}

// stages reads the index of every worktree.
func (s *Source) stages() []staged {
	s.staging.Do(func() {
		for _, folder := range s.layout.worktrees() {
			files, err := stage(folder, s.layout.format)
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				place := overgrant.Place{Path: filepath.ToSlash(filepath.Join(folder, "index"))}
				s.stageErrs = append(s.stageErrs, s.skipping(place, "bad index", err))
			}
			s.staged = append(s.staged, files...)
		}
	})
	return s.staged
}
