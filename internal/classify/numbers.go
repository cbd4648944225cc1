package classify

// addNumbers makes l find what numbers begin with.
func addNumbers(l *lexicon) {
	const decimal = "0123456789"
	put := func(n number, a, b, c byte) { l.put(triple(a, b, c), mark{event: event{number: n}}) }
	var before [1 << symbolBits]bool
	for i := range 256 {
		if a := byte(i); !isAlnum(a) && a != '.' && !before[symbols[a]] {
			before[symbols[a]] = true
			for _, b := range []byte(decimal) {
				for _, c := range []byte(decimal) {
					put(digits, a, b, c)
				}
			}
		}
	}
	for country := range ibanLengths {
		for _, c := range []byte(decimal) {
			put(account, country[0], country[1], c)
		}
	}
	for a := byte('a'); a <= 'z'; a++ {
		for _, b := range []byte(decimal) {
			for _, c := range []byte(decimal) {
				put(taxpayer, a, b, c)
			}
		}
	}
}

func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
func isAlnum(c byte) bool  { return isDigit(c) || isLetter(c) }

// longNumber and manyGroups bound what is read as one number: digits, and
// groups of them.
const (
	longNumber = 40
	manyGroups = 12
)

// written is digits as they stand in text, in groups with something between.
type written struct {
	digits [longNumber]byte // their values
	n      int
	ends   [manyGroups]int  // where each group ends in digits
	marks  [manyGroups]byte // what stands before each group; 0 for the first
	groups int
	from   int // where it begins in the text
	to     int // where it ends
}

// group returns the size of a group in digits.
func (w *written) group(i int) int { return w.ends[i] - w.start(i) }

func (w *written) start(i int) int {
	if i == 0 {
		return 0
	}
	return w.ends[i-1]
}

// read reads the digits at b[at:], with one character at a time between
// groups, or two where the first closes a parenthesis.
func (w *written) read(b []byte, at int) {
	w.from, w.to, w.n, w.groups = at, at, 0, 0
	for i := at; i < len(b) && w.groups < manyGroups; {
		start := w.n
		for ; i < len(b) && w.n < longNumber && isDigit(b[i]); i++ {
			w.digits[w.n] = b[i] - '0'
			w.n++
		}
		if w.n == start {
			break
		}
		w.ends[w.groups] = w.n
		w.groups++
		w.to = i
		if i >= len(b) || w.groups == manyGroups || w.n == longNumber {
			break
		}
		gap := b[i]
		switch gap {
		case ')':
			if i++; i < len(b) && (b[i] == ' ' || b[i] == '-') {
				i++
			}
		case ' ', '-', '.', '/', '+':
			i++
		default:
			return
		}
		w.marks[w.groups] = gap
	}
}

// digits looks at the number at b[at:]: a card, a number of a person, or a
// telephone.
func (s *scan) digits(b []byte, at int) {
	if at < s.digitsTo {
		return
	}
	if at >= 2 && b[at-1] == ' ' && (b[at-2] == '1' || b[at-2] == '2') && at+2 < len(b) && b[at+2] == ' ' && (at == 2 || !isAlnum(b[at-3])) {
		at -= 2 // the number of a person in France begins with one digit alone
	}
	w := &s.number
	w.read(b, at)
	s.digitsTo = w.to
	if w.n < 7 || w.to < len(b) && isAlnum(b[w.to]) && !isIDLetter(b, w.to) {
		return
	}
	for i := range w.groups {
		if s.cards.card(s, b, w, i) {
			return
		}
	}
	if !s.ids.look(s, b, w) {
		s.people.telephone(b, w, s.piece.Salt)
	}
}

// isIDLetter reports whether the letter at b[at] ends a number, as the check
// letters of some do.
func isIDLetter(b []byte, at int) bool {
	return isLetter(b[at]) && (at+1 == len(b) || !isAlnum(b[at+1]))
}

// luhn checks the last digit by the algorithm of Luhn.
//
// Source: ISO/IEC 7812-1, annex B.
func luhn(d []byte) bool {
	sum := 0
	for i, v := range d {
		n := int(v)
		if (len(d)-i)%2 == 0 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	return sum%10 == 0
}

func allSame(d []byte) bool {
	for _, v := range d {
		if v != d[0] {
			return false
		}
	}
	return true
}

// ascending reports whether each digit follows from the one before, as in
// numbers that somebody made up.
func ascending(d []byte) bool {
	for i := 1; i < len(d); i++ {
		if d[i] != (d[i-1]+1)%10 {
			return false
		}
	}
	return true
}
