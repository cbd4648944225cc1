package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
)

// revoke holds the flags of the command.
type revoke struct {
	format string
	links  linkFlags
	access access
	store  storeFlags
	owner  ownerFlags

	route   string
	dryRun  bool
	yes     bool
	moved   bool
	resume  bool
	confirm bool
	died    bool
	giveUp  bool
	keep    time.Duration
}

func revokeCommand(w World) *cobra.Command {
	r := &revoke{links: linkFlags{addresses: true}}
	c := &cobra.Command{
		Use:   "revoke CASE | LINK | - | --file FILE | --confirm CASE...",
		Short: "Close a link: show what that costs, do it, confirm that it is dead",
		Long: `Show every route that would make a link stop working, the one that costs least
first, each with what else stops; take one; ask the service until the link is
confirmed dead: at once, after a minute, and for as long as --confirm-for says.

What else stops is worked out from what is known: other cases of the store and
links of the ledger that hang on the same key or policy, and clients that
storage logs showed (overgrant usage --save). The service keeps no list of the
links that were made, so each route also says what cannot be known.

The account is changed only by its owner: with the Azure login of this machine
(--login), or for stored access policies and public containers with the
account's keys (--key-env). The address of a container that anybody may read is
a link too.
Nothing is changed before the plan was shown and somebody said yes, or --yes.

Every step is written to the store's journal before it is taken and after. If
the program ends in between, --resume asks the service how far it came, and goes
on. Of the two keys of an account only one is replaced at a time.

Exit codes: 0 confirmed dead, or a dry run that found a route; 1 the link still
works, or is not closed; 2 wrong usage, or it cannot be done; 3 it could not be
confirmed.`,
		Example: `  overgrant revoke --dry-run 9f8e2c
  overgrant revoke --login 9f8e2c
  overgrant revoke --login --route rotate_account_key --yes 9f8e2c
  overgrant revoke --login --resume 9f8e2c
  overgrant revoke --confirm --confirm-for 24h 9f8e2c
  overgrant revoke --confirm --died-with-it 9f8e2c`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 && !r.confirm {
				return errors.New("give one CASE or LINK, in quotes; --confirm takes several cases")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return r.run(c.Context(), w, args) },
	}
	r.links.flags(c)
	r.access.flags(c)
	r.owner.flags(c)
	r.store.placeFlags(c)
	f := c.Flags()
	f.StringVarP(&r.format, "format", "f", "text", "text or json")
	f.StringVar(&r.route, "route", "", "take the route `NAME` instead of the one that costs least")
	f.BoolVar(&r.dryRun, "dry-run", false, "show the plan and change nothing")
	f.BoolVar(&r.yes, "yes", false, "do not ask")
	f.BoolVar(&r.moved, "clients-moved", false, "replace a key although the other one was replaced a short time ago: all clients use that one by now")
	f.BoolVar(&r.resume, "resume", false, "go on with the attempt that is open")
	f.BoolVar(&r.confirm, "confirm", false, "change nothing, only ask whether the link is dead and put that on record")
	f.BoolVar(&r.died, "died-with-it", false, "with --confirm: also ask for the cases that the plan of each case said would stop with it")
	f.BoolVar(&r.giveUp, "give-up", false, "end the attempt that is open without closing the case")
	f.DurationVar(&r.keep, "confirm-for", 0, "keep asking for this `TIME`, such as 24h, in growing intervals")
	_ = c.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]string{"text", "json"}, cobra.ShellCompDirectiveNoFileComp))
	return c
}

// check refuses flags that do not go together.
func (r *revoke) check() error {
	modes := 0
	for _, on := range []bool{r.resume, r.confirm, r.giveUp} {
		if on {
			modes++
		}
	}
	switch {
	case modes > 1:
		return errors.New("give one of --resume, --confirm and --give-up")
	case modes == 1 && r.route != "":
		return errors.New("--route chooses a new attempt; --resume, --confirm and --give-up are about one that is on record")
	case r.died && !r.confirm:
		return errors.New("--died-with-it says what else --confirm asks for; give --confirm too")
	case (r.confirm || r.giveUp) && r.dryRun:
		return errors.New("--confirm and --give-up change nothing in the account; --dry-run is for the others")
	case r.format != "text" && r.format != "json":
		return fmt.Errorf("read --format %q: want text or json", r.format)
	case r.keep < 0:
		return errors.New("read --confirm-for: want a time such as 24h")
	}
	return nil
}

func (r *revoke) run(ctx context.Context, w World, args []string) (fault error) {
	if err := r.check(); err != nil {
		return err
	}
	j := &revoking{revoke: r, world: w}
	defer func() { fault = errors.Join(fault, j.end()) }()
	if r.confirm && (r.died || len(args) > 1) {
		return j.ascertainAll(ctx, args)
	}
	if err := j.begin(ctx, args); err != nil {
		return &exit{exitUsage, err}
	}
	switch {
	case r.giveUp:
		return j.abandon()
	case r.resume:
		return j.goOn(ctx)
	case r.confirm:
		return j.ascertain(ctx)
	}
	return j.anew(ctx)
}
