package store

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"encoding/json"

	"github.com/overgrant/overgrant"
)

func hexOf(b []byte) string { return hex.EncodeToString(b) }

// CompareLinks orders links of one credential by how much they say, least
// first. It is a total order, so the fullest of some links is the same in
// whatever order they come.
func CompareLinks(a, b overgrant.Link) int {
	knownA, knownB := a.Grant.Kind != "", b.Grant.Kind != ""
	switch {
	case knownA != knownB && knownA:
		return 1
	case knownA != knownB:
		return -1
	}
	if fullerA, fullerB := a.Fuller(b), b.Fuller(a); fullerA != fullerB {
		if fullerA {
			return 1
		}
		return -1
	}
	return bytes.Compare(textOf(b), textOf(a))
}

// CompareJudged orders verdicts on one link, mildest first, in a total order.
func CompareJudged(a, b *overgrant.Judged) int {
	return cmp.Or(
		loud(a.Status)-loud(b.Status),
		cmp.Compare(a.Verdict.Severity, b.Verdict.Severity),
		bytes.Compare(textOf(b), textOf(a)))
}

// loud counts statuses that could open something above the others.
func loud(s overgrant.Status) int {
	switch s {
	case overgrant.LiveShape:
		return 3
	case overgrant.NotYetValid:
		return 2
	case overgrant.Expired:
		return 1
	}
	return 0
}

// CompareHushed orders suppressions of one link. One that was broken comes
// last: it hides nothing.
func CompareHushed(a, b *overgrant.Hushed) int {
	return cmp.Or(
		cmp.Compare(one(a.Broken != ""), one(b.Broken != "")),
		bytes.Compare(textOf(b), textOf(a)))
}

func one(is bool) int {
	if is {
		return 1
	}
	return 0
}

// textOf returns v as JSON. The nouns that are compared hold nothing that could
// not be written.
func textOf(v any) []byte {
	text, _ := json.Marshal(v)
	return text
}
