package kind

import (
	"bytes"
	"strings"
)

// param is one parameter of a link.
type param struct {
	name  string // in lower case
	as    string // the name as written, decoded
	value string // percent-decoded until nothing changes
	raw   string // as written
	at    Span   // of the raw value in the text of the link
}

// params are the parameters of a link in their order.
type params []param

// get returns the decoded value of the first parameter that has one of the
// names and is not empty.
func (ps params) get(names ...string) string {
	for _, n := range names {
		for i := range ps {
			if ps[i].name == n && ps[i].value != "" {
				return ps[i].value
			}
		}
	}
	return ""
}

// unambiguous are parameters that hold no percent sign once they are decoded.
var unambiguous = []string{"sig", "signature", "st", "se", "x-amz-credential", "x-goog-credential"}

// depth returns how many times the link is percent-encoded: once, or more often
// where it stands inside another URL. What a name holds after that is its own.
func (ps params) depth() int {
	depth := 1
	for _, name := range unambiguous {
		n, s := 0, ps.first(name).raw
		for next := unescapeOnce(s); next != s && n < maxDepth; next = unescapeOnce(s) {
			s = next
			n++
		}
		depth = max(depth, n)
	}
	return depth
}

// has reports whether all of the names occur.
func (ps params) has(names ...string) bool {
	for _, n := range names {
		found := false
		for i := range ps {
			found = found || ps[i].name == n
		}
		if !found {
			return false
		}
	}
	return true
}

// any reports whether one of the names occurs.
func (ps params) any(names ...string) bool {
	for _, n := range names {
		if ps.has(n) {
			return true
		}
	}
	return false
}

// repeated returns the names that occur more than once, each once.
func (ps params) repeated() []string {
	var twice []string
	count := map[string]int{}
	for _, p := range ps {
		if count[p.name]++; count[p.name] == 2 {
			twice = append(twice, p.name)
		}
	}
	return twice
}

// splitQuery splits text[from:] into parameters at each ampersand.
func splitQuery(text string, from int) params {
	var ps params
	for from <= len(text) {
		end := strings.IndexByte(text[from:], '&')
		if end < 0 {
			end = len(text)
		} else {
			end += from
		}
		if name, _, ok := strings.Cut(text[from:end], "="); ok {
			at := from + len(name) + 1
			name = strings.TrimPrefix(strings.TrimSpace(name), "amp;")
			raw := strings.TrimSpace(text[at:end])
			as := unescape(name)
			ps = append(ps, param{name: strings.ToLower(as), as: as, value: unescape(raw), raw: raw, at: Span{at, end}})
		}
		from = end + 1
	}
	return ps
}

// queryEnd walks over name=value&name=value… from text[at], where a name
// starts, and returns the end of the last value.
func queryEnd(text []byte, at int) int {
	text = text[:min(len(text), at+reach)]
	end := at
	for at < len(text) {
		n := nameEnd(text, at)
		if n == at {
			break
		}
		switch {
		case n < len(text) && text[n] == '=':
			end = valueEnd(text, strings.ToLower(string(text[at:n])), n+1)
		case n < len(text) && text[n] == '&':
			end = n
		default:
			return end
		}
		next := separatorEnd(text, end)
		if next == end {
			break
		}
		at = next
	}
	return end
}

// separatorEnd returns the position after the ampersand at text[at], at itself
// if there is none. Spaces around it are skipped if a known parameter follows.
func separatorEnd(text []byte, at int) int {
	if at >= len(text) || text[at] != ' ' && (text[at] != '&' || at+1 < len(text) && text[at+1] != ' ') {
		return ampersand(text, at)
	}
	i := skipSpaces(text, at)
	next := ampersand(text, i)
	if next == i || i > at && next < len(text) && text[next] == '&' {
		return at
	}
	if name := skipSpaces(text, next); (i > at || name > next) && knownAt(text, name) {
		return name
	}
	if i > at {
		return at
	}
	return next
}

// skipSpaces skips up to two spaces.
func skipSpaces(text []byte, i int) int {
	for from := i; i < len(text) && i-from < 2 && text[i] == ' '; {
		i++
	}
	return i
}

// knownAt reports whether a parameter with a known name stands at text[at].
func knownAt(text []byte, at int) bool {
	end := nameEnd(text, at)
	var b [64]byte
	return end > at && end < len(text) && text[end] == '=' && known[string(fold(b[:0], text[at:end]))]
}

// ampersand returns the position after the separator at text[at], at itself if
// there is none.
func ampersand(text []byte, at int) int {
	if at >= len(text) || text[at] != '&' {
		return at
	}
	if bytes.HasPrefix(text[at:], []byte("&amp;")) {
		return at + len("&amp;")
	}
	return at + 1
}

// nameEnd returns the end of the parameter name at text[at].
func nameEnd(text []byte, at int) int {
	end := at
	for end < len(text) && end < at+64 && isNameByte(text[end]) {
		end++
	}
	return end
}

func isNameByte(c byte) bool {
	return isWord(c) || c == '-' || c == '_' || c == '.' || c == '$'
}
