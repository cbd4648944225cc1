package kind

import (
	"bytes"
	"strings"
)

// Forms in which no separator stands between a name and its value. Each of the
// functions returns where the value starts, and widens the pair, which has its
// name so far, by what tells the form.

// recordGap is how many bytes may stand between a name and its value where each
// is in a field of its own.
const recordGap = 128

// apart tries each of the forms.
func apart(text []byte, p *pair) (int, bool) {
	if at, ok := inRecord(text, p); ok {
		return at, true
	}
	if at, ok := inList(text, p); ok {
		return at, true
	}
	if at, ok := inRow(text, p); ok {
		return at, true
	}
	return inNextElement(text, p)
}

// inList reads ("name", "value") and ['name', 'value'], and a row of a file
// with commas: name,value.
func inList(text []byte, p *pair) (int, bool) {
	i := p.name.End
	closed := skipQuotes(text, i)
	comma := skipBlank(text, closed)
	if comma >= len(text) || text[comma] != ',' && text[comma] != '\t' {
		return 0, false
	}
	v := skipBlank(text, comma+1)
	if closed > i {
		v = unwrapped(text, v)
		quote := skipQuotes(text, v)
		return v, quote > v && !namesParameter(text, quote)
	}
	// a row by itself
	line := p.name.Start == 0 || text[p.name.Start-1] == '\n'
	row := text[v:min(len(text), v+valueReach)]
	if n := bytes.IndexAny(row, "\r\n"); n >= 0 {
		row = row[:n]
	}
	return v, line && closed == i && !bytes.ContainsAny(row, ", \t") && !namesParameter(text, v)
}

// namesParameter reports whether the word at text[i] is itself the name of a
// parameter, as in a list of names.
func namesParameter(text []byte, i int) bool {
	end := i
	for end < len(text) && end-i < 40 && isPairName(text[end]) {
		end++
	}
	word := string(text[i:end])
	return len(word) > 1 && word == strings.ToLower(word) && known[word] && !isNumber(word)
}

// fieldNames are the fields and attributes that hold the name of a parameter,
// where another holds its value.
var fieldNames = []string{"name", "key"}

// inRecord reads {"name": "name", "value": "value"} and
// name="name" value="value".
func inRecord(text []byte, p *pair) (int, bool) {
	closed := skipQuotes(text, p.name.End)
	field := fieldBefore(text, p.all.Start)
	if closed == p.name.End || field < 0 {
		return 0, false
	}
	rest := text[closed:min(len(text), closed+recordGap)]
	if n := bytes.IndexAny(rest, "{}<>[]"); n >= 0 {
		rest = rest[:n]
	}
	for at := 0; ; {
		i := indexFold(rest[at:], "value")
		if i < 0 {
			return 0, false
		}
		word := at + i
		at = word + len("value")
		if v, ok := assigned(text, closed+at); ok && (word == 0 || !isPairName(rest[word-1])) {
			p.all.Start = field
			return v, true
		}
	}
}

// fieldBefore returns where the field starts whose value starts at text[at], if
// that is the name of a parameter: "name": "…, name="…. Else it is -1.
func fieldBefore(text []byte, at int) int {
	low := max(0, at-24)
	head := bytes.TrimRight(text[low:at], " \t")
	if len(head) == 0 || strings.IndexByte("=:>", lastByte(head)) < 0 {
		return -1
	}
	head = bytes.TrimRight(head, " \t=:>\"'`\\")
	for _, n := range fieldNames {
		if start := len(head) - len(n); hasSuffixFold(head, n) && (start == 0 || !isPairName(head[start-1])) {
			return low + start
		}
	}
	return -1
}

// inRow reads a row of a table: | name | value |.
func inRow(text []byte, p *pair) (int, bool) {
	low := max(0, p.name.Start-16)
	before := bytes.TrimRight(text[low:p.name.Start], " \t`*")
	if len(before) == 0 || lastByte(before) != '|' {
		return 0, false
	}
	p.all.Start = low + len(before) - 1
	i := skipCell(text, p.name.End)
	if i >= len(text) || text[i] != '|' {
		return 0, false
	}
	i = skipBlank(text, i+1)
	return i, i < len(text) && !namesParameter(text, skipCell(text, i))
}

// skipCell skips the marks of code and blanks at the end of a cell.
func skipCell(text []byte, i int) int {
	for from := i; i < len(text) && i-from < 32 && strings.IndexByte(" \t`*", text[i]) >= 0; {
		i++
	}
	return i
}

// inNextElement reads <td>name</td><td>value</td>, <key>name</key>
// <string>value</string> and the like.
func inNextElement(text []byte, p *pair) (int, bool) {
	i := p.name.End
	if p.name.Start == 0 || text[p.name.Start-1] != '>' || !bytes.HasPrefix(text[i:], []byte("</")) {
		return 0, false
	}
	for tags := 0; i < len(text) && i-p.name.End < recordGap; {
		switch {
		case isSpace(text[i]):
			i++
		case text[i] == '<' && tags < 4:
			n := bytes.IndexByte(text[i:min(len(text), i+recordGap)], '>')
			if n < 0 {
				return 0, false
			}
			i += n + 1
			tags++
		default:
			p.all.Start = p.name.Start - 1
			return i, tags >= 2 && !namesParameter(text, i)
		}
	}
	return 0, false
}

// valueFirst reads value="value" name="name".
func valueFirst(text []byte, p pair) (pair, bool) {
	if p.all.Start == p.name.Start || fieldBefore(text, p.all.Start) < 0 {
		return p, false
	}
	head := text[max(0, p.all.Start-recordGap):p.all.Start]
	low := p.all.Start - len(head)
	if n := bytes.LastIndexAny(head, "{}<>[]"); n >= 0 {
		head, low = head[n+1:], low+n+1
	}
	i := bytes.LastIndex(lowered(head), []byte("value"))
	if i < 0 {
		return p, false
	}
	v, ok := assigned(text, low+i+len("value"))
	if !ok || skipQuotes(text, v) == v {
		return p, false
	}
	end := 0
	p.value, end = pairValue(text, v)
	p.all = Span{low + i, skipQuotes(text, p.name.End)}
	return p, p.value.Start < p.value.End && end <= p.name.Start
}

// element reads <name>value</name>.
func element(text []byte, p pair) (pair, bool) {
	v := p.name.End + 1
	n := bytes.IndexByte(text[v:min(len(text), v+valueReach)], '<')
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

// lowered returns b in lower case.
func lowered(b []byte) []byte { return fold(make([]byte, 0, len(b)), b) }

// indexFold returns the first position of word, which is in lower case, in any
// case; -1 if there is none.
func indexFold(b []byte, word string) int { return bytes.Index(lowered(b), []byte(word)) }
