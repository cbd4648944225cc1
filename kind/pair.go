package kind

import (
	"bytes"
	"strings"
)

// pair is a name and a value in text, in any of the forms that programs and
// documents give to parameters: "name": "value", name='value', name => value,
// <name>value</name>.
type pair struct {
	all, name, value Span
}

// key returns the pair's name in lower case.
func (p pair) key(text []byte) string {
	return strings.ToLower(string(text[p.name.Start:p.name.End]))
}

func isPairName(c byte) bool { return isWord(c) || c == '-' || c == '_' }

// pairAt reads the pair whose name starts at text[start]. It fails if text has
// another form there, as name=value&… has.
func pairAt(text []byte, start int) (pair, bool) {
	end := start
	for end < len(text) && end-start < 40 && isPairName(text[end]) {
		end++
	}
	p := pair{name: Span{start, end}}
	if end == start || end == len(text) {
		return p, false
	}
	if text[end] == '>' {
		return element(text, p)
	}
	i := skipQuotes(text, end)
	i = skipBlank(text, i)
	sep := separator(text, i)
	if sep == 0 {
		return p, false
	}
	i = skipBlank(text, i+sep)
	quote := skipQuotes(text, i)
	if p.value, p.all.End = pairValue(text, quote, quote > i); p.value.Start == p.value.End {
		return p, false
	}
	p.all.Start = start
	for p.all.Start > 0 && isQuote(text[p.all.Start-1]) {
		p.all.Start--
	}
	inQuery := p.all.Start > 0 && strings.IndexByte("&?", text[p.all.Start-1]) >= 0 ||
		p.all.End < len(text) && text[p.all.End] == '&'
	return p, !inQuery
}

// element reads <name>value</name>.
func element(text []byte, p pair) (pair, bool) {
	v := p.name.End + 1
	n := bytes.IndexByte(text[v:min(len(text), v+2048)], '<')
	if p.name.Start == 0 || text[p.name.Start-1] != '<' || n <= 0 {
		return p, false
	}
	closing := "</" + string(text[p.name.Start:p.name.End]) + ">"
	if !bytes.HasPrefix(text[v+n:], []byte(closing)) {
		return p, false
	}
	p.value = Span{v, v + n}
	p.all = Span{p.name.Start - 1, v + n + len(closing)}
	return p, true
}

// pairValue reads the value at text[i]: up to the closing quote, or up to what
// ends a bare word.
func pairValue(text []byte, i int, quoted bool) (value Span, end int) {
	stop := " \t\r\n,;&\"'`<>(){}|"
	if quoted {
		stop = "\r\n" + string(text[i-1])
	}
	window := text[i:min(len(text), i+2048)]
	n := bytes.IndexAny(window, stop)
	if n < 0 {
		n = len(window)
	}
	if quoted && n == len(window) && i+n < len(text) {
		return Span{i, i}, i
	}
	end = i + n
	value = Span{i, end}
	for value.End > i && text[value.End-1] == '\\' {
		value.End--
	}
	if quoted && end < len(text) && isQuote(text[end]) {
		end++
	}
	return value, end
}

// separator returns the length of what stands between a name and its value at
// text[i], 0 if that is nothing of the kind.
func separator(text []byte, i int) int {
	rest := text[i:]
	for _, s := range []string{"=>", ":=", "]=", "] =", ":", "="} {
		if bytes.HasPrefix(rest, []byte(s)) && !bytes.HasPrefix(rest, []byte("==")) {
			return len(s)
		}
	}
	return 0
}

// skipQuotes skips a quote, which may be escaped.
func skipQuotes(text []byte, i int) int {
	j := i
	for j < len(text) && j-i < 4 && text[j] == '\\' {
		j++
	}
	if j < len(text) && isQuote(text[j]) && text[j] != '\\' {
		return j + 1
	}
	return i
}

func skipBlank(text []byte, i int) int {
	for j := i; j < len(text) && j-i < 32; j++ {
		if text[j] != ' ' && text[j] != '\t' {
			return j
		}
	}
	return i
}

func isQuote(c byte) bool { return c == '"' || c == '\'' || c == '`' || c == '\\' }
