package git

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
