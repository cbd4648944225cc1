package git

import (
	"encoding/binary"
	"errors"
	"hash/crc32"

	"github.com/overgrant/overgrant/internal/gitpack"
)

// memoryForm opens the file that remembers a repository; the number is that of
// the form of what follows.
const memoryForm = "overgrant git memory 2\n"

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(data []byte) uint32 { return crc32.Checksum(data, castagnoli) }

// encode writes the history down, and the objects to be read again.
func (h *history) encode(rules string, again []key) []byte {
	w := writer{buf: make([]byte, 0, 64+len(h.edits)*12+len(h.trees)*16+len(h.blobs)*8+len(h.commits)*(h.size+40))}
	w.buf = append(w.buf, memoryForm...)
	w.text(rules)
	w.number(uint32(h.size))
	w.number(uint32(len(h.names.list)))
	for _, name := range h.names.list {
		w.text(name)
	}
	w.number(uint32(len(h.commits)))
	for i := range h.commits {
		c := &h.commits[i]
		w.buf = append(w.buf, c.id.Bytes()...)
		w.key(c.tree)
		w.number(c.author)
		w.key(key(c.time))
		w.key(key(c.committed))
		w.keys(h.parentsOf(int32(i)))
	}
	w.number(uint32(len(h.tags)))
	for i := range h.tags {
		t := &h.tags[i]
		w.buf = append(w.buf, t.id.Bytes()...)
		w.key(t.target)
		w.number(t.tagger)
		w.key(key(t.time))
	}
	w.number(uint32(len(h.trees)))
	for i := range h.trees {
		t := &h.trees[i]
		w.key(t.key)
		w.number(uint32(t.base))
		edits := h.of(i)
		w.number(uint32(len(edits)))
		for _, e := range edits {
			w.key(e.child)
			w.number(e.name)
		}
	}
	w.keys(h.blobs)
	w.keys(again)
	return binary.LittleEndian.AppendUint32(w.buf, checksum(w.buf))
}

type writer struct{ buf []byte }

func (w *writer) number(n uint32) { w.buf = binary.LittleEndian.AppendUint32(w.buf, n) }
func (w *writer) key(k key)       { w.buf = binary.LittleEndian.AppendUint64(w.buf, uint64(k)) }

func (w *writer) text(s string) {
	w.number(uint32(len(s)))
	w.buf = append(w.buf, s...)
}

func (w *writer) keys(all []key) {
	w.number(uint32(len(all)))
	for _, k := range all {
		w.key(k)
	}
}

var errMemory = errors.New("memory of a repository is damaged, or of another version")

// decode reads what encode wrote. It fails if the file is damaged, or was
// written by other rules or for other ids.
func decode(data []byte, rules string, size int) (*recorder, []key, error) {
	if len(data) < len(memoryForm)+4 || string(data[:len(memoryForm)]) != memoryForm {
		return nil, nil, errMemory
	}
	body, sum := data[:len(data)-4], binary.LittleEndian.Uint32(data[len(data)-4:])
	if checksum(body) != sum {
		return nil, nil, errMemory
	}
	r := reader{rest: body[len(memoryForm):]}
	if r.text() != rules || r.number() != uint32(size) {
		return nil, nil, errMemory
	}
	notes := &recorder{size: size}
	for range r.length(4) {
		notes.names.of([]byte(r.text()))
	}
	r.commits(notes)
	r.tags(notes)
	r.trees(notes)
	notes.blobs = r.keys()
	again := r.keys()
	if r.bad || len(r.rest) > 0 {
		return nil, nil, errMemory
	}
	return notes, again, nil
}

// reader takes values off the front. After the first that is not there, or
// cannot be, it is bad and gives zeros.
type reader struct {
	rest []byte
	bad  bool
}

func (r *reader) take(n int) []byte {
	if n < 0 || n > len(r.rest) {
		r.bad, r.rest = true, nil
		return make([]byte, min(max(n, 0), 64))
	}
	part := r.rest[:n]
	r.rest = r.rest[n:]
	return part
}

func (r *reader) number() uint32 { return binary.LittleEndian.Uint32(r.take(4)) }
func (r *reader) key() key       { return key(binary.LittleEndian.Uint64(r.take(8))) }

// length reads how many values follow, each of at least least bytes.
func (r *reader) length(least int) int {
	n := int(r.number())
	if n > len(r.rest)/least {
		r.bad, r.rest = true, nil
		return 0
	}
	return n
}

func (r *reader) text() string { return string(r.take(r.length(1))) }

func (r *reader) keys() []key {
	all := make([]key, r.length(8))
	for i := range all {
		all[i] = r.key()
	}
	return all
}

// below reads a number that must be less than n, or is zero where n is.
func (r *reader) below(n int) uint32 {
	v := r.number()
	if int(v) >= max(n, 1) {
		r.bad = true
		return 0
	}
	return v
}

func (r *reader) id(size int) gitpack.ID {
	id, err := gitpack.IDFrom(r.take(size))
	if err != nil {
		r.bad = true
	}
	return id
}

func (r *reader) commits(notes *recorder) {
	n := r.length(notes.size + 28)
	notes.commits = make([]commit, n)
	for i := range n {
		c := &notes.commits[i]
		c.id = r.id(notes.size)
		c.tree = r.key()
		c.author = r.below(len(notes.names.list))
		c.time, c.committed = int64(r.key()), int64(r.key())
		c.first = uint32(len(notes.parents))
		notes.parents = append(notes.parents, r.keys()...)
		c.last = uint32(len(notes.parents))
	}
}

func (r *reader) tags(notes *recorder) {
	n := r.length(notes.size + 20)
	notes.tags = make([]tag, n)
	for i := range n {
		t := &notes.tags[i]
		t.id, t.target, t.tagger, t.time = r.id(notes.size), r.key(), r.below(len(notes.names.list)), int64(r.key())
	}
}

func (r *reader) trees(notes *recorder) {
	n := r.length(16)
	notes.trees = make([]tree, n)
	for i := range n {
		t := &notes.trees[i]
		t.key, t.base, t.first = r.key(), int32(r.number()), uint32(len(notes.edits))
		if t.base < -1 || int(t.base) >= i {
			r.bad = true
			return
		}
		for range r.length(12) {
			e := edit{child: r.key(), name: r.number()}
			if int(e.name&nameOf) >= len(notes.names.list) {
				r.bad = true
				return
			}
			notes.edits = append(notes.edits, e)
		}
	}
}
