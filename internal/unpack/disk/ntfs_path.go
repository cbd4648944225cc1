package disk

import (
	"math/bits"
	"strings"
)

// ready reports whether all folders above e are known.
func (t *ntfsTree) ready(e *ntfsEntry) bool {
	for _, n := range e.names {
		if _, place := t.path(n.parent); place == later {
			return false
		}
	}
	return true
}

// The places that a folder may be in.
const (
	found = iota // below the root, or lost for good
	later        // its record may still come
	own          // among what the file system keeps for itself
)

// path gives the path of a folder with a slash after it, empty for the root.
func (t *ntfsTree) path(ref uint64) (string, int) {
	if p, ok := t.memo[ref]; ok {
		return p, found
	}
	var names []string
	size := 0
	for at := ref; ; {
		number := at & ntfsRefMask
		if number == ntfsRoot {
			break
		}
		if number < ntfsOwn {
			return "", own
		}
		d, ok := t.dirs[number]
		if !t.last && (!ok && number > t.swept || t.lists[number]) {
			return "", later
		}
		size += len(d.name) + 1
		if !ok || !d.is(uint16(at>>48)) || len(names) >= t.fs.w.lim.Depth || size > longestPath {
			names = append(names, orphans)
			break
		}
		names = append(names, d.name)
		at = d.parent
	}
	var b strings.Builder
	for i := len(names) - 1; i >= 0; i-- {
		b.WriteString(names[i])
		b.WriteByte('/')
	}
	if t.memoSize += b.Len() + bits.UintSize; t.memoSize > memoBytes {
		clear(t.memo)
		t.memoSize = b.Len()
	}
	t.memo[ref] = b.String()
	return b.String(), found
}

// is reports whether a reference with this sequence number means d. That of a
// deleted folder was counted up when it was deleted.
func (d ntfsDir) is(seq uint16) bool {
	return seq == 0 || d.seq == seq || d.deleted && d.seq == seq+1
}
