package wire

import (
	"context"
	"sync"
	"time"
)

// pace bounds the requests that are under way to one host. When the service
// throttles, the bound is halved, at most once for all that were under way
// then; each answer that is none of throttling raises it a little.
type pace struct {
	mu      sync.Mutex
	most    float64
	now     float64 // the bound in force, between 1 and most
	busy    int
	cuts    int // how often the bound was halved
	waiting []chan struct{}
}

// outcome is what a request says about its host.
type outcome int

const (
	gaveUp   outcome = iota // never sent
	failed                  // no answer
	slowDown                // throttled
	fine
)

// slot is the right to one request under way.
type slot struct {
	of   *pace
	cuts int
	once sync.Once
}

func (p *pace) start(most int) { p.most, p.now = float64(most), float64(most) }

// enter waits for a slot.
func (p *pace) enter(ctx context.Context) (*slot, error) {
	p.mu.Lock()
	if err := ctx.Err(); err != nil {
		p.mu.Unlock()
		return nil, err
	}
	if len(p.waiting) == 0 && p.busy < int(p.now) {
		p.busy++
		s := &slot{of: p, cuts: p.cuts}
		p.mu.Unlock()
		return s, nil
	}
	turn := make(chan struct{})
	p.waiting = append(p.waiting, turn)
	p.mu.Unlock()
	select {
	case <-turn:
	case <-ctx.Done():
		p.mu.Lock()
		defer p.mu.Unlock()
		for i, w := range p.waiting {
			if w == turn {
				p.waiting = append(p.waiting[:i], p.waiting[i+1:]...)
				return nil, ctx.Err()
			}
		}
		p.busy-- // the turn came at the same moment
		p.wake()
		return nil, ctx.Err()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return &slot{of: p, cuts: p.cuts}, nil
}

// wake lets those in who fit. p.mu is held.
func (p *pace) wake() {
	for len(p.waiting) > 0 && p.busy < int(p.now) {
		p.busy++
		close(p.waiting[0])
		p.waiting = p.waiting[1:]
	}
}

// leave gives the slot back. Only the first call counts.
func (s *slot) leave(how outcome) {
	s.once.Do(func() {
		p := s.of
		p.mu.Lock()
		defer p.mu.Unlock()
		p.busy--
		switch how {
		case slowDown:
			if s.cuts == p.cuts {
				p.now = max(1, p.now/2)
				p.cuts++
			}
		case fine:
			p.now = min(p.most, p.now+1/(4*p.now))
		}
		p.wake()
	})
}

// account spreads requests over time. Hosts of one account share it.
type account struct {
	mu   sync.Mutex
	next time.Time // when the next request may leave
}

// hold lets nothing leave before t: the service asked for that.
func (a *account) hold(t time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if t.After(a.next) {
		a.next = t
	}
}

// due waits until a request to s may leave.
func (c *ReadOnly) due(ctx context.Context, s *site) error {
	a := s.account
	a.mu.Lock()
	now := c.opt.Now()
	at := a.next
	if at.Before(now) {
		at = now
	}
	if c.opt.Rate > 0 {
		a.next = at.Add(time.Duration(float64(time.Second) / c.opt.Rate))
	}
	a.mu.Unlock()
	return c.wait(ctx, at.Sub(now))
}
