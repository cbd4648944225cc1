package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/cloud"
	"github.com/overgrant/overgrant/internal/remedy"
	"github.com/overgrant/overgrant/internal/report"
	"github.com/overgrant/overgrant/internal/share"
	"github.com/overgrant/overgrant/internal/wire"
	"github.com/spf13/cobra"
)

func shareExtend(w World) *cobra.Command {
	s := &sharing{}
	c := &cobra.Command{
		Use:   "extend NAME",
		Short: "Let a share live longer",
		Long: `Let a share live longer, from now on. What it reaches is looked at again, and
judged again with the new end.

Links that are bound to a stored access policy stay as they are: the policy is
put off. A link of user delegation cannot be extended: another is made in its
place, which goes to -o FILE or with --reveal to the terminal; the old one works
until it ends by itself.`,
		Example: `  overgrant share extend --login --for 7d resnet18-20260131`,
		Args:    one("give the NAME of one share; overgrant share list names them"),
		RunE:    func(c *cobra.Command, args []string) error { return s.extend(c.Context(), w, args[0]) },
	}
	s.flags(c)
	c.Flags().StringVar(&s.life, "for", "", "the share works for this `TIME` from now on, such as 7d")
	_ = c.MarkFlagRequired("for")
	return c
}

// named begins a run about a share of the ledger.
func (j *sharer) named(ctx context.Context, name string) (overgrant.Shared, error) {
	if !j.owner.given() {
		return overgrant.Shared{}, errNotOurs
	}
	path, err := j.store.place(j.world)
	if err != nil {
		return overgrant.Shared{}, err
	}
	if _, err := os.Stat(path); err != nil {
		return overgrant.Shared{}, fmt.Errorf("open the ledger: %w; shares are in the store in which they were made: --store FILE", err)
	}
	if err := j.openLedger(ctx, changes(!j.dryRun)); err != nil {
		return overgrant.Shared{}, err
	}
	s, err := j.share(name)
	if err != nil {
		return s, err
	}
	at, err := place(&s)
	if err != nil {
		return s, err
	}
	return s, j.open(at)
}

func (s *sharing) extend(ctx context.Context, w World, name string) (fault error) {
	if err := s.check(); err != nil {
		return err
	}
	r := share.Renewal{Now: w.Now().UTC(), Accepts: s.accepted()}
	var err error
	if r.Life, err = share.ParseLife(s.life); err != nil {
		return fmt.Errorf("read --for: %w", err)
	}
	config, err := readPolicy(s.policy, r.Now)
	if err != nil {
		return err
	}
	r.Judge = config.Policy
	j := &sharer{sharing: s, world: w}
	defer func() { fault = errors.Join(fault, j.end()) }()
	shared, err := j.named(ctx, name)
	if err != nil {
		return &exit{exitUsage, err}
	}
	x, err := share.Extend(shared, r)
	if err != nil {
		return &exit{exitUsage, err}
	}
	return j.renew(ctx, &x, r)
}

// renew carries an extension out.
func (j *sharer) renew(ctx context.Context, x *share.Extension, r share.Renewal) error {
	p, hold, err := j.again(ctx, x, r)
	if err != nil {
		return &exit{exitUsage, err}
	}
	if err := j.show(); err != nil {
		return err
	}
	switch {
	case len(hold) > 0:
		return j.finish(refusal(hold))
	case j.dryRun:
		return j.finish(nil)
	case len(x.Edits) > 0:
		if err := (&asker{j.world, j.yes}).ask(ctx, fmt.Sprintf("Let %s work until %s? Type yes:", x.Share.Name, x.Expiry.Format(time.RFC3339)), "yes"); err != nil {
			return j.finish(&exit{exitUsage, err})
		}
		if err := j.minter().Extend(ctx, *x); err != nil {
			return j.finish(&exit{exitUsage, err})
		}
		j.out.State = "extended"
		return j.finish(nil)
	}
	fmt.Fprintln(j.world.Err, "overgrant: a link of user delegation cannot be extended: others are made, and the old ones work until they end by themselves")
	if err := j.produce(ctx, p, fmt.Sprintf("Make %s in place of the old? Type yes:", linksOf(len(p.Wishes)))); err != nil {
		return j.finish(&exit{exitUsage, err})
	}
	return j.finish(nil)
}

// again looks at what a share reaches, and judges it with its new end.
func (j *sharer) again(ctx context.Context, x *share.Extension, r share.Renewal) (share.Plan, []share.Stop, error) {
	anew := x
	if len(x.Edits) > 0 {
		e, err := j.estate(ctx)
		if err != nil {
			return share.Plan{}, nil, err
		}
		if err := x.Keep(e.Policies); err != nil {
			return share.Plan{}, nil, err
		}
		anew = x.Kept()
	}
	want := anew.Again(r)
	at, err := place(&x.Share)
	if err != nil {
		return share.Plan{}, nil, err
	}
	want.At = at
	want.Renews = share.Renews(len(x.Edits) > 0)
	want.Attach = share.Attach(ending(j.sharing.out) == ".html")
	p, hold, err := j.plan(ctx, want)
	if err != nil {
		return p, nil, err
	}
	x.Accepts = p.Accepts
	if len(x.Edits) > 0 {
		j.out.Policy, j.out.Kind = x.Edits[0].Step.Policy, "policy_sas"
	}
	return p, hold, nil
}

// ender holds the flags of the revoke command.
type ender struct {
	sharing
	delegation bool
}

func shareRevoke(w World) *cobra.Command {
	e := &ender{}
	c := &cobra.Command{
		Use:   "revoke NAME",
		Short: "End a share",
		Long: `End a share. Its stored access policy is deleted, and its links are dead within
30 seconds; nothing else hangs on that policy.

A link of user delegation cannot be revoked alone: it ends by itself, or with
all delegation keys of the account (--delegation-keys). What else dies with
those, as far as is known, is told first.

Exit codes: 0 ended; 1 a link of it still works; 2 wrong usage, or it cannot be
done.`,
		Example: `  overgrant share revoke --login resnet18-20260131`,
		Args:    one("give the NAME of one share; overgrant share list names them"),
		RunE:    func(c *cobra.Command, args []string) error { return e.run(c.Context(), w, args[0]) },
	}
	e.access.flags(c)
	e.owner.flags(c)
	e.store.placeFlags(c)
	f := c.Flags()
	f.BoolVar(&e.delegation, "delegation-keys", false, "end the delegation keys of the whole account, and with them every link of user delegation")
	f.BoolVar(&e.dryRun, "dry-run", false, "show what would be done, and do nothing")
	f.BoolVar(&e.yes, "yes", false, "do not ask")
	return c
}

func (e *ender) run(ctx context.Context, w World, name string) (fault error) {
	j := &sharer{sharing: &e.sharing, world: w}
	defer func() { fault = errors.Join(fault, j.end()) }()
	shared, err := j.named(ctx, name)
	if err != nil {
		return &exit{exitUsage, err}
	}
	r := share.Revoke(shared, w.Now())
	left, err := j.revoke(ctx, r, e.delegation)
	if err != nil {
		return &exit{exitUsage, err}
	}
	if left && !j.dryRun {
		return &exit{code: exitFound}
	}
	return nil
}

// revoke ends a share. It reports whether a link of it still works.
func (j *sharer) revoke(ctx context.Context, r share.Revocation, delegation bool) (left bool, err error) {
	out := j.world.Out
	for _, p := range r.Policies {
		fmt.Fprintf(out, "Delete the stored access policy %s of container %s: %s of %s, nothing else hangs on it.\n", p.Step.Policy, p.Step.Container, linksOf(len(p.Links)), r.Share.Name)
	}
	var route *overgrant.Route
	var known remedy.Known
	if len(r.Delegated) > 0 {
		if route, known, err = j.delegationRoute(ctx, r); err != nil {
			return false, err
		}
		fmt.Fprintf(out, "%s of user delegation, until %s: cannot be revoked alone.\n", linksOf(len(r.Delegated)), r.Share.Expiry.Format(time.RFC3339))
		if err := j.writeRoute(r, route); err != nil {
			return false, err
		}
	}
	takes := delegation && route != nil
	if len(r.Policies) == 0 && !takes {
		if len(r.Delegated) == 0 {
			fmt.Fprintf(out, "No link of %s works any more.\n", r.Share.Name)
			if j.dryRun {
				return false, nil
			}
			return false, j.minter().Revoke(ctx, r)
		}
		fmt.Fprintln(out, "To end them all the same: --delegation-keys")
		return true, nil
	}
	if j.dryRun {
		return len(r.Delegated) > 0 && !takes, nil
	}
	if err := j.agree(ctx, r, route, takes); err != nil {
		return false, err
	}
	if err := j.minter().Revoke(ctx, r); err != nil {
		return false, err
	}
	if takes {
		if err := j.endKeys(ctx, r, route, known); err != nil {
			return false, err
		}
	}
	j.confirmed(ctx, r, takes)
	return len(r.Delegated) > 0 && !takes, nil
}

// agree asks whether to go on. Where links of others die, the answer is the
// account's name.
func (j *sharer) agree(ctx context.Context, r share.Revocation, route *overgrant.Route, takes bool) error {
	a := &asker{j.world, j.yes}
	if takes && len(others(r, route)) > 0 {
		account := route.Steps[0].Account
		return a.ask(ctx, fmt.Sprintf("End all delegation keys of account %s, which stops %d more that are known? Type the account's name:", account, len(others(r, route))), account)
	}
	return a.ask(ctx, fmt.Sprintf("End %s? Type yes:", r.Share.Name), "yes")
}

// delegationRoute works out what else dies with the delegation keys.
func (j *sharer) delegationRoute(ctx context.Context, r share.Revocation) (*overgrant.Route, remedy.Known, error) {
	l := linkOf(&r.Delegated[0])
	about := &revoking{revoke: &revoke{}, world: j.world, db: j.db, link: l, known: remedy.Known{Now: j.world.Now().UTC(), Keys: map[string]string{}}}
	e, err := j.estate(ctx)
	if err != nil {
		return nil, about.known, err
	}
	about.known.Estate = e
	if err := about.recall(ctx); err != nil {
		return nil, about.known, err
	}
	routes := remedy.Routes(l, about.known)
	for i := range routes {
		if routes[i].Name == remedy.RevokeDelegation {
			return &routes[i], about.known, nil
		}
	}
	return nil, about.known, nil
}

func linkOf(s *overgrant.SharedLink) overgrant.Link {
	return overgrant.Link{ID: s.ID, Redacted: s.Text, Grant: s.Grant}
}

// others are those who lose something by a route, but for the share itself.
func others(r share.Revocation, route *overgrant.Route) []overgrant.Collateral {
	return slices.DeleteFunc(slices.Clone(route.Dies), func(c overgrant.Collateral) bool { return c.Sort == "ledger" && c.ID == r.Share.Name })
}

// writeRoute tells what else dies with the delegation keys.
func (j *sharer) writeRoute(r share.Revocation, route *overgrant.Route) error {
	if route == nil {
		return nil
	}
	shown := *route
	shown.Dies = others(r, route)
	if err := report.WriteRoute(j.world.Out, &shown, j.world.look()); err != nil {
		return fmt.Errorf("write the plan: %w", err)
	}
	return nil
}

// endKeys ends the delegation keys of the account, and records what died.
func (j *sharer) endKeys(ctx context.Context, r share.Revocation, route *overgrant.Route, known remedy.Known) error {
	if route.Not != "" {
		return fmt.Errorf("end the delegation keys: %s", route.Not)
	}
	for _, s := range route.Steps {
		if _, err := j.door.Do(ctx, s); err != nil {
			return fmt.Errorf("end the delegation keys: %w", err)
		}
	}
	known.Now = j.world.Now().UTC()
	var all []overgrant.Minted
	for _, e := range remedy.Ended(linkOf(&r.Delegated[0]), route, known) {
		e.Attempt = ""
		all = append(all, e)
	}
	return j.minter().Record(ctx, all)
}

// confirmed asks the service about one link, if its text is at hand.
func (j *sharer) confirmed(ctx context.Context, r share.Revocation, takes bool) {
	var l *overgrant.SharedLink
	switch {
	case takes:
		l = &r.Delegated[0]
	case len(r.Policies) > 0 && len(r.Policies[0].Links) > 0:
		l = &r.Policies[0].Links[0]
	}
	fmt.Fprintf(j.world.Out, "%s is revoked; that holds everywhere within 30 seconds.\n", r.Share.Name)
	if l == nil {
		return
	}
	link := linkOf(l)
	var err error
	if link.Secret, err = j.db.vault.Open(ctx, l.ID); err != nil {
		return // it was never sealed: nobody but its holders can try it
	}
	client, err := j.access.client(j.world, runID(j.salt), wire.Probes{})
	if err != nil {
		return
	}
	defer client.Close()
	reach, err := j.access.reach(link, cloud.Options{Client: client, Now: j.world.Now().UTC()})
	if err != nil {
		return
	}
	if proof, err := reach.Prove(ctx, cloud.Ask{}); err == nil {
		fmt.Fprintf(j.world.Out, "Asked just now, the first of its links is %s.\n", proof.State)
	}
}
