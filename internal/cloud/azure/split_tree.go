package azure

import (
	"context"
	"slices"
	"strings"

	"github.com/overgrant/overgrant/internal/source"
)

// maxBranches bounds the entries of a level that are looked at to cut it.
const maxBranches = 20 * perPage

// maxDescent bounds how many levels with a single entry are gone down.
const maxDescent = 16

// branches cuts a range between the entries of its first level that has several.
// What was listed before ends in an entry, of which the rest is the first part.
func (r *reach) branches(ctx context.Context, at source.Range, n int) ([]source.Range, error) {
	for range maxDescent {
		begun := begunAt(at)
		names, err := r.behind(ctx, at, begun)
		switch {
		case err != nil || names == nil:
			return nil, err
		case begun == "" && len(names) > 1:
			return cutTree(at, names, n), nil
		case begun == "":
			return nil, nil
		case len(names) > 0:
			first := at
			first.Prefix = begun
			return append([]source.Range{first}, cutTree(at, names, n-1)...), nil
		}
		at.Prefix = begun
	}
	return nil, nil
}

// begunAt returns the entry of the level in which a range goes on, "" if it has
// not begun.
func begunAt(at source.Range) string {
	if mark(at) != flatMark {
		return ""
	}
	head, _, deeper := strings.Cut(strings.TrimPrefix(at.From, at.Prefix), delimiter)
	if deeper {
		head += delimiter
	}
	return at.Prefix + head
}

// behind returns the entries of a level behind the one that has begun, nil if
// the level is of no use to cut the range.
func (r *reach) behind(ctx context.Context, at source.Range, begun string) ([]string, error) {
	if begun != "" && !strings.HasSuffix(begun, delimiter) {
		return nil, nil
	}
	names := []string{}
	seen := begun == ""
	for e, err := range r.level(ctx, at) {
		switch {
		case err != nil:
			return nil, err
		case len(names) >= maxBranches:
			return nil, nil
		case e.name == begun:
			seen = true
		case seen && (len(names) == 0 || names[len(names)-1] != e.name):
			names = append(names, e.name)
		}
	}
	if !seen {
		return nil, nil
	}
	return names, nil
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
		some[i] = keys[(i+1)*len(keys)/(n+1)]
	}
	return some
}
