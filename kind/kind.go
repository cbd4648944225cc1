// Package kind sees links to cloud storage in text and reads what they claim.
//
// A link is a credential that opens storage for whoever holds it: a shared
// access signature, a presigned URL, an account key, a connection string. Each
// kind is a value in [All] with a cheap question (its marks), a finder and a
// reader:
//
//	for span := range kind.Find(text) {
//		link, err := kind.Parse(string(text[span.Start:span.End]))
//		...
//	}
//
// [Parse] tells the kind by the shape of the parameters, not by the host, so
// that links behind a custom domain are read too. [Join] completes a bare token
// with the account that is named near it. [Matches] tells whether a link was
// made with a given key.
//
// The package works on decoded text: percent signs inside values are undone,
// but HTML entities, JSON escapes and string concatenations must be gone
// before. It opens no file, asks no clock and no server; whether a link still
// works is not known here. All functions may be called by several goroutines
// at once, look at no more than 4096 bytes on either side of a mark, and take
// time in proportion to the text.
package kind

import (
	"errors"
	"iter"

	"github.com/overgrant/overgrant"
)

// ErrNotMine says that a text is no link of the kind that was asked, or of no
// kind at all.
var ErrNotMine = errors.New("not a link of this kind")

// reach bounds how far a finder looks to either side of a mark, in bytes.
const reach = 4096

// Span is a half-open range of bytes.
type Span struct{ Start, End int }

// Kind is one kind of link.
type Kind struct {
	Name string // as in the JSON output
	Doc  string // one or two sentences for the generated page

	// Marks are strings of which every instance contains at least one, in any
	// case (ASCII), in decoded text.
	Marks []string

	// Find yields where links of this kind may stand in text, in order; rather
	// one too many than one too few.
	Find func(text []byte) iter.Seq[Span]

	// Parse reads a link. It fails with ErrNotMine if text is another kind.
	// What it does not understand is in Grant.Unknown.
	Parse func(text string) (overgrant.Grant, error)

	claim func(*reading) (claim, bool)
}

// claim is what a kind reads from a link: the grant, and the secret in it.
type claim struct {
	grant  overgrant.Grant
	secret secret
}

// complete fills in Parse, which is the same for all kinds.
func complete(kinds ...Kind) []Kind {
	for i, k := range kinds {
		kinds[i].Parse = func(text string) (overgrant.Grant, error) {
			l, ok := k.link(read(text))
			if !ok {
				return overgrant.Grant{}, ErrNotMine
			}
			return l.Grant, nil
		}
	}
	return kinds
}

// Marks returns the marks of all kinds, each once.
func Marks() []string {
	var all []string
	seen := map[string]bool{}
	for _, k := range All {
		for _, m := range k.Marks {
			if !seen[m] {
				seen[m] = true
				all = append(all, m)
			}
		}
	}
	return all
}
