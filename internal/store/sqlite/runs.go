package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"iter"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/store"
)

// Runs yields the runs, the latest first.
func (db *DB) Runs(ctx context.Context) iter.Seq2[store.Run, error] {
	before := "\U0010ffff"
	return pages(func() ([]store.Run, error) {
		page, err := rows(ctx, db.read, scanRun, `SELECT id, start, summary,
				(SELECT count(*) FROM standings s WHERE s.run = r.id AND s.dropped = 0),
				(SELECT count(*) FROM skipped k WHERE k.run = r.id AND k.benign = 0)
			FROM runs r WHERE id < ? ORDER BY id DESC LIMIT ?`, before, pageRows)
		if len(page) > 0 {
			before = page[len(page)-1].ID
		}
		return page, err
	})
}

func scanRun(r *sql.Rows) (n store.Run, err error) {
	var start, summary []byte
	if err := r.Scan(&n.ID, &start, &summary, &n.Cases, &n.Gaps); err != nil {
		return n, err
	}
	if start != nil {
		n.Start = &overgrant.Run{}
		if err := damaged(json.Unmarshal(start, n.Start)); err != nil {
			return n, err
		}
	}
	if summary != nil {
		n.End = &overgrant.Summary{}
		err = damaged(json.Unmarshal(summary, n.End))
	}
	return n, err
}

// Skipped yields what a run could not read.
func (db *DB) Skipped(ctx context.Context, run string) iter.Seq2[overgrant.Skipped, error] {
	type row struct {
		digest []byte
		overgrant.Skipped
	}
	after := []byte{}
	all := pages(func() ([]row, error) {
		page, err := rows(ctx, db.read, func(r *sql.Rows) (k row, err error) {
			var body []byte
			if err = r.Scan(&k.digest, &body); err == nil {
				err = damaged(json.Unmarshal(body, &k.Skipped))
			}
			return k, err
		}, "SELECT digest, body FROM skipped WHERE run = ? AND digest > ? ORDER BY digest LIMIT ?", run, after, pageRows)
		if len(page) > 0 {
			after = page[len(page)-1].digest
		}
		return page, err
	})
	return func(yield func(overgrant.Skipped, error) bool) {
		for k, err := range all {
			if !yield(k.Skipped, err) || err != nil {
				return
			}
		}
	}
}

// maxSealed bounds a sealed link, in bytes.
const maxSealed = 1 << 20

// PutSealed stores a sealed link unless it is there.
func (db *DB) PutSealed(ctx context.Context, s store.Sealed) error {
	if len(s.Blob) > maxSealed {
		return fmt.Errorf("seal the link of case %.12s: longer than %d bytes", s.Case, maxSealed)
	}
	err := db.writer.put(ctx, &request{size: int64(len(s.Blob)), apply: func(t *writing) error {
		_, err := t.exec("INSERT INTO sealed (case_id, recipient, name, blob) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
			s.Case, s.Recipient, s.Name, s.Blob)
		return err
	}})
	if err != nil {
		return fmt.Errorf("seal the link of case %.12s: %w", s.Case, err)
	}
	return nil
}

// HasSealed reports whether the sealed link is there.
func (db *DB) HasSealed(ctx context.Context, s store.Sealed) (has bool, err error) {
	err = db.read.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM sealed WHERE case_id = ? AND recipient = ? AND name = ?)",
		s.Case, s.Recipient, s.Name).Scan(&has)
	if err != nil {
		return false, fmt.Errorf("read the vault: %w", told(err))
	}
	return has, nil
}

// Sealed yields the sealed links of a case.
func (db *DB) Sealed(ctx context.Context, id string) iter.Seq2[store.Sealed, error] {
	return byNumber(func(after int64) ([]numbered[store.Sealed], error) {
		return rows(ctx, db.read, func(r *sql.Rows) (n numbered[store.Sealed], err error) {
			n.value.Case = id
			return n, r.Scan(&n.no, &n.value.Recipient, &n.value.Name, &n.value.Blob)
		}, "SELECT no, recipient, name, blob FROM sealed WHERE case_id = ? AND no > ? ORDER BY no LIMIT 16", id, after)
	})
}
