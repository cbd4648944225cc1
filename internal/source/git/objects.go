package git

import (
	"cmp"
	"slices"
	"strings"

	"github.com/overgrant/overgrant/internal/gitpack"
	"github.com/overgrant/overgrant/internal/source"
)

// object is a git object with links.
type object struct {
	id    gitpack.ID
	part  string
	hits  []hit
	names []string // by hit: of the entry that it is in, in a tree
	node  int32
}

// hit is a link in an object. There is one for each sighting, so it is small.
type hit struct {
	seen uint32 // which of those given
	mark int32
}

// name returns the name in which hit i of a tree is, empty in a file.
func (o *object) name(i int) string {
	if o.names == nil {
		return ""
	}
	return o.names[i]
}

// gather sorts what was seen by objects. What names no object has no history.
func (t *trace) gather() {
	of := t.objectsSeen()
	count := make([]int, len(t.order))
	total := 0
	for i := range t.seen.Len() {
		if o := of[t.seen.Spot(i).Object]; o >= 0 {
			count[o]++
			total++
		}
	}
	all := make([]hit, total)
	for i, o := range t.order {
		o.hits, all = all[:0:count[i]], all[count[i]:]
	}
	for i := range t.seen.Len() {
		spot := t.seen.Spot(i)
		n := of[spot.Object]
		if n < 0 {
			t.plain(t.seen.At(i))
			continue
		}
		o := t.order[n]
		o.hits = append(o.hits, hit{seen: uint32(i)})
		o.part = t.seen.Texts[spot.Text].Sighting.Part
	}
	slices.SortFunc(t.order, func(a, b *object) int { return a.id.Compare(b.id) })
}

// objectsSeen makes the objects in which something was seen, and returns which
// each of the ids given stands for; -1 is none.
func (t *trace) objectsSeen() []int32 {
	of := make([]int32, len(t.seen.Objects))
	known := map[key]int32{}
	for i, text := range t.seen.Objects {
		of[i] = -1
		id, err := gitpack.ParseID(text)
		if err != nil || idKey(id) == 0 {
			continue
		}
		n, ok := known[idKey(id)]
		if !ok {
			n = int32(len(t.order))
			known[idKey(id)] = n
			t.order = append(t.order, &object{id: id, node: -1})
		}
		of[i] = n
	}
	return of
}

// ordinals gives the hits of each object their marks. An object that several
// shards had is seen more than once; its hits count once.
func (t *trace) ordinals() {
	texts := t.texts()
	known := map[mark]int32{}
	count := make([]int32, len(texts)) // by text: of those in the object, or the name, at hand
	for _, o := range t.order {
		t.settle(o)
		if o.part == partTree {
			t.nameHits(o)
		}
		begin := 0 // of the hits in one name
		for i := range o.hits {
			if i > 0 && o.name(i) != o.name(i-1) {
				t.uncount(o.hits[begin:i], texts, count)
				begin = i
			}
			text := texts[t.seen.Spot(int(o.hits[i].seen)).Text]
			m := mark{text, count[text]}
			count[text]++
			n, ok := known[m]
			if !ok {
				n = int32(len(known))
				known[m] = n
			}
			o.hits[i].mark = n
		}
		t.uncount(o.hits[begin:], texts, count)
	}
	t.marks = len(known)
}

// uncount sets the counts of the texts of some hits to nothing.
func (t *trace) uncount(hits []hit, texts, count []int32) {
	for _, h := range hits {
		count[texts[t.seen.Spot(int(h.seen)).Text]] = 0
	}
}

// texts numbers what was seen by what it says: the link, how it is written, and
// where inside the object.
func (t *trace) texts() []int32 {
	type text struct{ id, written, member string }
	known := map[text]int32{}
	numbers := make([]int32, len(t.seen.Texts))
	for i := range t.seen.Texts {
		s := &t.seen.Texts[i]
		name := text{s.ID, s.Sighting.Written, s.Sighting.Path}
		n, ok := known[name]
		if !ok {
			n = int32(len(known))
			known[name] = n
		}
		numbers[i] = n
	}
	return numbers
}

// settle sorts the hits of an object and leaves out those that come twice.
func (t *trace) settle(o *object) {
	slices.SortFunc(o.hits, func(a, b hit) int { return compareSpots(t.seen, int(a.seen), int(b.seen)) })
	o.hits = slices.CompactFunc(o.hits, func(a, b hit) bool {
		x, y := t.seen.Spot(int(a.seen)), t.seen.Spot(int(b.seen))
		if x.Span() != y.Span() {
			return false
		}
		v, w := &t.seen.Texts[x.Text], &t.seen.Texts[y.Text]
		return v.ID == w.ID && v.Sighting.Path == w.Sighting.Path
	})
}

// compareSpots orders two sightings in one object by where they stand.
func compareSpots(seen *source.Sightings, a, b int) int {
	x, y := seen.Spot(a), seen.Spot(b)
	v, w := &seen.Texts[x.Text], &seen.Texts[y.Text]
	if c := strings.Compare(v.Sighting.Path, w.Sighting.Path); c != 0 {
		return c
	}
	p, q := x.Span(), y.Span()
	if c := cmp.Or(cmp.Compare(p[0], q[0]), cmp.Compare(p[1], q[1])); c != 0 {
		return c
	}
	return cmp.Or(strings.Compare(v.ID, w.ID), slices.Compare(v.Sighting.Encoding, w.Sighting.Encoding))
}

// nameHits finds out in which names of a tree its hits are. What lies between
// names belongs to the one before.
func (t *trace) nameHits(o *object) {
	_, data, _ := t.source.store.Get(o.id)
	o.names = make([]string, len(o.hits))
	end, name := 0, ""
	for i := range o.hits {
		from := t.seen.Spot(int(o.hits[i].seen)).Span()[0]
		for int64(end) <= from && end < len(data) {
			e, ok := parseEntry(data[end:], t.history.size)
			if !ok {
				break
			}
			end += e.size
			name = string(e.name)
		}
		o.names[i] = name
	}
}
