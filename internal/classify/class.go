// Package classify tells sensitive data by its name and by its content. Each
// class is a value in a file of its own; [All] lists them.
//
// Names come first and cost next to nothing: [Named] looks at millions a
// second. Content is read only where somebody decided that it is worth it, with
// [Content]. What is found never leaves the package: a find has a class, a
// count and a masked hint.
//
// The package opens no archives, no disk images and no model files; it only
// says that a name looks like one. It does not look for storage links.
package classify

import (
	"context"
	"io"

	"github.com/overgrant/overgrant"
)

// Class is one sort of sensitive data. Classes are values without state; many
// goroutines may use them at once.
type Class struct {
	Name     string // one word with underscores: private_key
	Title    string // as a summary counts it, plural: private keys
	Doc      string // what it is and how it is told, in a sentence or two
	Severity overgrant.Severity
	Unit     string // what Count of its finds counts, plural: keys, messages

	// Root returns how much of a name stands for the one thing of which the file
	// is a part, so that things are counted and not their files: the backup of a
	// machine. Nil where each file is one.
	Root func(name []byte) []byte

	Names []Shape // the names that suggest it; none where only content tells
}

// Shape is a form of names.
type Shape struct {
	// Globs are forms of names, any of which may fit. A glob fits at any depth:
	// "id_rsa" is a file anywhere, ".ssh/id_*" one in such a folder, and
	// "AppData/**" all that lies below one. A * stands for any text within one
	// part of a path, ** for any number of parts. ASCII case does not matter.
	Globs []string

	Look  Look  // how what is so named is worth reading; zero means as its ending says
	Least int64 // bytes; what is smaller is not meant. A size that is unknown fits
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
	Never     Look = iota // pictures, video, programs: nothing to look for
	Text                  // text in which secrets, links and personal data may stand
	Structure             // a format with a structure: SQLite, LevelDB, key stores
	Container             // an archive: its members are pieces of their own
	Disk                  // a disk image: its files are pieces of their own
	Model                 // a model file
)

// Piece is what Content looks at.
type Piece struct {
	Place overgrant.Place
	Name  []byte // path, as it was listed; for the classes that need it
	Size  int64
	At    io.ReaderAt // may be slow: it is read little, in large runs
	Limit int64       // bytes that may be read at most; 0 means Size
	Salt  uint64      // keys the hashes of people, so that they cannot be guessed
}

// Result is what one piece holds.
type Result struct {
	Finds    []overgrant.Find
	Read     int64  // bytes looked into
	Complete bool   // all was looked into that its format needs
	Reason   string // why not, one of the reasons of this package; empty if Complete
}

// Reader reads one structured format. Readers are values without state; many
// goroutines may use them at once.
type Reader struct {
	Name string // one short word: sqlite
	Doc  string // what is read of it, in a sentence

	// Sniff reports whether a piece that begins with head, its first HeadSize
	// bytes or all there are, is of the format. A yes should rest on the bytes;
	// name, the path as it was listed, is for formats that have no magic.
	Sniff func(head, name []byte) bool

	// Read looks into a piece of which Sniff said yes. Errors are those of ctx
	// and of p.At; bad input is none, but a Result with a Reason. Where it finds
	// that the format is another one after all, it fails with ErrOther.
	Read func(ctx context.Context, p Piece) (Result, error)
}

// HeadSize says how many bytes Sniff of a Reader gets to see.
const HeadSize = 4096

// Find makes a find of the class in the piece.
func (c *Class) Find(p Piece, count int64) overgrant.Find {
	return overgrant.Find{
		Class: c.Name, Severity: c.Severity, Unit: c.Unit,
		Place: p.Place, Bytes: p.Size, Count: count,
	}
}
