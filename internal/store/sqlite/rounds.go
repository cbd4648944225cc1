package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/store"
)

// Finds are read up to so many, as many as a case keeps, and so many bytes.
const (
	maxFinds      = 10_000
	maxFindsBytes = 64 << 20
)

// measured returns the last measurement of a case as one message, nil if there
// is none.
func (db *DB) measured(ctx context.Context, no int64, id string) (*overgrant.Measured, error) {
	tx, err := db.read.BeginTx(ctx, nil) // one view of all that follows
	if err != nil {
		return nil, err
	}
	defer func() { _ = tx.Rollback() }()
	m := &overgrant.Measured{ID: id}
	var round int64
	err = tx.QueryRowContext(ctx, "SELECT no, id FROM rounds WHERE case_no = ? ORDER BY id DESC LIMIT 1", no).Scan(&round, &m.Round)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	total, err := db.total(tx, round)
	if err != nil {
		return nil, err
	}
	m.Exposure = *total
	if m.Finds, err = db.worstFinds(ctx, tx, round); err != nil {
		return nil, err
	}
	m.Rest, err = rows(ctx, tx, func(r *sql.Rows) (s string, err error) { return s, r.Scan(&s) },
		"SELECT shard FROM shards WHERE round = ? AND done = 0 ORDER BY shard", round)
	return m, err
}

// total returns what all shards of a round hold together: the sum that is kept,
// and those that wait.
func (db *DB) total(q querier, round int64) (*overgrant.Exposure, error) {
	ctx := context.Background() // short; a cancelled one would leave the writer's connection in doubt
	sum := &overgrant.Exposure{}
	var kept []byte
	var summed int64
	err := q.QueryRowContext(ctx, "SELECT summed, exposure FROM rounds LEFT JOIN totals ON round = no WHERE no = ?", round).Scan(&summed, &kept)
	if err != nil {
		return nil, err
	}
	if err := db.unpack(kept, sum); err != nil {
		return nil, err
	}
	r, err := q.QueryContext(ctx, "SELECT exposure FROM measurements WHERE round = ? AND no > ? ORDER BY no", round, summed)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	for r.Next() {
		var b []byte
		if err := r.Scan(&b); err != nil {
			return nil, err
		}
		var e overgrant.Exposure
		if err := db.unpack(b, &e); err != nil {
			return nil, err
		}
		sum.Add(&e)
	}
	return sum, r.Err()
}

func (db *DB) worstFinds(ctx context.Context, q querier, round int64) ([]overgrant.Find, error) {
	r, err := q.QueryContext(ctx, "SELECT body FROM finds WHERE round = ? ORDER BY severity DESC, class, path, no LIMIT ?", round, maxFinds)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var all []overgrant.Find
	for size := 0; size < maxFindsBytes && r.Next(); {
		var b []byte
		if err := r.Scan(&b); err != nil {
			return nil, err
		}
		var f overgrant.Find
		if err := db.unpack(b, &f); err != nil {
			return nil, err
		}
		all = append(all, f)
		size += len(b)
	}
	return all, r.Err()
}

// number returns the number of a round, 0 if there is none.
func (db *DB) number(ctx context.Context, id, round string) (no int64, err error) {
	err = db.read.QueryRowContext(ctx, "SELECT r.no FROM rounds r JOIN cases c ON c.no = r.case_no WHERE c.id = ? AND r.id = ?", id, round).Scan(&no)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return no, err
}

// Rounds returns the measurements of a case, oldest first.
func (db *DB) Rounds(ctx context.Context, id string) ([]store.Round, error) {
	all, err := rows(ctx, db.read, func(r *sql.Rows) (n store.Round, err error) {
		return n, r.Scan(&n.ID, &n.Done, &n.Open)
	}, `SELECT r.id, count(*) FILTER (WHERE s.done = 1),
			count(*) FILTER (WHERE s.done = 0) + (NOT EXISTS (SELECT 1 FROM shards o WHERE o.round = r.no AND o.shard = ''))
		FROM rounds r JOIN cases c ON c.no = r.case_no JOIN shards s ON s.round = r.no
		WHERE c.id = ? GROUP BY r.no ORDER BY r.id`, id)
	if err != nil {
		return nil, fmt.Errorf("read the measurements of case %.12s: %w", id, told(err))
	}
	return all, nil
}

// Total returns what all measured shards of a measurement hold together.
func (db *DB) Total(ctx context.Context, id, round string) (*overgrant.Exposure, error) {
	sum, err := db.totalOf(ctx, id, round)
	if err != nil {
		return nil, fmt.Errorf("read the exposure of case %.12s: %w", id, told(err))
	}
	return sum, nil
}

func (db *DB) totalOf(ctx context.Context, id, round string) (*overgrant.Exposure, error) {
	tx, err := db.read.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer func() { _ = tx.Rollback() }()
	no, err := db.number(ctx, id, round)
	if err != nil || no == 0 {
		return &overgrant.Exposure{}, err
	}
	return db.total(tx, no)
}

// Frontier yields the shards that are still to be measured, sorted.
func (db *DB) Frontier(ctx context.Context, id, round string) iter.Seq2[string, error] {
	var no int64
	begun, after := false, ""
	return pages(func() ([]string, error) {
		if !begun {
			begun = true
			var err error
			if no, err = db.number(ctx, id, round); err != nil {
				return nil, err
			}
			var root int
			err = db.read.QueryRowContext(ctx, "SELECT count(*) FROM shards WHERE round = ? AND shard = '' AND done = 1", no).Scan(&root)
			if err != nil {
				return nil, err
			}
			if root == 0 {
				return []string{""}, nil
			}
		}
		page, err := rows(ctx, db.read, func(r *sql.Rows) (s string, err error) { return s, r.Scan(&s) },
			"SELECT shard FROM shards WHERE round = ? AND done = 0 AND shard > ? ORDER BY shard LIMIT ?", no, after, pageRows)
		if len(page) > 0 {
			after = page[len(page)-1]
		}
		return page, err
	})
}

// shardRows is how many shards are read at once: their columns may be large.
const shardRows = 16

// Shards yields the measured shards of a measurement.
func (db *DB) Shards(ctx context.Context, id, round string, w store.Want) iter.Seq2[*overgrant.Measured, error] {
	// What is not wanted is not read.
	column := func(name string, wanted bool) string {
		if wanted {
			return name
		}
		return "NULL"
	}
	query := fmt.Sprintf("SELECT no, shard, rest, %s, %s, %s, finds FROM measurements WHERE round = ? AND no > ? ORDER BY no LIMIT ?",
		column("exposure", w.Exposure), column("candidates", w.Candidates), column("gaps", w.Gaps))
	var of int64
	return byNumber(func(after int64) ([]numbered[*overgrant.Measured], error) {
		if of == 0 {
			var err error
			if of, err = db.number(ctx, id, round); err != nil || of == 0 {
				return nil, err
			}
		}
		page, err := rows(ctx, db.read, func(r *sql.Rows) (numbered[*overgrant.Measured], error) {
			return db.shard(r, &overgrant.Measured{ID: id, Round: round})
		}, query, of, after, shardRows)
		for _, p := range page {
			if err == nil && w.Finds {
				err = db.findsOf(ctx, p)
			}
		}
		return page, err
	})
}

// shard reads one row into m.
func (db *DB) shard(r *sql.Rows, m *overgrant.Measured) (n numbered[*overgrant.Measured], err error) {
	var rest, exposure, candidates, gaps sql.RawBytes
	var finds int
	if err := r.Scan(&n.no, &m.Shard, &rest, &exposure, &candidates, &gaps, &finds); err != nil {
		return n, err
	}
	n.value = m
	for _, c := range []struct {
		packed []byte
		into   any
	}{{rest, &m.Rest}, {exposure, &m.Exposure}, {candidates, &m.Candidates}, {gaps, &m.Gaps}} {
		if err := db.unpack(c.packed, c.into); err != nil {
			return n, err
		}
	}
	return n, nil
}

func (db *DB) findsOf(ctx context.Context, n numbered[*overgrant.Measured]) (err error) {
	n.value.Finds, err = rows(ctx, db.read, func(r *sql.Rows) (f overgrant.Find, err error) {
		var b sql.RawBytes
		if err := r.Scan(&b); err != nil {
			return f, err
		}
		return f, db.unpack(b, &f)
	}, "SELECT body FROM finds WHERE measurement = ? ORDER BY no", n.no)
	return err
}

// Inventory yields the packed objects of a measurement, one shard at a time.
func (db *DB) Inventory(ctx context.Context, id, round string) iter.Seq2[store.Segment, error] {
	var of int64
	return byNumber(func(after int64) ([]numbered[store.Segment], error) {
		if of == 0 {
			var err error
			if of, err = db.number(ctx, id, round); err != nil || of == 0 {
				return nil, err
			}
		}
		return rows(ctx, db.read, func(r *sql.Rows) (n numbered[store.Segment], err error) {
			return n, r.Scan(&n.no, &n.value.Shard, &n.value.Data)
		}, `SELECT m.no, m.shard, i.data FROM measurements m JOIN inventory i ON i.measurement = m.no
			WHERE m.round = ? AND m.no > ? ORDER BY m.no LIMIT 1`, of, after)
	})
}
