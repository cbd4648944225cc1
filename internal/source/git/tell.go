package git

import (
	"cmp"
	"slices"
	"strings"

	"github.com/overgrant/overgrant"
)

// tell makes the sightings.
func (t *trace) tell() {
	byNode := make(map[int32]*object, len(t.order))
	for _, o := range t.order {
		if o.node >= 0 {
			byNode[o.node] = o
		}
	}
	var around *outside
	if t.source.since != nil {
		around = t.source.since.outside()
	}
	told := make([]bool, t.marks)
	for i := range t.fates.all {
		f := &t.fates.all[i]
		if f.lost && !t.source.options.Unreachable || t.source.since != nil && f.intro < 0 {
			continue
		}
		if around != nil {
			t.outside(around, f, byNode)
		}
		if t.fate(f, byNode) {
			told[f.mark] = true
		}
	}
	for _, o := range t.order {
		switch o.part {
		case partCommit:
			t.commit(o)
		case partTag:
			t.tag(o)
		default:
			t.rest(o, told)
		}
	}
	t.lines()
	slices.SortStableFunc(t.found, func(a, b overgrant.Seen) int {
		x, y := &a.Sighting, &b.Sighting
		return cmp.Or(x.Time.Compare(y.Time), strings.Compare(x.Commit, y.Commit), strings.Compare(x.Path, y.Path),
			cmp.Compare(x.Span[0], y.Span[0]), strings.Compare(a.ID, b.ID), strings.Compare(x.Object, y.Object))
	})
	t.gaps()
}

// fate makes the sighting of a mark at a path, and reports whether it could.
func (t *trace) fate(f *fate, byNode map[int32]*object) bool {
	names := t.fates.paths.names(f.path)
	node, rest := f.root, names
	if f.top != 0 {
		rest = nil
	}
	var entry string
	for _, name := range rest {
		if name&ownName != 0 {
			entry = t.history.name(name &^ ownName)
			break
		}
		next, ok := t.shapes.next(node, name)
		if !ok {
			return false
		}
		node = next
	}
	o := byNode[node]
	if o == nil {
		return false
	}
	for i, h := range o.hits {
		if h.mark != f.mark || o.name(i) != entry {
			continue
		}
		seen := t.seen.At(int(h.seen))
		t.fill(f, &seen.Sighting, names)
		if entry != "" {
			seen.Sighting.Part = partName
		}
		t.found = append(t.found, seen)
		return true
	}
	return false
}

// fill says what became of a sighting.
func (t *trace) fill(f *fate, s *overgrant.Sighting, names []uint32) {
	member := s.Path
	parts := make([]string, len(names))
	for i, n := range names {
		parts[i] = t.history.name(n &^ ownName)
	}
	s.Path = strings.Join(parts, "/")
	if id, ok := noted(s.Path); ok && !f.head {
		s.Path = id
	}
	s.Path += member
	if f.intro >= 0 {
		c := &t.history.commits[t.line.order[f.intro]]
		s.Commit, s.Author, s.Time = c.id.String(), t.history.name(c.author), utc(c.time)
	}
	if f.last >= 0 && !f.vague {
		c := &t.history.commits[t.line.order[f.last]]
		s.LastCommit, s.LastTime = c.id.String(), utc(c.time)
	}
	if f.gone >= 0 && !f.kept && !f.vague {
		s.Removed = utc(t.history.commits[t.line.order[f.gone]].time)
	}
	if head := f.head; head || !f.blind {
		s.InHead = &head
	}
	s.Refs, s.Unreached = f.refs, f.lost
}

// commit makes the sightings in a commit's message or headers.
func (t *trace) commit(o *object) {
	c, ok := t.line.index[idKey(o.id)]
	past := ok && t.history.commits[c].past
	if past {
		return
	}
	lost := !ok || t.line.place[c] < 0 || int(t.line.place[c]) >= t.line.reached
	if lost && !t.source.options.Unreachable && !t.doubtful() {
		t.unseen += len(o.hits)
		return
	}
	head := ok && t.reach(c)
	for _, h := range o.hits {
		seen := t.seen.At(int(h.seen))
		s := &seen.Sighting
		s.Unreached = lost && !t.doubtful()
		if ok {
			k := &t.history.commits[c]
			s.Commit, s.Author, s.Time = o.id.String(), t.history.name(k.author), utc(k.time)
			s.LastCommit, s.LastTime = s.Commit, s.Time
			s.InHead = &head
			if e := t.refOf[c]; e >= 0 {
				s.Refs = []string{t.roots.ends[e].tip.name}
			}
		}
		s.Part = t.partIn(o, s.Span[0], "author", "committer")
		t.found = append(t.found, seen)
	}
}

// tag makes the sightings in an annotated tag.
func (t *trace) tag(o *object) {
	ref, kept := t.roots.tagged[idKey(o.id)]
	if t.source.since != nil && !t.source.since.has(o.id) {
		return
	}
	if !kept && !t.source.options.Unreachable && !t.doubtful() {
		t.unseen += len(o.hits)
		return
	}
	for _, h := range o.hits {
		seen := t.seen.At(int(h.seen))
		s := &seen.Sighting
		for i := range t.history.tags {
			if k := &t.history.tags[i]; k.id == o.id {
				s.Author, s.Time = t.history.name(k.tagger), utc(k.time)
			}
		}
		if kept {
			s.Refs = []string{ref}
		} else {
			s.Unreached = !t.doubtful()
		}
		s.Part = t.partIn(o, s.Span[0], "tagger")
		t.found = append(t.found, seen)
	}
}

// partIn tells whether a place in a commit or tag is in the name of who made it.
func (t *trace) partIn(o *object, at int64, words ...string) string {
	_, data, err := t.source.store.Get(o.id)
	if err != nil {
		return partMessage
	}
	var pos int64
	for head := range headers(data) {
		word, _ := cut(head, ' ')
		pos += int64(len(head)) + 1
		if at < pos {
			if slices.Contains(words, string(word)) {
				return partAuthor
			}
			break
		}
	}
	return partMessage
}

// rest passes on the hits of a file or tree of which no sighting was made.
func (t *trace) rest(o *object, told []bool) {
	if t.source.since != nil {
		return
	}
	if !t.visited[o.node] && !t.source.options.Unreachable && !t.doubtful() {
		t.unseen += len(o.hits)
		return
	}
	for i, h := range o.hits {
		if told[h.mark] {
			continue
		}
		told[h.mark] = true
		seen := t.seen.At(int(h.seen))
		if name := o.name(i); name != "" {
			seen.Sighting.Part, seen.Sighting.Path = partName, name+seen.Sighting.Path
		}
		t.loose++
		t.found = append(t.found, seen)
	}
}

// doubtful reports whether so much could not be read that what refs lead to is
// not known for sure.
func (t *trace) doubtful() bool {
	return t.source.damage.Load() > 0 || t.line.gaps > 0 || t.fates.gaps > 0 || t.lacking > 0
}

// gaps says what the trace could not tell.
func (t *trace) gaps() {
	if t.unseen > 0 {
		skip := t.source.skipping(overgrant.Place{}, "unreachable", nil)
		skip.Benign = true
		skip.Detail = count(t.unseen, "sighting") + " in objects that no ref leads to; --unreachable shows them"
		t.skipped = append(t.skipped, skip)
	}
	if t.loose > 0 {
		skip := t.source.skipping(overgrant.Place{}, "history incomplete", nil)
		skip.Detail = count(t.loose, "sighting") + " of which no commit could be told"
		t.skipped = append(t.skipped, skip)
	}
	if t.shapes.cut {
		skip := t.source.skipping(overgrant.Place{}, "too many paths", nil)
		skip.Detail = "links stand at more paths than are listed"
		t.skipped = append(t.skipped, skip)
	}
	t.skipped = append(t.skipped, t.source.stageErrs...)
}

// reach reports whether HEAD leads to a commit, and finds for every commit a
// tip that leads there.
func (t *trace) reach(c int32) bool {
	if t.main == nil {
		var heads []int32
		t.refOf = slices.Repeat([]int32{-1}, len(t.line.place))
		for i, e := range t.roots.ends {
			if e.tip.head {
				heads = append(heads, e.commit)
			}
			t.color(e.commit, int32(i))
		}
		t.main = t.line.ancestors(heads)
	}
	return t.main[c]
}

// color gives a tip to the commits that it is the first to lead to.
func (t *trace) color(c, tip int32) {
	stack := []int32{c}
	for len(stack) > 0 {
		c, stack = stack[len(stack)-1], stack[:len(stack)-1]
		if c < 0 || t.refOf[c] >= 0 {
			continue
		}
		t.refOf[c] = tip
		for _, k := range t.history.parentsOf(c) {
			if p, ok := t.line.index[k]; ok {
				stack = append(stack, p)
			}
		}
	}
}
