package git

import (
	"container/heap"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/gitpack"
	"github.com/overgrant/overgrant/internal/source"
)

// since is the part of a history that a revision does not lead to: its commits,
// and the objects in which they differ from their parents, on both sides.
type since struct {
	source *Source
	notes  *recorder
	state  map[gitpack.ID]*standing
	queue  agenda
	open   int                 // commits on the agenda that are not past
	ids    map[gitpack.ID]bool // of the objects to look into
	pairs  map[[2]gitpack.ID]bool
	fresh  []gitpack.ID // commits, newest first
}

// standing is what is known of a commit while it is told whether it is new.
type standing struct {
	id        gitpack.ID
	tree      gitpack.ID
	parents   []gitpack.ID
	committed int64
	past      bool // the revision leads to it
	queued    bool
	done      bool // its parents are known
}

// newSince finds what came after a revision.
func (s *Source) newSince(ctx context.Context, revision string) (*since, error) {
	from, err := s.revision(revision)
	if err != nil {
		return nil, err
	}
	n := &since{source: s, notes: &recorder{size: s.layout.format.Size()}, state: map[gitpack.ID]*standing{},
		ids: map[gitpack.ID]bool{}, pairs: map[[2]gitpack.ID]bool{}}
	n.push(from, true)
	for _, t := range s.refs.tips {
		if id, ok := s.peel(t.id); ok {
			n.push(id, false)
		}
	}
	n.limit(ctx)
	n.collect(ctx)
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("read what came after %s: %w", revision, err)
	}
	s.all = []*recorder{n.notes}
	return n, nil
}

// push puts a commit on the agenda, once.
func (n *since) push(id gitpack.ID, past bool) {
	if st := n.state[id]; st != nil {
		if past {
			n.pass(st)
		}
		return
	}
	st := &standing{id: id, past: past}
	n.state[id] = st
	_, data, err := n.source.store.Get(id)
	if err != nil {
		if !n.source.promisor() {
			n.source.damage.Add(1)
			n.source.skip(overgrant.Skipped{Place: overgrant.Place{Object: id.String(), Part: partCommit}, Reason: objectReason(err), Detail: err.Error()})
		}
		st.done = true
		return
	}
	st.read(data)
	if n.source.shallow[idKey(id)] {
		st.parents = nil
	}
	st.queued = true
	if !past {
		n.open++
	}
	heap.Push(&n.queue, st)
}

func (st *standing) read(data []byte) {
	for head := range headers(data) {
		word, rest := cut(head, ' ')
		switch string(word) {
		case "tree":
			st.tree, _, _ = cutID(rest)
		case "parent":
			if id, _, ok := cutID(rest); ok {
				st.parents = append(st.parents, id)
			}
		case "committer":
			_, st.committed = signature(rest)
		}
	}
}

// pass marks a commit, and all behind it that is known, as past.
func (n *since) pass(st *standing) {
	stack := []*standing{st}
	for len(stack) > 0 {
		st, stack = stack[len(stack)-1], stack[:len(stack)-1]
		if st.past {
			continue
		}
		st.past = true
		if st.queued {
			n.open--
		}
		for _, p := range st.parents {
			if next := n.state[p]; next != nil && st.done {
				stack = append(stack, next)
			}
		}
	}
}

// slop is how many commits past the revision are looked at after the last that
// seemed new, for clocks that were wrong. More would only find that commits
// taken for new are not.
const slop = 64

// limit walks back from all tips, newest first, until only commits are left to
// which the revision leads.
func (n *since) limit(ctx context.Context) {
	var seen []*standing
	for left := slop; n.queue.Len() > 0 && ctx.Err() == nil; {
		st := heap.Pop(&n.queue).(*standing)
		st.done, st.queued = true, false
		if !st.past {
			n.open--
			seen = append(seen, st)
		}
		for _, p := range st.parents {
			n.push(p, st.past)
		}
		if n.open > 0 {
			left = slop
		} else if left--; left == 0 {
			break
		}
	}
	for _, st := range seen {
		if !st.past {
			n.fresh = append(n.fresh, st.id)
		}
	}
}

// collect notes the new commits and their parents, and what they differ in.
func (n *since) collect(ctx context.Context) {
	noted := map[gitpack.ID]bool{}
	for _, id := range n.fresh {
		if ctx.Err() != nil {
			return
		}
		st := n.state[id]
		n.ids[id] = true
		n.note(id, noted, false)
		for _, p := range st.parents {
			parent := n.state[p]
			n.note(p, noted, parent.past)
			n.compare(parent.tree, st.tree, 0)
		}
		if len(st.parents) == 0 {
			n.compare(gitpack.ID{}, st.tree, 0)
		}
	}
	for _, t := range n.source.refs.tips {
		id, kind := t.id, gitpack.Tag
		var tags []gitpack.ID
		for range maxTags {
			var data []byte
			if kind, data, _ = n.source.store.Get(id); kind != gitpack.Tag {
				break
			}
			tags = append(tags, id)
			line, _ := cut(data, '\n')
			_, to := cut(line, ' ')
			id, _, _ = cutID(to)
		}
		if n.ids[id] && kind == gitpack.Commit {
			for _, tag := range tags {
				n.ids[tag] = true
			}
		}
	}
}

func (n *since) note(id gitpack.ID, noted map[gitpack.ID]bool, past bool) {
	if noted[id] {
		return
	}
	noted[id] = true
	if _, data, err := n.source.store.Get(id); err == nil {
		n.notes.commit(id, data)
		n.notes.commits[len(n.notes.commits)-1].past = past
	}
}

// compare adds what differs between two trees, on both sides.
func (n *since) compare(a, b gitpack.ID, depth int) {
	pair := [2]gitpack.ID{a, b}
	if a == b || n.pairs[pair] || depth > maxDepth {
		return
	}
	n.pairs[pair] = true
	x, y := n.entries(a), n.entries(b)
	for len(x) > 0 || len(y) > 0 {
		switch order := compareFirst(x, y); {
		case order < 0:
			n.differ(x[0], child{}, depth)
			x = x[1:]
		case order > 0:
			n.differ(child{}, y[0], depth)
			y = y[1:]
		default:
			if x[0].id != y[0].id || x[0].mode != y[0].mode {
				n.differ(x[0], y[0], depth)
			}
			x, y = x[1:], y[1:]
		}
	}
}

// child is an entry of a tree with its whole id.
type child struct {
	entry
	id gitpack.ID
}

func compareFirst(x, y []child) int {
	switch {
	case len(x) == 0:
		return 1
	case len(y) == 0:
		return -1
	}
	return x[0].compare(y[0].entry)
}

// differ adds two entries of one name of which at least one is there.
func (n *since) differ(x, y child, depth int) {
	var trees [2]gitpack.ID
	for i, c := range []child{x, y} {
		switch {
		case c.mode == folder:
			trees[i] = c.id
		case c.mode != gitlink && !c.id.IsZero():
			n.ids[c.id] = true
		}
	}
	n.compare(trees[0], trees[1], depth+1)
}

// entries reads a tree. One that is not there has none, and is counted.
func (n *since) entries(id gitpack.ID) []child {
	if id.IsZero() {
		return nil
	}
	kind, data, err := n.source.store.Get(id)
	if err != nil || kind != gitpack.Tree {
		n.source.damage.Add(1)
		what := overgrant.Skipped{Place: overgrant.Place{Object: id.String(), Part: partTree}, Reason: objectReason(err)}
		if err != nil {
			what.Detail = err.Error()
		}
		n.source.skip(what)
		return nil
	}
	n.ids[id] = true
	size := n.source.layout.format.Size()
	var all []child
	for len(data) > 0 {
		e, ok := parseEntry(data, size)
		if !ok {
			break
		}
		whole, _ := gitpack.IDFrom(data[e.size-size : e.size])
		all = append(all, child{e, whole})
		data = data[e.size:]
	}
	return all
}

// single is a shard of objects that are read one by one.
type single []gitpack.ID

const (
	mostSingle  = 20_000 // objects up to which looking each up costs less than a plan of all packs
	shardSingle = 500    // of them in one shard
)

// shards divides what is to be looked into.
func (n *since) shards() []source.Shard {
	if len(n.ids) <= mostSingle {
		return n.singles()
	}
	opt := gitpack.PlanOptions{Want: func(id gitpack.ID) bool { return n.ids[id] }}
	for id := range n.ids {
		if !n.source.store.packed(id) {
			opt.Loose = append(opt.Loose, id)
		}
	}
	slices.SortFunc(opt.Loose, gitpack.ID.Compare)
	var shards []source.Shard
	for i, part := range gitpack.Plan(&n.source.store.Store, opt) {
		shards = append(shards, source.Shard{Name: fmt.Sprintf("objects %d", i), Weight: part.Packed, Part: part})
	}
	return shards
}

// singles makes shards of objects that are read one by one.
func (n *since) singles() []source.Shard {
	ids := slices.SortedFunc(maps.Keys(n.ids), gitpack.ID.Compare)
	var shards []source.Shard
	for part := range slices.Chunk(ids, shardSingle) {
		shards = append(shards, source.Shard{Name: fmt.Sprintf("objects %d", len(shards)),
			Weight: int64(len(part)) * singleWeight, Part: single(part)})
	}
	return shards
}

// singleWeight stands for the bytes of an object, which only reading tells.
const singleWeight = 2048

// leads reports whether a tip leads to what came after the revision.
func (n *since) leads(t tip) bool {
	id, ok := n.source.peel(t.id)
	return ok && n.ids[id]
}

// has reports whether an object came after the revision or was replaced then.
func (n *since) has(id gitpack.ID) bool { return n.ids[id] }

// agenda is a heap of commits, the newest on top.
type agenda []*standing

func (a agenda) Len() int           { return len(a) }
func (a agenda) Less(i, j int) bool { return a[i].committed > a[j].committed }
func (a agenda) Swap(i, j int)      { a[i], a[j] = a[j], a[i] }

// Push implements heap.Interface.
func (a *agenda) Push(x any) { *a = append(*a, x.(*standing)) }

// Pop implements heap.Interface.
func (a *agenda) Pop() any {
	last := (*a)[len(*a)-1]
	*a = (*a)[:len(*a)-1]
	return last
}
