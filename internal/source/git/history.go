package git

import "slices"

// history is what all recorders noted, put together.
type history struct {
	commits []commit
	parents []key
	tags    []tag
	trees   []tree
	edits   []edit
	names   names
	blobs   []key
	size    int // bytes of an object id
}

// join puts the notes of recorders together. They are not to be used after.
func join(recorders []*recorder, size int) *history {
	h := &history{size: size}
	slices.SortStableFunc(recorders, func(a, b *recorder) int { return len(b.edits) - len(a.edits) })
	for _, r := range recorders {
		if len(h.trees)+len(h.commits)+len(h.tags)+len(h.blobs) == 0 && len(h.names.list) == 0 {
			h.commits, h.parents, h.tags = r.commits, r.parents, r.tags
			h.trees, h.edits, h.names, h.blobs = r.trees, r.edits, r.names, r.blobs
			continue
		}
		h.add(r)
	}
	return h
}

// recorder returns one that goes on where h ends.
func (h *history) recorder() *recorder {
	return &recorder{size: h.size, commits: h.commits, parents: h.parents, tags: h.tags,
		trees: h.trees, edits: h.edits, names: h.names, blobs: h.blobs}
}

// add appends the notes of one recorder, with its numbers made to fit.
func (h *history) add(r *recorder) {
	name := make([]uint32, len(r.names.list))
	for i, text := range r.names.list {
		name[i] = h.names.of([]byte(text))
	}
	h.parents = slices.Grow(h.parents, len(r.parents))
	h.commits = slices.Grow(h.commits, len(r.commits))
	h.trees = slices.Grow(h.trees, len(r.trees))
	h.edits = slices.Grow(h.edits, len(r.edits))
	h.blobs = slices.Grow(h.blobs, len(r.blobs))
	parents, trees, edits := uint32(len(h.parents)), int32(len(h.trees)), uint32(len(h.edits))
	h.parents = append(h.parents, r.parents...)
	h.blobs = append(h.blobs, r.blobs...)
	for _, c := range r.commits {
		c.first += parents
		c.last += parents
		if len(name) > 0 {
			c.author = name[c.author]
		}
		h.commits = append(h.commits, c)
	}
	for _, t := range r.tags {
		if len(name) > 0 {
			t.tagger = name[t.tagger]
		}
		h.tags = append(h.tags, t)
	}
	for _, t := range r.trees {
		if t.base >= 0 {
			t.base += trees
		}
		t.first += edits
		h.trees = append(h.trees, t)
	}
	for _, e := range r.edits {
		e.name = e.name&^nameOf | name[e.name&nameOf]
		h.edits = append(h.edits, e)
	}
}

// of returns the edits that make tree i.
func (h *history) of(i int) []edit {
	end := uint32(len(h.edits))
	if i+1 < len(h.trees) {
		end = h.trees[i+1].first
	}
	return h.edits[h.trees[i].first:end]
}

// name returns the text of a number, empty for one that was never given.
func (h *history) name(i uint32) string {
	if i >= uint32(len(h.names.list)) {
		return ""
	}
	return h.names.list[i]
}

// compact forgets what was noted twice: trees that were read again, as the base
// of others or for their own sake, and all else that comes with that.
func (h *history) compact() {
	seen := newKeys(len(h.trees))
	first := make(map[key]int32)
	at := make([]int32, len(h.trees)) // where each tree is now
	trees, edits := h.trees[:0:0], h.edits[:0:0]
	doubles := false
	for i := range h.trees {
		k := h.trees[i].key
		doubles = doubles || seen.has(k)
		seen.add(k)
	}
	if doubles {
		for i, t := range h.trees {
			if n, ok := first[t.key]; ok {
				at[i] = n
				continue
			}
			at[i] = int32(len(trees))
			first[t.key] = at[i]
			if t.base >= 0 {
				t.base = at[t.base]
			}
			own := h.of(i)
			t.first = uint32(len(edits))
			trees, edits = append(trees, t), append(edits, own...)
		}
		h.trees, h.edits = trees, edits
	}
	rest := newKeys(len(h.commits) + len(h.tags) + len(h.blobs))
	h.commits = slices.DeleteFunc(h.commits, func(c commit) bool { return rest.twice(idKey(c.id)) })
	h.tags = slices.DeleteFunc(h.tags, func(t tag) bool { return rest.twice(idKey(t.id)) })
	h.blobs = slices.DeleteFunc(h.blobs, rest.twice)
}
