package find

import (
	"slices"
	"strings"
)

// word is a mark: the name of a parameter, a part of a host.
type word struct {
	name   string // in lower case
	given  string // in the case of the mark
	value  bool   // it counts only with a value behind it
	rest   string // with which the value begins
	offset int    // of the stem in name
}

// stem is what several words have in common. The scanner looks for stems.
type stem struct {
	text    string // in lower case
	written string // in the case of the first mark
	words   []word
	forms   []form // in which it is looked for
}

// keyEnd stands for the end of an account key: the last character of 64 bytes in
// base64 has four bits of padding and is one of four.
const keyEnd = "AQgw"

const (
	shortName  = 4 // length of names that are also parts of words: they count only where a word starts
	stemLength = 8 // least length of what two words share to make it a stem
)

// stems groups marks. What follows the name in a mark is left to the check,
// which knows all encodings of it. Marks of one letter and padding are the
// ends of keys.
func stems(marks []string) []stem {
	var words []word
	keys := false
	for _, m := range marks {
		given := m
		m = lower(m)
		n := 0
		for n < len(m) && isNameByte(m[n]) {
			n++
		}
		switch w := (word{name: m[:n], given: given[:n], value: n < len(m)}); {
		case n == 1 && strings.HasPrefix(m[n:], "="):
			keys = true
		case n < 2: // not a name
			words = append(words, word{name: m, given: given})
		default:
			if n < len(m) {
				w.rest = strings.TrimLeft(m[n:], "=:>\"'`\\ ")
			}
			if !slices.Contains(words, w) {
				words = append(words, w)
			}
		}
	}
	var all []stem
	for _, w := range words {
		all = include(all, w)
	}
	if keys {
		all = append(all, stem{text: keyEnd})
	}
	return all
}

// include adds a word to the stem with which it shares most, or makes one.
func include(all []stem, w word) []stem {
	best, shared := -1, ""
	for i := range all {
		if c := common(all[i].text, w.name); len(c) >= stemLength && len(c) > len(shared) || all[i].text == w.name {
			best, shared = i, c
		}
	}
	if best < 0 {
		return append(all, stem{text: w.name, written: w.given, words: []word{w}})
	}
	s := &all[best]
	at := strings.Index(s.text, shared)
	s.text, s.written = shared, s.written[at:at+len(shared)]
	s.words = append(s.words, w)
	for i := range s.words {
		s.words[i].offset = strings.Index(s.words[i].name, shared)
	}
	return all
}

// common returns the longest string that is part of both.
func common(a, b string) string {
	for n := min(len(a), len(b)); n > 0; n-- {
		for i := 0; i+n <= len(a); i++ {
			if strings.Contains(b, a[i:i+n]) {
				return a[i : i+n]
			}
		}
	}
	return ""
}

// patterns returns how the stem is written in text of one byte per character,
// in any case, with what may follow where that tells more. What follows is
// divided so that the nibbles of each set let little else through.
func (st *stem) patterns() []pattern {
	if st.text == keyEnd {
		key := pattern{setOf(digits64), setOf(keyEnd)}
		return []pattern{
			key.and("=", "=3"), key.and("%", "23"), key.and("\\", "ux="), key.and("&", "#e"),
		}
	}
	p := st.letters(eitherCase)
	if len(p) >= width {
		return []pattern{p}
	}
	if len(p) < width-1 {
		return []pattern{p.and("=", "23"), p.and("%", "23"), p.and("\\", "ux="), p.and("&", "#e")}
	}
	return []pattern{p.and(" \"%&',:<=>"), p.and("\t\n\r"), p.and("\\]^"), p.and("`")}
}

func (p pattern) and(sets ...string) pattern {
	p = slices.Clone(p)
	for _, s := range sets {
		p = append(p, setOf(s))
	}
	return p
}

// exact returns the stem and the byte behind it as they are before base64. It
// is looked for in the case in which the mark is given: programs write it so.
func (st *stem) exact() pattern {
	if st.text == keyEnd {
		return pattern{setOf(digits64), setOf(keyEnd), setOf("="), setOf("="), printable}
	}
	p := st.letters(func(c byte) (s set) { s.put(c); return s })
	if st.named() {
		return append(p, afterName)
	}
	return append(p, printable)
}

func (st *stem) letters(one func(byte) set) pattern {
	var p pattern
	for i := range len(st.text) {
		p = append(p, one(st.written[i]))
	}
	return p
}

// named reports whether all words end with the stem and have a value.
func (st *stem) named() bool {
	return !slices.ContainsFunc(st.words, func(w word) bool {
		return !w.value || w.offset+len(st.text) != len(w.name)
	})
}

// printable are the bytes of text.
var printable = func() (s set) {
	for c := byte(' '); c < 0x7F; c++ {
		s.put(c)
	}
	return s
}()
