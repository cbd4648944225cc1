package classify

// lexicon finds many short texts at once, without regard to ASCII case. It
// slides over the text three bytes at a time; where these three begin a mark,
// or are what a number begins with, it looks closer.
type lexicon struct {
	hot   [1 << (3*symbolBits - 6)]uint64 // bit set: something may begin here
	heads map[uint32][]mark
}

// event is what happens where a mark stands.
type event struct {
	probe    *probe
	sequence sequence
	at       int  // of the mark in sequence
	near     bool // the secret stands somewhere around
	number   number
}

// number is a sort of thing that begins with digits.
type number uint8

const (
	noNumber    number = iota
	digits             // two digits that follow neither letter nor digit nor dot
	account            // IBAN: a country and a digit
	taxpayer           // two digits that follow a letter
	keyMaterial        // the beginning of a private key in text
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
	for i, c := range []byte("_-.:/=~<>@+%\"' {[,()#$!*&|;?") {
		if 37+i < 1<<symbolBits {
			t[c] = uint8(37 + i)
		}
	}
	return t
}()

func newLexicon() *lexicon { return &lexicon{heads: map[uint32][]mark{}} }

func triple(a, b, c byte) uint32 {
	return uint32(symbols[a])<<(2*symbolBits) | uint32(symbols[b])<<symbolBits | uint32(symbols[c])
}

const tripleMask = 1<<(3*symbolBits) - 1

// add takes up a mark, in lower case, of at least markSize bytes.
func (l *lexicon) add(text string, e event) {
	l.put(triple(text[0], text[1], text[2]), mark{text, e})
}

func (l *lexicon) put(t uint32, m mark) {
	l.hot[t>>6] |= 1 << (t & 63)
	l.heads[t] = append(l.heads[t], m)
}

// each calls found for each mark that begins in b[from:to], with the index of
// its first byte. It stops when found says no.
func (l *lexicon) each(b []byte, from, to int, found func(at int, m *mark) bool) {
	t := uint32(0)
	last := min(to+markSize-1, len(b))
	for i := from; i < last; i++ {
		t = (t<<symbolBits | uint32(symbols[b[i]])) & tripleMask
		if l.hot[t>>6]>>(t&63)&1 == 0 || i < from+markSize-1 {
			continue
		}
		at := i - (markSize - 1)
		marks := l.heads[t]
		for j := range marks {
			if m := &marks[j]; standsAt(m.text, b, at) && !found(at, m) {
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
