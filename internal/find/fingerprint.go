package find

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

// frequency says how many of 10,000 bytes of text are which, by ASCII code: the
// mean over source code, documents and data of several kinds, with zero bytes
// as they are in binary files.
var frequency = [128]float64{
	90, 1, 1, 1, 1, 1, 1, 1, 1, 184, 298, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	2216, 6, 96, 14, 15, 6, 4, 120, 90, 89, 23, 9, 143, 47, 100, 49,
	89, 42, 31, 21, 18, 11, 20, 9, 14, 11, 58, 14, 12, 107, 19, 5,
	3, 45, 18, 43, 32, 69, 29, 17, 17, 53, 2, 9, 35, 27, 40, 39,
	41, 2, 41, 65, 73, 18, 13, 11, 6, 13, 2, 19, 23, 19, 2, 122,
	8, 342, 78, 192, 176, 610, 143, 99, 132, 360, 7, 40, 231, 140, 360, 316,
	148, 8, 369, 329, 460, 161, 45, 56, 66, 75, 9, 31, 23, 30, 6, 0,
}

// form is how a mark is written.
type form uint8

const (
	plain  form = iota // the bytes themselves
	base64             // inside base64
	utf16              // every other byte is zero
	twice              // inside base64 inside base64
	base16             // in UTF-16 inside base64
	wide64             // inside base64 in UTF-16

	formCount
)

// fingerprint is four neighbouring bytes by which a mark may be recognised.
type fingerprint struct {
	sets    [width]set
	stem    int  // of which stem
	form    form // how it is written
	skip    int  // how many bytes of the written mark stand before the fingerprint
	id      int  // of the choice it was taken from
	nibbles nibbles
	inner   int // with twice and wide64: the phase of the inner base64
	phase   int // with base64: how many characters of a group of four stand before the written mark
}

// pattern is a written mark, a set of bytes for each position.
type pattern []set

// afterName are bytes that may follow the name of a parameter: the separator in
// all its encodings, a closing quote, white space.
var afterName = setOf("=%\\&\"': ]>\t\n\r^,")

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
