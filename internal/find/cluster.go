package find

import (
	"iter"
	"slices"

	"github.com/overgrant/overgrant"
)

// Marks that stand close together are evaluated together: those of one link,
// those of a page full of links.
const (
	clusterGap  = 256  // bytes between two marks of a cluster, at most
	clusterSpan = 2048 // bytes from the first mark of a cluster to its last, at most
)

// cluster is marks that were evaluated together, and what was found.
type cluster struct {
	first, last int64 // positions of its marks
	count       int
	hits        []Hit
}

// clusters divides marks, which rise, into clusters. It depends on nothing but
// the distances.
func clusters(marks []mark) iter.Seq2[int, int] {
	return func(yield func(from, to int) bool) {
		for from := 0; from < len(marks); {
			to := from + 1
			for to < len(marks) && joins(marks[from], marks[to-1], marks[to]) {
				to++
			}
			if !yield(from, to) {
				return
			}
			from = to
		}
	}
}

func joins(first, last, next mark) bool {
	return next.at-last.at <= clusterGap && next.at-first.at <= clusterSpan
}

// within evaluates the marks, which form a cluster, in win, the text from base
// to Margin bytes behind the last of them.
func (f *Finder) within(win []byte, base int64, marks []mark) cluster {
	pos := make([]int, len(marks))
	for i, m := range marks {
		pos[i] = int(m.at - base)
	}
	c := cluster{first: marks[0].at, last: marks[len(marks)-1].at, count: len(marks)}
	for _, found := range f.evaluate(win, pos) {
		c.hits = append(c.hits, Hit{
			Link:     found.link,
			Span:     [2]int64{base + int64(found.start), base + int64(found.end)},
			Encoding: found.encoding(win),
		})
	}
	return c
}

// shift moves a cluster by some bytes. Its line numbers must not be known yet.
func (c cluster) shift(by int64) cluster {
	c.first += by
	c.last += by
	c.hits = slices.Clone(c.hits)
	for i := range c.hits {
		c.hits[i].Span[0] += by
		c.hits[i].Span[1] += by
	}
	return c
}

// recent remembers the last hits, to tell those that two clusters share.
type recent struct {
	hits [16]told
	next int
}

// told is what has to be known of a hit to tell it from another.
type told struct {
	span [2]int64
	id   string
}

// fresh reports whether h is not what an earlier cluster found already, and
// remembers it.
func (r *recent) fresh(h Hit) bool {
	for i := range r.hits {
		o := &r.hits[i]
		if h.Span[0] >= o.span[1] || o.span[0] >= h.Span[1] {
			continue
		}
		if o.id == h.Link.ID || h.Link.Grant.Shape != overgrant.Whole {
			return false
		}
	}
	r.hits[r.next%len(r.hits)] = told{h.Span, h.Link.ID}
	r.next++
	return true
}
