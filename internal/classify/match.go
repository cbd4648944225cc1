package classify

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math"
	"math/bits"
	"slices"
	"strings"
)

// matcher holds many globs at once. A name is asked for four things: its
// ending, its last part, the first bytes of that, and each folder. Each is one
// look into a table; only what stands there is compared with the name.
type matcher struct {
	endings, lasts, starts, folders table
}

// rule is a glob with what it stands for. Of all that fit, the lowest rank wins.
type rule struct {
	glob  glob
	rank  int
	least int64 // bytes
	sure  bool  // the entry of the table says it all
}

// startSize is the length in bytes of the beginnings in matcher.starts.
const startSize = 3

// none is the rank where no rule fits.
const none = math.MaxInt

// add takes up a glob. It panics where the glob has no part that a table could
// hold, which a test of the lists rules out.
func (m *matcher) add(text string, rank int, least int64) {
	g := parseGlob(text)
	r := rule{glob: g, rank: rank, least: least}
	single := len(g.runs) == 1 && len(g.runs[0]) == 1
	run := g.runs[len(g.runs)-1]
	last := run[len(run)-1]
	if !g.open {
		if !strings.Contains(last, "*") {
			r.sure = single
			m.lasts.add(last, r)
			return
		}
		if dot := strings.LastIndexByte(last, '.'); dot >= 0 && !strings.Contains(last[dot:], "*") && dot+1 < len(last) {
			r.sure = single && last[:dot] == "*"
			m.endings.add(last[dot+1:], r)
			return
		}
		if star := strings.IndexByte(last, '*'); star >= startSize {
			r.sure = single && star == startSize && star == len(last)-1
			m.starts.add(last[:startSize], r)
			return
		}
	}
	for i := len(g.runs) - 1; i >= 0; i-- {
		run := g.runs[i]
		for j := len(run) - 1; j >= 0; j-- {
			if folder := g.open || i < len(g.runs)-1 || j < len(run)-1; folder && !strings.Contains(run[j], "*") {
				r.sure = single
				m.folders.add(run[j], r)
				return
			}
		}
	}
	panic("classify: nothing to look up in the glob " + text)
}

func (m *matcher) done() {
	for _, t := range []*table{&m.endings, &m.lasts, &m.starts, &m.folders} {
		t.done()
	}
}

// match returns the lowest rank of the globs that fit name, or none. The parts
// of name are separated by slashes alone.
func (m *matcher) match(name, last, ending []byte, size int64) int {
	best := none
	if e := m.endings.get(ending); e != nil {
		best = e.best(best, name, size)
	}
	if e := m.lasts.get(last); e != nil {
		best = e.best(best, name, size)
	}
	if len(last) > startSize-1 {
		if e := m.starts.get(last[:startSize]); e != nil {
			best = e.best(best, name, size)
		}
	}
	for rest := name[:len(name)-len(last)]; len(rest) > 0; {
		slash := bytes.IndexByte(rest, '/')
		if e := m.folders.get(rest[:slash]); e != nil {
			best = e.best(best, name, size)
		}
		rest = rest[slash+1:]
	}
	return best
}

// entry is what a table holds for one text.
type entry struct {
	text  string
	rules []rule // by rank
	look  Look   // of an ending
}

func (e *entry) best(best int, name []byte, size int64) int {
	for i := range e.rules {
		r := &e.rules[i]
		if r.rank >= best {
			break
		}
		if (size >= r.least || size < 0) && (r.sure || r.glob.match(name)) {
			return r.rank
		}
	}
	return best
}

// table finds the entry of a text without regard to ASCII case. Most texts
// have none, and are told by an empty slot.
type table struct {
	entries []entry
	slots   []uint16 // index of an entry plus one, by hash; a power of two
	shift   uint
}

func (t *table) add(text string, r rule) {
	e := t.entry(text)
	e.rules = append(e.rules, r)
}

func (t *table) entry(text string) *entry {
	for i := range t.entries {
		if t.entries[i].text == text {
			return &t.entries[i]
		}
	}
	t.entries = append(t.entries, entry{text: text, look: Text})
	return &t.entries[len(t.entries)-1]
}

func (t *table) done() {
	width := bits.Len(uint(8*len(t.entries) + 1))
	t.slots = make([]uint16, 1<<width)
	t.shift = uint(64 - width)
	for i := range t.entries {
		e := &t.entries[i]
		slices.SortStableFunc(e.rules, func(a, b rule) int { return cmp.Compare(a.rank, b.rank) })
		at := spread([]byte(e.text)) >> t.shift
		for t.slots[at] != 0 {
			at = (at + 1) & uint64(len(t.slots)-1)
		}
		t.slots[at] = uint16(i + 1)
	}
}

func (t *table) get(text []byte) *entry {
	at := spread(text) >> t.shift
	for {
		i := t.slots[at&uint64(len(t.slots)-1)]
		if i == 0 {
			return nil
		}
		if e := &t.entries[i-1]; equalFold(e.text, text) {
			return e
		}
		at++
	}
}

// spread hashes the length, the beginning and the end of a text. Setting one
// bit of each byte makes the cases of a letter the same.
func spread(text []byte) uint64 {
	const lower = 0x2020202020202020
	n := len(text)
	var a, b uint64
	switch {
	case n >= 8:
		a, b = binary.LittleEndian.Uint64(text), binary.LittleEndian.Uint64(text[n-8:])
	case n >= 4:
		a, b = uint64(binary.LittleEndian.Uint32(text)), uint64(binary.LittleEndian.Uint32(text[n-4:]))
	case n > 0:
		a = uint64(text[0]) | uint64(text[n/2])<<8 | uint64(text[n-1])<<16
	}
	h := (a|lower)*0x9e3779b97f4a7c15 ^ bits.RotateLeft64((b|lower)*0xc2b2ae3d27d4eb4f, 29) ^ uint64(n)*0x165667b19e3779f9
	h ^= h >> 32
	return h * 0xd6e8feb86659fd93
}
