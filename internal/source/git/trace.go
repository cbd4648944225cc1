package git

import (
	"context"
	"encoding/hex"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/overgrant/overgrant"
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
func (s *Source) Trace(ctx context.Context, seen *source.Sightings) iter.Seq2[overgrant.Seen, error] {
	return func(yield func(overgrant.Seen, error) bool) {
		t := &trace{source: s, seen: seen}
		err := t.run(ctx)
		if err != nil { // stopped before the end: what was seen is told as it was
			t.found = nil
			for i := range seen.Len() {
				if !yield(seen.At(i), nil) {
					return
				}
			}
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
	seen    *source.Sightings
	order   []*object // those with links, by id
	marks   int       // how many there are
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

// plain passes on a sighting that stands for itself: in the name of a ref, or
// in something that is no object.
func (t *trace) plain(seen overgrant.Seen) {
	if seen.Sighting.Ref != "" && seen.Sighting.Refs == nil {
		seen.Sighting.Refs = []string{seen.Sighting.Ref}
	}
	t.found = append(t.found, seen)
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
			for i, h := range o.hits {
				n := t.history.names.of([]byte(o.name(i)))
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
