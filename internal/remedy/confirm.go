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
	one := &Confirming{Attempt: a, Prove: c.Prove}
	if err := c.ConfirmAll(ctx, []*Confirming{one}, keep); err != nil {
		return one.Last, err
	}
	return one.Last, one.Err
}

// Confirming is a link that is to be confirmed dead, with how that went.
type Confirming struct {
	Attempt *overgrant.Attempt
	Prove   Prover
	Last    overgrant.Proof // the last answer; its State is empty while there is none
	Closed  bool            // the answers closed the case; false where it was closed before
	Err     error           // why it could not be asked for, or not be put on record; the others go on
}

// ConfirmAll is Confirm for several links. They are asked in turn and wait
// together. It fails only if ctx ended.
func (c *Closing) ConfirmAll(ctx context.Context, all []*Confirming, keep time.Duration) error {
	now := c.Now()
	watches := make([]*watch, len(all))
	for i, one := range all {
		watches[i] = c.watch(one, now, keep)
	}
	for {
		var next *watch
		left := 0
		for _, w := range watches {
			if !w.over && !now.Before(w.due) {
				w.ask(ctx)
			}
			if w.over {
				continue
			}
			if left++; next == nil || w.due.Before(next.due) {
				next = w
			}
		}
		if next == nil {
			return nil
		}
		now = c.Now()
		pause := max(next.due.Sub(now), 0)
		c.tell(next, left, pause)
		if err := c.Wait(ctx, pause); err != nil {
			return err
		}
		now = c.Now()
	}
}

// tell says what is waited for.
func (c *Closing) tell(next *watch, left int, pause time.Duration) {
	if c.Tell == nil {
		return
	}
	what := says(&next.of.Last) + "; it is"
	if left > 1 {
		what = plural(left, "link") + " are"
	}
	c.Tell(fmt.Sprintf("%s asked again in %s", what, pause.Round(time.Second)))
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
func (c *Closing) check(ctx context.Context, a *overgrant.Attempt, prove Prover) (overgrant.Proof, error) {
	p, err := prove(ctx)
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

// watch is one link of a call of ConfirmAll.
type watch struct {
	c     *Closing
	of    *Confirming
	a     *overgrant.Attempt
	due   time.Time // of the next check
	until time.Time // checks go on until then
	grace time.Time // until then a link that works may still be on its way to stop
	gap   time.Duration
	tries int // answers that told nothing
	over  bool
}

func (c *Closing) watch(one *Confirming, now time.Time, keep time.Duration) *watch {
	w := &watch{c: c, of: one, a: one.Attempt, due: now, until: now.Add(keep), grace: now.Add(apartBy), gap: apartBy}
	if w.a.Route != nil {
		w.grace = now.Add(patience[w.a.Route.Name])
	}
	return w
}

// ask asks once and says when to ask again.
func (w *watch) ask(ctx context.Context) {
	p, err := w.c.check(ctx, w.a, w.of.Prove)
	w.of.Last = p
	if err == nil {
		err = w.note(&p)
	}
	now := w.c.Now()
	pause, more := w.pause(&p, now)
	w.of.Err, w.over, w.due = err, err != nil || !more, now.Add(pause)
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
	w.of.Closed = true
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
func (w *watch) pause(p *overgrant.Proof, now time.Time) (time.Duration, bool) {
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
