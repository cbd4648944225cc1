package kind

import (
	"bytes"
	"strings"
)

// valueAfter reads the literal after a name: a quoted string, the text of an
// XML element, or a bare word where no code can stand: after a colon, in an
// environment or properties file, after an option.
func (n neighbourhood) valueAfter(name Span) (hint, bool) {
	t := n.bytes
	i := name.End
	for i < len(t) && strings.IndexByte("\"'`\\*_]) ", t[i]) >= 0 && i-name.End < 8 {
		i++
	}
	switch sep := separator(t, min(i, len(t))); {
	case i < len(t) && t[i] == '>' && name.Start > 0 && t[name.Start-1] == '<':
		return n.literal(i + 1)
	case strings.HasPrefix(n.text[i:], "value=\""):
		return n.literal(i + len("value="))
	case sep > 0:
		if h, ok := n.typedAfter(i); ok {
			return h, true
		}
		loose := t[i] == ':' && sep == 1
		i += sep
		tight := i < len(t) && t[i] != ' '
		if loose || tight && isSetting(n.text[name.Start:name.End]) {
			return n.literal(i)
		}
		return n.quotedLiteral(i)
	case t[name.Start] == '-' && i > name.End:
		return n.literal(i)
	}
	return n.typedAfter(name.End)
}

// typedAfter reads the literal of a variable whose type stands behind its name,
// which ends at n.text[i]: Account As String = "…", account: string = '…',
// account string = "…".
func (n neighbourhood) typedAfter(i int) (hint, bool) {
	t := n.bytes
	colon := i < len(t) && t[i] == ':'
	if colon {
		i++
	}
	i = skipBlank(t, i)
	as := hasPrefixFold(t[i:], "as ")
	if as {
		i += len("as ")
	}
	end := i
	for end < len(t) && (isPairName(t[end]) || t[end] == '.') {
		end++
	}
	if !colon && !as && !strings.EqualFold(n.text[i:end], "string") {
		return hint{}, false
	}
	eq := skipBlank(t, end)
	if end == i || separator(t, eq) != 1 || t[eq] != '=' {
		return hint{}, false
	}
	return n.quotedLiteral(eq + 1)
}

// inSettings reports whether the link stands bare behind a name and an equals
// sign at the start of a line, as in a file of settings. Program text has
// quotes there.
func (n neighbourhood) inSettings() bool {
	before := n.text[:n.link.Start]
	line := strings.TrimRight(before[strings.LastIndexByte(before, '\n')+1:], " \t?")
	name, ok := strings.CutSuffix(line, "=")
	return ok && name != "" && strings.IndexFunc(strings.TrimSpace(name), func(c rune) bool {
		return c > 0x7F || !isPairName(byte(c)) && c != '.'
	}) < 0
}

// settingAfter reads the bare word that fills the rest of the line behind a name
// and an equals sign.
func (n neighbourhood) settingAfter(name Span) (hint, bool) {
	t := n.bytes
	if name.Start > 0 && t[name.Start-1] != '\n' {
		return hint{}, false
	}
	eq := skipBlank(t, name.End)
	if eq >= len(t) || t[eq] != '=' {
		return hint{}, false
	}
	h, ok := n.literal(eq + 1)
	return h, ok && (h.at.End == len(t) || t[h.at.End] == '\n' || t[h.at.End] == '\r')
}

// isSetting reports whether name is none of a variable in code: in capitals, as
// in an environment file, or with a hyphen.
func isSetting(name string) bool {
	shout := name == strings.ToUpper(name) && strings.ToLower(name) != name
	return shout || strings.Contains(name, "-")
}

// quotedLiteral reads the value in quotes at n.text[i].
func (n neighbourhood) quotedLiteral(i int) (hint, bool) {
	t := n.bytes
	if i = skipMarks(t, i); skipQuotes(t, i) == i {
		return hint{}, false
	}
	return n.literal(i)
}

// literal reads the value at n.text[i], in quotes or bare.
func (n neighbourhood) literal(i int) (hint, bool) {
	t := n.bytes
	i = skipMarks(t, i)
	quote := skipQuotes(t, i)
	stop := quote
	for stop < len(t) && (isWord(t[stop]) || t[stop] == '-' || t[stop] == '$') {
		stop++
	}
	if stop < len(t) && strings.IndexByte("\"'`\\ \t\r\n,;*<|", t[stop]) < 0 || quote == i && inProse(t[stop:]) {
		return hint{}, false
	}
	return hint{at: Span{i, stop}, value: n.text[quote:stop]}, stop > quote
}

// inProse reports whether a sentence goes on with rest: word word, or the next
// of a list of words.
func inProse(rest []byte) bool {
	list := bytes.HasPrefix(rest, []byte(", "))
	if list {
		rest = rest[1:]
	}
	if len(rest) < 2 || rest[0] != ' ' || !isLetter(rest[1]) {
		return false
	}
	end := 1
	for end < len(rest) && isPairName(rest[end]) {
		end++
	}
	return !list || end == len(rest) || rest[end] != ':' && rest[end] != '='
}

// skipMarks skips blanks and the asterisks of emphasis.
func skipMarks(t []byte, i int) int {
	for from := i; i < len(t) && strings.IndexByte(" \t*", t[i]) >= 0 && i-from < 32; {
		i++
	}
	return i
}
