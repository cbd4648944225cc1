// Package sqlite reads SQLite databases through io.ReaderAt, page by page and
// only those pages that are asked for: the schema, the number of rows of a
// table, single columns. It runs no SQL, takes no locks and writes nothing.
//
// What it does not read: the write-ahead log and the rollback journal, which
// are other files. A database in WAL mode may therefore hold rows that are not
// counted; [DB.WAL] tells.
//
// Source: "Database File Format", sqlite.org/fileformat2.html.
package sqlite

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// Errors of this package. Others are those of the ReaderAt.
var (
	ErrDamaged = errors.New("read an SQLite database: damaged")
	ErrLarge   = errors.New("read an SQLite database: it is larger than is read here")
)

// Magic begins every SQLite database that is not encrypted.
const Magic = "SQLite format 3\x00"

// Bounds of what one hostile file may cost.
const (
	maxSchema  = 10_000    // tables, indexes and the like
	maxSQL     = 256 << 10 // bytes of one statement of the schema
	maxColumns = 2_000
	maxDepth   = 40      // levels of a tree
	maxPages   = 1 << 28 // pages of the file
	maxRun     = 1 << 20 // bytes read at once
)

// DB is an open database. It is not safe for several goroutines at once.
type DB struct {
	at       io.ReaderAt
	pageSize int
	usable   int // bytes of a page that hold data
	pages    uint32
	encoding byte // 1: UTF-8, 2: UTF-16 little endian, 3: big endian
	wal      bool
	tables   []*Table
	byName   map[string]*Table

	chained int64 // pages of chains that were read, bounded

	run  []byte // pages read last
	from uint32 // the first of them
}

// Table is a table of the database.
type Table struct {
	Name    string
	Columns []string

	root    uint32
	rowid   int  // column that stands for the row id; -1 if none does
	indexed bool // WITHOUT ROWID: rows are the keys of an index tree, in another order of columns
	indexes []uint32
}

// Open reads the schema of a database of size bytes.
func Open(at io.ReaderAt, size int64) (*DB, error) {
	head := make([]byte, 100)
	if n, err := at.ReadAt(head, 0); n < len(head) {
		if err == nil || errors.Is(err, io.EOF) {
			return nil, ErrDamaged
		}
		return nil, fmt.Errorf("read an SQLite database: %w", err)
	}
	db := &DB{at: at, pageSize: int(binary.BigEndian.Uint16(head[16:])), wal: head[18] == 2 || head[19] == 2, byName: map[string]*Table{}}
	if db.pageSize == 1 {
		db.pageSize = 1 << 16
	}
	if string(head[:16]) != Magic || db.pageSize < 512 || db.pageSize&(db.pageSize-1) != 0 {
		return nil, ErrDamaged
	}
	db.usable = db.pageSize - int(head[20])
	if db.usable < 480 {
		return nil, ErrDamaged
	}
	pages := size / int64(db.pageSize)
	if pages > maxPages {
		return nil, ErrLarge
	}
	db.pages = uint32(pages)
	if db.encoding = byte(binary.BigEndian.Uint32(head[56:])); db.encoding == 0 || db.encoding > 3 {
		db.encoding = 1
	}
	return db, db.readSchema()
}

// WAL reports whether the database is written through a write-ahead log. Rows
// may then stand in a file beside it.
func (db *DB) WAL() bool { return db.wal }

// Tables returns all tables, in the order of the schema.
func (db *DB) Tables() []*Table { return db.tables }

// Table returns the table of this name, in any case of letters; nil if there is
// none.
func (db *DB) Table(name string) *Table { return db.byName[fold(name)] }

// Column returns the number of a column, -1 if there is none of this name, or if
// the table is one WITHOUT ROWID, of which only the rows can be counted.
func (t *Table) Column(name string) int {
	if t.indexed {
		return -1
	}
	name = fold(name)
	for i, c := range t.Columns {
		if fold(c) == name {
			return i
		}
	}
	return -1
}

// fold makes ASCII letters small.
func fold(s string) string {
	for i := range len(s) {
		if 'A' <= s[i] && s[i] <= 'Z' {
			b := []byte(s)
			for ; i < len(b); i++ {
				if 'A' <= b[i] && b[i] <= 'Z' {
					b[i] += 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return s
}

// page returns a page, good until the next call. ahead is how many pages behind
// it are wanted next.
func (db *DB) page(n uint32, ahead int) ([]byte, error) {
	if n == 0 || n > db.pages {
		return nil, ErrDamaged
	}
	if n >= db.from && uint64(n-db.from) < uint64(len(db.run)/db.pageSize) {
		return db.run[int(n-db.from)*db.pageSize:][:db.pageSize], nil
	}
	count := min(1+max(ahead, 0), max(maxRun/db.pageSize, 1), int(db.pages-n)+1)
	if cap(db.run) < count*db.pageSize {
		db.run = make([]byte, count*db.pageSize)
	}
	db.run, db.from = db.run[:count*db.pageSize], n
	got, err := db.at.ReadAt(db.run, int64(n-1)*int64(db.pageSize))
	if got < len(db.run) {
		db.run = db.run[:0]
		if err == nil || errors.Is(err, io.EOF) {
			return nil, ErrDamaged
		}
		return nil, fmt.Errorf("read an SQLite database: %w", err)
	}
	return db.run[:db.pageSize], nil
}
