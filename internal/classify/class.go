// Package classify tells sensitive data by its name and by its content. Each
// class is a value in a file of its own; [All] lists them.
//
// Names come first and cost next to nothing: [Named] looks at a million a
// second. Content is read only where somebody decided that it is worth it,
// through [Look]. What is found never leaves the package: a find has a class, a
// count and a masked hint.
package classify

import (
	"context"
	"io"
	"iter"

	"github.com/overgrant/overgrant"
)

// Class is one sort of sensitive data.
type Class struct {
	Name     string // one word with underscores: private_key
	Title    string // as a summary counts it, plural: private keys
	Doc      string // what it is and how it is told, in a sentence
	Severity overgrant.Severity
	Unit     string // what Count of its finds counts, plural: keys, messages
}

// Guess is what a name says.
type Guess struct {
	Class *Class // the worst class that the name suggests; nil for none
	Look  Look   // how the content is worth reading
}

// Look says how content is worth reading.
type Look uint8

// The ways of reading, least first.
const (
	Never     Look = iota // pictures, video: nothing to look for
	Text                  // text in which secrets, links and personal data may stand
	Structure             // a format with a reader here: SQLite, LevelDB, key stores
	Container             // an archive: its members are pieces of their own
	Disk                  // a disk image: its files are pieces of their own
	Model                 // a model file
)

// Piece is what Content looks at.
type Piece struct {
	Place overgrant.Place
	Name  []byte // path, as it was listed; for the classes that need it
	Size  int64
	At    io.ReaderAt // may be slow: read little, in large runs
	Limit int64       // bytes that may be read at most; 0 means Size
	Salt  uint64      // keys the hashes of people, so that they cannot be guessed
}

// Result is what one piece holds.
type Result struct {
	Finds    []overgrant.Find
	Read     int64  // bytes looked into
	Complete bool   // all was looked into that its format needs
	Reason   string // why not, a short fixed phrase; empty if Complete
}

var _ = iter.Seq[int](nil)
var _ = context.Background
