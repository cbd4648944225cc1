package find

import "math/bits"

// scanner finds marks in bytes. It is read-only once made.
type scanner struct {
	stems   []stem
	wrapped int // so many stems are looked for in base64 and UTF-16 too
	prints  []fingerprint
	fits    [width][256]uint64 // bit i: the byte fits position j of fingerprint i
	tables  tables
	wide    *wide
}

// mark is a place where a link may stand.
type mark struct {
	at    int64 // where the fingerprint stands
	print uint8 // which one
}

// newScanner builds the scanner for marks as package kind gives them: at least
// three bytes each, ASCII. Companions are looked for in plain text only.
func newScanner(marks, companions []string) *scanner {
	s := &scanner{stems: stems(marks)}
	s.wrapped = len(s.stems)
	s.stems = append(s.stems, stems(companions)...)
	groups := arrange(s.choices())
	for _, g := range groups {
		s.prints = append(s.prints, g...)
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
	for b, group := range groups {
		for _, f := range group {
			s.tables.add(b, f)
		}
	}
	s.wide = s.tables.unfold()
	return s
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
