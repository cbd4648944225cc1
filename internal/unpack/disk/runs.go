package disk

import (
	"io"
	"slices"
	"sort"
)

// run is a piece of a file that lies together.
type run struct {
	from int64 // where it begins in the file, in bytes
	n    int64 // bytes
	at   int64 // where it begins in the volume, in bytes, or hole
}

// runList is a file in pieces, ordered, without overlap. What is in no piece is
// a hole.
type runList []run

// add appends a piece, joined to the last one where it goes on there.
func (l runList) add(r run) runList {
	if k := len(l) - 1; k >= 0 && l[k].from+l[k].n == r.from && (l[k].at < 0 && r.at < 0 || l[k].at >= 0 && l[k].at+l[k].n == r.at) {
		l[k].n += r.n
		return l
	}
	return append(l, r)
}

// span finds what lies at off.
func (l runList) span(off, size int64) span {
	k := sort.Search(len(l), func(k int) bool { return l[k].from+l[k].n > off })
	if k == len(l) {
		return span{n: size - off, at: hole}
	}
	r := l[k]
	if off < r.from {
		return span{n: r.from - off, at: hole}
	}
	s := span{n: r.n - (off - r.from), at: hole}
	if r.at >= 0 {
		s.at = r.at + off - r.from
	}
	return s
}

// sorted orders the pieces and refuses those that overlap.
func (l runList) sorted() error {
	slices.SortFunc(l, func(a, b run) int {
		switch {
		case a.from < b.from:
			return -1
		case a.from > b.from:
			return 1
		}
		return 0
	})
	for k := 1; k < len(l); k++ {
		if l[k-1].from+l[k-1].n > l[k].from {
			return corrupt("pieces of a file that overlap")
		}
	}
	return nil
}

// reader gives the size bytes of the file that lies in l.
func (l runList) reader(r io.ReaderAt, size int64) io.ReaderAt {
	return &mapped{below: r, size: size, find: func(off int64) (span, error) { return l.span(off, size), nil }}
}
