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
