package wire

import (
	"fmt"
	"strings"
)

// pair is one parameter of a query, its value as it is sent.
type pair struct{ name, value string }

const (
	maxQuery  = 8 << 10 // bytes
	maxParams = 64
)

// digitsOnly are the query names whose value is a number.
var digitsOnly = nameSet("timeout", "maxresults", "maxResults", "numofmessages", "$top")

// parseQuery reads a query in the one way in which every server reads it. What
// servers read in different ways is refused: names that are escaped or said
// twice, semicolons, empty parts, escapes cut short. It appends to into.
func parseQuery(raw string, into []pair) ([]pair, error) {
	if raw == "" {
		return into, nil
	}
	if len(raw) > maxQuery {
		return nil, fmt.Errorf("%w: query of %d bytes", ErrRefused, len(raw))
	}
	for part := range strings.SplitSeq(raw, "&") {
		name, value, ok := strings.Cut(part, "=")
		if rest, dollar := strings.CutPrefix(name, "%24"); dollar {
			name = "$" + rest
		}
		if !ok || !isQueryName(name) || !isQueryValue(value) {
			return nil, fmt.Errorf("%w: query is not plain", ErrRefused)
		}
		if digitsOnly[name] && (value == "" || len(value) > 9 || strings.Trim(value, "0123456789") != "") {
			return nil, fmt.Errorf("%w: query %s is no number", ErrRefused, name)
		}
		for _, p := range into {
			if p.name == name {
				return nil, fmt.Errorf("%w: query says a name twice", ErrRefused)
			}
		}
		if len(into) == maxParams {
			return nil, fmt.Errorf("%w: query of more than %d parts", ErrRefused, maxParams)
		}
		into = append(into, pair{name, value})
	}
	return into, nil
}

func isQueryName(s string) bool {
	for i := range len(s) {
		b := s[i]
		if !(isLetterOrDigit(b) || b == '-' || b == '$' && i == 0) {
			return false
		}
	}
	return s != ""
}

func isLetterOrDigit(b byte) bool {
	return 'a' <= b|0x20 && b|0x20 <= 'z' || '0' <= b && b <= '9'
}

// isQueryValue reports whether s can stand in a request line: visible ASCII
// without what ends or splits a query, and whole escapes.
func isQueryValue(s string) bool {
	for i := 0; i < len(s); i++ {
		switch b := s[i]; {
		case b <= ' ' || b >= 0x7f, b == '#', b == ';', b == '"', b == '<', b == '>', b == '\\', b == '^', b == '`', b == '{', b == '|', b == '}':
			return false
		case b == '%':
			if i+2 >= len(s) || !isHex(s[i+1]) || !isHex(s[i+2]) {
				return false
			}
			i += 2
		}
	}
	return true
}

func isHex(b byte) bool {
	return '0' <= b && b <= '9' || 'a' <= b|0x20 && b|0x20 <= 'f'
}
