package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/cloud"
	"github.com/overgrant/overgrant/internal/remedy"
	"github.com/overgrant/overgrant/internal/report"
	"github.com/overgrant/overgrant/internal/store"
)

// closing returns what takes the steps and asks the service.
func (j *revoking) closing() *remedy.Closing {
	c := &remedy.Closing{Prove: j.prove, Record: j.db.put, Now: j.world.Now, Wait: j.world.wait}
	if j.door != nil {
		c.Owner = j.door
	}
	c.Tell = func(text string) { fmt.Fprintln(j.world.Err, "overgrant:", text) }
	return c
}

// prove asks the service about the link, as its bearer.
func (j *revoking) prove(ctx context.Context) (overgrant.Proof, error) {
	reach, err := j.access.reach(j.link, cloud.Options{Client: j.client, Now: j.world.Now().UTC()})
	if err != nil {
		return overgrant.Proof{}, err
	}
	return reach.Prove(ctx, cloud.Ask{})
}

// anew plans and takes a route.
func (j *revoking) anew(ctx context.Context) error {
	if err := j.learn(ctx); err != nil {
		return &exit{exitUsage, err}
	}
	j.out.Key = j.known.Keys[j.link.ID]
	j.out.Routes = remedy.Routes(j.link, j.known)
	r, err := j.choose()
	if r != nil {
		j.out.Chosen = r.Name
	}
	if shown := j.showRoutes(); shown != nil {
		return shown
	}
	if err == nil {
		err = remedy.Ready(j.link.ID, r, j.known, remedy.Moved(j.moved))
	}
	if j.dryRun {
		return j.finish(err)
	}
	if err == nil && j.door == nil {
		err = errNotOurs
	}
	if err == nil {
		err = j.consent(ctx, r)
	}
	if err != nil {
		return j.finish(err)
	}
	c := j.closing()
	name := randomSalt()
	a, err := c.Plan(j.link.ID, store.NewRun(j.world.Now(), [4]byte(name[:4])), r, j.made())
	if err != nil {
		return j.finish(err)
	}
	return j.carry(ctx, c, a)
}

// choose returns the route that is to be taken.
func (j *revoking) choose() (*overgrant.Route, error) {
	if j.route == "" {
		if r := remedy.Default(j.out.Routes); r != nil {
			return r, nil
		}
		return nil, errors.New("no route can be taken from here; each says why")
	}
	var names []string
	for i := range j.out.Routes {
		if j.out.Routes[i].Name == j.route {
			return &j.out.Routes[i], nil
		}
		names = append(names, j.out.Routes[i].Name)
	}
	return nil, fmt.Errorf("read --route %q: want one of %q", j.route, names)
}

// consent asks whether the route is to be taken. Where more stops than the link,
// the answer is the account's name.
func (j *revoking) consent(ctx context.Context, r *overgrant.Route) error {
	a := asker{j.world, j.yes}
	account := remedy.Account(j.link)
	if len(r.Dies) > 0 && account != "" {
		return a.ask(ctx, fmt.Sprintf("Take %s of account %s, which stops %d more that are known? Type the account's name:", r.Name, account, len(r.Dies)), account)
	}
	return a.ask(ctx, fmt.Sprintf("Take %s of account %s? Type yes or the account's name:", r.Name, account), "yes", account)
}

// carry takes the steps of an attempt and confirms that the link is dead.
func (j *revoking) carry(ctx context.Context, c *remedy.Closing, a *overgrant.Attempt) error {
	err := c.Carry(ctx, a)
	j.told(a)
	if errors.Is(err, remedy.ErrUnsure) {
		err = fmt.Errorf("%w; find out with: overgrant revoke %.12s --resume", err, a.Case)
	}
	if err != nil {
		return j.finish(err)
	}
	return j.confirmed(ctx, c, a)
}

// revoked tells the ledger what died, and the user which cases did.
func (j *revoking) revoked(a *overgrant.Attempt) error {
	r := a.Route
	if r == nil {
		r = &overgrant.Route{} // the link itself died, whatever else did
	}
	for _, m := range remedy.Ended(j.link, r, j.known) {
		if err := j.db.put(overgrant.Message{Minted: &m}); err != nil {
			return err
		}
	}
	n := 0
	for i := range r.Dies {
		if r.Dies[i].Sort == "case" {
			n++
		}
	}
	if n > 0 {
		what := fmt.Sprintf("%d more cases", n)
		if n == 1 {
			what = "1 more case"
		}
		fmt.Fprintf(j.world.Err, "overgrant: %s died with it, going by the plan; put that on record with: overgrant revoke --confirm --died-with-it %.12s\n", what, a.Case)
	}
	return nil
}

// told notes how far an attempt has come.
func (j *revoking) told(a *overgrant.Attempt) {
	j.out.Attempt, j.out.Why = a.ID, a.Why
	j.out.Steps = nil
	for _, t := range a.Taken {
		j.out.Steps = append(j.out.Steps, report.ClosingStep{Step: t.Step, State: t.State, Detail: t.Detail})
	}
	if a.Route != nil {
		j.out.Chosen, j.out.Revives = a.Route.Name, a.Route.Revives
	}
	j.out.State = "open"
	switch {
	case a.End == overgrant.GivenUp:
		j.out.State = "given_up"
		return
	case a.End == overgrant.Closed:
		j.out.State = "closed"
	}
	if p := j.out.Proof; p != nil && p.State == overgrant.Alive {
		j.out.State = "alive"
	} else if p != nil && p.State == overgrant.Inconclusive && j.out.State == "open" {
		j.out.State = "inconclusive"
	}
}

// last returns the latest attempt of the case, nil if there is none.
func (j *revoking) last() *overgrant.Attempt {
	all := overgrant.Attempts(j.of.Remedies)
	if len(all) == 0 {
		return nil
	}
	return &all[len(all)-1]
}

// goOn goes on with the attempt that is open.
func (j *revoking) goOn(ctx context.Context) error {
	if j.of == nil {
		return &exit{exitUsage, errors.New("nothing of this link is on record")}
	}
	a := j.last()
	if a == nil || !a.Open() {
		return &exit{exitUsage, fmt.Errorf("no attempt to close case %.12s is open", j.link.ID)}
	}
	j.told(a)
	if a.Route != nil {
		j.out.Routes = []overgrant.Route{*a.Route}
	}
	if err := j.showRoutes(); err != nil {
		return err
	}
	if j.dryRun {
		return j.finish(nil)
	}
	if _, done := a.Carried(); !done && a.Route != nil {
		if err := j.learn(ctx); err != nil {
			return j.finish(err)
		}
		if j.door == nil {
			return j.finish(errNotOurs)
		}
		if err := j.consent(ctx, a.Route); err != nil {
			return j.finish(err)
		}
	} else if err := j.recall(ctx); err != nil {
		return j.finish(err)
	}
	return j.carry(ctx, j.closing(), a)
}

// abandon ends the attempt that is open.
func (j *revoking) abandon() error {
	a := j.last()
	if a == nil || !a.Open() {
		return &exit{exitUsage, fmt.Errorf("no attempt to close case %.12s is open", j.link.ID)}
	}
	why := "given up"
	for _, t := range a.Taken {
		if t.State == overgrant.Begun {
			why = fmt.Sprintf("given up; whether step %d was carried out is not known", t.Step)
		}
	}
	err := j.closing().GiveUp(a, why)
	j.told(a)
	return j.finish(err)
}

// showRoutes writes the plan for people, before anybody is asked.
func (j *revoking) showRoutes() error {
	if j.format == "json" {
		return nil
	}
	if err := report.WriteRoutes(j.world.Out, &j.out, j.world.look()); err != nil {
		return &exit{exitUsage, fmt.Errorf("write the plan: %w", err)}
	}
	return nil
}

// finish writes the result, and gives the exit of the command.
func (j *revoking) finish(err error) error {
	var written error
	if j.format == "json" {
		written = j.world.writeJSON(&j.out)
	} else if !j.dryRun && j.out.Attempt != "" {
		written = report.WriteClosed(j.world.Out, &j.out, j.world.look())
	}
	if written != nil {
		return &exit{exitUsage, fmt.Errorf("write the result: %w", written)}
	}
	code := map[string]int{"closed": exitClean, "alive": exitFound, "open": exitPartial, "inconclusive": exitPartial, "given_up": exitFound, "planned": exitUsage}[j.out.State]
	switch {
	case j.dryRun && err == nil:
		code = exitClean
	case errors.Is(err, remedy.ErrRefused):
		code = exitUsage
	case j.giveUp && err == nil:
		code = exitClean
	case err != nil && j.out.Attempt == "":
		code = exitUsage
	}
	if code == exitClean && err == nil {
		return nil
	}
	return &exit{code, err}
}
