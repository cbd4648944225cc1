package classify

import "math/bits"

// lexicon finds many short texts at once, without regard to ASCII case. It
// slides over the text three bytes at a time; where these three stand in a
// mark, or are what a number begins with, it looks closer.
type lexicon struct {
	hot   [1 << (3*symbolBits - 6)]uint64 // bit set: three bytes that something has
	ranks [1 << (3*symbolBits - 6)]uint16 // bits set in hot before each word
	marks [][]mark                        // by rank

	gathered map[uint32][]mark
}

// mark is a text that is looked for, in lower case, and what happens there.
// Its three rarest bytes lead to it.
type mark struct {
	text  string
	event event
	lead  int // where the three bytes stand in text
}

// event is what happens where a mark stands.
type event struct {
	probe    *probe
	sequence sequence
	at       int  // of the mark in sequence
	near     bool // the secret stands somewhere around
	number   number
	topic    int // of a word that names a sort of number
}

// number is a sort of thing that is no secret of a detector.
type number uint8

const (
	noNumber    number = iota
	digits             // two digits that follow neither letter nor digit nor dot
	account            // IBAN: a country and a digit
	taxpayer           // two digits that follow a letter
	keyMaterial        // the beginning of a private key in text
	topic              // a word that says what numbers are
)

// markSize is the least length in bytes of a mark.
const markSize = 3

const symbolBits = 6

// symbols numbers the bytes that marks are made of, in both cases; zero stands
// for all others.
var symbols = func() (t [256]uint8) {
	for i := range 26 {
		t['a'+i], t['A'+i] = uint8(1+i), uint8(1+i)
	}
	for i := range 10 {
		t['0'+i] = uint8(27 + i)
	}
	for i, c := range []byte(punctuation) {
		t[c] = uint8(37 + i)
	}
	return t
}()

// punctuation is what stands in marks besides letters and digits.
const punctuation = "_-.:/=~<>@+%\"' {[,()#$!*&|;"

// often says about how often a byte stands in text, in a thousand.
var often = func() (t [256]int) {
	for i := range t {
		t[i] = 4
	}
	for i, n := range []int{82, 15, 28, 43, 120, 22, 20, 61, 70, 2, 8, 40, 24, 67, 75, 19, 1, 60, 63, 91, 28, 10, 24, 2, 20, 1} {
		t['a'+i] = n
	}
	for c := '0'; c <= '9'; c++ {
		t[c] = 12
	}
	t[' '], t['-'], t['.'], t['"'] = 150, 10, 10, 15
	return t
}()

func newLexicon() *lexicon { return &lexicon{gathered: map[uint32][]mark{}} }

func triple(a, b, c byte) uint32 {
	return uint32(symbols[a])<<(2*symbolBits) | uint32(symbols[b])<<symbolBits | uint32(symbols[c])
}

const tripleMask = 1<<(3*symbolBits) - 1

// add takes up a mark, in lower case, of at least markSize bytes.
func (l *lexicon) add(text string, e event) {
	lead, rarest := 0, 0
	for i := range len(text) - markSize + 1 {
		if n := often[text[i]] * often[text[i+1]] * often[text[i+2]]; i == 0 || n < rarest {
			lead, rarest = i, n
		}
	}
	l.put(triple(text[lead], text[lead+1], text[lead+2]), mark{text, e, lead})
}

func (l *lexicon) put(t uint32, m mark) {
	l.hot[t>>6] |= 1 << (t & 63)
	l.gathered[t] = append(l.gathered[t], m)
}

// done makes the lexicon ready.
func (l *lexicon) done() *lexicon {
	n := 0
	for i, word := range l.hot {
		l.ranks[i] = uint16(n)
		for ; word != 0; word &= word - 1 {
			l.marks = append(l.marks, l.gathered[uint32(i<<6+bits.TrailingZeros64(word))])
			n++
		}
	}
	l.gathered = nil
	return l
}

func (l *lexicon) at(t uint32) []mark {
	below := l.hot[t>>6] & (1<<(t&63) - 1)
	return l.marks[int(l.ranks[t>>6])+bits.OnesCount64(below)]
}

// each calls found for each mark whose lead begins in b[from:to], with the
// index of its first byte. It stops when found says no.
func (l *lexicon) each(b []byte, from, to int, found func(at int, m *mark) bool) {
	from = max(0, from)
	last := min(to+markSize-1, len(b))
	if last-from < markSize {
		return
	}
	hot := &l.hot
	t := triple(0, b[from], b[from+1])
	for i, c := range b[from+2 : last] {
		t = (t<<symbolBits | uint32(symbols[c])) & tripleMask
		if hot[t>>6]>>(t&63)&1 == 0 {
			continue
		}
		marks := l.at(t)
		for j := range marks {
			m := &marks[j]
			if at := from + i - m.lead; at >= 0 && standsAt(m.text, b, at) && !found(at, m) {
				return
			}
		}
	}
}

func standsAt(lower string, b []byte, at int) bool {
	return len(b)-at >= len(lower) && equalFold(lower, b[at:at+len(lower)])
}

// has reports whether any of the marks stands in text.
func (l *lexicon) has(text []byte) bool {
	any := false
	l.each(text, 0, len(text), func(int, *mark) bool { any = true; return false })
	return any
}
