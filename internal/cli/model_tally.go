package cli

import (
	"slices"
	"sync"

	"github.com/overgrant/overgrant"
)

// tallied is a file of which is known how much was read. It may be read by several
// goroutines at once.
type tallied struct {
	overgrant.Content

	mu    sync.Mutex
	spans []span // in order, none touches another
	more  int64  // bytes read beyond the spans that are kept
}

// span is a part of a file, half open.
type span struct{ from, to int64 }

// mostSpans bounds what is kept of one file. Where it is read at more places than
// these, bytes may count twice.
const mostSpans = 4096

// ReadAt reads, and keeps what.
func (t *tallied) ReadAt(p []byte, off int64) (int, error) {
	n, err := t.Content.ReadAt(p, off)
	if n > 0 {
		t.mu.Lock()
		t.keep(span{off, off + int64(n)})
		t.mu.Unlock()
	}
	return n, err
}

// keep adds a span: those that it touches become one with it.
func (t *tallied) keep(s span) {
	first, _ := slices.BinarySearchFunc(t.spans, s.from, func(x span, from int64) int {
		if x.to < from {
			return -1
		}
		return 1
	})
	last := first
	for last < len(t.spans) && t.spans[last].from <= s.to {
		s.from, s.to = min(s.from, t.spans[last].from), max(s.to, t.spans[last].to)
		last++
	}
	if first == last && len(t.spans) == mostSpans {
		t.more += s.to - s.from
		return
	}
	t.spans = slices.Replace(t.spans, first, last, s)
}

// distinct is how many bytes of the file were read: what was read twice counts
// once.
func (t *tallied) distinct() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := t.more
	for _, s := range t.spans {
		n += s.to - s.from
	}
	return min(n, t.Size())
}
