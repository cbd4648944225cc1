package cli

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/cloud"
	"github.com/overgrant/overgrant/internal/find"
	"github.com/overgrant/overgrant/internal/measure"
	"github.com/overgrant/overgrant/internal/pipeline"
	"github.com/overgrant/overgrant/internal/source"
	"github.com/overgrant/overgrant/internal/store"
)

// measureBudget is how much content is read where nothing else is said.
const measureBudget byteSize = measure.DefaultBudget

// opened proves a link and opens what it reaches. It gives nil if the link is
// dead: there is nothing to measure.
func (m *measuring) opened(ctx context.Context, l overgrant.Link) (cloud.Reach, measure.Bearer, error) {
	opt := cloud.Options{Client: m.client, Now: m.now}
	if !m.current {
		opt.Versions = "all"
	}
	reach, err := m.access.reach(l, opt)
	if err != nil {
		return nil, measure.Bearer{}, err
	}
	proof, err := reach.Prove(ctx, cloud.Ask{})
	if err != nil {
		return nil, measure.Bearer{}, fmt.Errorf("verify case %.12s: %w", l.ID, err)
	}
	if err := m.proven(l.ID, proof); err != nil {
		return nil, measure.Bearer{}, err
	}
	if proof.State == overgrant.Dead {
		return nil, measure.Bearer{}, nil
	}
	return reach, bearerOf(l.Grant, proof), nil
}

// bearerOf says what the holder of a link may do: what was proven, or if nothing
// was, what the link claims.
func bearerOf(g overgrant.Grant, p overgrant.Proof) measure.Bearer {
	may := func(action string) bool {
		switch p.Permissions[action] {
		case overgrant.Granted, overgrant.ProvenBySignature:
			return true
		case overgrant.Refused:
			return false
		}
		return g.Can(action)
	}
	return measure.Bearer{
		Reads:     may("read") || p.Public == "blob" || p.Public == "container",
		Overwrite: may("write") || may("delete") && may("create"),
	}
}

// measure measures what a link reaches, or goes on with it.
func (m *measuring) measure(ctx context.Context, l overgrant.Link, reach source.Lister, bearer measure.Bearer) (out pipeline.Outcome, fault error) {
	db, scratch, err := m.progressStore(ctx, l)
	if err != nil {
		return out, err
	}
	if scratch != "" {
		defer func() { fault = errors.Join(fault, db.close()) }()
	}
	round, before, err := m.round(ctx, db, l.ID)
	if err != nil {
		return out, err
	}
	meter := &measure.Meter{}
	sink := func(msg overgrant.Message) error {
		if scratch != "" && msg.Measured != nil {
			if err := db.put(msg); err != nil {
				return err
			}
		}
		return m.put(msg)
	}
	s := pipeline.Survey{
		Case: l.ID, Round: round, Reach: reach, Bearer: bearer,
		Sample: m.sample, Budget: m.readBudget(), Inventory: measure.Inventory(!m.totals), Before: before,
		Finder: find.New(find.Options{}), Config: m.config, Now: m.now, Runner: runner(m.jobs),
		Sink: sink, Meter: &m.meter, Survey: meter, Salt: l.Secret.Keyed("people behind a link"),
	}
	done := m.progress(meter)
	out, err = s.Run(ctx)
	done()
	n := meter.Count()
	m.read, m.bytes = m.read+n.Objects, m.bytes+n.Bytes
	if err != nil {
		return out, err
	}
	if m.inventory != "" {
		if err := writeInventory(ctx, m.inventoryOf(l.ID), db, l.ID, round); err != nil {
			return out, err
		}
	}
	if scratch != "" && out.Open == 0 {
		return out, discard(db, scratch)
	}
	return out, nil
}

// inventoryOf names the file for the objects of a link: the one that was given
// for the first link, and for each further one that with the case in its name.
func (m *measuring) inventoryOf(id string) string {
	m.written++
	if m.written == 1 {
		return m.inventory
	}
	ext := filepath.Ext(m.inventory)
	return fmt.Sprintf("%s-%.12s%s", strings.TrimSuffix(m.inventory, ext), id, ext)
}

// readBudget is how many bytes are read; 0 on the command line is none.
func (m *measuring) readBudget() int64 {
	if m.budget == 0 {
		return -1
	}
	return int64(m.budget)
}

// progressStore returns the store that holds the progress of a measurement: the
// one that the run is saved in, or a file of its own.
func (m *measuring) progressStore(ctx context.Context, l overgrant.Link) (db *saved, scratch string, err error) {
	if m.saved != nil {
		return m.saved, "", nil
	}
	place, err := m.survey.store.place(m.world)
	if err != nil {
		return nil, "", err
	}
	scratch = filepath.Join(filepath.Dir(place), "measure", l.ID[:16]+".db")
	if !m.resume {
		if err := remove(scratch); err != nil {
			return nil, "", err
		}
	}
	db, err = m.survey.store.openAt(ctx, m.world, scratch)
	return db, scratch, err
}

func discard(db *saved, scratch string) error {
	if err := db.close(); err != nil {
		return err
	}
	if err := remove(scratch); err != nil {
		return err
	}
	_ = os.Remove(filepath.Dir(scratch)) // unless another measurement is there
	return nil
}

// remove removes a store that held progress only.
func remove(path string) error {
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("remove the progress of a measurement: %w", err)
		}
	}
	return nil
}

// round names the measurement, and gives what was measured of it before.
func (m *measuring) round(ctx context.Context, db *saved, id string) (string, iter.Seq2[*overgrant.Measured, error], error) {
	if !m.resume {
		return db.run, nil, nil
	}
	rounds, err := db.Rounds(ctx, id)
	if err != nil {
		return "", nil, err
	}
	if len(rounds) == 0 {
		fmt.Fprintf(m.world.Err, "overgrant: nothing of case %.12s was measured before; this begins anew\n", id)
		return db.run, nil, nil
	}
	last := rounds[len(rounds)-1].ID
	return last, m.told(db.Shards(ctx, id, last, store.Want{Exposure: true, Finds: true, Candidates: true})), nil
}

// told yields shards that were measured before, and puts each on the page as it
// passes.
func (m *measuring) told(shards iter.Seq2[*overgrant.Measured, error]) iter.Seq2[*overgrant.Measured, error] {
	return func(yield func(*overgrant.Measured, error) bool) {
		for before, err := range shards {
			if err == nil {
				shown := *before
				shown.Candidates = nil // they serve the measurement, not the report
				err = m.page.put(overgrant.Message{Measured: &shown})
			}
			if !yield(before, err) || err != nil {
				return
			}
		}
	}
}
