package model

import (
	"io"
	"strings"
	"unicode/utf8"
)

// part is n bytes of p at off, named name, as a piece of its own.
func (p piece) part(off, n int64, name string) piece {
	return piece{at: io.NewSectionReader(p.at, off, n), size: n, path: p.inner(name), depth: p.depth + 1}
}

// chunkSize is how much of a text is looked at in one go, and chunkLap how much
// of it again with the next: nothing that is looked for is longer.
const (
	chunkSize = 1 << 20
	chunkLap  = 4 << 10
)

// chunks calls visit with the first most bytes of the piece, chunk by chunk. What
// begins in b at upto or later comes again. It returns how many bytes there were.
func (p piece) chunks(most int64, visit func(b []byte, off int64, upto int)) (n int64) {
	b := make([]byte, 0, min(chunkSize, max(p.size, chunkLap)))
	for at := int64(0); ; {
		room := b[len(b):min(cap(b), len(b)+int(min(most-n, chunkSize)))]
		got, _ := p.at.ReadAt(room, n)
		b, n = b[:len(b)+max(got, 0)], n+int64(max(got, 0))
		if got < len(room) || n >= most {
			visit(b, at, len(b))
			return n
		}
		upto := max(len(b)-chunkLap, 0)
		visit(b, at, upto)
		at += int64(upto)
		b = b[:copy(b[:cap(b)], b[upto:])]
	}
}

// inner is the path of what is called name inside p.
func (p piece) inner(name string) string {
	if p.path == "" {
		return name
	}
	return p.path + "!" + name
}

// memory is bytes already unpacked, as a piece inside p.
func (p piece) memory(data, name string) piece {
	return piece{at: strings.NewReader(data), size: int64(len(data)), path: p.inner(name), depth: p.depth + 1}
}

// clipText shortens text of a file for a finding, and makes it printable.
func clipText(s string, n int) string {
	cut := len(s) > n
	if cut {
		s = s[:n]
	}
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == utf8.RuneError {
			return '·'
		}
		return r
	}, s)
	if cut {
		s += "…"
	}
	return s
}
