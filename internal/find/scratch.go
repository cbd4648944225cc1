package find

import (
	"hash/maphash"
	"slices"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/kind"
)

// scratch is what one evaluation leaves for the next: memory to be used again,
// and what is known of text that was seen before. It is for one goroutine at a
// time. An evaluation that was left by a panic does it no harm: each begins with
// all of its memory.
type scratch struct {
	f       *Finder
	made    []*reading // by all evaluations
	free    []*reading // of them, not in use
	window  reading    // the text itself
	queue   queue
	marks   []mark
	pos     []int
	nearPos []int
	all     []candidate
	best    []candidate
	parsed  map[string]*overgrant.Link // nil for a text that is no link
	known   map[view][]finding
}

// What is remembered is forgotten when there is this much of it.
const (
	maxParsed = 512
	maxKnown  = 256
	maxText   = 2048 // bytes of a text that is remembered, at most
)

// view is a window with the marks of a cluster. A mark depends on the text
// around it, so that the first, the last and their number tell all.
type view struct {
	hash               uint64
	size               int
	first, last, count int
}

func newScratch(f *Finder) *scratch {
	return &scratch{f: f, queue: queue{seen: map[uint64]bool{}}, parsed: map[string]*overgrant.Link{}, known: map[view][]finding{}}
}

// begin makes all memory free and returns the reading of win as it stands.
func (e *scratch) begin(win []byte) *reading {
	e.free = append(e.free[:0], e.made...)
	e.queue.clear()
	e.window = reading{text: win, scratch: e}
	return &e.window
}

// reading returns a reading without text.
func (e *scratch) reading() *reading {
	n := len(e.free)
	if n == 0 {
		r := &reading{scratch: e, from: []int32{}, to: []int32{}}
		e.made = append(e.made, r)
		return r
	}
	r := e.free[n-1]
	e.free = e.free[:n-1]
	*r = reading{scratch: e, text: r.text[:0], from: r.from[:0], to: r.to[:0]}
	return r
}

// release takes back a reading that nothing refers to.
func (e *scratch) release(r *reading) {
	e.free = append(e.free, r)
}

// parse reads a link, or returns nil if text is none. Links are shared: nobody
// may change one.
func (e *scratch) parse(text []byte) *overgrant.Link {
	if l, ok := e.parsed[string(text)]; ok {
		return l
	}
	s := string(text)
	link, err := kind.Parse(s)
	var l *overgrant.Link
	if err == nil && link.ID != "" {
		clip(&link.Grant)
		l = &link
	}
	if len(s) <= maxText {
		if len(e.parsed) >= maxParsed {
			clear(e.parsed)
		}
		e.parsed[s] = l
	}
	return l
}

// clip sees to it that what is appended to the lists of a copy goes elsewhere.
func clip(g *overgrant.Grant) {
	g.Joined = slices.Clip(g.Joined)
	g.Extra = slices.Clip(g.Extra)
	g.Unknown = slices.Clip(g.Unknown)
	g.Services = slices.Clip(g.Services)
	g.Protocols = slices.Clip(g.Protocols)
}

// within evaluates the marks, which form a cluster, in win, the text from base
// to Margin bytes behind the last of them.
func (e *scratch) within(win []byte, base int64, marks []mark) cluster {
	e.pos = e.pos[:0]
	for _, m := range marks {
		e.pos = append(e.pos, int(m.at-base))
	}
	first, last := e.pos[0], e.pos[len(e.pos)-1]
	c := cluster{first: marks[0].at, last: marks[len(marks)-1].at, count: len(marks)}
	v := view{maphash.Bytes(e.f.seed, win), len(win), first, last, len(marks)}
	found, ok := e.known[v]
	if !ok {
		for _, l := range e.evaluate(win, e.pos) {
			found = append(found, finding{link: l.link, start: l.start - first, end: l.end - first, encoding: l.encoding(win)})
		}
		if len(e.known) >= maxKnown {
			clear(e.known)
		}
		e.known[v] = found
		e.window = reading{} // lets go of the text
	}
	c.found = found
	return c
}
