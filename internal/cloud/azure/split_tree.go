package azure

import (
	"context"
	"slices"
	"strings"

	"github.com/overgrant/overgrant/internal/source"
)

// maxBranches bounds the entries of a level that are looked at to cut it.
const maxBranches = 20 * perPage

// branches cuts a range between the entries of its first level. What was listed
// before ends in an entry, of which the rest is the first part.
func (r *reach) branches(ctx context.Context, at source.Range, n int) ([]source.Range, error) {
	begun := ""
	if mark(at) == flatMark {
		rest := strings.TrimPrefix(at.From, at.Prefix)
		head, _, deeper := strings.Cut(rest, delimiter)
		if begun = at.Prefix + head; deeper {
			begun += delimiter
		}
	}
	var names []string
	seen := begun == ""
	for e, err := range r.level(ctx, at) {
		if err != nil {
			return nil, err
		}
		if e.name == begun {
			seen = true
			continue
		}
		if len(names) >= maxBranches {
			return nil, nil
		}
		if seen && (len(names) == 0 || names[len(names)-1] != e.name) {
			names = append(names, e.name)
		}
	}
	if !seen || len(names) < 2 || begun != "" && !strings.HasSuffix(begun, delimiter) {
		return nil, nil
	}
	var parts []source.Range
	if begun != "" {
		first := at
		first.Prefix = begun
		parts = append(parts, first)
		n--
	}
	return append(parts, cutTree(at, names, n)...), nil
}

// cutTree shares out the entries of a level in n parts.
func cutTree(at source.Range, names []string, n int) []source.Range {
	n = max(min(n, len(names)), 1)
	parts := make([]source.Range, 0, n)
	for i := range n {
		part := source.Range{Service: at.Service, Container: at.Container, Prefix: at.Prefix, Marker: string(treeMark), Leg: at.Leg}
		part.From = names[i*len(names)/n]
		if i+1 < n {
			part.To = names[(i+1)*len(names)/n]
		}
		parts = append(parts, part)
	}
	return parts
}

// ordered returns at most n of the keys, spread evenly, in order and each once.
func ordered(keys []string, n int) []string {
	slices.Sort(keys)
	keys = slices.Compact(keys)
	if len(keys) <= n {
		return keys
	}
	some := make([]string, n)
	for i := range some {
		some[i] = keys[i*len(keys)/n]
	}
	return some
}
