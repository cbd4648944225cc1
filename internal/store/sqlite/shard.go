package sqlite

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"github.com/overgrant/overgrant"
)

// shardFact is a measured shard made ready to be stored.
type shardFact struct {
	exposure, rest, candidates, gaps []byte // packed; nil where there is none
	exposed                          int    // bytes of the exposure's JSON
	finds                            [][]byte
}

func (s *shardFact) size() int64 {
	n := len(s.exposure) + len(s.rest) + len(s.candidates) + len(s.gaps)
	for _, f := range s.finds {
		n += len(f)
	}
	return int64(n)
}

func (db *DB) shardFact(m *overgrant.Measured) (*shardFact, error) {
	if err := named("round", m.Round); err != nil {
		return nil, err
	}
	for _, s := range append([]string{m.Shard}, m.Rest...) {
		if !utf8.ValidString(s) {
			return nil, fmt.Errorf("a shard of case %.12s whose name is not UTF-8", m.ID)
		}
	}
	s := &shardFact{finds: make([][]byte, 0, len(m.Finds))}
	exposure, err := json.Marshal(&m.Exposure)
	if err != nil {
		return nil, fmt.Errorf("write the exposure of case %.12s: %w", m.ID, err)
	}
	s.exposed, s.exposure = len(exposure), db.pack(exposure)
	if s.rest, err = packed(db, m.Rest); err != nil {
		return nil, err
	}
	if s.candidates, err = packed(db, m.Candidates); err != nil {
		return nil, err
	}
	if s.gaps, err = packed(db, m.Gaps); err != nil {
		return nil, err
	}
	for i := range m.Finds {
		text, err := json.Marshal(&m.Finds[i])
		if err != nil {
			return nil, fmt.Errorf("write a find of case %.12s: %w", m.ID, err)
		}
		s.finds = append(s.finds, db.pack(text))
	}
	return s, nil
}

// packed returns a list as packed JSON, nil if it is empty.
func packed[T any](db *DB, list []T) ([]byte, error) {
	if len(list) == 0 {
		return nil, nil
	}
	text, err := json.Marshal(list)
	if err != nil {
		return nil, fmt.Errorf("write a list: %w", err)
	}
	return db.pack(text), nil
}

// short is the size, in bytes, up to which JSON is stored as it is.
const short = 512

// zstdMagic begins a zstd frame; JSON begins otherwise. Source: RFC 8878
// section 3.1.1.
var zstdMagic = []byte{0x28, 0xb5, 0x2f, 0xfd}

// pack returns JSON in zstd, where it is long and that is smaller.
func (db *DB) pack(text []byte) []byte {
	if len(text) <= short {
		return text
	}
	if small := db.squeeze.EncodeAll(text, make([]byte, 0, len(text)/4)); len(small) < len(text) {
		return small
	}
	return text
}

// unpack reads JSON that pack returned into v. Nothing leaves v as it is.
func (db *DB) unpack(b []byte, v any) error {
	if len(b) == 0 {
		return nil
	}
	if bytes.HasPrefix(b, zstdMagic) {
		text, err := db.expand.DecodeAll(b, nil)
		if err != nil {
			return damaged(err)
		}
		b = text
	}
	return damaged(json.Unmarshal(b, v))
}

// measured stores a shard, unless it is there.
func (t *writing) measured(c *touched, f *fact) error {
	m := f.Measured
	round, err := t.round(c, m.Round)
	if err != nil {
		return err
	}
	var no int64
	isNew, err := t.row(`INSERT INTO measurements (round, shard, run, objects, bytes, finds, exposure, rest, candidates, gaps)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING no`,
		[]any{round, m.Shard, f.run, m.Exposure.Objects, m.Exposure.Bytes, len(m.Finds),
			f.shard.exposure, f.shard.rest, f.shard.candidates, f.shard.gaps}, &no)
	if err != nil || !isNew {
		return err
	}
	if err := t.frontier(round, m); err != nil {
		return err
	}
	for i := range m.Finds {
		d := &m.Finds[i]
		if _, err := t.exec("INSERT INTO finds (round, measurement, severity, class, path, body) VALUES (?, ?, ?, ?, ?, ?)",
			round, no, int(d.Severity), d.Class, d.Place.Path, f.shard.finds[i]); err != nil {
			return err
		}
	}
	if len(m.Inventory) > 0 {
		if _, err := t.exec("INSERT INTO inventory (measurement, data) VALUES (?, ?)", no, m.Inventory); err != nil {
			return err
		}
	}
	t.rounds[round] = true
	_, err = t.exec("UPDATE rounds SET waiting = waiting + 1, waiting_bytes = waiting_bytes + ?, severity = max(severity, ?) WHERE no = ?",
		f.shard.exposed, int(m.Exposure.Severity()), round)
	return err
}

// round returns the number of a round, made if need be.
func (t *writing) round(c *touched, id string) (no int64, err error) {
	found, err := t.row("SELECT no FROM rounds WHERE case_no = ? AND id = ?", []any{c.no, id}, &no)
	if err == nil && !found {
		_, err = t.row("INSERT INTO rounds (case_no, id) VALUES (?, ?) RETURNING no", []any{c.no, id}, &no)
	}
	return no, err
}

// frontier marks a shard as measured, and those it names as still to be
// measured.
func (t *writing) frontier(round int64, m *overgrant.Measured) error {
	if _, err := t.exec("INSERT INTO shards (round, shard, done) VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET done = 1", round, m.Shard); err != nil {
		return err
	}
	for _, s := range m.Rest {
		if _, err := t.exec("INSERT INTO shards (round, shard, done) VALUES (?, ?, 0) ON CONFLICT DO NOTHING", round, s); err != nil {
			return err
		}
	}
	return nil
}

// Shards wait to be summed until there are so many, or their JSON is larger
// than that of the total by so much. So what is summed up costs no more than
// about what was written, and whoever reads the total reads little besides.
const (
	maxWaiting      = 512
	maxWaitingBytes = 4 << 20
)

// sum adds the shards that wait to the total of their round, if there are
// enough.
func (t *writing) sum(round int64) error {
	var waiting, bytes, size, last int64
	if _, err := t.row(`SELECT waiting, waiting_bytes, total_size, (SELECT max(no) FROM measurements WHERE round = ?1)
		FROM rounds WHERE no = ?1`, []any{round}, &waiting, &bytes, &size, &last); err != nil {
		return err
	}
	if waiting <= maxWaiting && bytes <= maxWaitingBytes+size {
		return nil
	}
	total, err := t.db.total(t.conn, round)
	if err != nil {
		return err
	}
	text, err := json.Marshal(total)
	if err != nil {
		return fmt.Errorf("write a total: %w", err)
	}
	if _, err := t.exec("INSERT INTO totals (round, exposure) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET exposure = ?2", round, t.db.pack(text)); err != nil {
		return err
	}
	_, err = t.exec("UPDATE rounds SET summed = ?, total_size = ?, waiting = 0, waiting_bytes = 0 WHERE no = ?", last, len(text), round)
	return err
}
