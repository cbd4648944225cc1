// Package pipeline is the way from sources to messages: shards are read side by
// side, links found in their pieces, grants judged, and every noun that comes
// up is handed to the sink at once.
//
// It does not read files, parse links or write reports itself.
package pipeline

import (
	"context"
	"errors"
	"iter"
	"maps"
	"runtime"
	"sync"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/find"
	"github.com/overgrant/overgrant/internal/judge"
	"github.com/overgrant/overgrant/internal/source"
)

// Job is one scan: what to read and what to do with what is found.
type Job struct {
	Sources iter.Seq2[source.Source, error] // each is read to its end before the next is asked for
	Finder  *find.Finder
	Config  judge.Config
	Now     time.Time // the moment as of which grants are judged, UTC
	Workers int       // shards read at once; 0 means one for each processor
	Sink    overgrant.Sink
	Meter   *Meter // counts what was read, for a progress display; may be nil
}

// Run reads all sources to their end and says what was looked into. What cannot
// be read is a Skipped message, be it an item or a whole source. The run ends
// with an error if ctx ends, if the sink fails, or if there is no source that
// could be read.
func (j Job) Run(ctx context.Context) (overgrant.Summary, error) {
	if j.Workers <= 0 {
		j.Workers = runtime.GOMAXPROCS(0)
	}
	if j.Meter == nil {
		j.Meter = &Meter{}
	}
	rec := newRecord(j)
	fault := errors.Join(j.read(ctx, rec), rec.close())
	s := j.Meter.Summary()
	s.Partial = fault != nil
	return s, fault
}

// read reads one source after the other.
func (j Job) read(ctx context.Context, rec *record) error {
	var failed []error
	read := 0
	for src, err := range j.Sources {
		if err == nil {
			w := &walk{job: j, src: src, rec: rec}
			err = w.run(ctx)
		}
		switch {
		case err == nil:
			read++
		case ctx.Err() != nil || rec.broken():
			return errors.Join(err, rec.failed(failed))
		default:
			failed = append(failed, err)
		}
	}
	if read == 0 {
		return errors.Join(failed...)
	}
	return rec.failed(failed)
}

// walk reads one source.
type walk struct {
	job   Job
	src   source.Source
	rec   *record
	kept  *kept  // sightings to be traced; nil if the source has no history
	again *again // what to read again next time; nil if the source does not remember
}

func (w *walk) run(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	tracer, traces := w.src.(source.Tracer)
	if traces {
		w.kept = &kept{}
	}
	rememberer, remembers := w.src.(source.Rememberer)
	if remembers {
		w.again = &again{}
	}
	shards := make(chan source.Shard)
	var workers sync.WaitGroup
	for range w.job.Workers {
		workers.Go(func() {
			for sh := range shards {
				if err := w.shard(ctx, sh); err != nil {
					stop(err)
				}
			}
		})
	}
	err := w.deal(ctx, shards)
	close(shards)
	workers.Wait()
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	if traces {
		lost := w.trace(ctx, tracer)
		if ctx.Err() == nil || !errors.Is(lost, ctx.Err()) { // that is in err, with its cause
			err = errors.Join(err, lost)
		}
	}
	if err != nil || !remembers {
		return err
	}
	return w.remember(ctx, rememberer)
}

// remember lets the source leave out next time what nothing was found in. That
// it cannot is no gap in what was read, and is told without failing.
func (w *walk) remember(ctx context.Context, r source.Rememberer) error {
	err := r.Remember(ctx, maps.Keys(w.again.tags))
	if err == nil {
		return nil
	}
	return w.rec.skipped(overgrant.Skipped{Place: overgrant.Place{Source: w.src.Name()}, Reason: "not remembered", Detail: err.Error(), Benign: true})
}

// deal hands the shards of the source to the workers.
func (w *walk) deal(ctx context.Context, shards chan<- source.Shard) error {
	for sh, err := range w.src.Shards(ctx) {
		if err != nil {
			if err := w.skip(err); err != nil {
				return err
			}
			continue
		}
		w.job.Meter.plan(sh.Weight)
		select {
		case shards <- sh:
		case <-ctx.Done():
			return nil
		}
	}
	return nil
}

// shard reads one shard to its end.
func (w *walk) shard(ctx context.Context, sh source.Shard) error {
	if ctx.Err() != nil {
		return nil
	}
	defer w.job.Meter.done(sh.Weight)
	s := w.job.Finder.Shard()
	count := counter{meter: w.job.Meter}
	for piece, err := range w.src.Pieces(ctx, sh) {
		if err != nil {
			if err := w.skip(err); err != nil {
				return err
			}
			continue
		}
		if piece.Again {
			if err := w.carry(ctx, s, piece); err != nil {
				return err
			}
			count.pass(s.Counts())
			continue
		}
		if err := w.piece(ctx, s, piece); err != nil {
			return err
		}
		count.add(s.Counts())
	}
	return nil
}

// skip counts an item that could not be read; any other error is returned.
func (w *walk) skip(err error) error {
	var s *source.Skip
	if !errors.As(err, &s) {
		return err
	}
	return w.rec.skipped(s.Skipped)
}
