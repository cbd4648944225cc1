package git

import (
	"bytes"
	"errors"
	"fmt"
	"sort"
	"strconv"
	"strings"

	"github.com/overgrant/overgrant/internal/gitpack"
)

// ErrRevision says that a revision names no commit of the repository.
var ErrRevision = errors.New("no such revision")

// revision finds the commit that a text names: a ref, in full or as git
// shortens it, an id or the start of one, each followed by any number of ~N, ^N
// and ^{commit}.
func (s *Source) revision(text string) (gitpack.ID, error) {
	name, steps := text, ""
	if i := strings.IndexAny(text, "~^"); i >= 0 {
		name, steps = text[:i], text[i:]
	}
	id, ok := s.lookup(name)
	if ok {
		id, ok = s.peel(id)
	}
	for ok && steps != "" {
		id, steps, ok = s.step(id, steps)
	}
	if !ok {
		return id, fmt.Errorf("find revision %q: %w", text, ErrRevision)
	}
	return id, nil
}

// lookup finds what a name without steps stands for.
func (s *Source) lookup(name string) (gitpack.ID, bool) {
	if name == "@" {
		name = "HEAD"
	}
	for _, t := range s.refs.tips {
		if name == "HEAD" && t.head || name == t.name {
			return t.id, true
		}
	}
	for _, form := range []string{"refs/%s", "refs/tags/%s", "refs/heads/%s", "refs/remotes/%s", "refs/remotes/%s/HEAD"} {
		full := fmt.Sprintf(form, name)
		if to, ok := s.refs.links[full]; ok {
			full = to
		}
		if id, ok := s.refs.named[full]; ok {
			return id, true
		}
	}
	return s.abbreviated(strings.ToLower(name))
}

// abbreviated finds the one object whose id starts with some digits.
func (s *Source) abbreviated(digits string) (found gitpack.ID, ok bool) {
	if len(digits) < 4 || strings.Trim(digits, "0123456789abcdef") != "" {
		return found, false
	}
	take := func(id gitpack.ID) bool {
		if !strings.HasPrefix(id.String(), digits) {
			return false
		}
		if kind, _, err := s.store.Get(id); err == nil && (kind == gitpack.Commit || kind == gitpack.Tag) {
			if ok && found != id {
				found, ok = gitpack.ID{}, false
				return false
			}
			found, ok = id, true
		}
		return true
	}
	for _, p := range s.store.Packs {
		i := sort.Search(p.Count(), func(i int) bool { return p.IDAt(i).String() >= digits })
		for i < p.Count() && take(p.IDAt(i)) {
			i++
		}
	}
	for _, id := range s.store.looseIDs() {
		take(id)
	}
	return found, ok
}

// peel follows tags to a commit.
func (s *Source) peel(id gitpack.ID) (gitpack.ID, bool) {
	for range maxTags {
		kind, data, err := s.store.Get(id)
		if err != nil || kind == gitpack.Commit {
			return id, err == nil
		}
		to, ok := bytes.CutPrefix(data, []byte("object "))
		if kind != gitpack.Tag || !ok {
			return id, false
		}
		to, _ = cut(to, '\n')
		if id, _, ok = cutID(to); !ok {
			return id, false
		}
	}
	return id, false
}

// step takes the first of the steps from a commit.
func (s *Source) step(id gitpack.ID, steps string) (next gitpack.ID, rest string, ok bool) {
	for _, same := range []string{"^{commit}", "^{}", "^0"} {
		if rest, ok := strings.CutPrefix(steps, same); ok {
			return id, rest, true
		}
	}
	n := 1
	digits := strings.IndexFunc(steps[1:], func(c rune) bool { return c < '0' || c > '9' })
	if digits < 0 {
		digits = len(steps) - 1
	}
	if digits > 0 {
		var err error
		if n, err = strconv.Atoi(steps[1 : 1+digits]); err != nil {
			return id, "", false
		}
	}
	rest = steps[1+digits:]
	if steps[0] == '^' {
		id, ok = s.parent(id, n)
		return id, rest, ok
	}
	for range n {
		if id, ok = s.parent(id, 1); !ok {
			return id, "", false
		}
	}
	return id, rest, steps[0] == '~'
}

// parent returns the n-th parent of a commit, counted from one.
func (s *Source) parent(id gitpack.ID, n int) (gitpack.ID, bool) {
	_, data, err := s.store.Get(id)
	if err != nil {
		return id, false
	}
	for head := range headers(data) {
		if to, ok := bytes.CutPrefix(head, []byte("parent ")); ok {
			if n--; n == 0 {
				id, _, ok = cutID(to)
				return id, ok
			}
		}
	}
	return id, false
}
