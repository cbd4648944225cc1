package sqlite_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	_ "modernc.org/sqlite"

	"github.com/overgrant/overgrant/internal/classify/sqlite"
)

// counting counts what is read.
type counting struct {
	io.ReaderAt
	read, calls int64
}

func (c *counting) ReadAt(b []byte, off int64) (int, error) {
	n, err := c.ReaderAt.ReadAt(b, off)
	c.read += int64(n)
	c.calls++
	return n, err
}

// made returns the bytes of a database that the statements make.
func made(t testing.TB, statements ...string) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 20000) "

func TestCount(t *testing.T) {
	tests := []struct {
		name   string
		make   []string
		want   int64
		at     string
		little int64 // percent of the file that may be read; 0 for all
	}{
		{"empty", []string{"CREATE TABLE m(a)"}, 0, "m", 0},
		{"one_page", []string{"CREATE TABLE m(a)", "INSERT INTO m VALUES (1),(2),(3)"}, 3, "m", 0},
		{"many_pages", []string{"CREATE TABLE m(a INTEGER PRIMARY KEY, b TEXT)", many + "INSERT INTO m(b) SELECT hex(randomblob(40)) FROM n"}, 20000, "m", 0},
		{"by_the_index", []string{"CREATE TABLE m(a INTEGER PRIMARY KEY, b TEXT, c INT)", "CREATE INDEX k ON m(c)", many + "INSERT INTO m(b,c) SELECT hex(randomblob(200)), i FROM n"}, 20000, "M", 6},
		{"index_with_condition", []string{"CREATE TABLE m(a, c)", "CREATE INDEX k ON m(c) WHERE c > 5", "INSERT INTO m VALUES (1,1),(2,9)"}, 2, "m", 0},
		{"long_rows", []string{"CREATE TABLE m(b)", "INSERT INTO m VALUES (randomblob(100000)),(randomblob(200000)),('x')"}, 3, "m", 10},
		{"without_rowid", []string{"CREATE TABLE m(a TEXT PRIMARY KEY, b) WITHOUT ROWID", many + "INSERT INTO m SELECT hex(i), i FROM n"}, 20000, "m", 0},
		{"small_pages", []string{"PRAGMA page_size=512", "CREATE TABLE m(a, b)", many + "INSERT INTO m SELECT i, hex(i) FROM n"}, 20000, "m", 0},
		{"large_pages", []string{"PRAGMA page_size=65536", "CREATE TABLE m(a, b)", many + "INSERT INTO m SELECT i, hex(i) FROM n"}, 20000, "m", 0},
		{"after_deletes", []string{"CREATE TABLE m(a, b)", many + "INSERT INTO m SELECT i, hex(randomblob(30)) FROM n", "DELETE FROM m WHERE a % 3 = 0"}, 13334, "m", 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := made(t, test.make...)
			at := &counting{ReaderAt: bytes.NewReader(b)}
			db, err := sqlite.Open(at, int64(len(b)))
			if err != nil {
				t.Fatal(err)
			}
			got, err := db.Count(context.Background(), db.Table(test.at))
			if got != test.want || err != nil {
				t.Errorf("Count() = %d, %v; want %d", got, err, test.want)
			}
			if test.little > 0 && at.read > int64(len(b))*test.little/100 {
				t.Errorf("read %d of %d bytes", at.read, len(b))
			}
			if at.calls > 12+int64(len(b))/(64<<10) {
				t.Errorf("%d reads for %d bytes of %d", at.calls, at.read, len(b))
			}
		})
	}
}

func TestRows(t *testing.T) {
	for _, encoding := range []string{"UTF-8", "UTF-16le", "UTF-16be"} {
		t.Run(encoding, func(t *testing.T) {
			b := made(t, "PRAGMA encoding='"+encoding+"'",
				"CREATE TABLE \"odd, name\" (id INTEGER PRIMARY KEY, -- a, comment\n [long one] BLOB, name TEXT NOT NULL DEFAULT 'a,b', /* x, y */ n REAL, `neg` INT, CHECK (neg < 5), UNIQUE(name))",
				"INSERT INTO \"odd, name\" VALUES (7, randomblob(20000), 'Grüße 例', 2.5, -300), (9, NULL, 'plain', 3, 0)",
				"ALTER TABLE \"odd, name\" ADD COLUMN later TEXT")
			db, err := sqlite.Open(bytes.NewReader(b), int64(len(b)))
			if err != nil {
				t.Fatal(err)
			}
			table := db.Table("ODD, NAME")
			if got, want := fmt.Sprintf("%q", table.Columns), `["id" "long one" "name" "n" "neg" "later"]`; got != want {
				t.Fatalf("Columns = %s; want %s", got, want)
			}
			var got string
			for row, err := range db.Rows(context.Background(), table, table.Column("ID"), table.Column("name"), table.Column("n"), table.Column("neg"), table.Column("later"), table.Column("absent")) {
				if err != nil {
					t.Fatal(err)
				}
				got += fmt.Sprintf("%d %s %v/%d %d %d %d;", row[0].Integer, db.String(row[1]), row[2].Real, row[2].Integer, row[3].Integer, row[4].Kind, row[5].Kind)
			}
			if want := "7 Grüße 例 2.5/0 -300 0 0;9 plain 3/0 0 0 0;"; got != want {
				t.Errorf("Rows() = %q; want %q", got, want)
			}
		})
	}
}

func TestWAL(t *testing.T) {
	b := made(t, "PRAGMA journal_mode=WAL", "CREATE TABLE m(a)")
	db, err := sqlite.Open(bytes.NewReader(b), int64(len(b)))
	if err != nil || !db.WAL() {
		t.Errorf("WAL() = false, %v", err)
	}
}

func TestCut(t *testing.T) {
	b := made(t, "CREATE TABLE m(a, b)", many+"INSERT INTO m SELECT i, hex(randomblob(100)) FROM n")
	db, err := sqlite.Open(bytes.NewReader(b[:len(b)/2]), int64(len(b)/2))
	if err != nil {
		t.Fatal(err)
	}
	n, err := db.Count(context.Background(), db.Table("m"))
	if n == 0 || n >= 20000 || !errors.Is(err, sqlite.ErrDamaged) {
		t.Errorf("Count() of half a file = %d, %v; want some, and that it is damaged", n, err)
	}
}

// walkAll reads all there is.
func walkAll(b []byte) (rows int64, err error) {
	db, err := sqlite.Open(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return 0, err
	}
	for _, table := range db.Tables() {
		n, _ := db.Count(context.Background(), table)
		rows += n
		for row, err := range db.Rows(context.Background(), table, 0, 1, 2, 3) {
			if err != nil {
				break
			}
			_ = db.String(row[0])
		}
	}
	return rows, nil
}

func FuzzSQLite(f *testing.F) {
	f.Add(made(f, "PRAGMA page_size=512", "CREATE TABLE m(a, b)", "CREATE INDEX k ON m(b)", "INSERT INTO m VALUES (1, randomblob(2000)), ('x', 2.5), (NULL, -1)", "CREATE TABLE w(a PRIMARY KEY) WITHOUT ROWID"))
	small := made(f, "PRAGMA page_size=512", "CREATE TABLE m(a)", "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 900) INSERT INTO m SELECT hex(i) FROM n")
	f.Add(small)
	f.Add([]byte(sqlite.Magic))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 1<<16 {
			return
		}
		if rows, _ := walkAll(b); rows > int64(len(b)) {
			t.Errorf("%d rows in %d bytes", rows, len(b))
		}
	})
}
