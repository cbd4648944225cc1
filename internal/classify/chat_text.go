package classify

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"time"
	"unicode/utf8"
)

var chatTextReader = Reader{
	Name:  "chat_text",
	Doc:   "Conversations that WhatsApp exported as text, in the date styles of all countries. The text is searched as any other.",
	Sniff: sniffChatText,
	Read: func(ctx context.Context, p Piece) (Result, error) {
		return besideText(ctx, p, func(m *meter, _ []byte) (Result, error) {
			t := newTalk(p, "WhatsApp")
			err := t.lines(m.stream())
			return m.result(err, t.finds()...)
		})
	},
}

// sniffChatText wants two messages among the first lines, and no long stretch
// of anything else before.
func sniffChatText(head, _ []byte) bool {
	hits, lines := 0, 0
	for line := range bytes.Lines(head) {
		if lines++; lines > 40 {
			break
		}
		if _, author, ok := chatLine(line); ok && len(author) > 0 {
			hits++
		}
	}
	return hits >= 2 && hits*4 >= lines || hits >= 1 && lines <= 3
}

// lines counts the messages in an exported conversation.
func (t *talk) lines(r io.Reader) error {
	b := bufio.NewReaderSize(r, 64<<10)
	var cut bool // the line began before what is in the buffer
	for {
		line, err := b.ReadSlice('\n')
		if !cut && len(line) > 0 {
			t.line(line)
		}
		cut = errors.Is(err, bufio.ErrBufferFull)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil && !cut {
			return err
		}
	}
}

func (t *talk) line(line []byte) {
	date, author, ok := chatLine(line)
	if !ok || len(author) == 0 {
		return // the text of a message goes on, or nobody wrote it
	}
	t.message(author, date, bytes.TrimSpace(line[:min(len(line), 256)]))
}

// chatLine reads the date and the author at the beginning of a line:
//
//	[31.12.19, 22:15:32] Name: text
//	12/31/19, 10:15 PM - Name: text
//	2019-12-31 22:15 - Name: text
//
// ok says that there is a date as of a message; there may be no author where
// the program itself says something. The date is in seconds since 1970, to the
// year only: the order of day and month differs.
func chatLine(line []byte) (date int64, author []byte, ok bool) {
	rest := skipMarks(line)
	bracket := len(rest) > 0 && rest[0] == '['
	if bracket {
		rest = rest[1:]
	}
	year, rest, ok := chatDate(rest)
	if !ok {
		return 0, nil, false
	}
	if rest, ok = chatTime(rest); !ok {
		return 0, nil, false
	}
	end := []byte("- ")
	if bracket {
		end = []byte("] ")
	}
	rest = skipMarks(rest)
	if !bytes.HasPrefix(rest, end) {
		return 0, nil, false
	}
	rest = skipMarks(rest[2:])
	const longest = 100
	colon := bytes.Index(rest[:min(len(rest), longest)], []byte(": "))
	if colon < 0 {
		if colon = bytes.IndexByte(rest[:min(len(rest), longest)], ':'); colon < 0 || len(bytes.TrimSpace(rest[colon+1:])) > 0 {
			colon = 0
		}
	}
	return time.Date(year, 6, 1, 0, 0, 0, 0, time.UTC).Unix(), rest[:colon], true
}

// skipMarks cuts off spaces of all kinds and marks of the direction of writing.
func skipMarks(b []byte) []byte {
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		switch r {
		case ' ', '\t', '\u00a0', '\u200e', '\u200f', '\u202a', '\u202c', '\u202f', '\ufeff':
			b = b[n:]
		default:
			return b
		}
	}
	return b
}

// chatDate reads three numbers with a separator of dates, and a comma.
func chatDate(b []byte) (year int, rest []byte, ok bool) {
	var parts [3]int
	var digits [3]int
	for i := range parts {
		for len(b) > 0 && '0' <= b[0] && b[0] <= '9' && digits[i] < 4 {
			parts[i] = parts[i]*10 + int(b[0]-'0')
			digits[i]++
			b = b[1:]
		}
		if digits[i] == 0 {
			return 0, nil, false
		}
		if i == 2 {
			break
		}
		if b = skipMarks(b); len(b) == 0 || b[0] != '.' && b[0] != '/' && b[0] != '-' {
			return 0, nil, false
		}
		b = skipMarks(b[1:])
	}
	switch {
	case digits[0] == 4:
		year = parts[0]
	case digits[2] == 4:
		year = parts[2]
	case digits[2] == 2:
		year = 2000 + parts[2]
	default:
		return 0, nil, false
	}
	b = skipMarks(b)
	if len(b) > 0 && (b[0] == ',' || b[0] == '.') {
		b = b[1:]
	}
	const longest = 8 // of a word before the time: à, at, kl.
	b = skipMarks(b)
	for n := 0; n < longest && len(b) > 0 && (b[0] < '0' || b[0] > '9'); n++ {
		b = b[1:]
	}
	return year, b, year > 2000 && year < 2100
}

// chatTime reads a time of day, with or without seconds and half of the day.
func chatTime(b []byte) (rest []byte, ok bool) {
	for i := range 3 {
		digits := 0
		for len(b) > 0 && '0' <= b[0] && b[0] <= '9' && digits < 2 {
			b, digits = b[1:], digits+1
		}
		if digits == 0 {
			return nil, false
		}
		if i == 2 || len(b) == 0 || b[0] != ':' && b[0] != '.' {
			ok = i > 0
			break
		}
		b = b[1:]
	}
	if !ok {
		return nil, false
	}
	// AM, PM, a. m., p.m. or a word of another script: all up to the end mark.
	const longest = 24
	b = skipMarks(b)
	for i := range min(len(b), longest) {
		switch b[i] {
		case ']', '-':
			return b[i:], true
		case ':', '\n':
			return nil, false
		}
	}
	return nil, false
}
