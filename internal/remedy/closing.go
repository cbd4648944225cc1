package remedy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/cloud"
)

// Doer takes steps: the part of cloud.Owner that is needed here.
type Doer interface {
	Do(ctx context.Context, s overgrant.Step) (cloud.Done, error)
}

// Prover asks the service whether the link works.
type Prover func(ctx context.Context) (overgrant.Proof, error)

// Closing brings one case to an end. All fields must be set, but for Owner where
// nothing is left to be done but to confirm. It is not safe for several
// goroutines at once.
type Closing struct {
	Owner  Doer
	Prove  Prover
	Record overgrant.Sink // must have stored a message when it returns
	Now    func() time.Time
	Wait   func(ctx context.Context, d time.Duration) error // returns early only with an error
	Tell   func(text string)                                // progress, in sentences
}

// Errors of Closing.
var (
	// ErrRefused says that a step was not carried out. The attempt is at its end.
	ErrRefused = errors.New("refused")
	// ErrUnsure says that it is not known whether a step was carried out. The
	// attempt stays open, and doing the same again finds out.
	ErrUnsure = errors.New("it is not known whether the step was carried out")
)

// Plan puts on record what is going to be done, before anything is. id is the
// case, name that of the attempt, greater than those before it; made is when the
// key was made that made the link, as far as is known.
func (c *Closing) Plan(id, name string, r *overgrant.Route, made time.Time) (*overgrant.Attempt, error) {
	if err := oneKey(r); err != nil {
		return nil, err
	}
	a := &overgrant.Attempt{ID: name, Case: id, Route: r, At: c.Now().UTC(), Made: made}
	return a, c.record(a, overgrant.Remedied{State: overgrant.Planned, At: a.At, Route: r, KeyMade: made})
}

// Carry takes the steps of an attempt that are not known to be done, in their
// order. Each is on record before it is taken and after. A step that was begun
// before is taken again, which tells whether it was done: steps are safe to
// repeat. It fails with ErrRefused and ErrUnsure.
func (c *Closing) Carry(ctx context.Context, a *overgrant.Attempt) error {
	if !a.Open() || a.Route == nil {
		return nil
	}
	for n := range a.Route.Steps {
		t := taken(a, n+1)
		if t != nil && t.State == overgrant.Done {
			continue
		}
		try := c.again
		if t == nil {
			try = c.first
		}
		if err := try(ctx, a, n+1); err != nil {
			return err
		}
	}
	return nil
}

func taken(a *overgrant.Attempt, step int) *overgrant.Taken {
	for i := range a.Taken {
		if a.Taken[i].Step == step {
			return &a.Taken[i]
		}
	}
	return nil
}

// first takes a step for the first time.
func (c *Closing) first(ctx context.Context, a *overgrant.Attempt, n int) error {
	begun := overgrant.Taken{Step: n, State: overgrant.Begun, Begun: c.Now().UTC()}
	if err := c.record(a, overgrant.Remedied{State: overgrant.Begun, Step: n, At: begun.Begun}); err != nil {
		return err
	}
	a.Taken = append(a.Taken, begun)
	done, err := c.Owner.Do(ctx, a.Route.Steps[n-1])
	switch {
	case err == nil && done.Already:
		return c.done(a, n, "it was so before: "+changed(&done))
	case err == nil:
		return c.done(a, n, changed(&done))
	case !refused(err):
		return fmt.Errorf("step %d: %w: %w", n, ErrUnsure, err)
	}
	t := taken(a, n)
	t.State, t.Detail = overgrant.Failed, err.Error()
	if err := c.record(a, overgrant.Remedied{State: overgrant.Failed, Step: n, At: c.Now().UTC(), Detail: t.Detail}); err != nil {
		return err
	}
	return errors.Join(fmt.Errorf("step %d: %w: %w", n, ErrRefused, err), c.GiveUp(a, t.Detail))
}

// again takes a step that was begun before and may have been carried out. A
// refusal now does not tell what became of it then.
func (c *Closing) again(ctx context.Context, a *overgrant.Attempt, n int) error {
	done, err := c.Owner.Do(ctx, a.Route.Steps[n-1])
	switch {
	case err == nil && done.Already:
		return c.done(a, n, "found done: "+changed(&done))
	case err == nil:
		return c.done(a, n, changed(&done))
	}
	return fmt.Errorf("step %d was begun before: %w: %w", n, ErrUnsure, err)
}

// done puts on record that a step was carried out.
func (c *Closing) done(a *overgrant.Attempt, n int, detail string) error {
	t := taken(a, n)
	t.State, t.Done, t.Detail = overgrant.Done, c.Now().UTC(), detail
	return c.record(a, overgrant.Remedied{State: overgrant.Done, Step: n, At: t.Done, Detail: detail})
}

// changed says what a step changed.
func changed(d *cloud.Done) string {
	if d.After == "" || d.After == d.Before {
		return d.Before
	}
	return d.Before + " → " + d.After
}

// GiveUp ends an attempt that does not close the case.
func (c *Closing) GiveUp(a *overgrant.Attempt, why string) error {
	a.End, a.EndAt, a.Why = overgrant.GivenUp, c.Now().UTC(), why
	return c.record(a, overgrant.Remedied{State: overgrant.GivenUp, At: a.EndAt, Detail: why})
}

// record puts an entry of an attempt into the journal.
func (c *Closing) record(a *overgrant.Attempt, r overgrant.Remedied) error {
	r.ID, r.Attempt = a.Case, a.ID
	if err := c.Record(overgrant.Message{Remedied: &r}); err != nil {
		return fmt.Errorf("write the journal: %w", err)
	}
	return nil
}

// Watch begins an attempt without a route: the link is believed to be dead by
// what somebody else did, and only has to be confirmed.
func (c *Closing) Watch(id, name, detail string) (*overgrant.Attempt, error) {
	a := &overgrant.Attempt{ID: name, Case: id, At: c.Now().UTC(), Detail: detail}
	return a, c.record(a, overgrant.Remedied{State: overgrant.Planned, At: a.At, Detail: detail})
}
