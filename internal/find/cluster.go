package find

import (
	"iter"

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
	found       []finding // shared with other texts, and not to be changed
}

// finding is a link that was found in a cluster.
type finding struct {
	link       *overgrant.Link
	start, end int // from the first mark of the cluster on
	encoding   []string
}

// hit returns the finding where the cluster stands.
func (c *cluster) hit(f finding) Hit {
	return Hit{Link: *f.link, Span: c.span(f), Encoding: f.encoding}
}

func (c *cluster) span(f finding) [2]int64 {
	return [2]int64{c.first + int64(f.start), c.first + int64(f.end)}
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

// fresh reports whether the link at span is not what an earlier cluster found
// already, and remembers it.
func (r *recent) fresh(l *overgrant.Link, span [2]int64) bool {
	for i := range r.hits {
		o := &r.hits[i]
		if span[0] >= o.span[1] || o.span[0] >= span[1] {
			continue
		}
		if o.id == l.ID || l.Grant.Shape != overgrant.Whole {
			return false
		}
	}
	r.hits[r.next%len(r.hits)] = told{span, l.ID}
	r.next++
	return true
}
