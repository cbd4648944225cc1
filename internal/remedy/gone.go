package remedy

import (
	"slices"
	"strings"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/cloud"
)

// gone reports whether something is dead already by what the account says now,
// or by what was done to it before. It has nothing to lose, and does not go on.
func (b *bond) gone(k *Known, revoked time.Time) bool {
	g := b.grant
	if b.sort != "client" && keyed(g) && b.key == NoKey {
		return true
	}
	if g.Signer == "user_delegation_key" && !revoked.IsZero() && keyStart(g).Before(revoked) && !b.seen.After(revoked) {
		return true
	}
	e := k.Estate
	if e == nil {
		return false
	}
	switch {
	case keyed(g) && e.SharedKey == cloud.Off, g.Kind == "anonymous" && e.PublicAccess == cloud.Off:
		return true
	case keyed(g) && e.Expiration != nil && e.Expiration.Action == cloud.Block:
		f, _ := b.underPeriod(&overgrant.Step{Period: e.Expiration.Period})
		if f == dies {
			return true
		}
	}
	return b.policyGone(k)
}

// policyGone reports whether the policy that a link is bound to is not there, or
// has ended.
func (b *bond) policyGone(k *Known) bool {
	g := b.grant
	if g.PolicyID == "" || !policiesRead(k.Estate, service(g), holder(g)) {
		return false
	}
	p := storedDates(g, k.Estate)
	return p == nil || !p.Expiry.IsZero() && !p.Expiry.After(k.Now)
}

// policiesRead reports whether the owner read the policies of a container.
func policiesRead(e *cloud.Estate, service, name string) bool {
	if e == nil || slices.ContainsFunc(e.Unread, func(u cloud.Unread) bool { return strings.Contains(u.What, "polic") }) {
		return false
	}
	return slices.ContainsFunc(e.Holders, func(h cloud.Holder) bool {
		return h.Service == service && strings.EqualFold(h.Name, name)
	})
}

// keyStart returns when the delegation key of a link starts, the zero time if
// the link does not say.
func keyStart(g *overgrant.Grant) time.Time {
	for _, p := range g.Extra {
		if p.Name == "skt" {
			for _, form := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", time.DateOnly} {
				if t, err := time.Parse(form, p.Value); err == nil {
					return t
				}
			}
		}
	}
	return time.Time{}
}

// delegationRevoked returns when the delegation keys of the account were revoked
// last, as the journals tell. Nothing else does.
func delegationRevoked(l overgrant.Link, k Known) (last time.Time) {
	for _, c := range k.Cases {
		if !sameAccount(&c.Link.Grant, &l.Grant) {
			continue
		}
		for _, a := range overgrant.Attempts(c.Remedies) {
			for _, t := range a.Taken {
				if a.Route == nil || t.Step > len(a.Route.Steps) || a.Route.Steps[t.Step-1].Deed != overgrant.RevokeDelegationKeys {
					continue
				}
				if t.Done.After(last) {
					last = t.Done
				}
			}
		}
	}
	return last
}
