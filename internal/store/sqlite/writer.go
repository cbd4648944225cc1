package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/overgrant/overgrant/internal/store"
)

// writer is the one goroutine that writes. Puts that wait while a transaction
// is on its way are carried out together in the next, so many small ones cost
// one commit, and a lone one waits for nothing.
type writer struct {
	db       *DB
	pool     *sql.DB
	conn     *sql.Conn
	requests chan *request
	ending   sync.Once
	closing  chan struct{}
	closed   chan struct{}
	prepared map[string]*sql.Stmt
	synced   bool // commits are written through
}

// request is one Put on its way.
type request struct {
	ctx   context.Context
	apply func(*writing) error
	size  int64      // bytes, about
	lasts bool       // is on the disk when it is answered, whatever befalls the power
	done  chan error // takes one answer
}

// A transaction takes no more than this in.
const (
	maxTogether      = 4096     // puts
	maxTogetherBytes = 32 << 20 // bytes; one put may be larger
)

// glance is how long one attempt waits for another program's lock; between
// attempts a caller that gave up is let go.
const glance = 250 * time.Millisecond

func newWriter(ctx context.Context, db *DB) (*writer, error) {
	// A transaction of inventories is many megabytes: the log may grow to 64 MB
	// before it is copied into the file.
	pool, err := connect(db.path, "synchronous(NORMAL)", db.options.Patience)
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(1)
	w := &writer{
		db: db, pool: pool, requests: make(chan *request),
		closing: make(chan struct{}), closed: make(chan struct{}), prepared: map[string]*sql.Stmt{},
	}
	if w.conn, err = pool.Conn(ctx); err == nil {
		err = w.begin(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	go w.run()
	return w, nil
}

// begin makes the file a store.
func (w *writer) begin(ctx context.Context) error {
	if _, err := version(ctx, w.conn); err != nil { // before anything is changed
		return err
	}
	for _, s := range []string{
		fmt.Sprintf("PRAGMA page_size = %d", pageSize),
		"PRAGMA journal_mode = WAL",
		fmt.Sprintf("PRAGMA wal_autocheckpoint = %d", logSize/pageSize),
		fmt.Sprintf("PRAGMA journal_size_limit = %d", logSize),
	} {
		if _, err := w.conn.ExecContext(ctx, s); err != nil {
			return err
		}
	}
	if err := migrate(ctx, w.conn); err != nil {
		return err
	}
	_, err := w.conn.ExecContext(ctx, fmt.Sprintf("PRAGMA busy_timeout = %d", glance.Milliseconds()))
	return err
}

const (
	pageSize = 16 << 10 // bytes; inventories are large
	logSize  = 64 << 20 // bytes of the write-ahead log before it is copied
)

// put hands work to the writer and waits until it is on record or undone.
func (w *writer) put(ctx context.Context, r *request) error {
	r.ctx, r.done = ctx, make(chan error, 1)
	select {
	case <-w.closing: // first: the other ways may be open too
		return store.ErrClosed
	case <-ctx.Done():
		return context.Cause(ctx)
	default:
	}
	select {
	case w.requests <- r:
		return told(<-r.done)
	case <-w.closing:
		return store.ErrClosed
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (w *writer) run() {
	defer close(w.closed)
	for {
		select {
		case r := <-w.requests:
			w.together(w.gather(r))
		case <-w.closing:
			return
		}
	}
}

// gather takes in what waits.
func (w *writer) gather(first *request) []*request {
	batch, size := []*request{first}, first.size
	for len(batch) < maxTogether && size < maxTogetherBytes {
		select {
		case r := <-w.requests:
			batch = append(batch, r)
			size += r.size
		default:
			return batch
		}
	}
	return batch
}

// together carries out a batch in one transaction. If one of it fails, each is
// carried out alone, so that it fails alone.
func (w *writer) together(batch []*request) {
	batch = living(batch)
	if len(batch) == 0 {
		return
	}
	err := w.transact(batch)
	if err != nil && len(batch) > 1 && !busy(err) {
		for _, r := range batch {
			if one := living([]*request{r}); len(one) > 0 {
				r.done <- w.transact(one)
			}
		}
		return
	}
	for _, r := range batch {
		r.done <- err
	}
}

// living answers those of the requests whose caller has gone, and returns the
// others.
func living(batch []*request) []*request {
	var left []*request
	for _, r := range batch {
		if r.ctx.Err() != nil {
			r.done <- context.Cause(r.ctx)
			continue
		}
		left = append(left, r)
	}
	return left
}

// transact carries out all requests or none.
func (w *writer) transact(batch []*request) (err error) {
	if err := w.sync(batch); err != nil {
		return err
	}
	if err := w.lock(batch); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_, _ = w.conn.ExecContext(context.Background(), "ROLLBACK") // may be done already
		}
	}()
	t := &writing{writer: w, cases: map[string]*touched{}, rounds: map[int64]bool{}, runs: map[string]bool{}}
	for _, r := range batch {
		if err := r.apply(t); err != nil {
			return err
		}
	}
	if err := t.settle(); err != nil {
		return err
	}
	_, err = w.conn.ExecContext(context.Background(), "COMMIT")
	return err
}

// sync says whether the next commit is written through to the disk. Inside a
// transaction that cannot be said any more.
func (w *writer) sync(batch []*request) error {
	lasts := slices.ContainsFunc(batch, func(r *request) bool { return r.lasts })
	if lasts == w.synced {
		return nil
	}
	level := "NORMAL"
	if lasts {
		level = "FULL"
	}
	if _, err := w.conn.ExecContext(context.Background(), "PRAGMA synchronous = "+level); err != nil {
		return err
	}
	w.synced = lasts
	return nil
}

// lock begins a transaction. It waits for another program's, but not longer
// than the store's patience, and not for callers who have all gone.
func (w *writer) lock(batch []*request) error {
	deadline := time.Now().Add(w.db.options.Patience)
	for {
		_, err := w.conn.ExecContext(context.Background(), "BEGIN IMMEDIATE")
		if err == nil || !busy(err) || time.Now().After(deadline) {
			return err
		}
		waiting := false
		for _, r := range batch {
			waiting = waiting || r.ctx.Err() == nil
		}
		if !waiting {
			return context.Cause(batch[0].ctx)
		}
	}
}

// closeLoop ends the goroutine. A second call does nothing.
func (w *writer) closeLoop() {
	w.ending.Do(func() { close(w.closing) })
	<-w.closed
}

func (w *writer) close() error {
	w.closeLoop()
	for _, s := range w.prepared {
		_ = s.Close()
	}
	return errors.Join(w.conn.Close(), w.pool.Close())
}

// writing is a transaction on its way.
type writing struct {
	*writer
	cases  map[string]*touched // by id
	rounds map[int64]bool      // that got shards
	runs   map[string]bool     // that are there
}

// touched is a case that the transaction says something of.
type touched struct {
	no        int64
	standings map[string]bool // runs that have a row
}

// exec carries out a statement, prepared once. The context is the background:
// a cancelled statement would leave half a transaction, and to be able to cancel
// costs a goroutine for each statement.
func (t *writing) exec(query string, args ...any) (sql.Result, error) {
	s, err := t.statement(query)
	if err != nil {
		return nil, err
	}
	return s.ExecContext(context.Background(), args...)
}

// row reads one row. found is false where there is none.
func (t *writing) row(query string, args []any, into ...any) (found bool, err error) {
	s, err := t.statement(query)
	if err != nil {
		return false, err
	}
	err = s.QueryRowContext(context.Background(), args...).Scan(into...)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

func (t *writing) statement(query string) (*sql.Stmt, error) {
	if s := t.prepared[query]; s != nil {
		return s, nil
	}
	s, err := t.conn.PrepareContext(context.Background(), query)
	if err != nil {
		return nil, err
	}
	t.prepared[query] = s
	return s, nil
}
