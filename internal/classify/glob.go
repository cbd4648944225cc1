package classify

import (
	"bytes"
	"strings"
)

// glob is a compiled form of names: runs of parts, each found as far left as
// it can be, the last at the end of the name unless the form is open there.
type glob struct {
	runs [][]string // parts of a path in lower case
	open bool       // something lies below the last run
}

func parseGlob(text string) glob {
	var g glob
	text, g.open = strings.CutSuffix(asciiLower(text), "/**")
	for run := range strings.SplitSeq(text, "/**/") {
		g.runs = append(g.runs, strings.Split(run, "/"))
	}
	return g
}

func asciiLower(s string) string {
	return strings.Map(func(r rune) rune { return rune(fold[byte(r)]) }, s)
}

// fold maps each byte to lower case, ASCII only.
var fold = func() (t [256]byte) {
	for i := range t {
		t[i] = byte(i)
		if 'A' <= i && i <= 'Z' {
			t[i] += 'a' - 'A'
		}
	}
	return t
}()

// match reports whether name has the form. Runs in the middle are taken where
// they first stand: what fits further right leaves less for those that follow.
func (g *glob) match(name []byte) bool {
	for i, run := range g.runs {
		if i == len(g.runs)-1 && !g.open {
			tail, ok := lastParts(name, len(run))
			return ok && fits(run, tail)
		}
		for {
			if rest, ok := prefixFits(run, name); ok {
				name = rest
				break
			}
			slash := bytes.IndexByte(name, '/')
			if slash < 0 {
				return false
			}
			name = name[slash+1:]
		}
	}
	return len(name) > 0
}

// lastParts returns the last n parts of name.
func lastParts(name []byte, n int) ([]byte, bool) {
	end := len(name)
	for ; n > 1; n-- {
		if end = bytes.LastIndexByte(name[:end], '/'); end < 0 {
			return nil, false
		}
	}
	return name[bytes.LastIndexByte(name[:end], '/')+1:], true
}

func fits(run []string, name []byte) bool {
	for _, part := range run[:len(run)-1] {
		slash := bytes.IndexByte(name, '/')
		if slash < 0 || !partFits(part, name[:slash]) {
			return false
		}
		name = name[slash+1:]
	}
	return partFits(run[len(run)-1], name)
}

// prefixFits reports whether name begins with the parts of run and goes on
// below, and returns what follows.
func prefixFits(run []string, name []byte) ([]byte, bool) {
	for _, part := range run {
		slash := bytes.IndexByte(name, '/')
		if slash < 0 || !partFits(part, name[:slash]) {
			return nil, false
		}
		name = name[slash+1:]
	}
	return name, true
}

// partFits reports whether one part of a path has a form in which * stands for
// any text.
func partFits(form string, part []byte) bool {
	if form == "*" {
		return true
	}
	star, back := -1, 0
	i, j := 0, 0
	for j < len(part) {
		switch {
		case i < len(form) && form[i] == '*':
			star, back = i, j
			i++
		case i < len(form) && form[i] == fold[part[j]]:
			i++
			j++
		case star >= 0:
			back++
			i, j = star+1, back
		default:
			return false
		}
	}
	return strings.Trim(form[i:], "*") == ""
}

func equalFold(lower string, b []byte) bool {
	if len(lower) != len(b) {
		return false
	}
	for i := range b {
		if fold[b[i]] != lower[i] {
			return false
		}
	}
	return true
}
