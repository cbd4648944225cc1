package remedy

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/overgrant/overgrant"
)

// apartBy is how far apart two checks must be that say dead: caches, and the
// second location of an account, may answer from before.
const apartBy = time.Minute

// patience is how long a route may take to hold before a link that works still
// is told as one that does.
var patience = map[string]time.Duration{
	DeletePolicy: apartBy, EndPolicy: apartBy, RotateKey: apartBy, CloseContainer: apartBy,
	BlockLong: 30 * time.Minute, NoSharedKey: 30 * time.Minute, NoPublicAccess: 30 * time.Minute, RevokeDelegation: 30 * time.Minute,
}

// maxPause bounds the time between two checks.
const maxPause = 6 * time.Hour

// Confirm asks the service about the link of an attempt: at once, after a
// minute, then in growing intervals for as long as it takes and for at least
// keep. Every answer is on record when it is known. The case is closed as soon
// as the service refused the link twice, a minute apart.
//
// It returns the last answer. An answer that a closed link works again comes
// with no error: the caller must look at it. An error means that nothing could
// be asked, or that ctx ended; the attempt then stays as it is, and Confirm goes
// on with it when it is called again.
func (c *Closing) Confirm(ctx context.Context, a *overgrant.Attempt, keep time.Duration) (overgrant.Proof, error) {
	w := c.watch(a, keep)
	for {
		p, err := c.check(ctx, a)
		if err != nil {
			return p, err
		}
		if err := w.note(&p); err != nil {
			return p, err
		}
		pause, more := w.pause(&p)
		if !more {
			return p, nil
		}
		if c.Tell != nil {
			c.Tell(fmt.Sprintf("%s; it is asked again in %s", says(&p), pause))
		}
		if err := c.Wait(ctx, pause); err != nil {
			return p, err
		}
	}
}

// says tells the state of a link in a clause.
func says(p *overgrant.Proof) string {
	switch p.State {
	case overgrant.Dead:
		return "the service refuses the link"
	case overgrant.Alive:
		return "the link still works"
	}
	return "the service does not say whether the link works"
}

// check asks once and puts the answer on record, with the case and in the
// journal.
func (c *Closing) check(ctx context.Context, a *overgrant.Attempt) (overgrant.Proof, error) {
	p, err := c.Prove(ctx)
	if err != nil {
		return p, fmt.Errorf("ask whether the link still works: %w", err)
	}
	if p.CheckedAt.IsZero() {
		p.CheckedAt = c.Now().UTC()
	}
	if err := c.Record(overgrant.Message{Proven: &overgrant.Proven{ID: a.Case, Proof: p}}); err != nil {
		return p, fmt.Errorf("write the journal: %w", err)
	}
	r := overgrant.Remedied{ID: a.Case, Attempt: a.ID, State: overgrant.Checked, Step: len(a.Checks) + 1, At: p.CheckedAt, Proof: &p, Detail: p.Why}
	a.Checks = append(a.Checks, r)
	return p, c.record(a, r)
}

// watch is one call of Confirm.
type watch struct {
	c     *Closing
	a     *overgrant.Attempt
	began time.Time
	until time.Time // checks go on until then
	grace time.Time // until then a link that works may still be on its way to stop
	gap   time.Duration
	tries int // answers that told nothing
}

func (c *Closing) watch(a *overgrant.Attempt, keep time.Duration) *watch {
	now := c.Now()
	w := &watch{c: c, a: a, began: now, until: now.Add(keep), grace: now.Add(apartBy), gap: apartBy}
	if a.Route != nil {
		w.grace = now.Add(patience[a.Route.Name])
	}
	return w
}

// note closes the case if the answers allow it.
func (w *watch) note(p *overgrant.Proof) error {
	if p.State != overgrant.Dead || !w.a.Open() || !w.twice() {
		return nil
	}
	a := w.a
	detail := strings.TrimSuffix(p.Why, ".")
	if p.Revives != "" {
		detail += "; " + strings.TrimSuffix(p.Revives, ".")
	}
	a.End, a.EndAt, a.Why = overgrant.Closed, p.CheckedAt, detail
	return w.c.record(a, overgrant.Remedied{State: overgrant.Closed, At: p.CheckedAt, Detail: detail, Proof: p})
}

// twice reports whether the last answers all say dead and span a minute.
func (w *watch) twice() bool {
	checks := w.a.Checks
	last := checks[len(checks)-1].At
	for i := len(checks) - 1; i >= 0; i-- {
		if p := checks[i].Proof; p == nil || p.State != overgrant.Dead {
			return false
		}
		if last.Sub(checks[i].At) >= apartBy {
			return true
		}
	}
	return false
}

// maxUnclear is how many answers in a row may tell nothing before that is the
// result.
const maxUnclear = 5

// pause says how long to wait for the next check, if there is to be one.
func (w *watch) pause(p *overgrant.Proof) (time.Duration, bool) {
	now := w.c.Now()
	switch p.State {
	case overgrant.Dead:
		w.tries = 0
		if w.a.Open() {
			return apartBy, true
		}
		if !now.Before(w.until) {
			return 0, false
		}
	case overgrant.Alive:
		if !w.a.Open() || !now.Before(w.grace) {
			return 0, false
		}
		return apartBy, true
	default:
		if w.tries++; w.tries >= maxUnclear {
			return 0, false
		}
		return apartBy, true
	}
	w.gap = min(w.gap*3, maxPause)
	return min(w.gap, max(w.until.Sub(now), apartBy)), true
}
