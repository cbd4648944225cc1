package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/store"
)

// remedied keeps an entry of a journal. Of those with the same key the earliest
// counts.
func (t *writing) remedied(c *touched, event int64, f *fact) error {
	r := f.Remedied
	_, err := t.exec(`INSERT INTO remedies (case_no, attempt, state, step, event) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET event = excluded.event
		WHERE excluded.event <> event AND
			(SELECT json_extract(body, '$.at'), body FROM events WHERE no = excluded.event) <
			(SELECT json_extract(body, '$.at'), body FROM events WHERE no = event)`,
		c.no, r.Attempt, string(r.State), r.Step, event)
	return err
}

// minted adds an entry to the ledger.
func (t *writing) minted(f *fact) error {
	_, err := t.exec("INSERT INTO ledger (run, name, link, digest, body) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
		f.run, f.Minted.Name, f.Minted.ID, digest(f.body), f.body)
	return err
}

// used adds a reading of a token.
func (t *writing) used(f *fact) error {
	u := f.Used
	_, err := t.exec(`INSERT INTO used (run, account, kind, token, known, name, digest, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		f.run, strings.ToLower(u.Account), u.Kind, u.Token, u.Match.Known, u.Match.Ledger, digest(f.body), f.body)
	return err
}

// checkRemedied makes sure that the parts of the key are there.
func checkRemedied(r *overgrant.Remedied) error {
	if err := named("attempt", r.Attempt); err != nil {
		return err
	}
	if r.State == "" || r.Step < 0 {
		return fmt.Errorf("an entry in the journal of case %.12s without a state or with a step below 0", r.ID)
	}
	return nil
}

func scanBody[T any](r *sql.Rows) (n numbered[T], err error) {
	var body []byte
	if err = r.Scan(&n.no, &body); err == nil {
		err = damaged(json.Unmarshal(body, &n.value))
	}
	return n, err
}

// Remedies yields the journal of closing a case.
func (db *DB) Remedies(ctx context.Context, id string) iter.Seq2[overgrant.Remedied, error] {
	return func(yield func(overgrant.Remedied, error) bool) {
		all, err := db.journal(ctx, id)
		if err != nil {
			yield(overgrant.Remedied{}, fmt.Errorf("read the journal of case %.12s: %w", id, told(err)))
			return
		}
		for _, r := range all {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// journal reads the journal of a case, which is short, in its order.
func (db *DB) journal(ctx context.Context, id string) ([]overgrant.Remedied, error) {
	entries, err := rows(ctx, db.read, scanBody[overgrant.Remedied], `SELECT r.event, e.body FROM remedies r JOIN events e ON e.no = r.event
		WHERE r.case_no = (SELECT no FROM cases WHERE id = ?)`, id)
	all := make([]overgrant.Remedied, len(entries))
	for i, e := range entries {
		all[i] = e.value
	}
	slices.SortFunc(all, overgrant.CompareRemedied)
	return all, err
}

// Ledger yields the ledger.
func (db *DB) Ledger(ctx context.Context) iter.Seq2[overgrant.Shared, error] {
	after := ""
	names := pages(func() ([]string, error) {
		page, err := rows(ctx, db.read, func(r *sql.Rows) (name string, err error) {
			return name, r.Scan(&name)
		}, "SELECT DISTINCT name FROM ledger WHERE name > ? ORDER BY name LIMIT ?", after, pageRows)
		if len(page) > 0 {
			after = page[len(page)-1]
		}
		return page, err
	})
	return func(yield func(overgrant.Shared, error) bool) {
		for name, err := range names {
			var entries []overgrant.Minted
			if err == nil {
				entries, err = db.minted(ctx, "name", name)
			}
			if err != nil {
				yield(overgrant.Shared{}, err)
				return
			}
			if !yield(overgrant.FoldLedger(entries), nil) {
				return
			}
		}
	}
}

// minted returns the entries whose column is value.
func (db *DB) minted(ctx context.Context, column, value string) ([]overgrant.Minted, error) {
	entries, err := rows(ctx, db.read, scanBody[overgrant.Minted], "SELECT no, body FROM ledger WHERE "+column+" = ? ORDER BY no", value)
	if err != nil {
		return nil, fmt.Errorf("read the ledger: %w", told(err))
	}
	all := make([]overgrant.Minted, len(entries))
	for i, e := range entries {
		all[i] = e.value
	}
	return all, nil
}

// Used yields the tokens of an account that logs showed in use.
func (db *DB) Used(ctx context.Context, account string) iter.Seq2[overgrant.Used, error] {
	type key struct{ account, kind, token string }
	var last key
	account = strings.ToLower(account)
	keys := pages(func() ([]key, error) {
		page, err := rows(ctx, db.read, func(r *sql.Rows) (k key, err error) {
			return k, r.Scan(&k.account, &k.kind, &k.token)
		}, `SELECT DISTINCT account, kind, token FROM used WHERE (account, kind, token) > (?1, ?2, ?3) AND (?4 = '' OR account = ?4)
			ORDER BY account, kind, token LIMIT ?5`, last.account, last.kind, last.token, account, pageRows)
		if len(page) > 0 {
			last = page[len(page)-1]
		}
		return page, err
	})
	return func(yield func(overgrant.Used, error) bool) {
		for k, err := range keys {
			var readings []overgrant.Used
			if err == nil {
				readings, err = db.readings(ctx, "account = ? AND kind = ? AND token = ?", k.account, k.kind, k.token)
			}
			if err != nil {
				yield(overgrant.Used{}, err)
				return
			}
			if !yield(overgrant.FoldUsed(readings), nil) {
				return
			}
		}
	}
}

// Logged yields what the logs cover that were read, in the order in which it was
// stored.
func (db *DB) Logged(ctx context.Context) iter.Seq2[overgrant.Logged, error] {
	return byNumber(func(after int64) ([]numbered[overgrant.Logged], error) {
		return rows(ctx, db.read, scanBody[overgrant.Logged], "SELECT no, body FROM logged WHERE no > ? ORDER BY no LIMIT ?", after, pageRows)
	})
}

func (db *DB) readings(ctx context.Context, where string, args ...any) ([]overgrant.Used, error) {
	found, err := rows(ctx, db.read, scanBody[overgrant.Used], "SELECT no, body FROM used WHERE "+where+" ORDER BY no", args...)
	if err != nil {
		return nil, fmt.Errorf("read what was used: %w", told(err))
	}
	all := make([]overgrant.Used, len(found))
	for i, u := range found {
		all[i] = u.value
	}
	return all, nil
}

// What the ledger and the logs say of a case, as told reads it.
const (
	mintedEvents = "SELECT no, run, 'minted', body FROM ledger WHERE link = ? AND no > ? ORDER BY no LIMIT ?"
	usedEvents   = "SELECT no, run, 'used', body FROM used WHERE known = ? AND known <> '' AND no > ? ORDER BY no LIMIT ?"
)

// told yields the events that a query finds.
func (db *DB) told(ctx context.Context, id, query string) iter.Seq2[store.Event, error] {
	return byNumber(func(after int64) ([]numbered[store.Event], error) {
		return rows(ctx, db.read, func(r *sql.Rows) (n numbered[store.Event], err error) {
			var sort string
			var body []byte
			if err = r.Scan(&n.no, &n.value.Run, &sort, &body); err == nil {
				n.value.Message, err = message(sort, id, body)
			}
			return n, err
		}, query, id, after, pageRows)
	})
}

// known returns what the ledger and the logs say of the link of a case.
func (db *DB) known(ctx context.Context, id string) (ms []overgrant.Message, err error) {
	minted, err := db.minted(ctx, "link", id)
	if err != nil {
		return nil, err
	}
	for i := range minted {
		ms = append(ms, overgrant.Message{Minted: &minted[i]})
	}
	trails, err := rows(ctx, db.read, scanBody[overgrant.Trail], "SELECT no, body FROM events WHERE case_no = (SELECT no FROM cases WHERE id = ?) AND sort = 'trail' ORDER BY no", id)
	if err != nil {
		return nil, fmt.Errorf("read the use of case %.12s: %w", id, told(err))
	}
	for i := range trails {
		ms = append(ms, overgrant.Message{Trail: &trails[i].value})
	}
	used, err := db.readings(ctx, "known = ? AND known <> ''", id)
	for i := range used {
		ms = append(ms, overgrant.Message{Used: &used[i]})
	}
	return ms, err
}

// firstMet returns the start of the first run that met a case, the zero time if
// the run does not say.
func firstMet(run string, start []byte) time.Time {
	var r overgrant.Run
	if start != nil && json.Unmarshal(start, &r) == nil && !r.Started.IsZero() {
		return r.Started.UTC()
	}
	text, _, _ := strings.Cut(run, "-")
	t, err := time.Parse("20060102T150405Z0700", text)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}
