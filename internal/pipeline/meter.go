package pipeline

import (
	"sync/atomic"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/find"
)

// Meter counts what a run has read so far. It may be read while the run goes
// on. The zero value is ready.
type Meter struct {
	pieces, objects, bytes atomic.Int64
	planned, finished      atomic.Int64 // weight of the shards dealt out and done
	cases                  atomic.Int64
}

// Reading is the state of a Meter at one moment.
type Reading struct {
	Pieces, Objects, Bytes int64
	Cases                  int64   // links found so far
	Share                  float64 // of the shards known so far, by weight; 0 to 1
}

// Read returns what was counted so far.
func (m *Meter) Read() Reading {
	r := Reading{Pieces: m.pieces.Load(), Objects: m.objects.Load(), Bytes: m.bytes.Load(), Cases: m.cases.Load()}
	if p := m.planned.Load(); p > 0 {
		r.Share = float64(m.finished.Load()) / float64(p)
	}
	return r
}

// Summary returns the counts as a summary. How long the run took is for the
// caller, who has the clock, to add.
func (m *Meter) Summary() overgrant.Summary {
	r := m.Read()
	return overgrant.Summary{Pieces: r.Pieces, Objects: r.Objects, Bytes: r.Bytes}
}

func (m *Meter) plan(weight int64) { m.planned.Add(weight) }

func (m *Meter) done(weight int64) { m.finished.Add(weight) }

// counter passes on the counts of one searcher as they grow.
type counter struct {
	meter  *Meter
	before find.Counts
}

func (c *counter) add(now find.Counts) {
	c.meter.pieces.Add(now.Pieces - c.before.Pieces)
	c.meter.bytes.Add(now.Bytes - c.before.Bytes)
	c.before = now
}

// pass leaves out what came since the last call.
func (c *counter) pass(now find.Counts) { c.before = now }
