package sqlite_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/store"
	"github.com/overgrant/overgrant/internal/store/sqlite"
	"github.com/overgrant/overgrant/internal/store/storetest"
)

// raw opens the file as any program could.
func raw(t testing.TB, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func execute(t testing.TB, db *sql.DB, query string) {
	t.Helper()
	if _, err := db.Exec(query); err != nil {
		t.Fatalf("%.60s: %v", query, err)
	}
}

// script reads a migration.
func script(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("migrations", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestOpenRefusesWhatIsNoStore(t *testing.T) {
	tests := []struct {
		name string
		make func(t *testing.T, path string)
		want error
	}{
		{"text", func(t *testing.T, path string) { write(t, path, "a,b,c\n1,2,3\n") }, store.ErrForeign},
		{"short_text", func(t *testing.T, path string) { write(t, path, "a") }, store.ErrForeign},
		{"only_the_first_line_of_a_database", func(t *testing.T, path string) {
			write(t, path, "SQLite format 3\x00"+strings.Repeat("x", 5000))
		}, store.ErrForeign},
		{"a_folder", func(t *testing.T, path string) {
			if err := os.Mkdir(path, 0o700); err != nil {
				t.Fatal(err)
			}
		}, store.ErrForeign},
		{"another_program's_database", func(t *testing.T, path string) {
			execute(t, raw(t, path), "CREATE TABLE bookmarks (url TEXT)")
		}, store.ErrForeign},
		{"another_program's_mark", func(t *testing.T, path string) {
			execute(t, raw(t, path), "PRAGMA application_id = 77; PRAGMA user_version = 1; CREATE TABLE a (b)")
		}, store.ErrForeign},
		{"a_newer_version", func(t *testing.T, path string) {
			open(t, filepath.Dir(path))
			execute(t, raw(t, path), "PRAGMA user_version = 99")
		}, store.ErrNewer},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "store.db")
			tt.make(t, path)
			before, _ := os.ReadFile(path)
			s, err := sqlite.Open(t.Context(), path, sqlite.Options{})
			if !errors.Is(err, tt.want) {
				t.Fatalf("Open() = %v; want %v", err, tt.want)
			}
			if s != nil {
				t.Error("Open() gives a store and an error")
			}
			if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
				t.Error("the file was changed")
			}
		})
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestOpenExisting(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	if _, err := sqlite.Open(t.Context(), path, sqlite.Options{Existing: true}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Open(no file) = %v; want %v", err, os.ErrNotExist)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("the file was made")
	}
}

func TestFileIsItsOwnersAlone(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("modes say nothing")
	}
	folder := filepath.Join(t.TempDir(), "a ? #%20 b")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	s := open(t, folder)
	put(t, s, wide(0, 1, nil))
	files, err := os.ReadDir(folder)
	if err != nil || len(files) < 2 {
		t.Fatalf("%d files, %v; want the store and its log", len(files), err)
	}
	for _, f := range files {
		if info, err := f.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v; want 0600", f.Name(), info.Mode())
		}
	}
	if !sqlite.Is(filepath.Join(folder, "store.db")) || sqlite.Is(folder) || sqlite.Is(filepath.Join(folder, "none")) {
		t.Error("Is() takes something else for a store")
	}
}

func put(t testing.TB, s store.Store, ms ...overgrant.Message) {
	t.Helper()
	if err := s.Put(context.Background(), benchRun, ms...); err != nil {
		t.Fatal(err)
	}
}

// TestMigrates opens stores of each older version with a case in them.
func TestMigrates(t *testing.T) {
	const fill = `INSERT INTO runs (id) VALUES ('` + benchRun + `');
		INSERT INTO cases (no, id, severity, status, rank) VALUES (1, 'a1a1a1', 4, 'live_shape', 0);
		INSERT INTO events (no, case_no, run, sort, digest, body) VALUES
			(1, 1, '` + benchRun + `', 'found', x'01', '{"id":"a1a1a1","text":"…","grant":{"kind":"account_sas","account":"contoso"}}'),
			(2, 1, '` + benchRun + `', 'judged', x'02', '{"id":"a1a1a1","status":"live_shape","verdict":{"severity":"high"}}');
		UPDATE cases SET link = 1, judged = 2;
		INSERT INTO standings (case_no, run, judged) VALUES (1, '` + benchRun + `', 2);`
	for version, scripts := range [][]string{{"0001_cases.sql"}, {"0001_cases.sql", "0002_measurements.sql"}} {
		folder := t.TempDir()
		db := raw(t, filepath.Join(folder, "store.db"))
		for _, name := range scripts {
			execute(t, db, script(t, name))
		}
		execute(t, db, fill)
		execute(t, db, "PRAGMA application_id = 0x6f766772; PRAGMA user_version = "+string(rune('1'+version)))
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		s := open(t, folder)
		c, err := s.Case(t.Context(), "a1a1")
		if err != nil || c.Link.Grant.Account != "contoso" || c.Verdict.Severity != overgrant.High {
			t.Errorf("version %d: Case() = %+v, %v; want the case as it was", version+1, c, err)
		}
		m := wide(0, 3, []byte("x"))
		m.Measured.ID = "a1a1a1"
		put(t, s, m)
		if err := s.PutSealed(t.Context(), store.Sealed{Case: "a1a1a1", Recipient: "r", Name: "n", Blob: []byte("b")}); err != nil {
			t.Error(err)
		}
		if c, err := s.Case(t.Context(), "a1a1"); err != nil || len(c.Reach.Areas) != 3 {
			t.Errorf("version %d: Case() = %v; want it measured", version+1, err)
		}
	}
}

// TestMigrationThatFails leaves the store as it was, and goes on the next time.
func TestMigrationThatFails(t *testing.T) {
	folder := t.TempDir()
	db := raw(t, filepath.Join(folder, "store.db"))
	execute(t, db, script(t, "0001_cases.sql")+"; CREATE TABLE inventory (a); PRAGMA application_id = 0x6f766772; PRAGMA user_version = 1")
	if _, err := sqlite.Open(t.Context(), filepath.Join(folder, "store.db"), sqlite.Options{}); err == nil || !strings.Contains(err.Error(), "version 2") {
		t.Fatalf("Open() = %v; want it to say which version cannot be reached", err)
	}
	var tables int
	if err := db.QueryRow("SELECT count(*) FROM sqlite_schema WHERE name = 'rounds'").Scan(&tables); err != nil || tables != 0 {
		t.Errorf("%d tables of the version that failed, %v; want none", tables, err)
	}
	execute(t, db, "DROP TABLE inventory")
	put(t, open(t, folder), wide(0, 3, []byte("x")))
}

func TestRowsAreOnlyAdded(t *testing.T) {
	folder := t.TempDir()
	s := open(t, folder)
	put(t, s, wide(0, 1, []byte("x")), overgrant.Message{Measured: &overgrant.Measured{ID: benchCase, Round: "2", Finds: []overgrant.Find{{Class: "a"}}}})
	if err := s.PutSealed(t.Context(), store.Sealed{Case: benchCase, Recipient: "r", Name: "n", Blob: []byte("b")}); err != nil {
		t.Fatal(err)
	}
	db := raw(t, filepath.Join(folder, "store.db"))
	for _, query := range []string{
		"DELETE FROM events", "UPDATE events SET body = '{}'", "DELETE FROM cases", "DELETE FROM measurements",
		"DELETE FROM finds", "DELETE FROM inventory", "DELETE FROM sealed", "UPDATE sealed SET blob = x''",
	} {
		if _, err := db.Exec(query); err == nil || !strings.Contains(err.Error(), "never") {
			t.Errorf("%s: %v; want it refused", query, err)
		}
	}
	for _, view := range []string{"grants", "places", "history", "exposures"} {
		if _, err := db.Exec("SELECT * FROM " + view); err != nil {
			t.Errorf("view %s: %v", view, err)
		}
	}
}

// TestDamage overwrites parts of a store: each call works or says that it is
// damaged.
func TestDamage(t *testing.T) {
	folder := t.TempDir()
	s := open(t, folder)
	for n := range 200 {
		put(t, s, wide(n, 100, make([]byte, 1000)), overgrant.Message{Seen: &overgrant.Seen{ID: benchCase, Sighting: overgrant.Sighting{Line: n, Commit: string(rune(n + 32))}}})
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "store.db")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	for at := 100; at < len(whole); at += len(whole) / 20 {
		broken := bytes.Clone(whole)
		for i := at; i < min(at+4000, len(broken)); i++ {
			broken[i] ^= 0xa5
		}
		replace(t, path, broken)
		err := readAll(path)
		if err == nil { // the bytes of an inventory, or unused
			continue
		}
		told++
		if !errors.Is(err, store.ErrDamaged) && !errors.Is(err, store.ErrForeign) {
			t.Errorf("damage at %d: %v; want %v", at, err, store.ErrDamaged)
		}
	}
	if told < 5 {
		t.Errorf("%d of 20 damages are told", told)
	}
	for _, cut := range []int{len(whole) / 2, 4096, 101} {
		replace(t, path, whole[:cut])
		if err := readAll(path); err == nil {
			t.Errorf("a store cut to %d of %d bytes is read without an error", cut, len(whole))
		}
	}
}

// replace writes another database in place of one, and none of its log.
func replace(t *testing.T, path string, data []byte) {
	t.Helper()
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
	write(t, path, string(data))
}

// readAll reads all of a store and writes to it, and returns the first error.
func readAll(path string) error {
	ctx := context.Background()
	s, err := sqlite.Open(ctx, path, sqlite.Options{Now: storetest.Now})
	if err != nil {
		return err
	}
	_, err = s.Case(ctx, benchCase[:6])
	for _, e := range s.Cases(ctx, store.Filter{}) {
		err = errors.Join(err, e)
	}
	for _, e := range s.Events(ctx, benchCase) {
		err = errors.Join(err, e)
	}
	for _, e := range s.Shards(ctx, benchCase, benchRound, store.Want{Exposure: true, Finds: true, Candidates: true, Gaps: true}) {
		err = errors.Join(err, e)
	}
	for _, e := range s.Inventory(ctx, benchCase, benchRound) {
		err = errors.Join(err, e)
	}
	for _, e := range s.Frontier(ctx, benchCase, benchRound) {
		err = errors.Join(err, e)
	}
	return errors.Join(err, s.Put(ctx, benchRun, wide(1000, 10, nil)), s.Close())
}

// TestHeldByAnother has another program in the middle of a transaction.
func TestHeldByAnother(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "store.db")
	s, err := sqlite.Open(t.Context(), path, sqlite.Options{Patience: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	c, err := raw(t, path).Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.ExecContext(t.Context(), "BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	if err := s.Put(t.Context(), benchRun, wide(0, 1, nil)); !errors.Is(err, store.ErrBusy) {
		t.Errorf("Put() = %v; want %v", err, store.ErrBusy)
	}
	if _, err := s.Total(t.Context(), benchCase, benchRound); err != nil {
		t.Errorf("Total() = %v; want reading to go on", err)
	}
	if _, err := c.ExecContext(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	put(t, s, wide(0, 1, nil))
}

// TestCallerWhoGaveUp is let go while another program holds the file.
func TestCallerWhoGaveUp(t *testing.T) {
	folder := t.TempDir()
	s := open(t, folder)
	c, err := raw(t, filepath.Join(folder, "store.db")).Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.ExecContext(t.Context(), "BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := s.Put(ctx, benchRun, wide(0, 1, nil)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Put() = %v; want %v", err, context.DeadlineExceeded)
	}
	if _, err := c.ExecContext(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	put(t, s, wide(1, 1, nil))
	if total, err := s.Total(t.Context(), benchCase, benchRound); err != nil || total.Areas["container1/folder-000"+"00"] == nil || len(total.Areas) != 1 {
		t.Errorf("Total() = %v, %v; want the second shard alone", total, err)
	}
}

// TestReadOnlyFolder says why nothing can be written.
func TestReadOnlyFolder(t *testing.T) {
	_, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "none", "store.db"), sqlite.Options{})
	if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "open the store") {
		t.Errorf("Open(no folder) = %v; want it to say so", err)
	}
}

// TestManyShardsStaySmall measures what a measure of 10,000 shards leaves
// behind, and that reading it needs little.
func TestManyShardsStaySmall(t *testing.T) {
	if testing.Short() {
		t.Skip("writes 10,000 shards")
	}
	folder := t.TempDir()
	s := open(t, folder)
	for n := 0; n < 10_000; n += 50 {
		ms := make([]overgrant.Message, 50)
		for i := range ms {
			ms[i] = wide(n+i, 20, []byte("x"))
		}
		put(t, s, ms...)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	c, err := s.Case(t.Context(), benchCase)
	runtime.ReadMemStats(&after)
	if err != nil || c.Reach == nil {
		t.Fatal(err)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 100<<20 {
		t.Errorf("reading the case allocated %d MB in all; want less than 100", used>>20)
	}
	n := 0
	for g, err := range s.Inventory(t.Context(), benchCase, benchRound) {
		if err != nil || len(g.Data) != 1 {
			t.Fatal(err)
		}
		n++
	}
	if n != 10_000 {
		t.Errorf("%d segments; want 10000", n)
	}
	t.Logf("10,000 shards take %d MB", size(t, folder)>>20)
}

// FuzzOpen gives the driver files of strangers.
func FuzzOpen(f *testing.F) {
	folder := f.TempDir()
	s := open(f, folder)
	put(f, s, wide(0, 3, []byte("x")))
	if err := s.Close(); err != nil {
		f.Fatal(err)
	}
	whole, err := os.ReadFile(filepath.Join(folder, "store.db"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte{}, 0)
	f.Add([]byte("SQLite format 3\x00"), 0)
	f.Add([]byte{0xff, 0xff}, len(whole)/2)
	f.Add([]byte{0, 0, 0, 0}, 100)
	path := filepath.Join(folder, "fuzzed.db")
	f.Fuzz(func(t *testing.T, patch []byte, at int) {
		data := patch
		if at > 0 {
			data = bytes.Clone(whole)
			copy(data[at%len(data):], patch)
		}
		replace(t, path, data)
		_ = readAll(path) // any error, but no panic and no hang
	})
}
