package share

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/cloud"
	"github.com/overgrant/overgrant/internal/judge"
)

// Extension is how a share is going to live longer.
type Extension struct {
	Share   overgrant.Shared
	Expiry  time.Time
	Edits   []Edit                 // policies that are put off
	Anew    []overgrant.SharedLink // links that cannot be extended: others are made in their place
	Accepts []overgrant.Accept
	Refused []overgrant.Reason
}

// Edit is a policy with the links that hang on it.
type Edit struct {
	Step  overgrant.Step
	Links []overgrant.SharedLink
}

// Renewal says how long a share is to live, and with what rules set aside.
type Renewal struct {
	Now     time.Time
	Life    time.Duration // from Now
	Accepts []overgrant.Accept
	Judge   judge.Policy
}

// Extend plans to let a share live longer. What was accepted when it was made
// still is. Links that were revoked stay so.
func Extend(s overgrant.Shared, r Renewal) (Extension, error) {
	x := Extension{Share: s, Expiry: r.Now.UTC().Truncate(time.Second).Add(r.Life)}
	if r.Life < time.Minute {
		return x, fmt.Errorf("extend %s: it would have expired already; give --for a time such as 24h or 7d", s.Name)
	}
	have := slices.Clone(r.Accepts)
	for i := range s.Links {
		l := &s.Links[i]
		if !l.Revoked.IsZero() {
			continue
		}
		have = append(have, l.Accepts...)
		if l.Grant.PolicyID == "" {
			if !slices.ContainsFunc(x.Anew, func(o overgrant.SharedLink) bool { return o.Grant.Path == l.Grant.Path }) {
				x.Anew = append(x.Anew, *l)
			}
			continue
		}
		x.edit(l)
	}
	if len(x.Edits)+len(x.Anew) == 0 {
		return x, fmt.Errorf("extend %s: every link of it was revoked; make a new share", s.Name)
	}
	x.judge(r, have)
	return x, nil
}

// edit puts the policy of a link off.
func (x *Extension) edit(l *overgrant.SharedLink) {
	step := overgrant.Step{Deed: overgrant.EditPolicy, Account: l.Grant.Account, Service: cloud.Blob, Container: l.Grant.Container, Policy: l.Grant.PolicyID,
		Want: &overgrant.StoredPolicy{ID: l.Grant.PolicyID, Expiry: x.Expiry}}
	for i := range x.Edits {
		if s := &x.Edits[i].Step; s.Container == step.Container && s.Policy == step.Policy {
			x.Edits[i].Links = append(x.Edits[i].Links, *l)
			return
		}
	}
	x.Edits = append(x.Edits, Edit{Step: step, Links: []overgrant.SharedLink{*l}})
}

// Keep leaves the policies as they stand, but for their end. It fails with
// cloud.ErrNoPolicy if one is not there.
func (x *Extension) Keep(there []cloud.Policy) error {
	for i := range x.Edits {
		s := &x.Edits[i].Step
		at := slices.IndexFunc(there, func(p cloud.Policy) bool {
			return p.Service == cloud.Blob && p.Container == s.Container && p.ID == s.Policy
		})
		if at < 0 {
			return x.gone(s.Policy, cloud.ErrNoPolicy)
		}
		s.Want.Permissions, s.Want.Start = there[at].Permissions, there[at].Start
	}
	return nil
}

func (x *Extension) gone(policy string, err error) error {
	return fmt.Errorf("extend %s: policy %s: %w: its links are dead; put that on record with: overgrant share revoke %[1]s", x.Share.Name, policy, err)
}

// Kept returns an extension of the links that stay, as though others were made
// in their place: what they reach is looked at again.
func (x *Extension) Kept() *Extension {
	k := &Extension{Share: x.Share, Expiry: x.Expiry}
	for _, e := range x.Edits {
		for _, l := range e.Links {
			l.Grant.Permissions = e.Step.Want.Permissions
			k.Anew = append(k.Anew, l)
		}
	}
	return k
}

// judge asks the rules about the links that live longer.
func (x *Extension) judge(r Renewal, have []overgrant.Accept) {
	seen := map[string]bool{}
	for _, e := range x.Edits {
		for i := range e.Links {
			g := e.Links[i].Grant
			g.Expiry = x.Expiry
			for _, reason := range judge.Judge(g, r.Now, r.Judge).Reasons {
				if reason.Advice || seen[reason.Rule] {
					continue
				}
				seen[reason.Rule] = true
				if at := slices.IndexFunc(have, func(a overgrant.Accept) bool { return a.Rule == reason.Rule }); at >= 0 {
					x.Accepts = append(x.Accepts, have[at])
				} else {
					x.Refused = append(x.Refused, reason)
				}
			}
		}
	}
}

// Extend puts the policies off: the intention is recorded, the policy edited,
// the change recorded. A run that ended in between is told in the ledger as
// begun; doing it again finishes it.
func (m *Minter) Extend(ctx context.Context, x Extension) error {
	if len(x.Refused) > 0 {
		return fmt.Errorf("%w: %s", ErrRefused, x.Refused[0].Rule)
	}
	for _, e := range x.Edits {
		if err := m.Record(ctx, m.entries(overgrant.Intended, e.Links[:1], x)); err != nil {
			return fmt.Errorf("record the intention: %w; nothing was done", err)
		}
		if _, err := m.Owner.Do(ctx, e.Step); err != nil {
			if errors.Is(err, cloud.ErrNoPolicy) {
				return x.gone(e.Step.Policy, err)
			}
			return fmt.Errorf("put off the policy %s: %w", e.Step.Policy, err)
		}
		all := m.entries(overgrant.Extended, e.Links, x)
		for _, b := range x.Share.Begun {
			if b.Grant.PolicyID == e.Step.Policy && b.ID != "" {
				b.Change, b.At, b.Expiry = overgrant.Extended, m.Now().UTC(), x.Expiry
				all = append(all, b)
			}
		}
		if err := m.Record(ctx, all); err != nil {
			return fmt.Errorf("record that the links live until %s: %w", x.Expiry.Format(time.RFC3339), err)
		}
	}
	return nil
}

// entries are those of a change to links.
func (m *Minter) entries(c overgrant.Change, links []overgrant.SharedLink, x Extension) []overgrant.Minted {
	all := make([]overgrant.Minted, len(links))
	for i := range links {
		e := links[i].Minted
		e.Change, e.At, e.Expiry, e.Attempt = c, m.Now().UTC(), x.Expiry, m.Attempt
		e.Accepts = x.Accepts
		all[i] = e
	}
	return all
}

// Again returns what Make needs to make links in the place of those that cannot
// be extended. The ledger of the result is empty: the name is meant to be there.
func (x *Extension) Again(r Renewal) Want {
	s := &x.Share
	w := Want{Name: s.Name, Owner: s.Owner, Purpose: s.Purpose, Life: r.Life, Now: r.Now, Judge: r.Judge, Form: Objects}
	w.Accepts = slices.Clone(r.Accepts)
	for i := range x.Anew {
		l := &x.Anew[i]
		g := &l.Grant
		w.Accepts = append(w.Accepts, l.Accepts...)
		w.Policy, w.Signed = g.PolicyID, l.Signed
		w.IP, w.At = g.IP, Address{Account: g.Account, Container: g.Container}
		t := Target{Path: g.Path}
		switch g.Resource {
		case "c":
			w.Form, t = Container, Target{Below: true}
		case "d":
			w.Form, t = Directory, Target{Path: strings.TrimSuffix(g.Path, "/") + "/", Below: true}
		}
		if strings.Contains(g.Permissions, "l") {
			w.Listing = Lists
		}
		w.Targets = append(w.Targets, t)
	}
	return w
}

// Revocation is how a share is going to end.
type Revocation struct {
	Share     overgrant.Shared
	Policies  []Edit                 // that are deleted, with their links
	Delegated []overgrant.SharedLink // live links that no policy ends: they end by themselves, or with all delegation keys
}

// Revoke plans to end a share.
func Revoke(s overgrant.Shared, now time.Time) Revocation {
	r := Revocation{Share: s}
	at := map[[2]string]int{}
	policy := func(g *overgrant.Grant) *Edit {
		key := [2]string{g.Container, g.PolicyID}
		n, known := at[key]
		if !known {
			n = len(r.Policies)
			at[key] = n
			r.Policies = append(r.Policies, Edit{Step: overgrant.Step{Deed: overgrant.DeletePolicy, Account: g.Account, Service: cloud.Blob, Container: g.Container, Policy: g.PolicyID}})
		}
		return &r.Policies[n]
	}
	for i := range s.Links {
		l := &s.Links[i]
		switch {
		case !l.Revoked.IsZero():
		case l.Grant.PolicyID != "":
			e := policy(&l.Grant)
			e.Links = append(e.Links, *l)
		case l.Live(now):
			r.Delegated = append(r.Delegated, *l)
		}
	}
	for i := range s.Begun {
		if g := &s.Begun[i].Grant; g.PolicyID != "" {
			policy(g)
		}
	}
	return r
}

// Revoke deletes the policies and records that their links are dead. A policy
// that is gone already is no error. Delegated links are left as they are.
func (m *Minter) Revoke(ctx context.Context, r Revocation) error {
	for _, e := range r.Policies {
		if _, err := m.Owner.Do(ctx, e.Step); err != nil && !errors.Is(err, cloud.ErrNoPolicy) {
			return fmt.Errorf("delete the policy %s: %w", e.Step.Policy, err)
		}
		if err := m.Record(ctx, m.revoked(e.Links)); err != nil {
			return fmt.Errorf("record that the policy %s is gone: %w", e.Step.Policy, err)
		}
	}
	var answers []overgrant.Minted
	for _, b := range r.Share.Begun {
		b.Change, b.At = overgrant.Revoked, m.Now().UTC()
		b.ID = cmp.Or(b.ID, "attempt "+b.Attempt)
		answers = append(answers, b)
	}
	return m.Record(ctx, answers)
}

// revoked are the entries that links are dead.
func (m *Minter) revoked(links []overgrant.SharedLink) []overgrant.Minted {
	all := make([]overgrant.Minted, len(links))
	for i := range links {
		e := links[i].Minted
		e.Change, e.At, e.Attempt = overgrant.Revoked, m.Now().UTC(), m.Attempt
		all[i] = e
	}
	return all
}
