package find

import (
	"context"
	"errors"
	"io"
	"slices"

	"github.com/overgrant/overgrant"
)

// trace is what a search saw in a text: enough to search a text that was made
// from it by copying.
type trace struct {
	size     int64
	marks    []mark
	clusters []cluster
}

// empty forgets what the trace holds and keeps its memory.
func (t *trace) empty() *trace {
	clear(t.clusters) // lets go of the links
	*t = trace{marks: t.marks[:0], clusters: t.clusters[:0]}
	return t
}

// delta searches a text that was made from base by copying. It reads what was
// inserted, what lies around the seams, and the windows of clusters that the
// seams touch.
type delta struct {
	*sweep
	text   io.ReaderAt
	size   int64
	base   *trace
	copies []overgrant.Copy
	window *[]byte // what is read of the text, one part after the other
}

// run searches the text. The positions of a mark are known from the base where
// all that the check of a mark looks at was copied along; all others are looked
// for.
func (d *delta) run(ctx context.Context) error {
	if err := d.findMarks(ctx); err != nil {
		return err
	}
	d.trace.size = d.size
	for i, j := range clusters(d.trace.marks) {
		if d.stopped {
			return nil
		}
		marks := d.trace.marks[i:j]
		c, ok := d.carried(marks)
		if !ok {
			if err := ctx.Err(); err != nil {
				return err
			}
			var err error
			if c, err = d.evaluated(marks); err != nil {
				return err
			}
		}
		d.trace.clusters = append(d.trace.clusters, c)
		for _, f := range c.found {
			if !d.stopped && d.recent.fresh(f.link, c.span(f)) {
				d.stopped = !d.yield(c.hit(f))
			}
		}
	}
	return nil
}

// findMarks fills d.trace.marks, in order.
func (d *delta) findMarks(ctx context.Context) error {
	from := int64(0) // marks before it are known
	for _, c := range d.copies {
		low, high := d.inner(c, guard)
		if low >= high {
			continue
		}
		if err := d.scan(ctx, from, low); err != nil {
			return err
		}
		by := c.At - c.From
		i, _ := slices.BinarySearchFunc(d.base.marks, low-by, func(m mark, at int64) int { return int(max(-1, min(1, m.at-at))) })
		for ; i < len(d.base.marks) && d.base.marks[i].at+by < high; i++ {
			m := d.base.marks[i]
			m.at += by
			d.trace.marks = append(d.trace.marks, m)
		}
		from = high
	}
	return d.scan(ctx, from, d.size)
}

// inner returns the range of positions around which at least by bytes on both
// sides were copied by c. Where the copy reaches an end of both texts, nothing
// is missing on that side.
func (d *delta) inner(c overgrant.Copy, by int64) (low, high int64) {
	low, high = c.At+by, c.At+c.Size-by
	if c.At == 0 && c.From == 0 {
		low = 0
	}
	if c.At+c.Size == d.size && c.From+c.Size == d.base.size {
		high = d.size
	}
	return low, high
}

// scan finds the marks in [from, to) of the text.
func (d *delta) scan(ctx context.Context, from, to int64) error {
	for from < to {
		if err := ctx.Err(); err != nil {
			return err
		}
		upTo := min(to, from+chunk)
		a, b := max(0, from-guard), min(d.size, upTo+guard)
		text, err := d.read(a, b)
		if err != nil {
			return err
		}
		n := len(d.trace.marks)
		d.trace.marks = d.f.scanner.marks(d.trace.marks, text, int(from-a), int(upTo-a))
		for i := n; i < len(d.trace.marks); i++ {
			d.trace.marks[i].at += a
		}
		from = upTo
	}
	return nil
}

// carried returns the cluster of the base that consists of these marks, if
// nothing that has a say in it was touched.
func (d *delta) carried(marks []mark) (cluster, bool) {
	first, last := marks[0].at, marks[len(marks)-1].at
	i, found := slices.BinarySearchFunc(d.copies, first, func(c overgrant.Copy, at int64) int {
		switch {
		case c.At+c.Size <= at:
			return -1
		case c.At > at:
			return 1
		}
		return 0
	})
	if !found {
		return cluster{}, false
	}
	c := d.copies[i]
	low, high := d.inner(c, Margin)
	if first < low || last >= high {
		return cluster{}, false
	}
	by := c.At - c.From
	k, found := slices.BinarySearchFunc(d.base.clusters, first-by, func(c cluster, at int64) int { return int(max(-1, min(1, c.first-at))) })
	if !found {
		return cluster{}, false
	}
	old := d.base.clusters[k]
	if old.count != len(marks) || old.last+by != last {
		return cluster{}, false
	}
	old.first, old.last = first, last
	return old, true
}

// evaluated reads the window of a cluster and evaluates it.
func (d *delta) evaluated(marks []mark) (cluster, error) {
	a := max(0, marks[0].at-Margin)
	b := min(d.size, marks[len(marks)-1].at+Margin)
	win, err := d.read(a, b)
	if err != nil {
		return cluster{}, err
	}
	return d.scratch.within(win, a, marks), nil
}

// read returns text[from:to). The next call uses the same memory.
func (d *delta) read(from, to int64) ([]byte, error) {
	want := int(to - from)
	*d.window = slices.Grow((*d.window)[:0], want)
	p := (*d.window)[:want]
	n, err := d.text.ReadAt(p, from)
	if n == len(p) {
		err = nil
	} else if err == nil || errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return p, err
}
