package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// trickle is the least that a body must bring, in bytes a second, over each
// span of Options.Stall that is spent waiting for it.
const trickle = 1 << 10

// answer is the body of an answer, bounded in length and time. It passes reads
// through and copies nothing. Time that nobody waits for it does not count.
type answer struct {
	c       *ReadOnly
	ctx     context.Context // the caller's
	body    io.ReadCloser
	to      *site
	slot    *slot
	note    *note
	cancel  context.CancelCauseFunc
	outcome outcome
	good    bool  // the host did what it is there for
	left    int64 // bytes that it may still bring
	read    int64

	alarm   *time.Timer
	stalled atomic.Bool
	waited  time.Duration // in this span
	got     int64         // in this span
	once    sync.Once
	ended   error // what Read returned last, if it was an error
}

func (a *answer) start() {
	a.alarm = time.AfterFunc(a.c.opt.Stall, func() {
		a.stalled.Store(true)
		a.cancel(ErrStalled)
	})
	a.alarm.Stop()
}

// Read reads from the body.
func (a *answer) Read(p []byte) (int, error) {
	if a.ended != nil {
		return 0, a.ended
	}
	if err := a.c.afford(); err != nil {
		return 0, a.end(err)
	}
	if a.left <= 0 {
		return a.past()
	}
	if int64(len(p)) > a.left {
		p = p[:a.left]
	}
	began := time.Now()
	a.alarm.Reset(a.c.opt.Stall)
	n, err := a.body.Read(p)
	a.alarm.Stop()
	a.left -= int64(n)
	a.read += int64(n)
	a.c.bytes.Add(int64(n))
	if err == nil {
		err = a.pacing(n, time.Since(began))
	}
	if err != nil {
		return n, a.end(err)
	}
	return n, nil
}

// past tells a body that ends where it must from one that goes on.
func (a *answer) past() (int, error) {
	var one [1]byte
	a.alarm.Reset(a.c.opt.Stall)
	n, err := io.ReadFull(a.body, one[:])
	a.alarm.Stop()
	if n > 0 {
		err = fmt.Errorf("answer is longer than was asked for: %w", ErrBroken)
	}
	return 0, a.end(err)
}

// pacing fails for a body that trickles.
func (a *answer) pacing(n int, took time.Duration) error {
	a.waited += took
	a.got += int64(n)
	if a.waited < a.c.opt.Stall {
		return nil
	}
	if float64(a.got) < trickle*a.waited.Seconds() {
		return ErrStalled
	}
	a.waited, a.got = 0, 0
	return nil
}

// end keeps why the body ended and lets go of what it holds.
func (a *answer) end(err error) error {
	if err != io.EOF {
		if a.stalled.Load() {
			err = ErrStalled
		}
		err = fmt.Errorf("read answer: %w", tell(a.ctx, err))
	}
	a.ended = err
	a.finish()
	return err
}

// Close lets go of the body.
func (a *answer) Close() error {
	if a.ended == nil {
		a.ended = http.ErrBodyReadAfterClose
	}
	a.finish()
	return nil
}

func (a *answer) finish() {
	a.once.Do(func() {
		a.alarm.Stop()
		_ = a.body.Close()
		a.cancel(nil)
		a.slot.leave(a.outcome)
		switch whole := a.ended == io.EOF || a.ended == http.ErrBodyReadAfterClose; {
		case whole && a.good:
			a.to.heard(true)
		case errors.Is(a.ended, ErrStalled), errors.Is(a.ended, ErrUnreachable) && a.read < enough: // cut, and hardly anything came
			a.to.heard(false)
		}
		a.note.Bytes = a.read
		if a.ended != io.EOF && a.ended != http.ErrBodyReadAfterClose {
			a.note.Error = a.ended.Error()
		}
		a.c.write(a.note)
	})
}
