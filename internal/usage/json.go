package usage

import (
	"encoding/binary"
	"errors"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

// How reading a record can end, besides well.
var (
	errMore    = errors.New("the text ends within a record")
	errDamaged = errors.New("damaged record")
	errDeep    = errors.New("record nested too deep")
)

// deepest is how many levels of a record are followed. Those of storage have
// five.
const deepest = 64

// scanner reads JSON in one pass over bytes in memory, without building
// anything: the slices it gives are parts of the text, or of aside where a
// string has escapes. What it is not asked for it passes over, so that not every
// text that is no JSON is noticed.
type scanner struct {
	text  []byte
	at    int
	aside []byte // strings with escapes, undone
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// closing returns how far the next byte is that is no plain character of a
// string: a quote, a backslash, a control character.
func closing(b []byte) int {
	i := 0
	for ; i+8 <= len(b); i += 8 {
		v := binary.LittleEndian.Uint64(b[i:])
		quote := v ^ ones*'"'
		slash := v ^ ones*'\\'
		found := ((quote - ones) &^ quote) | ((slash - ones) &^ slash) | ((v - ones*0x20) &^ v)
		if found &= highs; found != 0 {
			return i + bits.TrailingZeros64(found)/8
		}
	}
	for ; i < len(b); i++ {
		if c := b[i]; c == '"' || c == '\\' || c < 0x20 {
			return i
		}
	}
	return i
}

// until returns where the first x or y stands in b, its length if there is none.
// What is sought is most often a few bytes away, where bytes.IndexByte costs
// more to call than to run.
func until(b []byte, x, y byte) int {
	xs, ys := ones*uint64(x), ones*uint64(y)
	i := 0
	for ; i+8 <= len(b); i += 8 {
		v := binary.LittleEndian.Uint64(b[i:])
		p, q := v^xs, v^ys
		if found := ((p - ones) &^ p & highs) | ((q - ones) &^ q & highs); found != 0 {
			return i + bits.TrailingZeros64(found)/8
		}
	}
	for ; i < len(b) && b[i] != x && b[i] != y; i++ {
	}
	return i
}

// space skips white space. It fails with errMore at the end of the text.
func (s *scanner) space() (byte, error) {
	for s.at < len(s.text) {
		c := s.text[s.at]
		if c > ' ' || c != ' ' && c != '\n' && c != '\r' && c != '\t' {
			return c, nil
		}
		s.at++
	}
	return 0, errMore
}

// str reads a string; at stands at its quote.
func (s *scanner) str() ([]byte, error) {
	from := s.at + 1
	i := from + closing(s.text[from:])
	if i >= len(s.text) {
		return nil, errMore
	}
	if s.text[i] == '"' {
		s.at = i + 1
		return s.text[from:i], nil
	}
	if s.text[i] != '\\' {
		s.at = i
		return nil, errDamaged
	}
	return s.escaped(from, i)
}

// escaped goes on with a string that has a backslash at i.
func (s *scanner) escaped(from, i int) ([]byte, error) {
	start := len(s.aside)
	for {
		s.aside = append(s.aside, s.text[from:i]...)
		if i+1 >= len(s.text) {
			return nil, errMore
		}
		n, err := s.escape(i)
		if err != nil {
			return nil, err
		}
		from = i + n
		i = from + closing(s.text[from:])
		if i >= len(s.text) {
			return nil, errMore
		}
		switch s.text[i] {
		case '"':
			s.aside = append(s.aside, s.text[from:i]...)
			s.at = i + 1
			return s.aside[start:len(s.aside):len(s.aside)], nil
		case '\\':
		default:
			s.at = i
			return nil, errDamaged
		}
	}
}

// plainEscapes are those of one character.
var plainEscapes = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// escape undoes the escape at i and returns its length.
func (s *scanner) escape(i int) (int, error) {
	c := s.text[i+1]
	if p := plainEscapes[c]; p != 0 {
		s.aside = append(s.aside, p)
		return 2, nil
	}
	if c != 'u' {
		s.at = i
		return 0, errDamaged
	}
	r, err := s.hex4(i + 2)
	if err != nil {
		return 0, err
	}
	if !utf16.IsSurrogate(r) {
		s.aside = utf8.AppendRune(s.aside, r)
		return 6, nil
	}
	if i+6 >= len(s.text) {
		return 0, errMore
	}
	if s.text[i+6] == '\\' {
		if i+7 >= len(s.text) {
			return 0, errMore
		}
		if s.text[i+7] == 'u' {
			low, err := s.hex4(i + 8)
			if err != nil {
				return 0, err
			}
			if both := utf16.DecodeRune(r, low); both != utf8.RuneError {
				s.aside = utf8.AppendRune(s.aside, both)
				return 12, nil
			}
		}
	}
	s.aside = utf8.AppendRune(s.aside, utf8.RuneError)
	return 6, nil
}

func (s *scanner) hex4(at int) (rune, error) {
	if at+4 > len(s.text) {
		return 0, errMore
	}
	var r rune
	for _, c := range s.text[at : at+4] {
		n := hexDigits[c]
		if n == 0 {
			s.at = at
			return 0, errDamaged
		}
		r = r<<4 | rune(n-1)
	}
	return r, nil
}

// hexDigits gives the value of a digit and one, 0 for no digit.
var hexDigits = func() (t [256]byte) {
	for i, c := range "0123456789" {
		t[c] = byte(i) + 1
	}
	for i, c := range "abcdef" {
		t[c], t[c-32] = byte(i)+11, byte(i)+11
	}
	return t
}()

// bare reads a number, true, false or null. The end of the text ends none of
// them: more may follow.
func (s *scanner) bare() ([]byte, error) {
	from := s.at
	for s.at < len(s.text) {
		switch c := s.text[s.at]; {
		case c >= '0' && c <= '9', c >= 'a' && c <= 'z', c == '-', c == '+', c == '.', c == 'E':
			s.at++
		case s.at == from:
			return nil, errDamaged
		default:
			word := s.text[from:s.at]
			if word[0] == 'n' {
				if string(word) != "null" {
					return nil, errDamaged
				}
				return nil, nil
			}
			return word, nil
		}
	}
	return nil, errMore
}

// value reads a value: the text of a string, a number or a word, nothing of
// null, an object or an array, which are passed over.
func (s *scanner) value() ([]byte, error) {
	switch s.text[s.at] {
	case '"':
		return s.str()
	case '{', '[':
		return nil, s.nested()
	}
	return s.bare()
}

// nested passes over an object or an array.
func (s *scanner) nested() error {
	var room [deepest]byte
	open := room[:0]
	for s.at < len(s.text) {
		switch c := s.text[s.at]; c {
		case '"':
			end, err := s.past()
			if err != nil {
				return err
			}
			s.at = end
			continue
		case '{', '[':
			if len(open) == deepest {
				return errDeep
			}
			open = append(open, c+2) // the closing one stands two further in ASCII
		case '}', ']':
			last := len(open) - 1
			if last < 0 || open[last] != c {
				return errDamaged
			}
			if open = open[:last]; last == 0 {
				s.at++
				return nil
			}
		}
		s.at++
	}
	return errMore
}

// past returns where the string at the quote ends, without undoing it.
func (s *scanner) past() (int, error) {
	i := s.at + 1
	for {
		i += closing(s.text[i:])
		switch {
		case i >= len(s.text):
			return 0, errMore
		case s.text[i] == '"':
			return i + 1, nil
		case s.text[i] != '\\':
			s.at = i
			return 0, errDamaged
		}
		if i += 2; i > len(s.text) {
			return 0, errMore
		}
	}
}

// members calls read for each member of the object at which s stands, with at
// on its value, which read consumes.
func (s *scanner) members(read func(key []byte) error) error {
	s.at++
	c, err := s.space()
	if err != nil {
		return err
	}
	if c == '}' {
		s.at++
		return nil
	}
	for {
		if err := s.member(read); err != nil {
			return err
		}
		switch c, err := s.space(); {
		case err != nil:
			return err
		case c == '}':
			s.at++
			return nil
		case c != ',':
			return errDamaged
		}
		s.at++
	}
}

func (s *scanner) member(read func(key []byte) error) error {
	c, err := s.space()
	if err != nil {
		return err
	}
	if c != '"' {
		return errDamaged
	}
	key, err := s.str()
	if err != nil {
		return err
	}
	if c, err = s.space(); err != nil {
		return err
	}
	if c != ':' {
		return errDamaged
	}
	s.at++
	before := s.at
	if c, err = s.space(); err != nil {
		return err
	}
	if c == '{' && s.cut(before) {
		return errDamaged
	}
	return read(key)
}

// cut reports whether the value at which s stands, after white space from
// before on, is no value but the next record: where a record was cut off after
// a colon, the next line begins with a brace and a quote. Text that is laid out
// for people to read has a space or a line end there.
func (s *scanner) cut(before int) bool {
	return s.at > before && s.text[s.at-1] == '\n' && s.at+1 < len(s.text) && s.text[s.at+1] == '"'
}
