package find

import (
	"math/bits"
	"slices"
)

// scanner finds marks in bytes. It is read-only once made.
type scanner struct {
	stems  []stem
	prints []fingerprint
	pairs  [width / 2]pairs     // which two bytes fingerprints begin and end with
	fits   [width][256]printSet // which fingerprints have the byte at position j
	tables tables
	wide   *wide
}

// maxPrints bounds the number of fingerprints.
const maxPrints = 128

// printSet is a set of fingerprints.
type printSet [maxPrints / 64]uint64

// mark is a place where a link may stand.
type mark struct {
	at    int64 // where the fingerprint stands
	print uint8 // which one
}

// wanted is what a scanner looks for, as package kind gives marks: at least
// three bytes each, ASCII.
type wanted struct {
	marks   []string // in every form
	plain   []string // as it stands and in UTF-16 only
	wrapped []string // in base64 only
	twice   []string // in base64 inside base64 only
}

// newScanner builds the scanner for what is wanted.
func newScanner(want wanted) *scanner {
	s := &scanner{}
	s.want(want.marks, plain, utf16, base64)
	s.want(short(want.marks), twice, base16, wide64) // what is wrapped twice is rare: the short names will do
	s.want(want.plain, plain, utf16)
	s.want(want.wrapped, base64)
	s.want(want.twice, twice)
	groups := arrange(s.choices())
	for _, g := range groups {
		s.prints = append(s.prints, g...)
	}
	if len(s.prints) > maxPrints {
		panic("find: more marks than the scanner has room for")
	}
	for i, f := range s.prints {
		for j := range width {
			for c := range 0x80 {
				if f.sets[j].has(byte(c)) {
					s.fits[j][c][i/64] |= 1 << (i % 64)
				}
			}
		}
	}
	s.pairUp()
	for b, group := range groups {
		for _, f := range group {
			s.tables.add(b, f)
		}
	}
	s.wide = s.tables.unfold()
	return s
}

// short returns the marks with short names.
func short(marks []string) []string {
	return slices.DeleteFunc(slices.Clone(marks), func(m string) bool {
		for _, st := range stems([]string{m}) {
			return len(st.text) > shortName || st.text == keyEnd
		}
		return true
	})
}

func (s *scanner) want(marks []string, forms ...form) {
	for _, st := range stems(marks) {
		st.forms = forms
		s.stems = append(s.stems, st)
	}
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
	if !s.pairs[0].has(text[p], text[p+1]) || !s.pairs[1].has(text[p+2], text[p+3]) {
		return 0, false // as nearly always: the vectors let eight times too much through
	}
	a, b, c, d := &s.fits[0][text[p]], &s.fits[1][text[p+1]], &s.fits[2][text[p+2]], &s.fits[3][text[p+3]]
	for k := range a {
		for fit := a[k] & b[k] & c[k] & d[k]; fit != 0; fit &= fit - 1 {
			i := 64*k + bits.TrailingZeros64(fit)
			if s.stands(text, p, &s.prints[i]) {
				return i, true
			}
		}
	}
	return 0, false
}

// pairs is a set of two bytes in a row.
type pairs [1 << 10]uint64

func (p *pairs) has(a, b byte) bool {
	i := uint(a)<<8 | uint(b)
	return p[i>>6]>>(i&63)&1 != 0
}

// pairUp notes which bytes may begin and end a fingerprint.
func (s *scanner) pairUp() {
	for _, f := range s.prints {
		for half := range s.pairs {
			for _, a := range f.sets[2*half].members() {
				for _, b := range f.sets[2*half+1].members() {
					i := uint(a)<<8 | uint(b)
					s.pairs[half][i>>6] |= 1 << (i & 63)
				}
			}
		}
	}
}
