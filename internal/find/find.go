// Package find finds storage links in bytes, however they are encoded.
//
// A first pass at memory speed looks for marks: fingerprints of what every link
// contains, as it stands, in base64 and in UTF-16. Around each mark the text is
// then read in every way for which there is evidence - entities undone, escapes
// undone, string literals joined, base64 decoded, in any nesting up to a limit -
// and package kind looks at each reading. The best one is kept.
//
// What is found at a mark depends on the bytes within [Margin] of it and of the
// marks close to it, on nothing else. Therefore a text may be searched whole
// ([Finder.Text]), as a stream in bounded memory ([Finder.Stream]), or as a
// delta of a text that was searched before ([Searcher.Piece]), with the same
// result.
//
// The package does not judge links, and does not know where its pieces come
// from.
package find

import (
	"hash/maphash"
	"slices"
	"sync"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/unpack"
	"github.com/overgrant/overgrant/kind"
)

// Hit is a link at a place.
type Hit struct {
	Link     overgrant.Link
	Span     [2]int64 // the bytes that hold it, half open
	Line     int      // of the first byte, from one; 0 if it was not counted, as for pieces with a base
	Column   int      // of the first byte in its line, in bytes, from one; 0 if it was not counted
	Encoding []string // what was undone to read it, outermost first
	Path     string   // of the member inside the piece: "!a.zip!b.txt"; empty for the piece itself. Span and Line count in the member
}

// Options bounds the work on one piece. The zero value is safe.
type Options struct {
	Unpack unpack.Limits
	Closed bool // containers are not opened; their raw bytes are searched all the same
}

// Finder finds links. It may be used by several goroutines at once.
type Finder struct {
	opt     Options
	scanner *scanner
	seed    maphash.Seed
	buffers sync.Pool // of *[]byte
	idle    sync.Pool // of *scratch
}

// New returns a Finder for all kinds.
func New(opt Options) *Finder {
	return &Finder{opt: opt, scanner: allMarks(), seed: maphash.MakeSeed()}
}

// allMarks is built once: it depends on the kinds alone.
//
// An account key is recognised by its end: the labels by which package kind
// tells it from other keys are everywhere in program text. What else is looked
// for stands in links beside their marks, and leads to links whose mark itself
// is broken by the end of a line or of a string.
var allMarks = sync.OnceValue(func() *scanner { return newScanner(allWanted()) })

func allWanted() wanted {
	marks := []string{"A==", "Q==", "g==", "w=="}
	for _, k := range kind.All {
		if k.Name != "account_key" {
			marks = append(marks, k.Marks...)
		}
	}
	return wanted{
		marks:   marks,
		plain:   []string{"sv=20", "AWS4-HMAC", "GOOG4-RSA", "EndpointsProtocol"},
		twice:   []string{"EndpointsProtocol", "AccountKey="},
		wrapped: []string{".windows", "AWS4-HMAC", "GOOG4-RSA", "EndpointsProtocol"},
	}
}

// Text returns the links in text, in order.
func (f *Finder) Text(text []byte) []Hit {
	var hits []Hit
	e := f.scratch()
	defer f.idle.Put(e)
	s := &sweep{f: f, scratch: e, yield: func(h Hit) bool {
		if len(hits) == cap(hits) { // a hit is large: less copying than append does
			hits = slices.Grow(hits, max(4, len(hits)))
		}
		hits = append(hits, h)
		return true
	}}
	s.whole(text)
	return hits
}

// scratch returns one that nobody uses.
func (f *Finder) scratch() *scratch {
	if e, ok := f.idle.Get().(*scratch); ok {
		return e
	}
	return newScratch(f)
}
