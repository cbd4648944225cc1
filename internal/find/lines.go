package find

import "bytes"

// lines counts line breaks up to a position that only moves on.
type lines struct {
	at    int64 // bytes before it are counted
	line  int   // line breaks before at
	start int64 // where the line at at begins
}

// advance counts on to the position to; text starts at base and reaches both.
func (l *lines) advance(text []byte, base, to int64) {
	if to <= l.at {
		return
	}
	part := text[l.at-base : to-base]
	if n := bytes.Count(part, newline); n > 0 {
		l.line += n
		l.start = l.at + int64(bytes.LastIndexByte(part, '\n')) + 1
	}
	l.at = to
}

var newline = []byte{'\n'}

// of returns the line and column of a position at or after l.at.
func (l *lines) of(text []byte, base, pos int64) (line, column int) {
	here := *l
	here.advance(text, base, pos)
	return here.line + 1, int(pos-here.start) + 1
}
