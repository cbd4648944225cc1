// Package local carries out plans with goroutines of one process.
package local

import (
	"context"
	"iter"
	"runtime"
	"sync"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/work"
)

// Runner runs tasks side by side, the youngest first: so what a task leads to
// is done before its siblings, and few tasks wait at any time. The zero value is
// ready, and may run several plans at once.
type Runner struct {
	Workers int // tasks at once; 0 means two for each processor, since they wait for servers
}

// Run carries out the first tasks and all that follow. An error of a task or of
// out ends the run; those tasks that have begun are waited for.
func (r Runner) Run(ctx context.Context, first iter.Seq[work.Task], p work.Plan, out overgrant.Sink) error {
	if r.Workers <= 0 {
		r.Workers = 2 * runtime.GOMAXPROCS(0)
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	q := newQueue(first)
	context.AfterFunc(ctx, q.close)
	var workers sync.WaitGroup
	for range r.Workers {
		workers.Go(func() {
			for t, ok := q.take(); ok; t, ok = q.take() {
				if err := p.Do(ctx, t, q.following(t, p, out)); err != nil {
					stop(err)
				}
				q.done()
			}
		})
	}
	workers.Wait()
	return context.Cause(ctx)
}

// following returns the sink of a task: what it gives goes out first, and then
// the tasks that follow from it may begin.
func (q *queue) following(t work.Task, p work.Plan, out overgrant.Sink) overgrant.Sink {
	return func(m overgrant.Message) error {
		if err := out(m); err != nil {
			return err
		}
		q.put(p.Next(t, m))
		return nil
	}
}

// queue holds tasks that have not begun. It ends when none is left and none is
// under way that could bring more.
type queue struct {
	mu     sync.Mutex
	wake   sync.Cond
	next   func() (work.Task, bool) // the first tasks, asked for when nothing else is there
	drop   func()
	tasks  []work.Task
	busy   int
	closed bool
}

func newQueue(first iter.Seq[work.Task]) *queue {
	q := &queue{}
	q.wake.L = &q.mu
	q.next, q.drop = iter.Pull(first)
	return q
}

func (q *queue) put(ts []work.Task) {
	if len(ts) == 0 {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	for i := len(ts) - 1; i >= 0; i-- { // so that the first of them comes first
		q.tasks = append(q.tasks, ts[i])
	}
	q.wake.Broadcast()
}

func (q *queue) take() (t work.Task, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for {
		switch {
		case q.closed:
			return t, false
		case len(q.tasks) > 0:
			t, q.tasks = q.tasks[len(q.tasks)-1], q.tasks[:len(q.tasks)-1]
			q.busy++
			return t, true
		}
		if t, ok := q.next(); ok {
			q.busy++
			return t, true
		}
		if q.busy == 0 {
			q.shut()
			return t, false
		}
		q.wake.Wait()
	}
}

func (q *queue) done() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.busy--; q.busy == 0 && len(q.tasks) == 0 {
		q.wake.Broadcast()
	}
}

func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.shut()
}

func (q *queue) shut() {
	if !q.closed {
		q.closed = true
		q.drop()
	}
	q.wake.Broadcast()
}
