package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/remedy"
	"github.com/overgrant/overgrant/internal/store"
	"github.com/overgrant/overgrant/internal/wire"
)

// ascertain only asks whether the link is dead.
func (j *revoking) ascertain(ctx context.Context) error {
	c := j.closing()
	a, err := j.watched(c)
	if err != nil {
		return err
	}
	if err := j.recall(ctx); err != nil {
		return j.finish(err)
	}
	return j.confirmed(ctx, c, a)
}

// confirmed asks until the link is confirmed dead, or told not to be.
func (j *revoking) confirmed(ctx context.Context, c *remedy.Closing, a *overgrant.Attempt) error {
	one := &remedy.Confirming{Attempt: a, Prove: j.prove}
	return j.settle(ctx, one, c.ConfirmAll(ctx, []*remedy.Confirming{one}, j.keep))
}

// settle tells what the checks of a link came to; stopped is why they were ended
// before, nil if they were not.
func (j *revoking) settle(ctx context.Context, one *remedy.Confirming, stopped error) error {
	if one.Last.State != "" {
		j.out.Proof = &one.Last
	}
	a := one.Attempt
	j.told(a)
	if one.Closed {
		if err := j.revoked(a); err != nil {
			return j.finish(err)
		}
	}
	err := cmp.Or(one.Err, stopped)
	if err != nil && (ctx.Err() != nil || errors.Is(err, context.Canceled)) {
		err = fmt.Errorf("the checks were interrupted: %w; go on with: overgrant revoke %.12s --confirm", err, a.Case)
	}
	return j.finish(err)
}

// watched returns the attempt that the checks belong to: the last one, or one
// that only watches, where none leads to the link's end.
func (j *revoking) watched(c *remedy.Closing) (*overgrant.Attempt, error) {
	a := j.last()
	if a != nil && a.Open() && a.Route != nil {
		if _, done := a.Carried(); !done {
			return nil, &exit{exitUsage, fmt.Errorf("the attempt that is open did not come to its end; go on with: overgrant revoke %.12s --resume", a.Case)}
		}
	}
	if a == nil || a.End == overgrant.GivenUp || a.End == overgrant.Closed && j.of.Closed() == nil {
		name := randomSalt()
		var err error
		if a, err = c.Watch(j.link.ID, store.NewRun(j.world.Now(), [4]byte(name[:4])), "closed by other means, to be confirmed"); err != nil {
			return nil, j.finish(err)
		}
	}
	j.told(a)
	return a, nil
}

// ascertainAll asks whether the links of several cases are dead.
func (j *revoking) ascertainAll(ctx context.Context, prefixes []string) error {
	ids, err := j.named(ctx, prefixes)
	if err == nil {
		j.client, err = j.access.client(j.world, runID(randomSalt()), wire.Probes{})
	}
	if err == nil {
		err = j.recallLedger(ctx)
	}
	if err != nil {
		return &exit{exitUsage, err}
	}
	var each []*revoking
	var all []*remedy.Confirming
	var faults []error
	c := j.closing()
	for _, id := range ids {
		one, a, err := j.other(ctx, c, id)
		if err != nil {
			faults = append(faults, fmt.Errorf("case %.12s: %w", id, err))
			continue
		}
		each = append(each, one)
		all = append(all, &remedy.Confirming{Attempt: a, Prove: one.prove})
	}
	stopped := c.ConfirmAll(ctx, all, j.keep)
	for i, one := range each {
		if j.format == "text" {
			fmt.Fprintf(j.world.Out, "\n Case %.12s · %s\n", one.link.ID, one.link.Redacted)
		}
		faults = append(faults, one.settle(ctx, all[i], stopped))
	}
	return worst(faults)
}

// named returns the ids of the cases that the arguments name, and, where they
// are asked for, of those that went with them.
func (j *revoking) named(ctx context.Context, prefixes []string) (ids []string, err error) {
	if len(prefixes) == 0 {
		return nil, errors.New("give a CASE: the beginning of its id")
	}
	if err := j.open(ctx); err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	add := func(id string) {
		if !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	for _, p := range prefixes {
		c, err := j.db.Case(ctx, p)
		if err != nil {
			return nil, fmt.Errorf("%w; overgrant cases lists them", err)
		}
		add(c.Link.ID)
		if a := c.Closed(); j.died && a != nil && a.Route != nil {
			for _, d := range a.Route.Dies {
				if d.Sort == "case" {
					add(d.ID)
				}
			}
		}
	}
	return ids, nil
}

// other returns the run for one of several cases, and the attempt that its
// checks belong to.
func (j *revoking) other(ctx context.Context, c *remedy.Closing, id string) (*revoking, *overgrant.Attempt, error) {
	of, err := j.db.Case(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	one := &revoking{revoke: j.revoke, world: j.world, db: j.db, client: j.client, of: of, link: of.Link, known: j.known}
	if one.link.Secret, err = j.db.vault.Open(ctx, id); err != nil {
		return nil, nil, fmt.Errorf("without its text nobody can confirm that the link is dead: %w", err)
	}
	one.head()
	a, err := one.watched(c)
	return one, a, err
}

// worst joins what happened to several cases and exits with the worst of it:
// one that works, then one that is not certain.
func worst(faults []error) error {
	rank := map[int]int{exitClean: 0, exitPartial: 1, exitUsage: 2, exitFound: 3}
	code := exitClean
	var told []error
	for _, f := range faults {
		if f == nil {
			continue
		}
		one := exitPartial
		var e *exit
		if errors.As(f, &e) {
			one = e.code
		}
		if rank[one] > rank[code] {
			code = one
		}
		if e == nil || e.err != nil {
			told = append(told, f)
		}
	}
	if code == exitClean {
		return nil
	}
	return &exit{code, errors.Join(told...)}
}
