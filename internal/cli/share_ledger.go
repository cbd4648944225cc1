package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/report"
	"github.com/overgrant/overgrant/internal/share"
	"github.com/spf13/cobra"
)

// shareLister holds the flags of the list command.
type shareLister struct {
	store    storeFlags
	format   string
	out      string
	expiring string
	live     bool
}

func shareList(w World) *cobra.Command {
	l := &shareLister{}
	c := &cobra.Command{
		Use:   "list [NAME…]",
		Short: "List the shares of the ledger, the one that ends first on top",
		Long: `List the shares that were made: what each opens, for whom and what for, until
when, and what storage logs say of its use (overgrant usage --save). Nothing is
asked of any service.

Exit codes: 0; 1 with --expiring if a share ends within that time, or one was
begun and never finished; 2 wrong usage, or there is no store.`,
		Example: `  overgrant share list
  overgrant share list --expiring 7d --format markdown`,
		RunE: func(c *cobra.Command, args []string) error { return l.run(c.Context(), w, args) },
	}
	l.store.placeFlags(c)
	f := c.Flags()
	f.StringVarP(&l.format, "format", "f", "text", "one of "+report.LedgerFormats)
	f.StringVarP(&l.out, "output", "o", "-", "write the list to `FILE`; - for standard output")
	f.StringVar(&l.expiring, "expiring", "", "only shares that end within this `TIME`, such as 7d")
	f.BoolVar(&l.live, "live", false, "only shares with a link that works, as far as the ledger tells")
	return c
}

func (l *shareLister) run(ctx context.Context, w World, names []string) (fault error) {
	var within time.Duration
	if l.expiring != "" {
		var err error
		if within, err = share.ParseLife(l.expiring); err != nil || within <= 0 {
			return fmt.Errorf("read --expiring %q: want a time such as 7d", l.expiring)
		}
	}
	if err := report.WriteLedger(discardAll{}, l.format, nil, report.Options{}); err != nil {
		return err
	}
	db, err := l.store.existing(ctx, w)
	if err != nil {
		return &exit{exitUsage, err}
	}
	defer func() { fault = errors.Join(fault, db.close()) }()
	all, err := entries(ctx, db, w.Now())
	if err != nil {
		return &exit{exitUsage, err}
	}
	for _, name := range names {
		if !slices.ContainsFunc(all, func(e report.LedgerEntry) bool { return e.Name == name }) {
			return &exit{exitUsage, noShare(name, all)}
		}
	}
	soon := w.Now().Add(within)
	all = slices.DeleteFunc(all, func(e report.LedgerEntry) bool {
		ends := e.State == "begun" || e.State == "live" && !e.Expiry.IsZero() && e.Expiry.Before(soon)
		named := slices.Contains(names, e.Name)
		return share.IsDryRun(e.Name) && !named || l.expiring != "" && !ends || l.live && e.State != "live" || len(names) > 0 && !named
	})
	if err := l.write(w, all); err != nil {
		return &exit{exitUsage, fmt.Errorf("write the list: %w", err)}
	}
	if l.expiring != "" && len(all) > 0 {
		return &exit{code: exitFound}
	}
	return nil
}

func (l *shareLister) write(w World, all []report.LedgerEntry) error {
	look := w.look()
	if l.out == "-" {
		return report.WriteLedger(w.Out, l.format, all, look)
	}
	f, err := os.OpenFile(l.out, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	look.Color = false
	return errors.Join(report.WriteLedger(f, l.format, all, look), f.Close())
}

// discardAll takes what is written and keeps nothing.
type discardAll struct{}

func (discardAll) Write(p []byte) (int, error) { return len(p), nil }

// noShare says that the ledger has no share of a name.
func noShare(name string, all []report.LedgerEntry) error {
	if len(all) == 0 {
		return fmt.Errorf("no share %.60q: the ledger of this store is empty", name)
	}
	return fmt.Errorf("no share %.60q in the ledger; overgrant share list names them", name)
}

// entries are the shares of the ledger with what logs say of their use: live
// ones first, the one that ends first on top.
func entries(ctx context.Context, db *saved, now time.Time) ([]report.LedgerEntry, error) {
	var all []report.LedgerEntry
	at := map[string]int{}
	for s, err := range db.Ledger(ctx) {
		if err != nil {
			return nil, err
		}
		at[s.Name] = len(all)
		all = append(all, entry(&s, now))
	}
	for u, err := range db.Used(ctx, "") {
		if err != nil {
			return nil, err
		}
		n, ours := at[u.Match.Ledger]
		if !ours || u.Match.Ledger == "" {
			continue
		}
		e := &all[n]
		e.Used, e.Requests, e.Failed, e.BytesOut = true, e.Requests+u.Requests, e.Failed+u.Failed, e.BytesOut+u.BytesOut
		if u.Last.After(e.LastUsed) {
			e.LastUsed = u.Last
		}
	}
	rank := map[string]int{"begun": 0, "live": 1, "expired": 2, "revoked": 3}
	slices.SortStableFunc(all, func(a, b report.LedgerEntry) int {
		return cmp.Or(cmp.Compare(rank[a.State], rank[b.State]), a.Expiry.Compare(b.Expiry), cmp.Compare(a.Name, b.Name))
	})
	return all, nil
}

// entry is a share as it stands at now.
func entry(s *overgrant.Shared, now time.Time) report.LedgerEntry {
	e := report.LedgerEntry{Schema: "overgrant.ledger/1", Name: s.Name, State: "revoked", Owner: s.Owner, Purpose: s.Purpose, Links: len(s.Links),
		Made: s.Made, Expiry: s.Expiry, Revoked: s.Revoked, Paths: []string{}, IDs: []string{}}
	all := s.Links
	if len(all) == 0 && len(s.Begun) > 0 {
		all = []overgrant.SharedLink{{Minted: s.Begun[0]}}
		e.Expiry = s.Begun[0].Expiry
	}
	ended := false
	for i := range all {
		l := &all[i]
		e.Account, e.Container, e.Kind, e.Policy = l.Grant.Account, l.Grant.Container, l.Grant.Kind, cmp.Or(l.Grant.PolicyID, e.Policy)
		e.Accepts = l.Accepts
		e.Objects.Add(l.Objects)
		for _, p := range l.Paths {
			if !slices.Contains(e.Paths, p) && len(e.Paths) < 20 {
				e.Paths = append(e.Paths, p)
			}
		}
		if l.Extended.After(e.Extended) {
			e.Extended = l.Extended
		}
		if i < len(s.Links) {
			e.IDs = append(e.IDs, l.ID)
			ended = ended || l.Revoked.IsZero()
			if l.Live(now) {
				e.Live++
			}
		}
	}
	switch {
	case e.Live > 0:
		e.State = "live"
	case len(s.Begun) > 0:
		e.State = "begun"
	case ended:
		e.State = "expired"
	}
	if len(s.Begun) > 0 {
		e.Begun = fmt.Sprintf("%s: a change was begun, and nobody knows what came of it; do it again, or take all of it back with: overgrant share revoke %s", s.Begun[0].At.UTC().Format(time.DateTime), s.Name)
	}
	return e
}

// share returns a share of the ledger.
func (j *sharer) share(name string) (overgrant.Shared, error) {
	for i := range j.ledger {
		if j.ledger[i].Name == name {
			return j.ledger[i], nil
		}
	}
	if len(j.ledger) == 0 {
		return overgrant.Shared{}, noShare(name, nil)
	}
	return overgrant.Shared{}, noShare(name, make([]report.LedgerEntry, 1))
}

// place returns where the container of a share lies.
func place(s *overgrant.Shared) (share.Address, error) {
	for i := range s.Links {
		return share.AddressOf(s.Links[i].Text, s.Links[i].Grant)
	}
	for i := range s.Begun {
		return share.AddressOf(s.Begun[i].Text, s.Begun[i].Grant)
	}
	return share.Address{}, fmt.Errorf("share %s: nothing of it was ever made", s.Name)
}
