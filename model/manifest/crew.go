package manifest

import (
	"context"
	"runtime"
	"sync"
)

// crew runs jobs on some goroutines, each with a reading of its own.
type crew struct {
	ctx  context.Context
	stop context.CancelCauseFunc
	jobs chan func(*reading) error
	wait sync.WaitGroup
}

// hire starts workers; 0 means one for each processor. read is told of the bytes
// that they read, and may be nil.
func hire(ctx context.Context, workers int, read func(n int)) *crew {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	c := &crew{jobs: make(chan func(*reading) error)}
	c.ctx, c.stop = context.WithCancelCause(ctx)
	for range workers {
		c.wait.Go(func() {
			r := &reading{read: read}
			for job := range c.jobs {
				if c.ctx.Err() != nil {
					continue
				}
				if err := job(r); err != nil {
					c.stop(err)
				}
			}
		})
	}
	return c
}

// do hands a job out. It waits until somebody is free, and fails with the error
// of a job that failed before.
func (c *crew) do(job func(*reading) error) error {
	select {
	case c.jobs <- job:
		return nil
	case <-c.ctx.Done():
		return context.Cause(c.ctx)
	}
}

// done waits for all jobs and returns the first error among them.
func (c *crew) done() error {
	close(c.jobs)
	c.wait.Wait()
	defer c.stop(nil)
	if c.ctx.Err() != nil {
		return context.Cause(c.ctx)
	}
	return nil
}
