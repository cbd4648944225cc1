package git

import (
	"bytes"
	"strconv"

	"github.com/overgrant/overgrant/internal/gitpack"
)

// commit notes a commit and reports whether it could be read.
func (r *recorder) commit(id gitpack.ID, data []byte) bool {
	c := commit{id: id, first: uint32(len(r.parents))}
	for head := range headers(data) {
		switch word, rest := cut(head, ' '); string(word) {
		case "tree":
			c.tree, _ = parseKey(rest)
		case "parent":
			if p, ok := parseKey(rest); ok {
				r.parents = append(r.parents, p)
			}
		case "author":
			var who []byte
			who, c.time = signature(rest)
			c.author = r.names.of(who)
		case "committer":
			_, c.committed = signature(rest)
		}
	}
	c.last = uint32(len(r.parents))
	r.commits = append(r.commits, c)
	return c.tree != 0
}

// tag notes an annotated tag and reports whether it could be read.
func (r *recorder) tag(id gitpack.ID, data []byte) bool {
	t := tag{id: id}
	for head := range headers(data) {
		switch word, rest := cut(head, ' '); string(word) {
		case "object":
			t.target, _ = parseKey(rest)
		case "tagger":
			var who []byte
			who, t.time = signature(rest)
			t.tagger = r.names.of(who)
		}
	}
	r.tags = append(r.tags, t)
	return t.target != 0
}

// headers yields the lines of a commit or tag up to its message. Lines that
// carry on the one before start with a space.
func headers(data []byte) func(yield func([]byte) bool) {
	return func(yield func([]byte) bool) {
		for len(data) > 0 && data[0] != '\n' {
			line, rest := cut(data, '\n')
			if !yield(line) {
				return
			}
			data = rest
		}
	}
}

// cut splits text at the first sep.
func cut(text []byte, sep byte) (before, after []byte) {
	if i := bytes.IndexByte(text, sep); i >= 0 {
		return text[:i], text[i+1:]
	}
	return text, nil
}

// signature splits "Name <address> seconds zone". Seconds that are absurd
// count as unknown, which is zero.
func signature(text []byte) (who []byte, seconds int64) {
	end := bytes.LastIndexByte(text, '>')
	if end < 0 {
		return text, 0
	}
	when, _ := cut(bytes.TrimLeft(text[end+1:], " "), ' ')
	seconds, err := strconv.ParseInt(string(when), 10, 64)
	if err != nil || seconds < 0 || seconds > latest {
		seconds = 0
	}
	return text[:end+1], seconds
}

// latest is the end of the year 9999, the last that RFC 3339 can say.
const latest = 253402300799
