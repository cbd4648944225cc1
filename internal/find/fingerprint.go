package find

import "math"

// set is a set of bytes below 0x80.
type set [2]uint64

func (s set) has(c byte) bool { return c < 0x80 && s[c>>6]>>(c&63)&1 != 0 }

func (s *set) put(c byte) {
	if c < 0x80 {
		s[c>>6] |= 1 << (c & 63)
	}
}

// setOf returns the set of the bytes of chars.
func setOf(chars string) set {
	var s set
	for i := range len(chars) {
		s.put(chars[i])
	}
	return s
}

// chance estimates how often a byte of text is in the set: the letters of
// program text are common, controls and rare punctuation are not.
func (s set) chance() float64 {
	const common = "etaoinsrhldcum"
	sum := 0.0
	for c := range byte(0x80) {
		if !s.has(c) {
			continue
		}
		switch {
		case c == ' ':
			sum += 0.15
		case 'a' <= c && c <= 'z':
			sum += 0.012
			for i := range len(common) {
				if common[i] == c {
					sum += 0.035
				}
			}
		case c == 0, c == '=', c == '"', c == ':', c == '\n', '0' <= c && c <= '9':
			sum += 0.012
		case c > ' ':
			sum += 0.005
		default:
			sum += 0.001
		}
	}
	return sum
}

// form is how a mark is written.
type form uint8

const (
	plain  form = iota // the bytes themselves
	base64             // inside base64
	utf16              // every other byte is zero
)

// fingerprint is four neighbouring bytes by which a mark may be recognised.
type fingerprint struct {
	sets  [width]set
	stem  int  // of which stem
	form  form // how it is written
	skip  int  // how many bytes of the written mark stand before the fingerprint
	phase int  // with base64: how many characters of a group of four stand before the written mark
}

// chance estimates how often the fingerprint fits.
func (f *fingerprint) chance() float64 {
	p := 1.0
	for _, s := range f.sets {
		p *= s.chance()
	}
	return p
}

// pattern is a written mark, a set of bytes for each position.
type pattern []set

// best picks the rarest four neighbours of a pattern; ok is false if there are
// no four. Sets of more than limit bytes do not tell anything.
func (p pattern) best() (f fingerprint, ok bool) {
	least := math.Inf(1)
	for i := 0; i+width <= len(p); i++ {
		var g fingerprint
		copy(g.sets[:], p[i:i+width])
		if c := g.chance(); c < least {
			least, f, ok = c, g, true
			f.skip = i
		}
	}
	return f, ok
}

// afterName are bytes that may follow the name of a parameter: the separator in
// all its encodings, a closing quote, white space.
var afterName = setOf("=%\\&\"': ]>\t\n\r^,|")

// escapes are bytes with which an equals sign begins, encoded or not.
var escapes = setOf("=%\\&")

func eitherCase(c byte) set {
	var s set
	s.put(c)
	if isLetter(c) {
		s.put(c ^ 0x20)
	}
	return s
}

// doubled puts a zero byte behind every byte, as UTF-16 does with ASCII.
func (p pattern) doubled() pattern {
	var d pattern
	for _, s := range p {
		d = append(d, s, setOf("\x00"))
	}
	return d
}

const digits64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

// wrapped returns the base64 characters that hold only bits of the pattern, when
// lead (0 to 2) bytes of its group of three stand before it, and how many
// characters of their group of four stand before them.
func (p pattern) wrapped(lead int) (pattern, int) {
	bits := make([][2]bool, 8*(lead+len(p))) // for each bit: may it be 0, may it be 1
	for i := range bits {
		bits[i] = [2]bool{true, true}
	}
	for i, s := range p {
		for b := range 8 {
			bits[8*(lead+i)+b] = s.bit(7 - b)
		}
	}
	var w pattern
	first := (8*lead + 5) / 6
	for k := first; 6*k+6 <= len(bits); k++ {
		var s set
		for v := range 64 {
			if fits(v, bits[6*k:6*k+6]) {
				s.put(digits64[v])
			}
		}
		if s.has('+') {
			s.put('-')
		}
		if s.has('/') {
			s.put('_')
		}
		w = append(w, s)
	}
	return w, first % 4
}

// bit says which values bit b (0 the lowest) has among the members of s.
func (s set) bit(b int) [2]bool {
	var v [2]bool
	for c := range byte(0x80) {
		if s.has(c) {
			v[c>>b&1] = true
		}
	}
	return v
}

// fits reports whether the six bits of v are allowed.
func fits(v int, bits [][2]bool) bool {
	for b := range 6 {
		if !bits[b][v>>(5-b)&1] {
			return false
		}
	}
	return true
}
