package cli

import (
	"context"
	"errors"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/judge"
	"github.com/overgrant/overgrant/internal/pipeline"
	"github.com/overgrant/overgrant/internal/wire"
)

// parts are the flags of a command that asks a service about links.
type parts struct {
	output *output
	links  *linkFlags
	access *access
	store  *storeFlags
	probes wire.Probes
}

// job is a run of such a command: the links it is about, the client it asks
// with, and the page and the store that take what comes out.
type job struct {
	parts
	world   World
	now     time.Time
	started time.Time
	config  judge.Config
	links   []overgrant.Link
	client  *wire.ReadOnly
	page    *page
	saved   *saved
	told    overgrant.Sink // the page, which is told of a link that the ledger has it
	salt    [8]byte
	meter   pipeline.Meter
}

// begin reads the links and opens all that the run needs. Nothing is sent yet.
func begin(ctx context.Context, w World, args []string, p parts) (*job, error) {
	j := &job{parts: p, world: w, started: w.Now(), salt: randomSalt()}
	var err error
	if j.now, err = p.output.now(w); err != nil {
		return nil, err
	}
	if j.config, err = readPolicy(p.links.policy, j.now); err != nil {
		return nil, err
	}
	if j.links, err = p.links.links(ctx, w, args, p.store); err != nil {
		return nil, err
	}
	if j.page, err = p.output.open(w, p.links.file); err != nil {
		return nil, err
	}
	if j.client, err = p.access.client(w, runID(j.salt), p.probes); err != nil {
		return nil, err
	}
	if j.saved, err = p.store.open(ctx, w); err != nil {
		return nil, errors.Join(err, p.access.close())
	}
	if j.told, err = j.saved.recognising(ctx, j.page.put); err != nil {
		return nil, errors.Join(err, j.end())
	}
	targets := make([]string, len(j.links))
	for i, l := range j.links {
		targets[i] = l.Redacted
	}
	err = j.put(overgrant.Message{Run: &overgrant.Run{Schema: "overgrant.events/1", Version: version(), Started: j.now, Targets: targets}})
	if err != nil {
		return nil, errors.Join(&exit{exitUsage, err}, j.end())
	}
	return j, nil
}

// put is the sink of the run: first the store, so that what was found is on
// record, then the page.
func (j *job) put(m overgrant.Message) error { return j.saved.before(j.told)(m) }

// proven puts on record what the service answered, and whether a suppression
// holds: none does for a link that works.
func (j *job) proven(id string, proof overgrant.Proof) error {
	if err := j.put(overgrant.Message{Proven: &overgrant.Proven{ID: id, Proof: proof}}); err != nil {
		return err
	}
	if h, ok := j.config.Suppress(judge.Standing{ID: id, Alive: proof.State == overgrant.Alive}, j.now); ok {
		return j.put(overgrant.Message{Hushed: h})
	}
	return nil
}

// unasked tells of a link about which no service can be asked.
func (j *job) unasked(l overgrant.Link, why error) error {
	proof := overgrant.Proof{State: overgrant.Inconclusive, Cause: overgrant.CauseForeign, Why: why.Error(), CheckedAt: j.now}
	if err := j.proven(l.ID, proof); err != nil {
		return err
	}
	return j.put(overgrant.Message{Skipped: &overgrant.Skipped{Place: overgrant.Place{Path: l.Redacted}, Reason: "no service was asked", Detail: why.Error()}})
}

// close ends the report and gives the exit of the command.
func (j *job) close() error {
	sum := overgrant.Summary{Pieces: int64(len(j.links)), Elapsed: j.world.Now().Sub(j.started)}
	return j.closeWith(sum)
}

func (j *job) closeWith(sum overgrant.Summary) error {
	if err := j.put(overgrant.Message{Summary: &sum}); err != nil {
		return &exit{exitUsage, err}
	}
	return j.page.close()
}

// end lets go of what begin opened.
func (j *job) end() error {
	j.client.Close()
	if err := errors.Join(j.access.close(), j.saved.close()); err != nil {
		return &exit{exitUsage, err}
	}
	return nil
}
