package sqlite

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/store"
)

// maxName bounds the names of runs, rounds and cases, in bytes.
const maxName = 256

// Put stores the messages of a run, all or none: see store.Store.
func (db *DB) Put(ctx context.Context, run string, ms ...overgrant.Message) error {
	if err := named("run", run); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	all := make([]fact, 0, len(ms))
	r := &request{}
	for _, m := range ms {
		f, err := db.fact(run, m)
		if err != nil {
			return fmt.Errorf("store: %w", err)
		}
		r.size += f.size()
		r.lasts = r.lasts || m.Remedied != nil || m.Minted != nil
		all = append(all, f)
	}
	r.apply = func(t *writing) error {
		if err := t.run(run); err != nil {
			return err
		}
		for i := range all {
			if err := all[i].put(t); err != nil {
				return err
			}
		}
		return nil
	}
	if err := db.writer.put(ctx, r); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return nil
}

// fact is a message made ready outside the writer's goroutine: what costs is
// done, what is left is SQL.
type fact struct {
	overgrant.Message
	run   string
	id    string // of the case; empty for what belongs to the run
	sort  string
	body  string
	shard *shardFact // of a Measured
}

func (f *fact) size() int64 {
	n := int64(len(f.body))
	if f.shard != nil {
		n += f.shard.size() + int64(len(f.Measured.Inventory))
	}
	return n
}

// fact checks a message and encodes it.
func (db *DB) fact(run string, m overgrant.Message) (fact, error) {
	f := fact{Message: m, run: run}
	var body any
	switch {
	case m.Run != nil:
		f.sort, body = "run", m.Run
	case m.Summary != nil:
		f.sort, body = "summary", m.Summary
	case m.Skipped != nil:
		f.sort, body = "skipped", m.Skipped
	case m.Found != nil:
		f.sort, f.id, body = "found", m.Found.Link.ID, m.Found.Link
	case m.Seen != nil:
		f.sort, f.id, body = "seen", m.Seen.ID, m.Seen.Sighting
	case m.Judged != nil:
		f.sort, f.id, body = "judged", m.Judged.ID, m.Judged
	case m.Hushed != nil:
		f.sort, f.id, body = "hushed", m.Hushed.ID, m.Hushed
	case m.Dropped != nil:
		f.sort, f.id, body = "dropped", m.Dropped.ID, m.Dropped
	case m.Proven != nil:
		f.sort, f.id, body = "proven", m.Proven.ID, m.Proven.Proof
	case m.Remedied != nil:
		f.sort, f.id, body = "remedied", m.Remedied.ID, m.Remedied
		if err := checkRemedied(m.Remedied); err != nil {
			return f, err
		}
	case m.Minted != nil:
		f.sort, body = "minted", m.Minted
		if err := named("share", m.Minted.Name); err != nil {
			return f, err
		}
	case m.Used != nil:
		f.sort, body = "used", m.Used
	case m.Logged != nil:
		f.sort, body = "logged", m.Logged
	case m.Trail != nil:
		f.sort, f.id, body = "trail", m.Trail.ID, m.Trail
	case m.Measured != nil:
		f.sort, f.id = "measured", m.Measured.ID
		body = measuredEvent{m.Measured.Round, m.Measured.Shard}
		var err error
		if f.shard, err = db.shardFact(m.Measured); err != nil {
			return f, err
		}
	default:
		return f, fmt.Errorf("a message of no sort that this version knows")
	}
	switch f.sort {
	case "run", "summary", "skipped", "minted", "used", "logged":
	default:
		if err := named("case", f.id); err != nil {
			return f, err
		}
	}
	text, err := json.Marshal(body)
	if err != nil {
		return f, fmt.Errorf("write %s of case %.12s: %w", f.sort, f.id, err)
	}
	f.body = string(text)
	return f, nil
}

// measuredEvent is what the events say of a shard; the rest is in the
// measurements.
type measuredEvent struct {
	Round string `json:"round"`
	Shard string `json:"shard"`
}

func named(what, name string) error {
	if name == "" || len(name) > maxName || !utf8.ValidString(name) {
		return fmt.Errorf("a %s whose name is empty, longer than %d bytes or not UTF-8", what, maxName)
	}
	return nil
}

func digest(body string) []byte {
	sum := sha256.Sum256([]byte(body))
	return sum[:16]
}

// run makes sure that the run is there.
func (t *writing) run(run string) error {
	if t.runs[run] {
		return nil
	}
	_, err := t.exec("INSERT INTO runs (id) VALUES (?) ON CONFLICT DO NOTHING", run)
	t.runs[run] = err == nil
	return err
}

// put stores one fact.
func (f *fact) put(t *writing) error {
	switch f.sort {
	case "run":
		_, err := t.exec("UPDATE runs SET start = ?1 WHERE id = ?2 AND (start IS NULL OR ?1 < start)", f.body, f.run)
		return err
	case "summary":
		_, err := t.exec("UPDATE runs SET summary = ?1, elapsed = ?2 WHERE id = ?3 AND (summary IS NULL OR (?2, ?1) > (elapsed, summary))",
			f.body, int64(f.Summary.Elapsed), f.run)
		return err
	case "skipped":
		_, err := t.exec("INSERT INTO skipped (run, digest, benign, body) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
			f.run, digest(f.body), f.Skipped.Benign, f.body)
		return err
	case "minted":
		return t.minted(f)
	case "used":
		return t.used(f)
	case "logged":
		_, err := t.exec("INSERT INTO logged (run, digest, body) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", f.run, digest(f.body), f.body)
		return err
	}
	c, err := t.touch(f.id, f.run)
	if err != nil {
		return err
	}
	event, err := t.event(c, f)
	if err != nil {
		return err
	}
	switch f.sort {
	case "found":
		return t.found(c, event, f)
	case "seen":
		return t.seen(c, event, f)
	case "judged":
		return t.judged(c, event, f)
	case "hushed":
		return t.hushed(c, event, f)
	case "dropped":
		_, err = t.exec("UPDATE standings SET dropped = 1 WHERE case_no = ? AND run = ?", c.no, f.run)
		return err
	case "proven":
		return t.proven(c, event, f)
	case "remedied":
		return t.remedied(c, event, f)
	case "trail":
		return nil // the event says it all
	}
	return t.measured(c, f)
}

// touch returns the case with this id, made if need be, as one that the run met.
func (t *writing) touch(id, run string) (*touched, error) {
	c := t.cases[id]
	if c == nil {
		c = &touched{standings: map[string]bool{}}
		found, err := t.row("SELECT no FROM cases WHERE id = ?", []any{id}, &c.no)
		if err == nil && !found {
			_, err = t.row("INSERT INTO cases (id) VALUES (?) RETURNING no", []any{id}, &c.no)
		}
		if err != nil {
			return nil, err
		}
		t.cases[id] = c
	}
	if !c.standings[run] {
		if _, err := t.exec("INSERT INTO standings (case_no, run) VALUES (?, ?) ON CONFLICT DO NOTHING", c.no, run); err != nil {
			return nil, err
		}
		c.standings[run] = true
	}
	return c, nil
}

// event returns the number of the event that says what f says, added if it is
// not there.
func (t *writing) event(c *touched, f *fact) (no int64, err error) {
	d := digest(f.body)
	found, err := t.row("INSERT INTO events (case_no, run, sort, digest, body) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING no",
		[]any{c.no, f.run, f.sort, d, f.body}, &no)
	if err == nil && !found {
		_, err = t.row("SELECT no FROM events WHERE case_no = ? AND sort = ? AND digest = ?", []any{c.no, f.sort, d}, &no)
	}
	return no, err
}

// body reads the body of an event.
func (t *writing) body(event int64, into any) error {
	var text []byte
	if _, err := t.row("SELECT body FROM events WHERE no = ?", []any{event}, &text); err != nil {
		return err
	}
	return damaged(json.Unmarshal(text, into))
}

// damaged says of JSON that cannot be read that the store is not as it was
// written.
func damaged(err error) error {
	if err != nil {
		return fmt.Errorf("%w: %w", store.ErrDamaged, err)
	}
	return nil
}

// found keeps the fullest link.
func (t *writing) found(c *touched, event int64, f *fact) error {
	var have *int64
	if _, err := t.row("SELECT link FROM cases WHERE no = ?", []any{c.no}, &have); err != nil {
		return err
	}
	if have != nil {
		var old overgrant.Link
		if err := t.body(*have, &old); err != nil {
			return err
		}
		if store.CompareLinks(f.Found.Link, old) <= 0 {
			return nil
		}
	}
	g := &f.Found.Link.Grant
	_, err := t.exec("UPDATE cases SET link = ?, kind = ?, account = ?, host = ?, bucket = ? WHERE no = ?",
		event, g.Kind, g.Account, g.Host, g.Container, c.no)
	return err
}

// spot is what tells one sighting of a link from another.
type spot struct {
	Place  overgrant.Place `json:"place"`
	Span   [2]int64        `json:"span"`
	Commit string          `json:"commit,omitempty"`
}

// seen keeps a sighting as the latest run has it.
func (t *writing) seen(c *touched, event int64, f *fact) error {
	s := &f.Seen.Sighting
	key, err := json.Marshal(spot{s.Place, s.Span, s.Commit})
	if err != nil {
		return err
	}
	_, err = t.exec(`INSERT INTO sightings (case_no, place, event, first_run, last_run) VALUES (?1, ?2, ?3, ?4, ?4)
		ON CONFLICT (case_no, place) DO UPDATE SET
			event = CASE WHEN excluded.last_run > last_run OR excluded.last_run = last_run AND excluded.event <> event AND
				(SELECT body FROM events WHERE no = excluded.event) < (SELECT body FROM events WHERE no = event)
				THEN excluded.event ELSE event END,
			first_run = min(first_run, excluded.first_run), last_run = max(last_run, excluded.last_run)
		WHERE excluded.last_run <> last_run OR excluded.event <> event`,
		c.no, digest(string(key)), event, f.run)
	return err
}

// judged keeps the worst verdict of the run.
func (t *writing) judged(c *touched, event int64, f *fact) error {
	var have *int64
	if _, err := t.row("SELECT judged FROM standings WHERE case_no = ? AND run = ?", []any{c.no, f.run}, &have); err != nil {
		return err
	}
	if have != nil {
		old := &overgrant.Judged{}
		if err := t.body(*have, old); err != nil || store.CompareJudged(f.Judged, old) <= 0 {
			return err
		}
	}
	_, err := t.exec("UPDATE standings SET judged = ? WHERE case_no = ? AND run = ?", event, c.no, f.run)
	return err
}

func (t *writing) hushed(c *touched, event int64, f *fact) error {
	var have *int64
	if _, err := t.row("SELECT hushed FROM standings WHERE case_no = ? AND run = ?", []any{c.no, f.run}, &have); err != nil {
		return err
	}
	if have != nil {
		old := &overgrant.Hushed{}
		if err := t.body(*have, old); err != nil || store.CompareHushed(f.Hushed, old) <= 0 {
			return err
		}
	}
	_, err := t.exec("UPDATE standings SET hushed = ? WHERE case_no = ? AND run = ?", event, c.no, f.run)
	return err
}

// sortable is a form of times in UTC that sorts as text.
const sortable = "2006-01-02T15:04:05.000000000Z"

func (t *writing) proven(c *touched, event int64, f *fact) error {
	p := &f.Proven.Proof
	_, err := t.exec(`INSERT INTO proofs (case_no, checked_at, event, state, cause) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (case_no, checked_at) DO UPDATE SET event = excluded.event, state = excluded.state, cause = excluded.cause
		WHERE (SELECT body FROM events WHERE no = excluded.event) < (SELECT body FROM events WHERE no = event)`,
		c.no, p.CheckedAt.In(time.UTC).Format(sortable), event, string(p.State), string(p.Cause))
	return err
}

// settle works out what the cases are now, and sums up shards.
func (t *writing) settle() error {
	for _, c := range t.cases {
		if err := t.fold(c); err != nil {
			return err
		}
	}
	for round := range t.rounds {
		if err := t.sum(round); err != nil {
			return err
		}
	}
	return nil
}

// fold brings the row of a case up to date with what runs said of it. The
// latest run that did not drop it counts.
func (t *writing) fold(c *touched) error {
	var judged, hushed, proof *int64
	var dropped, found int
	if _, err := t.row(`SELECT
		(SELECT judged FROM standings WHERE case_no = ?1 AND judged IS NOT NULL ORDER BY dropped, run DESC LIMIT 1),
		(SELECT hushed FROM standings WHERE case_no = ?1 AND (judged IS NOT NULL OR hushed IS NOT NULL) ORDER BY dropped, run DESC LIMIT 1),
		(SELECT event FROM proofs WHERE case_no = ?1 ORDER BY checked_at DESC LIMIT 1),
		NOT EXISTS (SELECT 1 FROM standings WHERE case_no = ?1 AND dropped = 0),
		coalesce((SELECT severity FROM rounds WHERE case_no = ?1 ORDER BY id DESC LIMIT 1), 0)`,
		[]any{c.no}, &judged, &hushed, &proof, &dropped, &found); err != nil {
		return err
	}
	v, p := overgrant.Judged{}, overgrant.Proof{}
	if judged != nil {
		if err := t.body(*judged, &v); err != nil {
			return err
		}
	}
	if proof != nil {
		if err := t.body(*proof, &p); err != nil {
			return err
		}
	}
	worst := v.Verdict.Severity // as overgrant.Case.Worst has it
	if p.State == overgrant.Dead {
		worst = overgrant.None
	}
	worst = max(worst, overgrant.Severity(found))
	_, err := t.exec("UPDATE cases SET judged = ?, hushed = ?, proof = ?, dropped = ?, status = ?, rank = ?, severity = ?, state = ? WHERE no = ?",
		judged, hushed, proof, dropped, string(v.Status), rank(v.Status), int(worst), string(p.State), c.no)
	return err
}

// rank orders statuses as reports do.
func rank(s overgrant.Status) int {
	switch s {
	case overgrant.LiveShape:
		return 0
	case overgrant.NotYetValid:
		return 1
	case overgrant.Expired:
		return 2
	}
	return 3
}
