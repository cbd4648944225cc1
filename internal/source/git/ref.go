package git

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/gitpack"
	"github.com/overgrant/overgrant/internal/source"
)

// tip is an id that keeps objects from being forgotten, and its name: a ref, a
// worktree's HEAD, an older stash.
type tip struct {
	name string
	id   gitpack.ID
	head bool // HEAD of the worktree that is looked at
	text bool // the name is one that somebody gave, so it is looked into
}

// refs are the tips of a repository and what could not be read of them.
type refs struct {
	tips    []tip
	named   map[string]gitpack.ID
	links   map[string]string // symbolic refs
	logged  []gitpack.ID      // stashes that a table tells of, newest first
	skipped []*source.Skip
}

const (
	maxPacked = 1 << 30 // bytes of packed-refs, of a reflog, of a table of refs
	maxRef    = 1 << 20 // bytes of one ref's file; FETCH_HEAD has many lines
)

// refs reads everything that names an object. Refs that cannot be read are
// skipped and counted.
func (l *layout) refs() *refs {
	r := &refs{named: map[string]gitpack.ID{}, links: map[string]string{}}
	if l.reftable {
		l.tables(r, l.common)
	} else {
		l.packed(r)
		r.folder(l.common, "refs")
	}
	for _, name := range sortedKeys(r.named) {
		r.tips = append(r.tips, tip{name: name, id: r.named[name], text: strings.HasPrefix(name, "refs/")})
	}
	l.worktree(r, l.git, "")
	if l.git != l.common {
		l.worktree(r, l.common, "main-worktree/")
	}
	others, _ := os.ReadDir(filepath.Join(l.common, "worktrees"))
	for _, other := range others {
		if path := filepath.Join(l.common, "worktrees", other.Name()); path != l.git {
			l.worktree(r, path, "worktrees/"+other.Name()+"/")
		}
	}
	r.stashes(filepath.Join(l.common, "logs", "refs", "stash"))
	for i, id := range r.logged {
		r.tips = append(r.tips, tip{name: stashName(i), id: id})
	}
	return r
}

// packed reads the refs that stand together in one file.
func (l *layout) packed(r *refs) {
	text, err := slurp(filepath.Join(l.common, "packed-refs"), maxPacked)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		r.skip("packed-refs", err.Error())
	}
	bad := 0
	for line := range bytes.Lines(text) {
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 || line[0] == '#' || line[0] == '^' {
			continue
		}
		id, name, ok := cutID(line)
		if !ok || len(name) == 0 {
			bad++
			continue
		}
		r.named[string(name)] = id
	}
	if bad > 0 {
		r.skip("packed-refs", "lines that name no object")
	}
}

// folder reads the refs that are files, below name in root.
func (r *refs) folder(root, name string) {
	_ = filepath.WalkDir(filepath.Join(root, filepath.FromSlash(name)), func(path string, d fs.DirEntry, err error) error {
		name, _ := filepath.Rel(root, path)
		name = filepath.ToSlash(name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			r.skip(name, err.Error())
		case !d.IsDir() && !strings.HasSuffix(name, ".lock"):
			r.file(root, name)
		}
		return nil
	})
}

// file reads one ref.
func (r *refs) file(root, name string) {
	text, err := slurp(filepath.Join(root, filepath.FromSlash(name)), maxRef)
	if err != nil {
		r.skip(name, err.Error())
		return
	}
	text = bytes.TrimSpace(text)
	if to, ok := bytes.CutPrefix(text, []byte("ref:")); ok {
		r.links[name] = string(bytes.TrimSpace(to))
		return
	}
	id, rest, ok := cutID(text)
	if !ok || len(rest) > 0 {
		r.skip(name, "neither an object id nor the name of a ref")
		return
	}
	r.named[name] = id
}

// passing are the files of a worktree that name objects for a while.
var passing = []string{
	"ORIG_HEAD", "FETCH_HEAD", "MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "REBASE_HEAD", "BISECT_HEAD", "AUTO_MERGE",
	"MERGE_AUTOSTASH", "rebase-merge/autostash", "rebase-merge/orig-head", "rebase-merge/onto", "rebase-apply/autostash", "rebase-apply/orig-head",
}

// worktree reads HEAD, the passing heads and the own refs of one worktree.
func (l *layout) worktree(r *refs, path, prefix string) {
	mine := r
	if path != l.common {
		mine = &refs{named: map[string]gitpack.ID{}, links: map[string]string{}}
		if l.reftable {
			l.tables(mine, path)
		} else {
			mine.folder(path, "refs")
		}
		for _, name := range sortedKeys(mine.named) {
			r.tips = append(r.tips, tip{name: prefix + name, id: mine.named[name], text: strings.HasPrefix(name, "refs/")})
		}
		for _, s := range mine.skipped {
			s.Place.Ref = prefix + s.Place.Ref
			r.skipped = append(r.skipped, s)
		}
	}
	if l.reftable {
		r.headOf(mine, prefix)
	} else {
		r.headFile(path, prefix)
	}
	for _, name := range passing {
		text, err := slurp(filepath.Join(path, filepath.FromSlash(name)), maxRef)
		if err != nil {
			continue
		}
		for line := range bytes.Lines(text) {
			if id, _, ok := cutID(bytes.TrimSpace(line)); ok {
				r.tips = append(r.tips, tip{name: prefix + name, id: id})
			}
		}
	}
}

// headOf notes the HEAD of a worktree that tables have.
func (r *refs) headOf(mine *refs, prefix string) {
	if id, ok := mine.named["HEAD"]; ok {
		r.tips = append(r.tips, tip{name: prefix + "HEAD", id: id, head: prefix == ""})
		return
	}
	r.head(prefix, mine.links["HEAD"])
}

// headFile reads HEAD of a worktree. One that is linked may have been removed.
func (r *refs) headFile(path, prefix string) {
	text, err := slurp(filepath.Join(path, "HEAD"), maxRef)
	text = bytes.TrimSpace(text)
	to, symbolic := bytes.CutPrefix(text, []byte("ref:"))
	id, _, ok := cutID(text)
	switch {
	case errors.Is(err, fs.ErrNotExist) && prefix != "":
	case err != nil:
		r.skip(prefix+"HEAD", err.Error())
	case symbolic:
		r.head(prefix, string(bytes.TrimSpace(to)))
	case !ok:
		r.skip(prefix+"HEAD", "neither an object id nor the name of a ref")
	default:
		r.tips = append(r.tips, tip{name: prefix + "HEAD", id: id, head: prefix == ""})
	}
}

// head notes the commit that a HEAD leads to by way of another ref. A branch
// without a commit is how every repository begins.
func (r *refs) head(prefix, to string) {
	for range 5 {
		if id, ok := r.named[to]; ok {
			r.tips = append(r.tips, tip{name: to, id: id, head: prefix == ""})
			return
		}
		to = r.links[to]
	}
}

// stashes reads the older stashes, which only the log of the newest keeps.
func (r *refs) stashes(path string) {
	text, err := slurp(path, maxPacked)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		r.skip("logs/refs/stash", err.Error())
	}
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	for i, line := range slices.Backward(lines) {
		_, rest, ok := cutID(line)
		if !ok {
			continue
		}
		if id, _, ok := cutID(bytes.TrimLeft(rest, " ")); ok {
			r.tips = append(r.tips, tip{name: stashName(len(lines) - 1 - i), id: id})
		}
	}
}

func (r *refs) skip(name, why string) {
	r.skipped = append(r.skipped, &source.Skip{Skipped: overgrant.Skipped{
		Place: overgrant.Place{Source: Name, Ref: name}, Reason: "bad ref", Detail: why}})
}

// cutID reads the id that text begins with and returns what follows it.
func cutID(text []byte) (id gitpack.ID, rest []byte, ok bool) {
	n := 0
	for n < len(text) && nibble(text[n]) <= 15 {
		n++
	}
	if n != 40 && n != 64 || n < len(text) && text[n] != ' ' && text[n] != '\t' {
		return id, text, false
	}
	id, err := gitpack.ParseID(string(text[:n]))
	return id, bytes.TrimLeft(text[n:], " \t"), err == nil
}

// stashName returns the name of a stash, the newest being number 0.
func stashName(n int) string { return fmt.Sprintf("stash@{%d}", n) }

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
