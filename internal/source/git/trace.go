package git

import (
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/gitpack"
	"github.com/overgrant/overgrant/internal/source"
)

// The parts of git objects that are looked into. A blob is no part: it is a
// file. Trace makes of them what the text is: a message, an author, a name.
const (
	partCommit = "commit"
	partTag    = "tag"
	partTree   = "tree"

	partMessage = "message"
	partAuthor  = "author"
	partName    = "name"
)

// Trace finds out which commits brought the links that were seen, and which
// took them out. It implements source.Tracer.
func (s *Source) Trace(ctx context.Context, seen []overgrant.Seen) iter.Seq2[overgrant.Seen, error] {
	return func(yield func(overgrant.Seen, error) bool) {
		t := &trace{source: s, seen: seen, objects: map[key]*object{}}
		err := t.run(ctx)
		if err != nil {
			t.found = seen // stopped before the end: what was seen is told as it was
		}
		for _, found := range t.found {
			if !yield(found, nil) {
				return
			}
		}
		for _, skip := range t.skipped {
			if !yield(overgrant.Seen{}, skip) {
				return
			}
		}
		if err != nil {
			yield(overgrant.Seen{}, err)
		}
	}
}

// trace is one run of Trace.
type trace struct {
	source  *Source
	seen    []overgrant.Seen
	objects map[key]*object // those with links
	order   []*object       // by id
	marks   []mark
	history *history
	leads   *leads
	shapes  *shapes
	roots   roots
	line    *line
	fates   *fates
	visited []bool         // by node: a ref leads there
	main    []bool         // by commit: HEAD leads there
	refOf   []int32        // by commit: an end that leads there
	lost    map[int32]bool // nodes that commits lead to which no ref leads to
	lacking int            // objects that refs lead to and that are not there
	found   []overgrant.Seen
	skipped []*source.Skip
	unseen  int // sightings that no ref leads to
	loose   int // sightings of which no commit could be told
}

// object is a git object with links.
type object struct {
	id   gitpack.ID
	part string
	hits []hit
	node int32
}

// hit is a link in an object.
type hit struct {
	seen int // which of those given
	mark int32
	name string // of the entry, in a tree
}

func (t *trace) run(ctx context.Context) error {
	t.gather()
	t.missing()
	if len(t.order) == 0 {
		return ctx.Err()
	}
	t.history = t.source.joined()
	t.ordinals()
	wanted := make([]key, 0, len(t.order))
	for _, o := range t.order {
		if o.part == "" || o.part == partTree {
			wanted = append(wanted, idKey(o.id))
		}
	}
	t.leads = lead(t.history, wanted)
	if err := ctx.Err(); err != nil {
		return err
	}
	t.shape()
	t.arrange()
	t.fates = follow(t.line, t.shapes)
	if err := ctx.Err(); err != nil {
		return err
	}
	t.keep()
	t.tell()
	return ctx.Err()
}

// gather sorts what was seen by objects. What names no object has no history.
func (t *trace) gather() {
	for i := range t.seen {
		id, err := gitpack.ParseID(t.seen[i].Sighting.Object)
		if err != nil || idKey(id) == 0 {
			t.plain(t.seen[i])
			continue
		}
		o := t.objects[idKey(id)]
		if o == nil {
			o = &object{id: id, part: t.seen[i].Sighting.Part, node: -1}
			t.objects[idKey(id)] = o
			t.order = append(t.order, o)
		}
		o.hits = append(o.hits, hit{seen: i})
	}
	slices.SortFunc(t.order, func(a, b *object) int { return a.id.Compare(b.id) })
}

// plain passes on a sighting that stands for itself: in the name of a ref, or
// in something that is no object.
func (t *trace) plain(seen overgrant.Seen) {
	if seen.Sighting.Ref != "" && seen.Sighting.Refs == nil {
		seen.Sighting.Refs = []string{seen.Sighting.Ref}
	}
	t.found = append(t.found, seen)
}

// ordinals gives the hits of each object their marks. An object that several
// shards had is seen more than once; its hits count once.
func (t *trace) ordinals() {
	known := map[mark]int32{}
	for _, o := range t.order {
		slices.SortFunc(o.hits, func(a, b hit) int {
			x, y := &t.seen[a.seen], &t.seen[b.seen]
			return cmp.Or(strings.Compare(x.Sighting.Path, y.Sighting.Path),
				cmp.Compare(x.Sighting.Span[0], y.Sighting.Span[0]), cmp.Compare(x.Sighting.Span[1], y.Sighting.Span[1]),
				strings.Compare(x.ID, y.ID), slices.Compare(x.Sighting.Encoding, y.Sighting.Encoding))
		})
		o.hits = slices.CompactFunc(o.hits, func(a, b hit) bool {
			x, y := &t.seen[a.seen], &t.seen[b.seen]
			return x.ID == y.ID && x.Sighting.Path == y.Sighting.Path && x.Sighting.Span == y.Sighting.Span
		})
		if o.part == partTree {
			t.nameHits(o)
		}
		count := map[mark]int{}
		for i := range o.hits {
			s := &t.seen[o.hits[i].seen]
			m := mark{id: s.ID, written: s.Sighting.Written, member: s.Sighting.Path}
			inName := mark{id: m.id, written: m.written, member: o.hits[i].name + "\x00" + m.member}
			m.ordinal = count[inName]
			count[inName]++
			n, ok := known[m]
			if !ok {
				n = int32(len(t.marks))
				known[m] = n
				t.marks = append(t.marks, m)
			}
			o.hits[i].mark = n
		}
	}
}

// nameHits finds out in which names of a tree its hits are. What lies between
// names belongs to the one before.
func (t *trace) nameHits(o *object) {
	_, data, _ := t.source.store.Get(o.id)
	end, name := 0, ""
	for i := range o.hits {
		from := t.seen[o.hits[i].seen].Sighting.Span[0]
		for int64(end) <= from && end < len(data) {
			e, ok := parseEntry(data[end:], t.history.size)
			if !ok {
				break
			}
			end += e.size
			name = string(e.name)
		}
		o.hits[i].name = name
	}
}

// shape puts the marks where the shapes find them.
func (t *trace) shape() {
	t.shapes = newShapes(t.leads)
	for _, o := range t.order {
		if o.part != "" && o.part != partTree {
			continue
		}
		o.node, _ = t.leads.node.number(idKey(o.id))
		if o.part == partTree {
			names := map[uint32][]int32{}
			for _, h := range o.hits {
				n := t.history.names.of([]byte(h.name))
				names[n] = append(names[n], h.mark)
			}
			for n := range names {
				slices.Sort(names[n])
			}
			t.shapes.named[o.node] = names
			continue
		}
		marks := make([]int32, 0, len(o.hits))
		for _, h := range o.hits {
			marks = append(marks, h.mark)
		}
		slices.Sort(marks)
		t.shapes.marks[o.node] = marks
	}
}

// utc returns a time of a commit; zero if it is not known.
func utc(seconds int64) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0).UTC()
}

// count says how many there are of something.
func count(n int, of string) string {
	if n == 1 {
		return "1 " + of
	}
	return fmt.Sprintf("%d %ss", n, of)
}

// noted returns the name of the object that a path below refs/notes is about:
// its id, cut into folders once there are many.
func noted(path string) (string, bool) {
	id := strings.ReplaceAll(path, "/", "")
	raw, err := hex.DecodeString(id)
	return id, err == nil && (len(raw) == 20 || len(raw) == 32)
}
