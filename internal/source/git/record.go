package git

import (
	"bytes"
	"encoding/binary"

	"github.com/overgrant/overgrant/internal/gitpack"
)

// recorder notes, while the objects of a shard go by, what a trace needs later:
// each commit, and of each tree only what differs from its delta base. It is
// for one goroutine.
type recorder struct {
	size    int // bytes of an object id
	commits []commit
	parents []key
	tags    []tag
	trees   []tree
	edits   []edit
	blobs   []key // of those that were there
	names   names
	base    []level // the trees on the way from the delta root
}

// commit is what is kept of a commit. Its parents are parents[first:last] of
// the recorder or history it is in.
type commit struct {
	id          gitpack.ID
	tree        key
	first, last uint32
	author      uint32 // a name: "Name <address>"
	time        int64  // of the author, seconds since 1970
	committed   int64  // of the committer, seconds since 1970
	past        bool   // not part of what is asked for, only compared with
}

// tag is what is kept of an annotated tag.
type tag struct {
	id     gitpack.ID
	target key
	tagger uint32 // a name
	time   int64  // seconds since 1970
}

// tree is what is kept of a tree: it is its base with some edits, which stand
// in edits from first up to that of the next tree.
type tree struct {
	key   key
	base  int32 // index of the tree it is a delta of; -1 if it is of none
	first uint32
}

// edit is an entry that a tree has and its base has not, or the reverse.
type edit struct {
	child key
	name  uint32 // with the flags below
}

const (
	taken   = 1 << 31 // the base has the entry, the tree has not
	subtree = 1 << 30 // the entry is a tree
	nameOf  = subtree - 1
)

// level is a tree on the way down a delta chain: its bytes and where its
// entries start. The last of starts is where they end.
type level struct {
	index  int32
	data   []byte
	starts []int32
}

const (
	maxTree  = 256 << 20 // bytes of a tree that are looked into
	maxDepth = 4096      // of a delta chain, and of folders in folders; git makes neither deeper
)

// names gives each text a small number, in order of appearance.
type names struct {
	list  []string
	index map[string]uint32
}

func (n *names) of(text []byte) uint32 {
	if i, ok := n.index[string(text)]; ok {
		return i
	}
	if n.index == nil {
		n.index = map[string]uint32{}
	}
	i := uint32(len(n.list))
	n.list = append(n.list, string(text))
	n.index[n.list[i]] = i
	return i
}

// content is the bytes of an object, as gitpack gives them.
type content interface {
	AppendRange(dst []byte, off, size int64) []byte
}

// flat is content in one piece.
type flat []byte

// AppendRange implements content.
func (f flat) AppendRange(dst []byte, off, size int64) []byte {
	return append(dst, f[off:min(off+size, int64(len(f)))]...)
}

// blob notes that an object is there which leads nowhere.
func (r *recorder) blob(k key) { r.blobs = append(r.blobs, k) }

// tree notes a tree of size bytes at a depth of its delta chain: at depth 0 it
// has no base, otherwise its base is the last one that was noted one level up.
// It reports whether the tree is well formed; what comes before damage is noted.
func (r *recorder) tree(id gitpack.ID, depth int, data content, size int64) bool {
	index := int32(len(r.trees))
	r.trees = append(r.trees, tree{key: idKey(id), base: -1, first: uint32(len(r.edits))})
	if size > maxTree || depth > maxDepth {
		r.base = r.base[:min(depth, len(r.base))]
		return false
	}
	to := r.at(depth)
	from := &level{starts: []int32{0}}
	if depth > 0 && r.base[depth-1].index >= 0 {
		from = &r.base[depth-1]
		r.trees[index].base = from.index
	}
	to.index = index
	to.data = data.AppendRange(to.data[:0], 0, size)
	to.starts = to.starts[:0]
	return r.compare(from, to)
}

// at returns the level for a depth, with the memory of one that is done with.
func (r *recorder) at(depth int) *level {
	for len(r.base) <= depth {
		if len(r.base) < cap(r.base) {
			r.base = r.base[:len(r.base)+1]
		} else {
			r.base = append(r.base, level{})
		}
		r.base[len(r.base)-1].index = -1
	}
	r.base = r.base[:depth+1]
	return &r.base[depth]
}

// compare finds the entries of to and notes how they differ from those of
// from. Stretches that are equal are passed over without reading entries.
func (r *recorder) compare(from, to *level) bool {
	a, b := from.data, to.data
	i, last := 0, len(from.starts)-1 // entry of a
	pos := 0                         // in b
	for pos < len(b) {
		if i < last {
			at := int(from.starts[i])
			same := at + alike(a[at:from.starts[last]], b[pos:])
			for i < last && int(from.starts[i+1]) <= same {
				to.starts = append(to.starts, int32(pos+int(from.starts[i])-at))
				i++
			}
			pos += int(from.starts[i]) - at
			if pos >= len(b) {
				break
			}
		}
		e, ok := r.entry(b[pos:])
		if !ok {
			to.starts = append(to.starts, int32(pos))
			r.rest(from, i, taken)
			return false
		}
		order := 1
		if i < last {
			old, _ := r.entry(a[from.starts[i]:])
			if order = old.compare(e); order <= 0 {
				r.note(old, taken)
				i++
			}
		}
		if order >= 0 || i >= last {
			to.starts = append(to.starts, int32(pos))
			r.note(e, 0)
			pos += e.size
		}
	}
	to.starts = append(to.starts, int32(len(b)))
	r.rest(from, i, taken)
	return true
}

// rest notes the entries of l from i on.
func (r *recorder) rest(l *level, i int, flags uint32) {
	for ; i < len(l.starts)-1; i++ {
		e, _ := r.entry(l.data[l.starts[i]:])
		r.note(e, flags)
	}
}

func (r *recorder) note(e entry, flags uint32) {
	if e.mode == gitlink {
		return
	}
	if e.mode == folder {
		flags |= subtree
	}
	r.edits = append(r.edits, edit{e.id, r.names.of(e.name) | flags})
}

// entry is one line of a tree.
type entry struct {
	mode uint32
	name []byte
	id   key
	size int // bytes it takes in the tree
}

const (
	folder  = 0o040000
	gitlink = 0o160000
)

// compare orders entries as a tree does: a folder as if it ended in a slash.
func (e entry) compare(f entry) int {
	n := min(len(e.name), len(f.name))
	if c := bytes.Compare(e.name[:n], f.name[:n]); c != 0 {
		return c
	}
	return int(e.after(n)) - int(f.after(n))
}

func (e entry) after(n int) byte {
	switch {
	case n < len(e.name):
		return e.name[n]
	case e.mode == folder:
		return '/'
	}
	return 0
}

// entry reads the entry that data starts with.
func (r *recorder) entry(data []byte) (entry, bool) { return parseEntry(data, r.size) }

func parseEntry(data []byte, size int) (entry, bool) {
	var mode uint32
	i := 0
	for ; ; i++ {
		if i >= len(data) || i > 7 {
			return entry{}, false
		}
		c := data[i]
		if c == ' ' {
			break
		}
		if c < '0' || c > '7' {
			return entry{}, false
		}
		mode = mode<<3 | uint32(c-'0')
	}
	n := bytes.IndexByte(data[i+1:], 0)
	end := i + 1 + n + 1 + size
	if n < 0 || end > len(data) {
		return entry{}, false
	}
	return entry{mode & 0o170000, data[i+1 : i+1+n], keyOf(data[end-size:]), end}, true
}

// alike returns how many bytes a and b have in common from the start.
func alike(a, b []byte) int {
	n := min(len(a), len(b))
	i := 0
	for ; i+8 <= n; i += 8 {
		if binary.LittleEndian.Uint64(a[i:]) != binary.LittleEndian.Uint64(b[i:]) {
			break
		}
	}
	for i < n && a[i] == b[i] {
		i++
	}
	return i
}
