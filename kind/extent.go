package kind

import (
	"bytes"
	"strings"
)

// anchors are the parameters that hold a secret: a link is looked for around
// each.
var anchors = map[string]bool{
	"sig": true, "signature": true, "x-amz-signature": true, "x-goog-signature": true,
	"x-oss-signature": true, "q-signature": true, "token": true, "authorization": true,
}

// anchorBefore returns the start of the anchor whose equals sign is text[eq].
func anchorBefore(text []byte, eq int) (start int, ok bool) {
	if eq == 0 || strings.IndexByte("gGeEnN", text[eq-1]) < 0 {
		return eq, false // no anchor ends like that
	}
	start = eq
	for start > 0 && eq-start < 24 && isNameByte(text[start-1]) {
		start--
	}
	// a separator that is still percent-encoded: %26sig=
	if start > 0 && text[start-1] == '%' && eq-start > 2 && isHex(text[start]) && isHex(text[start+1]) {
		start += 2
	}
	var b [24]byte
	return start, anchors[string(fold(b[:0], bytes.TrimLeft(text[start:eq], "$-")))]
}

// fold appends name to b in lower case.
func fold(b, name []byte) []byte {
	for _, c := range name {
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		b = append(b, c)
	}
	return b
}

// linkAround returns the extent of the link whose anchor starts at text[at]:
// back over parameters to the question mark, back over the URL to its scheme,
// and on as far as parameters follow.
func linkAround(text []byte, at int) Span {
	end := queryEnd(text, at)
	run := leftRun(text, at)
	if q := bytes.LastIndexByte(text[run:at], '?'); q >= 0 {
		start := urlStart(text, run, run+q)
		if text[start] == '?' {
			start = spacedStart(text, run, start, end)
		}
		return Span{start, end}
	}
	start := firstParam(text, run, at)
	return Span{headerStart(text, start), end}
}

// leftRun returns how far back the run of URL characters before text[at] goes.
// Stand-ins in angle brackets belong to it: https://<account>.blob….
func leftRun(text []byte, at int) int {
	low := max(0, at-reach)
	i := at
	for i > low {
		c := text[i-1]
		if c == '>' {
			if n := standInBefore(text[low:i]); n > 0 {
				i -= n
				continue
			}
			break
		}
		if endsURL[c] {
			amp := i
			if c == ' ' {
				amp = spacedAmpersand(text, low, i)
			}
			if amp == i {
				break
			}
			i = amp
			continue
		}
		i--
	}
	return i
}

// spacedAmpersand returns where the spaces or the ampersand start that stand
// before a parameter at text[i] with a known name, i if there are none:
// sv=… & se=….
func spacedAmpersand(text []byte, low, i int) int {
	j := i
	for j > low && i-j < 2 && text[j-1] == ' ' {
		j--
	}
	if j == i || j == low || j+1 >= len(text) {
		return i
	}
	switch after := text[i] == '&' && text[i+1] != '&'; {
	case after && knownAt(text, skipSpaces(text, i+1)):
		return j
	case text[j-1] == '&' && (j < 2 || text[j-2] != '&') && knownAt(text, i):
		return j - 1
	}
	return i
}

// endsURL holds the characters that never stand in a URL.
var endsURL = func() (table [256]bool) {
	for c := range 0x21 {
		table[c] = true
	}
	for _, c := range []byte("\"'`<>\x7F") {
		table[c] = true
	}
	return table
}()

// standInBefore returns the length of the <stand-in> that text ends with, 0 if
// it ends with none.
func standInBefore(text []byte) int {
	for i := len(text) - 2; i >= 0 && len(text)-i <= 64; i-- {
		c := text[i]
		if c == '<' {
			if n := len(text) - i; n >= 5 && text[i+1] != '/' {
				return n
			}
			return 0
		}
		if !isWord(c) && strings.IndexByte("-_ .", c) < 0 {
			return 0
		}
	}
	return 0
}

// urlStart returns where the URL starts whose query starts at text[q]. It
// looks no further back than run. Without a URL it returns q.
func urlStart(text []byte, run, q int) int {
	head := text[run:q]
	if i := bytes.LastIndex(head, []byte("://")); i >= 0 {
		if j := bytes.IndexAny(head[i:], ";|\\"); j < 0 {
			s := i
			for s > 0 && (isWord(head[s-1]) || strings.IndexByte("+-.", head[s-1]) >= 0) {
				s--
			}
			for s < i && !isLetter(head[s]) {
				s++
			}
			if s < i {
				return run + s
			}
		}
	}
	s := len(head)
	for s > 0 && (isWord(head[s-1]) || strings.IndexByte("-._~/%$:{}@+", head[s-1]) >= 0) {
		s--
	}
	if host := string(head[s:]); strings.HasPrefix(host, "//") || looksLikeHost(host) && strings.Contains(host, "/") {
		return run + s
	}
	return q
}

// spacedStart returns where a URL starts whose path has spaces: it stands in
// brackets or quotes that close right after the link, on the same line. It
// returns q if there is none.
func spacedStart(text []byte, run, q, end int) int {
	if run == 0 || text[run-1] != ' ' || end >= len(text) {
		return q
	}
	low := max(0, run-512)
	head := text[low:run]
	i := bytes.LastIndex(head, []byte("://"))
	if i < 0 || bytes.ContainsAny(head[i:], "\r\n\"'`<>()") {
		return q
	}
	s := i
	for s > 0 && isLetter(head[s-1]) {
		s--
	}
	if s == i || s == 0 || !encloses(head[s-1], text[end]) {
		return q
	}
	return low + s
}

// encloses reports whether opening and closing are a pair of brackets or quotes.
func encloses(opening, closing byte) bool {
	return opening == closing && isQuote(opening) || closer(opening) == closing && closing != 0
}

// firstParam returns where the parameters start that lead to text[at] by
// ampersands only, no further back than run.
func firstParam(text []byte, run, at int) int {
	head := text[run:at]
	first := at
	for len(head) > 0 && head[len(head)-1] == '&' || bytes.HasSuffix(head, []byte("&amp;")) {
		head = bytes.TrimSuffix(bytes.TrimSuffix(head, []byte("&amp;")), []byte("&"))
		cut := bytes.LastIndexByte(head, '&')
		part := head[cut+1:]
		n := paramIn(part)
		if n < 0 {
			break
		}
		first = run + cut + 1 + n
		if n > 0 && !bytes.HasPrefix(part, []byte("amp;")) {
			break
		}
		head = head[:cut+1]
	}
	return first
}

// paramIn returns where in part a parameter starts: at a name that is known, if
// there is one, as in SECRET=sv=2020-01-01; at the last word before the first
// equals sign if there is none; -1 if there is no such word.
func paramIn(part []byte) int {
	first := -1
	for i, c := range part {
		if c != '=' {
			continue
		}
		s := i
		for s > 0 && isNameByte(part[s-1]) {
			s--
		}
		if s == i {
			continue
		}
		if known[strings.ToLower(string(part[s:i]))] {
			return s
		}
		if first < 0 {
			first = s
		}
	}
	return first
}

// headerStart moves start back over the word that precedes a token in an
// Authorization header.
func headerStart(text []byte, start int) int {
	before := bytes.TrimRight(text[:start], " \t")
	if len(before) < start && start-len(before) <= 4 && hasSuffixFold(before, "SharedAccessSignature") {
		return len(before) - len("SharedAccessSignature")
	}
	return start
}

func hasSuffixFold(b []byte, suffix string) bool {
	return len(b) >= len(suffix) && strings.EqualFold(string(b[len(b)-len(suffix):]), suffix)
}
