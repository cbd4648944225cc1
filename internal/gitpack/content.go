package gitpack

import (
	"bytes"
	"iter"
	"strconv"
)

// CommitBody is what a commit says. Its slices lie in the data it was parsed
// from. What a damaged commit lacks has its zero value.
type CommitBody struct {
	Tree      ID
	Parents   []ID
	Author    Signature
	Committer Signature
	Encoding  []byte // of names and message; empty means UTF-8
	Message   int    // where in the data the message starts; their length if there is none
}

// Signature is who did a thing, and when.
type Signature struct {
	Name, Email []byte
	Time        int64 // seconds since 1970, UTC; 0 if it cannot be read
	Zone        int   // minutes east of UTC
}

// Parse reads the content of a commit. The memory of c.Parents is used again. It
// takes what it can read, and fails with ErrCorrupt only if there is no tree.
func (c *CommitBody) Parse(data []byte) error {
	*c = CommitBody{Parents: c.Parents[:0], Message: len(data)}
	for key, value := range headers(data, &c.Message) {
		switch string(key) {
		case "tree":
			if c.Tree.IsZero() {
				c.Tree, _ = ParseID(string(value))
			}
		case "parent":
			if id, err := ParseID(string(value)); err == nil {
				c.Parents = append(c.Parents, id)
			}
		case "author":
			c.Author = parseSignature(value)
		case "committer":
			c.Committer = parseSignature(value)
		case "encoding":
			c.Encoding = value
		}
	}
	if c.Tree.IsZero() {
		return corrupt("commit has no tree")
	}
	return nil
}

// TagBody is what an annotated tag says, as CommitBody does of a commit.
type TagBody struct {
	Object  ID
	Type    Type
	Name    []byte
	Tagger  Signature
	Message int
}

// Parse reads the content of a tag. It takes what it can read, and fails with
// ErrCorrupt only if the tag names no object.
func (t *TagBody) Parse(data []byte) error {
	*t = TagBody{Message: len(data)}
	for key, value := range headers(data, &t.Message) {
		switch string(key) {
		case "object":
			t.Object, _ = ParseID(string(value))
		case "type":
			t.Type, _ = parseType(value)
		case "tag":
			t.Name = value
		case "tagger":
			t.Tagger = parseSignature(value)
		}
	}
	if t.Object.IsZero() {
		return corrupt("tag has no object")
	}
	return nil
}

// headers yields the lines at the start of a commit or a tag, without those
// that continue a value, up to an empty one, behind which the message starts.
func headers(data []byte, message *int) iter.Seq2[[]byte, []byte] {
	return func(yield func([]byte, []byte) bool) {
		for at := 0; at < len(data); {
			line := data[at:]
			next := len(data)
			if n := bytes.IndexByte(line, '\n'); n >= 0 {
				line, next = line[:n], at+n+1
			}
			if len(line) == 0 {
				*message = next
				return
			}
			at = next
			if key, value, ok := bytes.Cut(line, []byte(" ")); ok && len(key) > 0 && !yield(key, value) {
				return
			}
		}
	}
}

// parseSignature reads "Name <email> seconds +zone". It looks for the last
// bracket, since names and addresses may hold others.
func parseSignature(line []byte) (s Signature) {
	shut := bytes.LastIndexByte(line, '>')
	open := bytes.IndexByte(line, '<')
	if open < 0 || shut < open {
		s.Name = bytes.TrimSpace(line)
		return s
	}
	s.Name, s.Email = bytes.TrimSpace(line[:open]), line[open+1:shut]
	when, zone, _ := bytes.Cut(bytes.TrimSpace(line[shut+1:]), []byte(" "))
	s.Time, _ = strconv.ParseInt(string(when), 10, 64)
	if n, err := strconv.Atoi(string(zone)); err == nil && n > -10000 && n < 10000 {
		s.Zone = n/100*60 + n%100
	}
	return s
}

// TreeEntry is one name in a tree.
type TreeEntry struct {
	Mode uint32 // as git writes it, in octal: 0o100644, 0o40000 ...
	Name []byte // lies in the data of the tree
	ID   ID
}

// Modes of tree entries.
const (
	ModeTree      = 0o040000
	ModeSymlink   = 0o120000
	ModeSubmodule = 0o160000
	modeKind      = 0o170000
)

// IsTree says whether the entry is a directory.
func (e TreeEntry) IsTree() bool { return e.Mode&modeKind == ModeTree }

// IsSymlink says whether the entry is a symbolic link; its blob is the target.
func (e TreeEntry) IsSymlink() bool { return e.Mode&modeKind == ModeSymlink }

// IsSubmodule says whether the entry is a commit of another repository.
func (e TreeEntry) IsSubmodule() bool { return e.Mode&modeKind == ModeSubmodule }

// Entries yields the entries of a tree in their order. If the content is damaged
// it yields an error that wraps ErrCorrupt, last.
func Entries(tree []byte, format HashFormat) iter.Seq2[TreeEntry, error] {
	size := format.Size()
	return func(yield func(TreeEntry, error) bool) {
		for rest := tree; len(rest) > 0; {
			var e TreeEntry
			i := 0
			for ; i < len(rest) && rest[i] >= '0' && rest[i] <= '7'; i++ {
				e.Mode = e.Mode<<3 | uint32(rest[i]-'0')
			}
			end := bytes.IndexByte(rest, 0)
			if i == 0 || i > 7 || end <= i || rest[i] != ' ' || len(rest) < end+1+size {
				yield(TreeEntry{}, corrupt("tree entry at %d", len(tree)-len(rest)))
				return
			}
			e.Name = rest[i+1 : end]
			e.ID = newID(rest[end+1 : end+1+size])
			rest = rest[end+1+size:]
			if !yield(e, nil) {
				return
			}
		}
	}
}
