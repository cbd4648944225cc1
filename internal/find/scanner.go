package find

import (
	"math/bits"
	"slices"
)

// scanner finds marks in bytes. It is read-only once made.
type scanner struct {
	stems  []stem
	prints []fingerprint
	fits   [width][256]uint64 // bit i: the byte fits position j of fingerprint i
	tables tables
	wide   *wide
}

// mark is a place where a link may stand.
type mark struct {
	at    int64 // where the fingerprint stands
	print uint8 // which one
}

// newScanner builds the scanner for marks as package kind gives them: at least
// three bytes each, ASCII.
func newScanner(marks []string) *scanner {
	s := &scanner{stems: stems(marks)}
	for i := range s.stems {
		s.learn(i)
	}
	s.prints = s.prints[:min(len(s.prints), 64)]
	for i, f := range s.prints {
		for j := range width {
			for c := range 0x80 {
				if f.sets[j].has(byte(c)) {
					s.fits[j][c] |= 1 << i
				}
			}
		}
	}
	for b, group := range buckets(s.prints) {
		for _, f := range group {
			s.tables.add(b, f)
		}
	}
	s.wide = s.tables.unfold()
	return s
}

// learn adds the fingerprints of one stem: as it stands, in base64 at the three
// alignments, in UTF-16.
func (s *scanner) learn(i int) {
	add := func(p pattern, f form, phase int) {
		if g, ok := p.best(); ok {
			g.stem, g.form, g.phase = i, f, phase
			s.prints = append(s.prints, g)
		}
	}
	for _, p := range s.stems[i].patterns() {
		add(p, plain, 0)
	}
	add(s.stems[i].patterns()[0].doubled(), utf16, 0)
	for lead := range 3 {
		w, phase := s.stems[i].exact().wrapped(lead)
		add(w, base64, phase)
	}
}

// buckets divides fingerprints into the eight groups of the matcher so that the
// groups let little through that no fingerprint of theirs does: the two groups
// that lose least by it are put together until eight remain.
func buckets(prints []fingerprint) [][]fingerprint {
	var groups [][]fingerprint
	for _, f := range prints {
		groups = append(groups, []fingerprint{f})
	}
	for len(groups) > 8 {
		bi, bj, least := 0, 1, 2.0
		for i := range groups {
			for j := i + 1; j < len(groups); j++ {
				joint := slices.Concat(groups[i], groups[j])
				if loss := leak(joint) - leak(groups[i]) - leak(groups[j]); loss < least {
					bi, bj, least = i, j, loss
				}
			}
		}
		groups[bi] = append(groups[bi], groups[bj]...)
		groups = slices.Delete(groups, bj, bj+1)
	}
	return groups
}

// leak estimates how often one bucket of the matcher passes.
func leak(group []fingerprint) float64 {
	var t tables
	for _, f := range group {
		t.add(0, f)
	}
	p := 1.0
	for j := range width {
		var s set
		for c := range byte(0x80) {
			if t.lo[j][c&15]&t.hi[j][c>>4] != 0 {
				s.put(c)
			}
		}
		p *= s.chance()
	}
	return p
}

// guard is how far from its fingerprint the check of a mark looks, in bytes.
const guard = 256

// marks appends the marks whose fingerprints start in text[from:to). It looks at
// up to guard bytes before from and after to.
func (s *scanner) marks(found []mark, text []byte, from, to int) []mark {
	limit := text[:min(len(text), to+width-1)]
	for at := from; at < to; {
		start, hits := 0, uint32(0)
		if haveVectors {
			start, hits = nextVector(&s.tables, s.wide, limit, at)
		} else {
			start, hits = s.wide.next(limit, at)
		}
		for ; hits != 0; hits &= hits - 1 {
			p := start + bits.TrailingZeros32(hits)
			if i, ok := s.check(text, p); ok {
				found = append(found, mark{at: int64(p), print: uint8(i)})
			}
		}
		at = start + block
	}
	return found
}

// check reports whether a mark stands at the candidate p, and which fingerprint
// it has.
func (s *scanner) check(text []byte, p int) (int, bool) {
	fit := s.fits[0][text[p]] & s.fits[1][text[p+1]] & s.fits[2][text[p+2]] & s.fits[3][text[p+3]]
	for ; fit != 0; fit &= fit - 1 {
		i := bits.TrailingZeros64(fit)
		if s.stands(text, p, &s.prints[i]) {
			return i, true
		}
	}
	return 0, false
}
