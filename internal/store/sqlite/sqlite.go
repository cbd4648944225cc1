// Package sqlite is the store in one file of a user's machine: SQLite, without
// cgo.
//
// One goroutine writes; what many put at once goes into one transaction. The
// file is in WAL mode and not synced at every commit: what Put stored survives
// the end of the process at any moment, kill -9 included, because the operating
// system holds it by then. After a loss of power the last seconds may be
// missing, all of a Put or nothing of it, and the file stays whole. Journals of
// closing and the ledger are synced: what was done to an account cannot be found
// out again by scanning. Two programs
// may use one file at once; each waits for the other. The file must not be on a
// network file system, where SQLite cannot lock.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/overgrant/overgrant/internal/store"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Options says how a store is opened. The zero value is right for a program.
type Options struct {
	Now      func() time.Time // moment up to which exposure is counted; nil takes the clock
	Patience time.Duration    // how long to wait for another program that writes; 0 means 30 seconds
	Existing bool             // do not make a store that is not there
}

// DB is a store. It may be used by many goroutines at once.
type DB struct {
	path    string
	options Options
	read    *sql.DB
	writer  *writer
	squeeze *zstd.Encoder
	expand  *zstd.Decoder

	closing sync.Once
	ended   error
}

var _ store.Store = (*DB)(nil)

const (
	readers     = 4       // connections that read
	maxExpanded = 1 << 30 // of one packed column, in bytes
)

// Open opens the store in the file path and makes it, for its owner alone, if it
// is not there. It brings one of an older version up to date. It fails with
// store.ErrForeign where the file is none, and store.ErrNewer where a newer
// version made it. The caller closes the store.
func Open(ctx context.Context, path string, o Options) (*DB, error) {
	db, err := open(ctx, path, o)
	if err != nil {
		return nil, fmt.Errorf("open the store %s: %w", path, told(err))
	}
	return db, nil
}

func open(ctx context.Context, path string, o Options) (*DB, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Patience == 0 {
		o.Patience = 30 * time.Second
	}
	if err := prepare(path, o); err != nil {
		return nil, err
	}
	db := &DB{path: path, options: o}
	var err error
	if db.squeeze, err = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(2), zstd.WithWindowSize(1<<20), zstd.WithLowerEncoderMem(true)); err != nil {
		return nil, err
	}
	if db.expand, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(2), zstd.WithDecoderMaxMemory(maxExpanded)); err != nil {
		return nil, err
	}
	if db.writer, err = newWriter(ctx, db); err != nil {
		return nil, err
	}
	if db.read, err = connect(path, "query_only(1)", o.Patience); err != nil {
		return nil, errors.Join(err, db.writer.close())
	}
	db.read.SetMaxOpenConns(readers)
	db.read.SetMaxIdleConns(readers)
	return db, nil
}

// magic is how every SQLite file begins. Source: sqlite.org/fileformat2.html
// section 1.3.
const magic = "SQLite format 3\x00"

// Is reports whether a file is a database of SQLite. Whose it is, Open tells.
func Is(path string) bool {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() { // reading a pipe would take from it
		return false
	}
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, len(magic))
	_, err = io.ReadFull(f, head)
	return err == nil && string(head) == magic
}

// prepare makes the file if it is not there and refuses what is no SQLite file.
func prepare(path string, o Options) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) && !o.Existing {
		f, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	}
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%w: not a file", store.ErrForeign)
	}
	head := make([]byte, len(magic))
	n, err := io.ReadFull(f, head)
	switch {
	case errors.Is(err, io.EOF): // empty: just made
		return nil
	case err != nil && !errors.Is(err, io.ErrUnexpectedEOF):
		return err
	case string(head[:n]) != magic:
		return store.ErrForeign
	}
	return nil
}

// connect returns a pool of connections to the file.
func connect(path, pragma string, patience time.Duration) (*sql.DB, error) {
	full, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	name := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(full)}
	if !strings.HasPrefix(name.Path, "/") { // C:/...
		name.Path = "/" + name.Path
	}
	q := url.Values{}
	for _, p := range []string{
		fmt.Sprintf("busy_timeout(%d)", patience.Milliseconds()),
		"trusted_schema(0)", "cell_size_check(1)", "foreign_keys(0)", pragma,
	} {
		q.Add("_pragma", p)
	}
	name.RawQuery = q.Encode()
	return sql.Open("sqlite", name.String())
}

// Close waits for what is being put and lets the file go.
func (db *DB) Close() error {
	db.closing.Do(func() {
		db.ended = errors.Join(db.writer.close(), db.read.Close())
		db.expand.Close()
	})
	return db.ended
}

// told gives an error of SQLite its name in the contract.
func told(err error) error {
	var e *sqlite.Error
	if errors.Is(err, sql.ErrConnDone) || err != nil && strings.HasSuffix(err.Error(), "sql: database is closed") {
		return store.ErrClosed
	}
	if !errors.As(err, &e) {
		return err
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return store.ErrBusy
	case sqlite3.SQLITE_CORRUPT:
		return fmt.Errorf("%w: %w", store.ErrDamaged, err)
	case sqlite3.SQLITE_NOTADB:
		return store.ErrForeign
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM:
		return store.ErrReadOnly
	case sqlite3.SQLITE_FULL:
		return store.ErrFull
	case sqlite3.SQLITE_INTERRUPT:
		return context.Canceled
	}
	return err
}

// busy reports whether another program holds the file.
func busy(err error) bool { return errors.Is(told(err), store.ErrBusy) }
