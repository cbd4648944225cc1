package model

import (
	"errors"
	"strings"
	"unicode/utf8"
)

// literal is a value of Python as NumPy writes it in a header: a text, or a list,
// tuple or dict of values. Numbers and names are texts too; dicts have keys and
// values by turns.
type literal struct {
	kind byte // '"' a string, '0' a number or name, '[' a list or dict, '(' a tuple
	s    string
	kids []literal
}

var errLiteral = errors.New("not a literal of Python")

const literalDepth = 50

// parseLiteral reads a value as ast.literal_eval does, and returns what follows.
func parseLiteral(s string, depth int) (literal, string, error) {
	s = strings.TrimLeft(s, " \t\r\n")
	if s == "" || depth > literalDepth {
		return literal{}, s, errLiteral
	}
	switch s[0] {
	case '[', '{', '(':
		return parseLiteralList(s, depth)
	}
	if n := literalQuote(s); n >= 0 {
		out := literal{kind: '"'}
		for n = literalQuote(s); n >= 0; n = literalQuote(s) { // adjacent strings are one
			text, rest, err := literalText(s[n:], strings.ContainsAny(s[:n], "rR"))
			if err != nil {
				return out, rest, err
			}
			out.s += text
			s = strings.TrimLeft(rest, " \t\r\n")
		}
		return out, s, nil
	}
	n := strings.IndexAny(s, " \t\r\n,:)]}")
	if n <= 0 {
		return literal{}, s, errLiteral
	}
	return literal{kind: '0', s: s[:n]}, s[n:], nil
}

// literalQuote returns where the quote of a string stands behind its prefix, or
// -1.
func literalQuote(s string) int {
	for i := 0; i < len(s) && i < 3; i++ {
		switch s[i] {
		case '\'', '"':
			return i
		case 'u', 'U', 'r', 'R', 'b', 'B':
		default:
			return -1
		}
	}
	return -1
}

func parseLiteralList(s string, depth int) (literal, string, error) {
	out := literal{kind: '['}
	if s[0] == '(' {
		out.kind = '('
	}
	shut := map[byte]byte{'[': ']', '{': '}', '(': ')'}[s[0]]
	s = strings.TrimLeft(s[1:], " \t\r\n")
	commas := 0
	for s != "" && s[0] != shut {
		v, rest, err := parseLiteral(s, depth+1)
		if err != nil {
			return out, rest, err
		}
		out.kids = append(out.kids, v)
		s = strings.TrimLeft(rest, " \t\r\n")
		if s != "" && (s[0] == ',' || s[0] == ':') {
			commas++
			s = strings.TrimLeft(s[1:], " \t\r\n")
		} else if s != "" && s[0] != shut {
			return out, s, errLiteral
		}
	}
	if s == "" {
		return out, s, errLiteral
	}
	if shut == ')' && commas == 0 && len(out.kids) == 1 {
		return out.kids[0], s[1:], nil
	}
	return out, s[1:], nil
}

// literalText reads a string with its escapes.
func literalText(s string, raw bool) (string, string, error) {
	quote := s[0]
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == quote:
			return b.String(), s[i+1:], nil
		case c != '\\' || raw:
			b.WriteByte(c)
		default:
			n := literalEscape(s[i:], &b)
			if n == 0 {
				return "", s, errLiteral
			}
			i += n - 1
		}
	}
	return "", "", errLiteral
}

// literalEscape reads the escape that s begins with and returns its length.
func literalEscape(s string, b *strings.Builder) int {
	if len(s) < 2 {
		return 0
	}
	digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[s[1]]
	base, from := rune(16), 2
	if s[1] >= '0' && s[1] <= '7' {
		base, from = 8, 1
		for digits = 1; digits < 3 && from+digits < len(s) && s[from+digits] >= '0' && s[from+digits] <= '7'; digits++ {
		}
	}
	if digits == 0 {
		if s[1] != '\n' {
			b.WriteByte(s[1])
		}
		return 2
	}
	if len(s) < from+digits {
		return 0
	}
	v := rune(0)
	for _, c := range strings.ToLower(s[from : from+digits]) {
		d := rune(strings.IndexRune("0123456789abcdef", c))
		if d < 0 || d >= base {
			return 0
		}
		v = v*base + d
	}
	if !utf8.ValidRune(v) {
		v = utf8.RuneError
	}
	b.WriteRune(v)
	return from + digits
}

// get returns the value of a key of a dict.
func (l *literal) get(key string) *literal {
	var out *literal
	for i := 0; i+1 < len(l.kids); i += 2 {
		if l.kids[i].kind == '"' && l.kids[i].s == key {
			out = &l.kids[i+1]
		}
	}
	return out
}

// objects says whether arrays of a type hold objects, which are pickled. Source:
// numpy.dtype, "Specifying and constructing data types".
func (l *literal) objects() bool {
	switch {
	case l.kind == '"':
		for part := range strings.SplitSeq(l.s, ",") {
			part = strings.TrimLeft(part, " <>|=0123456789()")
			if strings.HasPrefix(part, "O") || strings.HasPrefix(part, "object") {
				return true
			}
		}
		return false
	case l.kind == '(' && len(l.kids) > 0: // a type and its shape
		return l.kids[0].objects()
	}
	for i := range l.kids { // fields: name, type, perhaps shape
		if f := &l.kids[i]; len(f.kids) > 1 && f.kids[1].objects() {
			return true
		}
	}
	return false
}
