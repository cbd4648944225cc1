package git

import (
	"cmp"
	"slices"
)

// line is the commits of a history with their places in time.
type line struct {
	history *history
	index   map[key]int32 // commits by id
	place   []int32       // by commit: its place in order; -1 while it has none
	order   []int32       // commits, parents before children
	reached int           // how many of order the refs lead to
	gaps    int           // commits that should be there and are not
}

// arrange orders the commits that lead back from the given ones, and after
// them, when rest is asked for, all others. Commits in shallow end history
// where it was cut off.
func arrange(h *history, from []key, shallow map[key]bool) *line {
	l := &line{history: h, index: make(map[key]int32, len(h.commits))}
	for i := range h.commits {
		if k := idKey(h.commits[i].id); !l.has(k) {
			l.index[k] = int32(i)
		}
	}
	l.place = slices.Repeat([]int32{-1}, len(h.commits))
	seen := make([]bool, len(h.commits))
	var found, stack []int32
	push := func(k key, cut bool) {
		c, ok := l.index[k]
		switch {
		case !ok && !cut:
			l.gaps++
		case ok && !seen[c] && !h.commits[c].past:
			seen[c] = true
			stack = append(stack, c)
		}
	}
	for _, k := range from {
		push(k, true)
	}
	for len(stack) > 0 {
		c := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		found = append(found, c)
		cut := shallow[idKey(h.commits[c].id)]
		for _, p := range h.parentsOf(c) {
			push(p, cut)
		}
	}
	l.settle(found)
	l.reached = len(l.order)
	return l
}

// has reports whether a commit is known. One may be noted twice.
func (l *line) has(k key) bool {
	_, ok := l.index[k]
	return ok
}

// unreached orders the commits that no ref leads to behind the others.
func (l *line) unreached() {
	var rest []int32
	for c := range l.place {
		if l.place[c] < 0 && !l.history.commits[c].past && l.index[idKey(l.history.commits[c].id)] == int32(c) {
			rest = append(rest, int32(c))
		}
	}
	l.settle(rest)
}

// settle gives places to commits: older ones first, but parents always before
// their children, whatever the clocks said.
func (l *line) settle(commits []int32) {
	slices.SortFunc(commits, func(a, b int32) int {
		x, y := &l.history.commits[a], &l.history.commits[b]
		return cmp.Or(cmp.Compare(x.committed, y.committed), x.id.Compare(y.id))
	})
	const waiting = -2
	for _, c := range commits {
		l.place[c] = min(l.place[c], waiting)
	}
	var stack []int32
	for _, c := range commits {
		stack = append(stack[:0], c)
		for len(stack) > 0 {
			top := stack[len(stack)-1]
			before := len(stack)
			if l.place[top] == waiting {
				l.place[top] = waiting - 1
				for _, p := range slices.Backward(l.history.parentsOf(top)) {
					if i, ok := l.index[p]; ok && l.place[i] == waiting {
						stack = append(stack, i)
					}
				}
			}
			if len(stack) > before {
				continue
			}
			stack = stack[:len(stack)-1]
			if l.place[top] < 0 {
				l.place[top] = int32(len(l.order))
				l.order = append(l.order, top)
			}
		}
	}
}

// parentsOf lists the parents of commit c.
func (h *history) parentsOf(c int32) []key {
	return h.parents[h.commits[c].first:h.commits[c].last]
}
