package kind

import (
	"bytes"
	"strings"
)

// pair is a name and a value in text, in any of the forms that programs and
// documents give to parameters: see pairAt.
type pair struct {
	all, name, value Span
}

// key returns the pair's name in lower case.
func (p pair) key(text []byte) string {
	return strings.ToLower(string(text[p.name.Start:p.name.End]))
}

func isPairName(c byte) bool { return isWord(c) || c == '-' || c == '_' }

// valueReach is how long a value in a pair may be, in bytes.
const valueReach = 2048

// pairAt reads the pair whose name starts at text[start]: "name": "value",
// name='value', name => value, "name": ["value"], ("name", "value"),
// "name": "name", "value": "value", a row of a table, an element. It fails if
// text has another form there, as name=value&… has.
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
	p.all.Start = start
	for p.all.Start > 0 && isQuote(text[p.all.Start-1]) {
		p.all.Start--
	}
	at, ok := assigned(text, end)
	if !ok {
		at, ok = apart(text, &p)
	}
	if !ok {
		return valueFirst(text, p)
	}
	p.value, p.all.End = pairValue(text, at)
	inQuery := p.all.Start > 0 && strings.IndexByte("&?", text[p.all.Start-1]) >= 0 ||
		p.all.End < len(text) && text[p.all.End] == '&'
	return p, p.value.Start < p.value.End && !inQuery
}

// assigned returns where the value starts that a separator gives to the name
// which ends at text[end].
func assigned(text []byte, end int) (int, bool) {
	i := skipBlank(text, skipQuotes(text, end))
	sep := separator(text, i)
	if sep == 0 {
		return 0, false
	}
	return unwrapped(text, skipBlank(text, i+sep)), true
}

// unwrapped skips what may stand around a quoted value at text[i]: the bracket
// of a list of one, a conversion. Without a quote it skips nothing.
func unwrapped(text []byte, i int) int {
	if i < len(text) && isQuote(text[i]) {
		return i
	}
	j := i
	for j < len(text) && j-i < 32 && (isWord(text[j]) || strings.IndexByte("._[]{( ", text[j]) >= 0) {
		j++
	}
	before := bytes.TrimRight(text[i:j], " ")
	if len(before) > 0 && strings.IndexByte("[{(", lastByte(before)) >= 0 && skipQuotes(text, j) > j {
		return j
	}
	return i
}

func lastByte(b []byte) byte { return b[len(b)-1] }

// pairValue reads the value at text[i]: in quotes up to the closing one, or a
// bare word up to what ends it.
func pairValue(text []byte, i int) (value Span, end int) {
	from := skipQuotes(text, i)
	quoted := from > i
	limit := min(len(text), from+valueReach)
	for end = from; end < limit; end++ {
		c := text[end]
		if quoted && (c == text[from-1] || c == '\r' || c == '\n') || !quoted && endsBare[c] {
			break
		}
	}
	if quoted && end == limit && end < len(text) {
		return Span{from, from}, from
	}
	value = Span{from, end}
	for value.End > from && text[value.End-1] == '\\' {
		value.End--
	}
	if quoted && end < len(text) && isQuote(text[end]) {
		end++
	}
	return value, end
}

// endsBare holds the characters that end a value without quotes.
var endsBare = func() (table [256]bool) {
	for _, c := range []byte(" \t\r\n,;&\"'`<>(){}|") {
		table[c] = true
	}
	return table
}()

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
