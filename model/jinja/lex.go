package jinja

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// template walks the text from tag to tag.
func (j *judge) template(src string) {
	for at := 0; at < len(src); {
		i := strings.IndexByte(src[at:], '{')
		if i < 0 || at+i+1 >= len(src) {
			return
		}
		at += i
		switch src[at+1] {
		case '#':
			end := strings.Index(src[at+2:], "#}")
			if end < 0 {
				j.tell(Broken, at, "a comment without end", "the template does not parse")
				return
			}
			at += 2 + end + 2
		case '{', '%':
			next, ok := j.tag(src, at)
			if !ok {
				return
			}
			at = next
		default:
			at++
		}
	}
}

// tag reads the tag at at and returns where the text goes on.
func (j *judge) tag(src string, at int) (next int, ok bool) {
	shut := byte('}')
	if src[at+1] == '%' {
		shut = '%'
	}
	l := &lexer{src: src, at: at + 2, shut: shut}
	if l.at < len(src) && (src[l.at] == '-' || src[l.at] == '+') {
		l.at++
	}
	p := &parser{j: j, l: l}
	p.next()
	raw := shut == '%' && p.tok.kind == tokName && p.tok.text == "raw"
	if shut == '%' {
		p.statement()
	} else if p.tok.kind != tokEnd {
		p.tuple()
	}
	for p.tok.kind != tokEnd && p.tok.kind != tokEOF && !l.broken {
		p.fail = true
		p.tuple() // what follows a mistake is judged all the same
	}
	if p.tok.kind == tokEOF || l.broken {
		j.tell(Broken, at, "a tag without end", "the template does not parse")
		return 0, false
	}
	if p.fail {
		j.tell(Broken, at, "a tag that does not parse", "the template does not parse: "+clip(src[at:l.at], 60))
	}
	if raw {
		return endRaw(src, l.at), true
	}
	return l.at, true
}

// endRaw returns the place after the endraw tag.
func endRaw(src string, at int) int {
	for {
		i := strings.Index(src[at:], "{%")
		if i < 0 {
			return len(src)
		}
		at += i + 2
		word := strings.TrimLeft(src[at:], "-+ \t\r\n")
		if !strings.HasPrefix(word, "endraw") {
			continue
		}
		if end := strings.Index(src[at:], "%}"); end >= 0 {
			return at + end + 2
		}
		return len(src)
	}
}

func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}

type tokenKind uint8

const (
	tokEOF tokenKind = iota
	tokEnd           // of the tag
	tokName
	tokString
	tokNumber
	tokOp
)

type token struct {
	kind tokenKind
	text string // of a string: decoded
	at   int
}

// lexer cuts one tag into tokens.
type lexer struct {
	src    string
	at     int
	shut   byte // '%' or '}'
	open   int  // brackets open: }} inside a dict is no end
	broken bool
}

func (l *lexer) next() token {
	for l.at < len(l.src) && strings.IndexByte(" \t\r\n\f\v", l.src[l.at]) >= 0 {
		l.at++
	}
	if l.at >= len(l.src) {
		return token{kind: tokEOF, at: l.at}
	}
	start := l.at
	if l.ends() {
		return token{kind: tokEnd, at: start}
	}
	switch c := l.src[l.at]; {
	case c == '"' || c == '\'':
		return l.quoted(c)
	case c >= '0' && c <= '9':
		for l.at < len(l.src) && (isWord(l.src[l.at]) || l.src[l.at] == '.' && l.at+1 < len(l.src) && l.src[l.at+1] >= '0' && l.src[l.at+1] <= '9') {
			l.at++
		}
		return token{tokNumber, l.src[start:l.at], start}
	case isWord(c):
		for l.at < len(l.src) && isWord(l.src[l.at]) {
			l.at++
		}
		return token{tokName, l.src[start:l.at], start}
	case strings.IndexByte("([{", c) >= 0:
		l.open++
	case strings.IndexByte(")]}", c) >= 0:
		l.open--
	}
	l.at++
	if l.at < len(l.src) {
		switch l.src[start : l.at+1] {
		case "==", "!=", "<=", ">=", "//", "**":
			l.at++
		}
	}
	return token{tokOp, l.src[start:l.at], start}
}

// ends passes the end of the tag, if it stands here.
func (l *lexer) ends() bool {
	rest := l.src[l.at:]
	if len(rest) > 2 && (rest[0] == '-' || rest[0] == '+' && l.shut == '%') && rest[1] == l.shut && rest[2] == '}' {
		l.at += 3
		return true
	}
	if len(rest) > 1 && rest[0] == l.shut && rest[1] == '}' && (l.shut == '%' || l.open <= 0) {
		l.at += 2
		return true
	}
	return false
}

func isWord(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c >= 0x80
}

// quoted reads a string and decodes its escapes as Python's unicode-escape does.
func (l *lexer) quoted(q byte) token {
	start := l.at
	l.at++
	from := l.at
	for l.at < len(l.src) && l.src[l.at] != q {
		if l.src[l.at] == '\\' {
			l.at++
		}
		l.at++
	}
	if l.at >= len(l.src) {
		l.broken = true
		l.at = len(l.src)
		return token{tokEOF, "", start}
	}
	raw := l.src[from:l.at]
	l.at++
	if strings.IndexByte(raw, '\\') < 0 {
		return token{tokString, raw, start}
	}
	return token{tokString, unescape(raw), start}
}

func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			i++
			continue
		}
		c := s[i+1]
		i += 2
		if n := map[byte]int{'x': 2, 'u': 4, 'U': 8}[c]; n > 0 && i+n <= len(s) {
			if v, err := strconv.ParseUint(s[i:i+n], 16, 32); err == nil {
				b.WriteRune(rune(v))
				i += n
				continue
			}
		}
		switch {
		case c == 'n':
			b.WriteByte('\n')
		case c == 't':
			b.WriteByte('\t')
		case c == 'r':
			b.WriteByte('\r')
		case c == '\n':
		case c >= '0' && c <= '7':
			n := 1
			for n < 3 && i-1+n < len(s) && s[i-1+n] >= '0' && s[i-1+n] <= '7' {
				n++
			}
			v, _ := strconv.ParseUint(s[i-1:i-1+n], 8, 32)
			b.WriteRune(rune(v))
			i += n - 1
		case c == '\\' || c == '\'' || c == '"':
			b.WriteByte(c)
		case c == 'N' && strings.HasPrefix(s[i:], "{LOW LINE}"):
			b.WriteByte('_')
			i += len("{LOW LINE}")
		default:
			b.WriteByte('\\')
			b.WriteByte(c)
		}
	}
	return b.String()
}
