package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"iter"
	"slices"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/store"
)

// standing is what holds of a case, but for its sightings and reach.
type standing struct {
	no       int64
	messages []overgrant.Message
	first    []byte // the run that met it first
	begun    []byte // what that run says of itself
}

// briefRows is how many cases are read at once, in a query for each of what
// belongs to a case.
const briefRows = 256

// Brief yields the cases that pass the filter without their sightings and what
// they reach.
func (db *DB) Brief(ctx context.Context, f store.Filter) iter.Seq2[*overgrant.Case, error] {
	return func(yield func(*overgrant.Case, error) bool) {
		for ids, err := range chunks(db.IDs(ctx, f), briefRows) {
			var found map[string]*standing
			if err == nil {
				if found, err = db.standings(ctx, ids); err != nil {
					err = fmt.Errorf("read cases: %w", told(err))
				}
			}
			if err != nil {
				yield(nil, err)
				return
			}
			for _, id := range ids {
				if s := found[id]; s != nil && !yield(db.fold(s), nil) {
					return
				}
			}
		}
	}
}

// fold makes a case of what holds of it.
func (db *DB) fold(s *standing) *overgrant.Case {
	var cs overgrant.Cases
	for _, m := range s.messages {
		cs.Add(m)
	}
	return cs.Sorted(db.options.Now().UTC())[0]
}

// chunks yields the values of a sequence n at a time, and ends with its error.
func chunks[T any](all iter.Seq2[T, error], n int) iter.Seq2[[]T, error] {
	return func(yield func([]T, error) bool) {
		var chunk []T
		for v, err := range all {
			if err != nil {
				yield(nil, err)
				return
			}
			if chunk = append(chunk, v); len(chunk) == n {
				if !yield(chunk, nil) {
					return
				}
				chunk = nil
			}
		}
		if len(chunk) > 0 {
			yield(chunk, nil)
		}
	}
}

// The queries take ids as a list in JSON: one text for any number of them.
const (
	standingsOf = `SELECT c.id, c.no, l.body, j.body, h.body, p.body, r.id, r.start FROM json_each(?) w JOIN cases c ON c.id = w.value
		LEFT JOIN events l ON l.no = c.link LEFT JOIN events j ON j.no = c.judged
		LEFT JOIN events h ON h.no = c.hushed LEFT JOIN events p ON p.no = c.proof
		LEFT JOIN runs r ON r.id = (SELECT min(run) FROM standings s WHERE s.case_no = c.no)`
	alivesOf = `SELECT w.id, e.body FROM (SELECT c.id,
		(SELECT event FROM proofs p WHERE p.case_no = c.no AND p.state = 'alive' ORDER BY p.checked_at LIMIT 1) AS first,
		(SELECT event FROM proofs p WHERE p.case_no = c.no AND p.state = 'alive' ORDER BY p.checked_at DESC LIMIT 1) AS last
		FROM json_each(?) w JOIN cases c ON c.id = w.value) w JOIN events e ON e.no IN (w.first, w.last) ORDER BY e.no`
	journalsOf = `SELECT c.id, e.body FROM json_each(?) w JOIN cases c ON c.id = w.value
		JOIN remedies r ON r.case_no = c.no JOIN events e ON e.no = r.event`
)

// standings reads what holds of cases: those of them that there are.
func (db *DB) standings(ctx context.Context, ids []string) (map[string]*standing, error) {
	list, err := json.Marshal(ids)
	if err != nil {
		return nil, err
	}
	found := make(map[string]*standing, len(ids))
	_, err = rows(ctx, db.read, func(r *sql.Rows) (none struct{}, err error) {
		var id string
		var s standing
		bodies := make([][]byte, 4)
		if err := r.Scan(&id, &s.no, &bodies[0], &bodies[1], &bodies[2], &bodies[3], &s.first, &s.begun); err != nil {
			return none, err
		}
		found[id] = &s
		return none, s.take(id, bodies)
	}, standingsOf, string(list))
	if err != nil {
		return nil, err
	}
	// Rows of a case that was put meanwhile have none here.
	more := func(query, sort string) error {
		_, err := rows(ctx, db.read, func(r *sql.Rows) (none struct{}, err error) {
			var id string
			var body []byte
			if err := r.Scan(&id, &body); err != nil || found[id] == nil {
				return none, err
			}
			m, err := message(sort, id, body)
			found[id].messages = append(found[id].messages, m)
			return none, err
		}, query, string(list))
		return err
	}
	if err := more(alivesOf, "proven"); err != nil {
		return nil, err
	}
	if err := more(journalsOf, "remedied"); err != nil {
		return nil, err
	}
	for _, s := range found {
		s.sort()
	}
	return found, nil
}

// sort puts the journal, which comes last, into its order.
func (s *standing) sort() {
	if i := slices.IndexFunc(s.messages, func(m overgrant.Message) bool { return m.Remedied != nil }); i >= 0 {
		slices.SortFunc(s.messages[i:], func(a, b overgrant.Message) int { return overgrant.CompareRemedied(*a.Remedied, *b.Remedied) })
	}
}

// take adds what holds: link, verdict, suppression and last proof.
func (s *standing) take(id string, bodies [][]byte) error {
	if bodies[0] == nil { // the stream was cut before it
		s.messages = append(s.messages, overgrant.Message{Found: &overgrant.Found{Link: overgrant.Link{ID: id}}})
	}
	for i, sort := range []string{"found", "judged", "hushed", "proven"} {
		if bodies[i] == nil {
			continue
		}
		m, err := message(sort, id, bodies[i])
		if err != nil {
			return err
		}
		s.messages = append(s.messages, m)
	}
	s.messages[0].Found.First = firstMet(string(s.first), s.begun)
	return nil
}
