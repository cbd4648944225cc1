package git

import (
	"fmt"

	"github.com/overgrant/overgrant"
)

// missing looks for objects that others name and that are not here. Those that
// only forgotten objects name are no loss.
func (t *trace) missing() {
	if t.source.since != nil {
		return
	}
	lack := lacking(t.source.all, t.source.known, t.source.shallow, t.source.refs.tips)
	if len(lack) == 0 {
		return
	}
	t.lacking = len(lack)
	if t.source.promisor() {
		t.lack("they are left with the server of this partial clone, and not fetched")
		return
	}
	if !t.source.options.Unreachable {
		t.history = t.source.joined()
		t.lacking = t.reachable(lack)
	}
	if t.lacking > 0 {
		t.lack("refs lead to them")
	}
}

func (t *trace) lack(why string) {
	skip := t.source.skipping(overgrant.Place{}, "missing object", nil)
	skip.Detail = fmt.Sprintf("%s not here: %s", count(t.lacking, "object"), why)
	t.skipped = append(t.skipped, skip)
}

// reachable counts which of some objects refs lead to.
func (t *trace) reachable(lack []key) int {
	wanted := make(map[key]bool, len(lack))
	for _, k := range lack {
		wanted[k] = true
	}
	reached := map[key]bool{}
	reach := func(k key) {
		if wanted[k] {
			reached[k] = true
		}
	}
	probe := &trace{source: t.source, history: t.history, leads: lead(t.history, lack)}
	probe.arrange()
	probe.visited = make([]bool, len(probe.leads.led))
	for _, e := range probe.roots.ends {
		reach(e.target)
		if n, ok := probe.leads.node.number(e.target); ok {
			probe.visit(n)
		}
	}
	for _, c := range probe.line.order[:probe.line.reached] {
		commit := &t.history.commits[c]
		reach(commit.tree)
		if !t.source.shallow[idKey(commit.id)] {
			for _, p := range t.history.parentsOf(c) {
				reach(p)
			}
		}
		if n, ok := probe.leads.node.number(commit.tree); ok {
			probe.visit(n)
		}
	}
	for _, k := range lack {
		if n, ok := probe.leads.node.number(k); ok && probe.visited[n] {
			reached[k] = true
		}
	}
	return len(reached)
}

// lacking lists the objects that trees, commits, tags and refs name and that
// are not here. Where a clone is shallow, parents are not expected.
func lacking(notes []*recorder, old *known, shallow map[key]bool, tips []tip) []key {
	n := 0
	for _, r := range notes {
		n += len(r.commits) + len(r.tags) + len(r.trees) + len(r.blobs)
	}
	here := newKeys(n)
	for _, r := range notes {
		if old != nil && r == old.notes {
			r.each(func(k key) {
				if old.has(k) {
					here.add(k)
				}
			})
			continue
		}
		r.each(here.add)
	}
	var lack []key
	need := func(k key) {
		if k != 0 && !here.has(k) {
			here.add(k)
			lack = append(lack, k)
		}
	}
	for _, r := range notes {
		r.needs(need, shallow)
	}
	for _, t := range tips {
		need(idKey(t.id))
	}
	return lack
}

// each calls for every object that was noted.
func (r *recorder) each(do func(key)) {
	for i := range r.commits {
		do(idKey(r.commits[i].id))
	}
	for i := range r.tags {
		do(idKey(r.tags[i].id))
	}
	for i := range r.trees {
		do(r.trees[i].key)
	}
	for _, k := range r.blobs {
		do(k)
	}
}

// needs calls for every object that one that was noted names.
func (r *recorder) needs(need func(key), shallow map[key]bool) {
	for i := range r.edits {
		if r.edits[i].name&taken == 0 {
			need(r.edits[i].child)
		}
	}
	for i := range r.commits {
		c := &r.commits[i]
		need(c.tree)
		if !shallow[idKey(c.id)] {
			for _, p := range r.parents[c.first:c.last] {
				need(p)
			}
		}
	}
	for i := range r.tags {
		need(r.tags[i].target)
	}
}
