package azure

import (
	"bytes"
	"errors"
	"fmt"
	"unicode/utf8"
)

// The bounds of an answer that lists.
const (
	maxPage    = 64 << 20 // bytes of a page
	maxEntries = 50_000   // of a page; the service sends 5,000 at most
	maxName    = 4 << 10  // bytes of a name; the service allows 1,024 characters
	maxDepth   = 16       // elements in elements
)

// errListing says that an answer is no listing.
var errListing = errors.New("the answer is no listing")

// scanner reads XML in one pass over bytes that are in memory. It knows what the
// service writes: elements, attributes, text, the five named entities and those
// by number. A document type, which could define others, is refused.
//
// The slices that it returns are parts of the text.
type scanner struct {
	text []byte
	at   int
}

// tag is the markup of an element.
type tag struct {
	name  []byte
	attrs []byte
	form  form
}

// form tells the three markups of an element.
type form uint8

const (
	opening form = iota + 1 // <name>
	closing                 // </name>
	empty                   // <name />
)

// fail tells where in the text it went wrong.
func (s *scanner) fail(why string) error {
	return fmt.Errorf("%w: %s at byte %d of %d", errListing, why, s.at, len(s.text))
}

// next skips text up to the next markup of an element, and reads it.
func (s *scanner) next() (tag, error) {
	for {
		i := bytes.IndexByte(s.text[s.at:], '<')
		if i < 0 || s.at+i+1 >= len(s.text) {
			return tag{}, s.fail("it ends early")
		}
		s.at += i + 1
		switch s.text[s.at] {
		case '?':
			if err := s.skipPast("?>"); err != nil {
				return tag{}, err
			}
		case '!':
			if !bytes.HasPrefix(s.text[s.at:], []byte("!--")) {
				return tag{}, s.fail("it has a document type or a section that no listing has")
			}
			if err := s.skipPast("-->"); err != nil {
				return tag{}, err
			}
		default:
			return s.markup()
		}
	}
}

func (s *scanner) skipPast(end string) error {
	i := bytes.Index(s.text[s.at:], []byte(end))
	if i < 0 {
		return s.fail("it ends early")
	}
	s.at += i + len(end)
	return nil
}

// markup reads the markup behind its bracket.
func (s *scanner) markup() (tag, error) {
	t := tag{form: opening}
	if s.text[s.at] == '/' {
		t.form = closing
		s.at++
	}
	start := s.at
	for s.at < len(s.text) && isTagName[s.text[s.at]] {
		s.at++
	}
	t.name = s.text[start:s.at]
	if len(t.name) == 0 {
		return tag{}, s.fail("an element has no name")
	}
	rest := s.at
	for quote := byte(0); s.at < len(s.text); s.at++ {
		switch c := s.text[s.at]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '<':
			return tag{}, s.fail("an element does not end")
		case c == '>':
			t.attrs = s.text[rest:s.at]
			s.at++
			if t.form == opening && bytes.HasSuffix(t.attrs, []byte("/")) {
				t.form, t.attrs = empty, t.attrs[:len(t.attrs)-1]
			}
			return t, nil
		}
	}
	return tag{}, s.fail("it ends early")
}

// isTagName holds the bytes of names of elements. Those of metadata may be any
// letter.
var isTagName = func() (table [256]bool) {
	for c := range table {
		table[c] = isUnreserved(byte(c)) || c == ':' || c >= 0x80
	}
	return table
}()

// value reads the text of an element that was just opened, up to its end. ok is
// false if there are elements in it, which are skipped.
func (s *scanner) value(t tag) (text []byte, ok bool, err error) {
	if t.form == empty {
		return nil, true, nil
	}
	start := s.at
	i := bytes.IndexByte(s.text[s.at:], '<')
	if i < 0 {
		return nil, false, s.fail("it ends early")
	}
	text = s.text[start : start+i]
	end := start + i + 1
	if n := end + 1 + len(t.name); n < len(s.text) && s.text[end] == '/' && s.text[n] == '>' && bytes.Equal(s.text[end+1:n], t.name) {
		s.at = n + 1
		return text, true, nil
	}
	return nil, false, s.skip(t)
}

// skip goes to the end of an element that was just opened.
func (s *scanner) skip(t tag) error {
	if t.form == empty {
		return nil
	}
	var names [maxDepth][]byte
	depth := 1
	names[0] = t.name
	for depth > 0 {
		t, err := s.next()
		if err != nil {
			return err
		}
		switch t.form {
		case opening:
			if depth == maxDepth {
				return s.fail("its elements lie too deep")
			}
			names[depth] = t.name
			depth++
		case closing:
			depth--
			if !bytes.Equal(names[depth], t.name) {
				return s.fail("an element ends that did not begin")
			}
		}
	}
	return nil
}

// decode appends text to dst with its entities undone.
func decode(dst, text []byte) ([]byte, error) {
	for {
		i := bytes.IndexByte(text, '&')
		if i < 0 {
			return append(dst, text...), nil
		}
		dst = append(dst, text[:i]...)
		text = text[i+1:]
		end := bytes.IndexByte(text[:min(len(text), 12)], ';')
		if end < 0 {
			return dst, fmt.Errorf("%w: an entity does not end", errListing)
		}
		r, ok := entity(text[:end])
		if !ok {
			return dst, fmt.Errorf("%w: an entity that XML does not have", errListing)
		}
		dst = utf8.AppendRune(dst, r)
		text = text[end+1:]
	}
}

// entity returns the character that an entity stands for.
func entity(name []byte) (rune, bool) {
	switch string(name) {
	case "amp":
		return '&', true
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	if len(name) < 2 || name[0] != '#' {
		return 0, false
	}
	digits, radix := name[1:], rune(10)
	if digits[0] == 'x' {
		digits, radix = digits[1:], 16
	}
	var r rune
	for _, c := range digits {
		d := rune(99)
		switch {
		case '0' <= c && c <= '9':
			d = rune(c - '0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			d = rune(c|0x20-'a') + 10
		}
		if d >= radix {
			return 0, false
		}
		if r = r*radix + d; r > utf8.MaxRune {
			return 0, false
		}
	}
	return r, len(digits) > 0
}
