package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"iter"
	"strings"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/store"
)

// querier is a connection or a transaction that reads.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// pageRows is how many rows are read at once. No query stays open while a
// consumer works: a slow one would keep the log from being copied.
const pageRows = 512

// pages yields what next returns, page by page, until it returns none.
func pages[T any](next func() ([]T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for {
			page, err := next()
			if err != nil {
				var none T
				yield(none, fmt.Errorf("read the store: %w", told(err)))
				return
			}
			for _, v := range page {
				if !yield(v, nil) {
					return
				}
			}
			if len(page) == 0 {
				return
			}
		}
	}
}

// rows reads all rows of a query.
func rows[T any](ctx context.Context, q querier, scan func(*sql.Rows) (T, error), query string, args ...any) ([]T, error) {
	r, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var all []T
	for r.Next() {
		v, err := scan(r)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, r.Err()
}

// listed is where a case stands in the list.
type listed struct {
	id       string
	severity int
	rank     int
}

// IDs yields the ids of the cases that pass the filter, worst first.
func (db *DB) IDs(ctx context.Context, f store.Filter) iter.Seq2[string, error] {
	where, args := narrowed(f)
	last := listed{severity: 1 << 30}
	list := pages(func() ([]listed, error) {
		page, err := rows(ctx, db.read, func(r *sql.Rows) (l listed, err error) {
			return l, r.Scan(&l.id, &l.severity, &l.rank)
		}, "SELECT id, severity, rank FROM cases WHERE (severity < ?1 OR severity = ?1 AND (rank > ?2 OR rank = ?2 AND id > ?3))"+where+
			" ORDER BY severity DESC, rank, id LIMIT ?4",
			append([]any{last.severity, last.rank, last.id, pageRows}, args...)...)
		if len(page) > 0 {
			last = page[len(page)-1]
		}
		return page, err
	})
	return func(yield func(string, error) bool) {
		for l, err := range list {
			if !yield(l.id, err) || err != nil {
				return
			}
		}
	}
}

// Cases yields the cases that pass the filter, worst first.
func (db *DB) Cases(ctx context.Context, f store.Filter) iter.Seq2[*overgrant.Case, error] {
	return func(yield func(*overgrant.Case, error) bool) {
		for id, err := range db.IDs(ctx, f) {
			if err != nil {
				yield(nil, err)
				return
			}
			c, err := db.load(ctx, id)
			if !yield(c, err) || err != nil {
				return
			}
		}
	}
}

// narrowed returns the conditions of a filter, whose arguments count from 5.
func narrowed(f store.Filter) (where string, args []any) {
	var b strings.Builder
	add := func(condition string, v any) {
		args = append(args, v)
		fmt.Fprintf(&b, " AND "+condition, len(args)+4)
	}
	if f.Severity > overgrant.None {
		add("severity >= ?%d", int(f.Severity))
	}
	if f.Account != "" {
		add("lower(?%d) IN (lower(account), lower(host), lower(bucket))", f.Account)
	}
	if f.Alive {
		add("state = ?%d", string(overgrant.Alive))
	}
	if f.Run != "" {
		add("EXISTS (SELECT 1 FROM standings s WHERE s.run = ?%d AND s.case_no = cases.no AND s.dropped = 0)", f.Run)
	} else {
		b.WriteString(" AND dropped = 0")
	}
	return b.String(), args
}

// Case returns the case whose id begins with prefix.
func (db *DB) Case(ctx context.Context, prefix string) (*overgrant.Case, error) {
	id, err := db.whole(ctx, prefix)
	if err != nil {
		return nil, fmt.Errorf("find case %.64q: %w", prefix, told(err))
	}
	return db.load(ctx, id)
}

// whole returns the id that begins with prefix.
func (db *DB) whole(ctx context.Context, prefix string) (string, error) {
	low := strings.ToLower(prefix)
	if len(low) < 4 || len(low) > maxName || strings.Trim(low, "0123456789abcdef") != "" {
		return "", store.ErrPrefix
	}
	var id string
	var n int
	err := db.read.QueryRowContext(ctx, "SELECT coalesce(min(id), ''), count(*) FROM cases WHERE id >= ?1 AND id < ?1 || 'g'", low).Scan(&id, &n)
	switch {
	case err != nil:
		return "", err
	case n == 0:
		return "", store.ErrNoCase
	case n > 1 && id != low:
		return "", fmt.Errorf("%w: %d do; give more digits", store.ErrAmbiguous, n)
	}
	return id, nil
}

// load folds the messages of one case.
func (db *DB) load(ctx context.Context, id string) (*overgrant.Case, error) {
	var cs overgrant.Cases
	for m, err := range db.Messages(ctx, id) {
		if err != nil {
			return nil, err
		}
		cs.Add(m)
	}
	return cs.Sorted(db.options.Now().UTC())[0], nil
}

// Messages yields what tells the case with this id.
func (db *DB) Messages(ctx context.Context, id string) iter.Seq2[overgrant.Message, error] {
	return func(yield func(overgrant.Message, error) bool) {
		known, err := db.standings(ctx, []string{id})
		if err == nil && known[id] == nil {
			err = store.ErrNoCase
		}
		if err != nil {
			yield(overgrant.Message{}, fmt.Errorf("read case %.12s: %w", id, told(err)))
			return
		}
		no := known[id].no
		for _, m := range known[id].messages {
			if !yield(m, nil) {
				return
			}
		}
		more, err := db.known(ctx, id)
		if err != nil {
			yield(overgrant.Message{}, err)
			return
		}
		for _, m := range more {
			if !yield(m, nil) {
				return
			}
		}
		for m, err := range db.sightings(ctx, no, id) {
			if !yield(m, err) || err != nil {
				return
			}
		}
		m, err := db.measured(ctx, no, id)
		if err != nil {
			yield(overgrant.Message{}, fmt.Errorf("read case %.12s: %w", id, told(err)))
		} else if m != nil {
			yield(overgrant.Message{Measured: m}, nil)
		}
	}
}

// message returns the message that an event keeps.
func message(sort, id string, body []byte) (m overgrant.Message, err error) {
	switch sort {
	case "found":
		m.Found = &overgrant.Found{}
		err = json.Unmarshal(body, &m.Found.Link)
	case "seen":
		m.Seen = &overgrant.Seen{ID: id}
		err = json.Unmarshal(body, &m.Seen.Sighting)
	case "judged":
		m.Judged = &overgrant.Judged{}
		err = json.Unmarshal(body, m.Judged)
	case "hushed":
		m.Hushed = &overgrant.Hushed{}
		err = json.Unmarshal(body, m.Hushed)
	case "dropped":
		m.Dropped = &overgrant.Dropped{}
		err = json.Unmarshal(body, m.Dropped)
	case "proven":
		m.Proven = &overgrant.Proven{ID: id}
		err = json.Unmarshal(body, &m.Proven.Proof)
	case "remedied":
		m.Remedied = &overgrant.Remedied{}
		err = json.Unmarshal(body, m.Remedied)
	case "minted":
		m.Minted = &overgrant.Minted{}
		err = json.Unmarshal(body, m.Minted)
	case "trail":
		m.Trail = &overgrant.Trail{}
		err = json.Unmarshal(body, m.Trail)
	case "used":
		m.Used = &overgrant.Used{}
		err = json.Unmarshal(body, m.Used)
	case "measured":
		var e measuredEvent
		err = json.Unmarshal(body, &e)
		m.Measured = &overgrant.Measured{ID: id, Round: e.Round, Shard: e.Shard}
	default:
		err = fmt.Errorf("an event of the sort %.20q", sort)
	}
	return m, damaged(err)
}

// numbered is a row and its number, from which the next page goes on.
type numbered[T any] struct {
	no    int64
	value T
}

// byNumber yields the values of rows in the order of their numbers.
func byNumber[T any](page func(after int64) ([]numbered[T], error)) iter.Seq2[T, error] {
	var after int64
	all := pages(func() ([]numbered[T], error) {
		p, err := page(after)
		if len(p) > 0 {
			after = p[len(p)-1].no
		}
		return p, err
	})
	return func(yield func(T, error) bool) {
		for r, err := range all {
			if !yield(r.value, err) || err != nil {
				return
			}
		}
	}
}

func (db *DB) sightings(ctx context.Context, no int64, id string) iter.Seq2[overgrant.Message, error] {
	return byNumber(func(after int64) ([]numbered[overgrant.Message], error) {
		return rows(ctx, db.read, func(r *sql.Rows) (n numbered[overgrant.Message], err error) {
			var body []byte
			if err = r.Scan(&n.no, &body); err == nil {
				n.value, err = message("seen", id, body)
			}
			return n, err
		}, "SELECT s.no, e.body FROM sightings s JOIN events e ON e.no = s.event WHERE s.case_no = ? AND s.no > ? ORDER BY s.no LIMIT ?", no, after, pageRows)
	})
}

// Events yields all that was ever put about a case.
func (db *DB) Events(ctx context.Context, id string) iter.Seq2[store.Event, error] {
	return func(yield func(store.Event, error) bool) {
		for _, part := range []iter.Seq2[store.Event, error]{db.told(ctx, id, caseEvents), db.told(ctx, id, mintedEvents), db.told(ctx, id, usedEvents)} {
			for e, err := range part {
				if !yield(e, err) || err != nil {
					return
				}
			}
		}
	}
}

// caseEvents are those of a case, as told reads them.
const caseEvents = "SELECT no, run, sort, body FROM events WHERE case_no = (SELECT no FROM cases WHERE id = ?) AND no > ? ORDER BY no LIMIT ?"
