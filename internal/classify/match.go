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

// matcher holds many globs at once. A name is asked for a few things: its
// ending, its last part, the first bytes of that, and each folder. Each is one
// look into a table; only what stands there is compared with the name.
type matcher struct {
	endings, lasts, starts, folders table
	doubles                         table // endings of two: tar.gz
}

// rule is a glob with what it stands for. Of all that fit, the lowest rank wins.
type rule struct {
	glob  glob
	rank  int
	least int64 // bytes
	sure  bool  // the entry of the table says it all

	// head and tail are what the last part of a name begins and ends with: most
	// names are told from the glob by these.
	head, tail string

	// Of a glob with one run that is open: the parts before the folder that it
	// is looked up by, and how many follow. They are all *.
	before []string
	after  int
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
		r.head = last[:strings.IndexByte(last+"*", '*')]
		r.tail = last[strings.LastIndexByte(last, '*')+1:]
		if !strings.Contains(last, "*") {
			r.sure = single
			m.lasts.add(last, r)
			return
		}
		if dot := strings.LastIndexByte(last, '.'); dot >= 0 && !strings.Contains(last[dot:], "*") && dot+1 < len(last) {
			r.sure = single && last[:dot] == "*"
			if dot2 := strings.LastIndexByte(last[:dot], '.'); dot2 >= 0 && !strings.Contains(last[dot2:], "*") {
				r.sure = single && last[:dot2] == "*"
				m.doubles.add(last[dot2+1:], r)
				m.endings.entry(last[dot+1:]).doubled = true
				return
			}
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
				if g.open && len(g.runs) == 1 {
					r.before, r.after = run[:j], len(run)-1-j
				}
				m.folders.add(run[j], r)
				return
			}
		}
	}
	panic("classify: nothing to look up in the glob " + text)
}

func (m *matcher) done() {
	for _, t := range []*table{&m.endings, &m.lasts, &m.starts, &m.folders, &m.doubles} {
		t.done()
	}
}

// match returns the lowest rank of the globs that fit name, or none. The parts
// of name are separated by slashes alone.
func (m *matcher) match(name, last, ending []byte, size int64) int {
	best := none
	if e := m.endings.get(ending); e != nil {
		best = e.best(best, name, last, size)
		if e.doubled {
			before := last[:len(last)-len(ending)-1]
			if dot := bytes.LastIndexByte(before, '.'); dot >= 0 {
				if e := m.doubles.get(last[dot+1:]); e != nil {
					best = e.best(best, name, last, size)
				}
			}
		}
	}
	if e := m.lasts.get(last); e != nil {
		best = e.best(best, name, last, size)
	}
	if len(last) > startSize-1 {
		if e := m.starts.get(last[:startSize]); e != nil {
			best = e.best(best, name, last, size)
		}
	}
	for at, end := 0, len(name)-len(last); at < end; {
		slash := at + bytes.IndexByte(name[at:end], '/')
		if e := m.folders.get(name[at:slash]); e != nil {
			best = e.bestIn(best, name, at, slash, size)
		}
		at = slash + 1
	}
	return best
}

// entry is what a table holds for one text.
type entry struct {
	text  string
	rules []rule // by rank
	look  Look   // of an ending

	doubled bool // an ending that another one may stand before
}

func (e *entry) best(best int, name, last []byte, size int64) int {
	for i := range e.rules {
		r := &e.rules[i]
		if r.rank >= best {
			break
		}
		if (size >= r.least || size < 0) && (r.sure || r.near(last) && r.glob.match(name)) {
			return r.rank
		}
	}
	return best
}

// bestIn is best for the rules of a folder, which stands at name[at:end].
func (e *entry) bestIn(best int, name []byte, at, end int, size int64) int {
	for i := range e.rules {
		r := &e.rules[i]
		if r.rank >= best {
			break
		}
		if (size >= r.least || size < 0) && r.fitsAt(name, at, end) {
			return r.rank
		}
	}
	return best
}

func (r *rule) fitsAt(name []byte, at, end int) bool {
	if !r.glob.open || len(r.glob.runs) > 1 {
		return r.glob.match(name)
	}
	for i := len(r.before) - 1; i >= 0; i-- {
		if at == 0 {
			return false
		}
		start := bytes.LastIndexByte(name[:at-1], '/') + 1
		if !partFits(r.before[i], name[start:at-1]) {
			return false
		}
		at = start
	}
	rest := name[end+1:]
	for range r.after {
		slash := bytes.IndexByte(rest, '/')
		if slash < 0 {
			return false
		}
		rest = rest[slash+1:]
	}
	return len(rest) > 0
}

func (r *rule) near(last []byte) bool {
	return len(last) >= max(len(r.head), len(r.tail)) &&
		equalFold(r.tail, last[len(last)-len(r.tail):]) && equalFold(r.head, last[:len(r.head)])
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
