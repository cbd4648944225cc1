package kind

import (
	"bytes"
	"cmp"
	"iter"
	"slices"
	"strings"
)

// Find yields where links of any kind may stand in text, in order of their
// start. Where candidates overlap the widest is yielded alone: a connection
// string, not the token in it.
func Find(text []byte) iter.Seq[Span] {
	return func(yield func(Span) bool) {
		var all []Span
		for _, finder := range finders {
			all = slices.AppendSeq(all, finder(text))
		}
		for _, s := range widest(all) {
			if !yield(s) {
				return
			}
		}
	}
}

// finders are shared by the kinds, so that each runs once.
var finders = []func([]byte) iter.Seq[Span]{findQueries, findPairs, findConnections, findKeys, findGrantTokens}

// widest sorts spans by start and drops those that overlap a wider one.
func widest(all []Span) []Span {
	slices.SortFunc(all, func(a, b Span) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(b.End, a.End))
	})
	kept := all[:0]
	for _, s := range all {
		for len(kept) > 0 && s.Start < kept[len(kept)-1].End {
			last := kept[len(kept)-1]
			if s.End-s.Start <= last.End-last.Start {
				s = Span{}
				break
			}
			kept = kept[:len(kept)-1]
		}
		if s.End > 0 {
			kept = append(kept, s)
		}
	}
	return kept
}

// findQueries yields URLs and bare queries that have a secret parameter.
func findQueries(text []byte) iter.Seq[Span] {
	return func(yield func(Span) bool) {
		for at := 0; ; {
			i := bytes.IndexByte(text[at:], '=')
			if i < 0 {
				return
			}
			eq := at + i
			at = eq + 1
			start, ok := anchorBefore(text, eq)
			if !ok {
				continue
			}
			s := linkAround(text, start)
			if !worthReading(text, s, start) {
				continue
			}
			at = max(at, s.End)
			if !yield(s) {
				return
			}
		}
	}
}

// worthReading drops what cannot be a link: a lone parameter, or one that only
// some hosts use for a secret.
func worthReading(text []byte, s Span, anchor int) bool {
	switch name, _, _ := bytes.Cut(text[anchor:s.End], []byte("=")); strings.ToLower(string(name)) {
	case "token":
		return bytes.Contains(text[s.Start:anchor], []byte("firebasestorage"))
	case "authorization":
		return bytes.IndexByte(text[s.Start:anchor], '?') >= 0
	}
	return s.Start < anchor || bytes.IndexByte(text[anchor:s.End], '&') >= 0
}

// merged makes one finder of several.
func merged(finders ...func([]byte) iter.Seq[Span]) func([]byte) iter.Seq[Span] {
	return func(text []byte) iter.Seq[Span] {
		var all []Span
		for _, f := range finders {
			all = slices.AppendSeq(all, f(text))
		}
		return slices.Values(widest(all))
	}
}

// findSAS yields what may hold a shared access signature.
var findSAS = merged(findQueries, findPairs, findConnections)

// findSigned yields URLs and dictionaries that may hold any other signature.
var findSigned = merged(findQueries, findPairs)
