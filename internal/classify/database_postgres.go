package classify

import (
	"bytes"

	"github.com/overgrant/overgrant"
)

// readPostgres reads the table of contents of an archive of pg_dump: how many
// tables have data, and the names of their columns. Rows are compressed, and
// not counted.
//
// Source: PostgreSQL, src/bin/pg_dump/pg_backup_archiver.c, ReadHead and ReadToc.
func readPostgres(m *meter, _ []byte, f *overgrant.Find) error {
	const longest = 16 << 20
	b, err := m.window(0, int(min(m.p.Size, longest)))
	if err != nil {
		return err
	}
	a := &archive{b: b[5:]}
	kinds, n := a.contents()
	tables(f, n, kinds)
	if a.bad {
		m.short = true
	}
	return nil
}

// archive is what is left to read of a table of contents.
type archive struct {
	b       []byte
	intSize int
	version int // major * 256 + minor
	bad     bool
}

func (a *archive) byte() int {
	if len(a.b) == 0 {
		a.bad = true
		return 0
	}
	c := a.b[0]
	a.b = a.b[1:]
	return int(c)
}

// number reads a sign and as many bytes as numbers have.
func (a *archive) number() int {
	sign, n := a.byte(), 0
	for i := range a.intSize {
		c := a.byte()
		if i < 7 {
			n |= c << (8 * i)
		}
	}
	if sign != 0 {
		n = -n
	}
	return n
}

// text reads a text; it is there says whether it has one.
func (a *archive) text() (s []byte, there bool) {
	n := a.number()
	if n < 0 || a.bad {
		return nil, false
	}
	if n > len(a.b) {
		a.bad = true
		return nil, false
	}
	s = a.b[:n]
	a.b = a.b[n:]
	return s, true
}

func (a *archive) since(minor int) bool { return a.version >= 256+minor }

func (a *archive) contents() (kinds columnKinds, tables int64) {
	a.version = a.byte()<<8 | a.byte()
	a.byte() // revision
	a.intSize = a.byte()
	offsetSize := a.byte()
	a.byte() // format
	if a.intSize < 1 || a.intSize > 32 || offsetSize < 1 || offsetSize > 32 || !a.since(10) {
		a.bad = true
		return 0, 0
	}
	if a.since(15) {
		a.byte() // how it is compressed
	} else {
		a.number()
	}
	for range 7 {
		a.number() // when it was made
	}
	for range 3 {
		a.text() // the database, and versions
	}
	entries := a.number()
	for ; entries > 0 && !a.bad; entries-- {
		what, copyText := a.entry()
		for range offsetSize + 1 {
			a.byte() // where the data is
		}
		if !a.bad && string(what) == "TABLE DATA" {
			tables++
			for name := range bytes.FieldsFuncSeq(copyText, func(r rune) bool { return r == '(' || r == ')' || r == ',' || r == ' ' || r == '"' }) {
				kinds |= columnKind(name)
			}
		}
	}
	return kinds, tables
}

// entry reads an entry up to what the format of the archive adds.
func (a *archive) entry() (what, copyText []byte) {
	a.number() // its number
	a.number() // whether it has data
	a.text()   // the table of objects
	a.text()   // the object
	a.text()   // its name
	what, _ = a.text()
	if a.since(11) {
		a.number() // section
	}
	a.text() // how to make it
	a.text() // how to drop it
	copyText, _ = a.text()
	a.text() // schema
	a.text() // table space
	if a.since(14) {
		a.text() // access method
	}
	if a.since(16) {
		a.number() // kind of relation
	}
	a.text() // owner
	a.text() // whether it has row ids
	for {
		if _, there := a.text(); !there || a.bad {
			return what, copyText
		}
	}
}
