package git

import (
	"cmp"
	"slices"

	"github.com/overgrant/overgrant/internal/gitpack"
)

// outside are the trees of tips, and of commits on which new ones build. Of what
// a revision leads to only that was read in which new commits differ, so there
// may be links at their paths of which nothing is known.
type outside struct {
	since *since
	all   []outsider
	met   map[opening]child
	left  int // trees that may still be read
}

// outsider is one such tree.
type outsider struct {
	tree gitpack.ID
	name string // of the ref; empty if no ref is there
	head bool
	past bool // the revision leads to it
}

// opening is a way out of a tree.
type opening struct {
	tree gitpack.ID
	name string
}

// mostOpened bounds how many trees are read to find out what is outside.
const mostOpened = 1 << 14

// outside lists the trees, those that tell most first, each once.
func (n *since) outside() *outside {
	o := &outside{since: n, met: map[opening]child{}, left: mostOpened}
	for _, t := range n.source.refs.tips {
		if id, ok := n.source.peel(t.id); ok && n.state[id] != nil {
			o.all = append(o.all, outsider{n.state[id].tree, t.name, t.head, n.state[id].past})
		}
	}
	slices.SortStableFunc(o.all, func(a, b outsider) int {
		return cmp.Compare(tip{name: a.name, head: a.head}.rank(), tip{name: b.name, head: b.head}.rank())
	})
	for _, id := range n.fresh {
		for _, p := range n.state[id].parents {
			if st := n.state[p]; st.past {
				o.all = append(o.all, outsider{tree: st.tree, past: true})
			}
		}
	}
	seen := map[gitpack.ID]bool{}
	o.all = slices.DeleteFunc(o.all, func(a outsider) bool {
		known := seen[a.tree]
		seen[a.tree] = true
		return known && !a.head || a.tree.IsZero()
	})
	return o
}

// landing is what stands at a path.
type landing struct {
	child      // without an id if nothing is there
	noted bool // all trees on the way were read when the repository was
	known bool
}

// find looks up a path in a tree.
func (o *outside) find(tree gitpack.ID, path []string) landing {
	at := landing{child: child{entry{mode: folder}, tree}, noted: true, known: true}
	for _, name := range path {
		if at.mode != folder {
			return landing{known: true}
		}
		at.noted = at.noted && o.since.ids[at.id]
		if at.child, at.known = o.open(opening{at.id, name}); !at.known || at.id.IsZero() {
			return landing{known: at.known}
		}
	}
	return at
}

// open reads one entry of a tree. It has no id if it is not there.
func (o *outside) open(at opening) (c child, ok bool) {
	if c, ok := o.met[at]; ok {
		return c, true
	}
	if o.left--; o.left < 0 {
		return child{}, false
	}
	kind, data, err := o.since.source.store.Get(at.tree)
	if err != nil || kind != gitpack.Tree {
		return child{}, false
	}
	size := o.since.source.layout.format.Size()
	for len(data) > 0 {
		e, ok := parseEntry(data, size)
		if !ok {
			return child{}, false
		}
		if string(e.name) == at.name {
			c.entry = entry{mode: e.mode}
			c.id, _ = gitpack.IDFrom(data[e.size-size : e.size])
			break
		}
		data = data[e.size:]
	}
	o.met[at] = c
	return c, true
}

// outside completes what became of a link at a path by what is outside, or notes
// that it cannot be told.
func (t *trace) outside(o *outside, f *fate, byNode map[int32]*object) {
	names := t.fates.paths.names(f.path)
	path := make([]string, len(names))
	inName := false
	for i, n := range names {
		path[i] = t.history.name(n &^ ownName)
		inName = inName || n&ownName != 0
	}
	for _, a := range o.all {
		at := o.find(a.tree, path)
		has := inName && !at.id.IsZero()
		switch {
		case has:
		case at.known && (at.id.IsZero() || at.mode == folder || at.mode == gitlink):
			continue
		case !o.since.ids[at.id]:
			f.vague = true
			f.blind = f.blind || a.head
			continue
		default:
			has = t.holds(at.id, f.mark, byNode)
		}
		if !has {
			continue
		}
		f.vague = f.vague || !at.noted || a.past && a.name != ""
		if a.name != "" {
			f.kept = true
			f.head = f.head || a.head
			f.named(a.name)
		}
	}
}

// holds reports whether a mark is in a file that was read.
func (t *trace) holds(id gitpack.ID, m int32, byNode map[int32]*object) bool {
	n, ok := t.leads.node.number(idKey(id))
	if !ok || byNode[n] == nil {
		return false
	}
	return slices.ContainsFunc(byNode[n].hits, func(h hit) bool { return h.mark == m })
}
