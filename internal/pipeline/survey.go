package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"sync"
	"sync/atomic"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/find"
	"github.com/overgrant/overgrant/internal/judge"
	"github.com/overgrant/overgrant/internal/measure"
	"github.com/overgrant/overgrant/internal/source"
	"github.com/overgrant/overgrant/internal/work"
)

// Survey measures what one link reaches: first everything is listed, shard by
// shard, then what is worth reading is read. Links that are found on the way are
// put on record as cases of their own.
type Survey struct {
	Case   string
	Round  string // names the measurement; a later one sorts after it
	Reach  source.Lister
	Bearer measure.Bearer

	Sample    int   // objects read of each class; 0 means 200
	Budget    int64 // bytes read in all; 0 means 1 GiB, less than 0 nothing
	ShardSize int   // objects in a shard, about; 0 means 100,000
	Inventory measure.Inventory
	Before    iter.Seq2[*overgrant.Measured, error] // what an earlier run of the same round came to; nil if there was none

	Finder *find.Finder
	Config judge.Config
	Now    time.Time
	Runner work.Runner
	Sink   overgrant.Sink
	Meter  *Meter
	Survey *measure.Meter // may be nil
	Salt   uint64         // keys the hashes of people
}

// Outcome is how far a measurement came.
type Outcome struct {
	Open  int              // shards that could not be measured now; a resumed run goes on with them
	Links []overgrant.Link // found behind the link, each once, with its secret
}

// Run measures. That the service fails is no error of the run: what could not be
// measured is left open, counted in the outcome, and told as Skipped. An error
// means that ctx ended, that the sink failed, or that Before could not be read.
func (s Survey) Run(ctx context.Context) (Outcome, error) {
	if s.Meter == nil {
		s.Meter = &Meter{}
	}
	run := &survey{Survey: s, done: map[string]bool{}, chooser: measure.NewChooser(s.Sample)}
	run.rec = newRecord(Job{Finder: s.Finder, Config: s.Config, Now: s.Now, Sink: s.Sink, Meter: s.Meter})
	run.measurer = measure.New(s.Reach, measure.Options{
		Case: s.Case, Round: s.Round, Bearer: s.Bearer, Inventory: s.Inventory, Sample: s.Sample,
		ShardSize: s.ShardSize, Salt: s.Salt, Links: run, Meter: s.Survey,
	})
	err := run.all(ctx)
	if err == nil {
		err = run.rec.close()
	}
	return Outcome{Open: int(run.open.Load()), Links: run.links}, err
}

// survey is a Survey under way. It is the work.Plan of its tasks, and looks for
// links in what they read.
type survey struct {
	Survey
	measurer *measure.Measurer
	rec      *record
	open     atomic.Int64

	mu      sync.Mutex
	done    map[string]bool // shards that were measured, by an earlier run too
	known   []string        // shards that an earlier run named
	sum     overgrant.Exposure
	chooser *measure.Chooser
	links   []overgrant.Link
	told    map[string]bool
}

func (s *survey) all(ctx context.Context) error {
	if err := s.resume(); err != nil {
		return err
	}
	first := []string{""}
	first = append(first, s.known...)
	if err := s.phase(ctx, first); err != nil || s.open.Load() > 0 {
		return err
	}
	choice, err := s.chooser.Choose(s.Budget)
	if err != nil {
		return err
	}
	if err := s.phase(ctx, choice.Shards); err != nil || s.open.Load() > 0 {
		return err
	}
	last := s.measurer.Unread(&s.sum, choice)
	return s.put(overgrant.Message{Measured: &last})
}

// resume takes up what an earlier run came to.
func (s *survey) resume() error {
	if s.Before == nil {
		return nil
	}
	for m, err := range s.Before {
		if err != nil {
			return fmt.Errorf("read what was measured before: %w", err)
		}
		s.count(m)
		s.known = append(s.known, m.Rest...)
	}
	return nil
}

// phase measures the shards that were not yet, and all that follow from them.
func (s *survey) phase(ctx context.Context, shards []string) error {
	return s.Runner.Run(ctx, func(yield func(work.Task) bool) {
		for _, name := range shards {
			if !s.isDone(name) && !yield(work.Task{Case: s.Case, Round: s.Round, Shard: name}) {
				return
			}
		}
	}, s, s.put)
}

func (s *survey) isDone(shard string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.done[shard]
}

// Do measures one shard.
func (s *survey) Do(ctx context.Context, t work.Task, out overgrant.Sink) error {
	m, err := s.measurer.Shard(ctx, t.Shard)
	switch {
	case errors.Is(err, measure.ErrNothing) && ctx.Err() == nil:
		s.open.Add(1)
		return s.rec.skipped(overgrant.Skipped{Place: overgrant.Place{Source: s.Reach.Name()}, Reason: "not measured yet", Detail: err.Error()})
	case err != nil:
		return err
	}
	return out(overgrant.Message{Measured: &m})
}

// Next returns the shards that go on where one ended.
func (s *survey) Next(t work.Task, m overgrant.Message) []work.Task {
	if m.Measured == nil {
		return nil
	}
	next := make([]work.Task, len(m.Measured.Rest))
	for i, name := range m.Measured.Rest {
		next[i] = work.Task{Case: t.Case, Round: t.Round, Shard: name, Depth: t.Depth}
	}
	return next
}

// put hands on what came out of a task, and counts it.
func (s *survey) put(m overgrant.Message) error {
	if m.Measured != nil {
		s.redact(m.Measured)
		for _, gap := range m.Measured.Gaps {
			if err := s.rec.skipped(gap); err != nil {
				return err
			}
		}
	}
	if err := s.rec.put(m); err != nil {
		return err
	}
	if m.Measured != nil {
		s.count(m.Measured)
	}
	return nil
}

func (s *survey) count(m *overgrant.Measured) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.done[m.Shard] {
		return
	}
	s.done[m.Shard] = true
	s.sum.Add(&overgrant.Exposure{Tally: m.Exposure.Tally, Coverage: m.Exposure.Coverage})
	s.chooser.Add(m.Candidates)
}

// redact takes links out of what a report shows.
func (s *survey) redact(m *overgrant.Measured) {
	for i := range m.Finds {
		s.rec.redact.place(&m.Finds[i].Place)
	}
	for _, c := range m.Exposure.Classes {
		for i := range c.Examples {
			c.Examples[i] = s.rec.redact.text(c.Examples[i])
		}
	}
}

// Any reports whether a link stands in text.
func (s *survey) Any(text []byte) bool { return len(s.Finder.Text(text)) > 0 }

// Look puts the links in a piece on record.
func (s *survey) Look(ctx context.Context, place overgrant.Place, at io.ReaderAt, size int64) error {
	for hit, err := range s.Finder.Stream(ctx, at, size) {
		if err != nil {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err := s.rec.skipped(overgrant.Skipped{Place: place, Reason: "could not be read", Detail: err.Error()}); err != nil {
				return err
			}
			continue
		}
		if err := s.rec.found(hit.Link); err != nil {
			return err
		}
		if err := s.rec.seen(overgrant.Seen{ID: hit.Link.ID, Sighting: sighting(place, hit)}); err != nil {
			return err
		}
		s.note(hit.Link)
	}
	return nil
}

// note keeps a link so that it can be followed.
func (s *survey) note(l overgrant.Link) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.told == nil {
		s.told = map[string]bool{}
	}
	if l.ID == s.Case || s.told[l.ID] || len(s.links) >= maxFollowed {
		return
	}
	s.told[l.ID] = true
	s.links = append(s.links, l)
}

// maxFollowed bounds the links that are kept to be followed.
const maxFollowed = 10_000
