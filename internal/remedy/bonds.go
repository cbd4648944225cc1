package remedy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/cloud"
)

// bond is something that works now, with what it hangs on.
type bond struct {
	sort  string // case, ledger, client
	id    string // of the case; name in the ledger
	link  string // id of the link; empty for a client
	what  string
	grant *overgrant.Grant
	key   string // of the account: cloud.Key1, cloud.Key2, NoKey, "" if it is not known
	uses  int64
	seen  time.Time // when it was last seen to work; zero if it is not known
}

// fate is what becomes of a bond when a step is taken.
type fate int8

const (
	lives fate = iota
	dies
	unclear
)

// bonds returns what is known to work in the account besides the link itself, in
// a fixed order. What has expired or is proven dead has nothing to lose.
func bonds(l overgrant.Link, k Known) []bond {
	var all []bond
	at := map[string]int{l.ID: -1}
	revoked := delegationRevoked(l, k)
	add := func(b bond) {
		if b.gone(&k, revoked) {
			at[b.link] = -1
			return
		}
		at[b.link] = len(all)
		all = append(all, b)
	}
	for _, c := range k.Cases {
		if _, seen := at[c.Link.ID]; seen || !working(c, k) || !sameAccount(&c.Link.Grant, &l.Grant) {
			continue
		}
		add(bond{sort: "case", id: c.Link.ID, link: c.Link.ID, what: c.Link.Redacted, grant: &c.Link.Grant, key: keyOf(c, k), seen: c.LastAlive})
	}
	for i := range k.Ledger {
		for j := range k.Ledger[i].Links {
			s := &k.Ledger[i].Links[j]
			if !s.Live(k.Now) || !sameAccount(&s.Grant, &l.Grant) {
				continue
			}
			if n, seen := at[s.ID]; seen {
				if n >= 0 {
					all[n].what += " (ours: " + k.Ledger[i].Name + ")"
				}
				continue
			}
			add(bond{sort: "ledger", id: s.Name, link: s.ID, what: s.Text, grant: &s.Grant, key: hashed(k, s.ID, s.KeyHash)})
		}
	}
	return append(all, clients(l, k, all, at)...)
}

// Ended returns the entries that the ledger needs once a route was carried out
// and the link is confirmed dead: what was ours and died with it is revoked.
func Ended(l overgrant.Link, r *overgrant.Route, k Known) []overgrant.Minted {
	var all []overgrant.Minted
	for i := range k.Ledger {
		for j := range k.Ledger[i].Links {
			s := &k.Ledger[i].Links[j]
			if !s.Live(k.Now) || !sameAccount(&s.Grant, &l.Grant) || s.ID != l.ID && !ends(s, r, k) {
				continue
			}
			m := s.Minted
			m.At, m.Change = k.Now.UTC(), overgrant.Revoked
			all = append(all, m)
		}
	}
	return all
}

// ends reports whether a route ends a link of ours.
func ends(s *overgrant.SharedLink, r *overgrant.Route, k Known) bool {
	b := bond{sort: "ledger", link: s.ID, grant: &s.Grant, key: hashed(k, s.ID, s.KeyHash)}
	for i := range r.Steps {
		step := &r.Steps[i]
		if step.Deed == overgrant.RotateKey && step.KeyHash != "" && strings.EqualFold(step.KeyHash, s.KeyHash) {
			return true
		}
		if f, _ := b.under(step); f == dies {
			return true
		}
	}
	return false
}

// clients returns the tokens in the logs that are none of the known links, and
// counts the use of those that are.
func clients(l overgrant.Link, k Known, known []bond, at map[string]int) []bond {
	var all []bond
	for i := range k.Used {
		u := &k.Used[i]
		if u.Match.Known == l.ID || !strings.EqualFold(u.Account, l.Grant.Account) || u.Requests <= u.Failed {
			continue
		}
		if n, ok := at[u.Match.Known]; ok && n >= 0 {
			known[n].uses += u.Requests - u.Failed
			continue
		}
		if !u.Expiry.IsZero() && !u.Expiry.After(k.Now) {
			continue
		}
		b := bond{sort: "client", what: caller(u), grant: &u.Grant, key: keyUsed(u, k), uses: u.Requests - u.Failed}
		if b.key != NoKey && !b.gone(&k, time.Time{}) {
			all = append(all, b)
		}
	}
	slices.SortStableFunc(all, func(a, b bond) int { return cmp.Or(cmp.Compare(b.uses, a.uses), cmp.Compare(a.what, b.what)) })
	return all
}

// caller tells a client by what the logs say of it.
func caller(u *overgrant.Used) string {
	var b strings.Builder
	b.WriteString(strings.ReplaceAll(u.Kind, "_", " "))
	if u.Permissions != "" {
		fmt.Fprintf(&b, " sp=%s", u.Permissions)
	}
	for _, top := range []struct {
		what string
		list []overgrant.Counted
		all  int64
	}{{"from", u.TopCallers, u.Callers}, {"with", u.TopAgents, u.Agents}} {
		if len(top.list) == 0 {
			continue
		}
		fmt.Fprintf(&b, " %s %s", top.what, top.list[0].Name)
		if top.all > 1 {
			fmt.Fprintf(&b, " and %d more", top.all-1)
		}
	}
	if !u.Last.IsZero() {
		fmt.Fprintf(&b, ", last %s", u.Last.UTC().Format("2006-01-02"))
	}
	return b.String()
}

// keyUsed returns the key of a token in the logs. The hash of a key that the
// account has no more says that the token is dead.
func keyUsed(u *overgrant.Used, k Known) string {
	if u.KeyHash == "" || k.Estate == nil || len(k.Estate.Keys) < 2 {
		return u.Key
	}
	return hashed(k, "", u.KeyHash)
}

// hashed returns the key of the account that has a hash.
func hashed(k Known, id, hash string) string {
	if key, ok := k.Keys[id]; ok && key != "" {
		return key
	}
	if hash == "" || k.Estate == nil || len(k.Estate.Keys) < 2 {
		return ""
	}
	for _, have := range k.Estate.Keys {
		if strings.EqualFold(have.Hash, hash) {
			return have.Name
		}
	}
	return NoKey
}

// keyOf returns the key that made the link of a case: as it was worked out now,
// or as the last proof has it.
func keyOf(c *overgrant.Case, k Known) string {
	switch key := k.Keys[c.Link.ID]; {
	case key == NoKey && worksBy(c.LastAlive, k.Estate):
		return "" // it works, so it is not that no key made it: how it was signed is not understood
	case key != "":
		return key
	}
	if c.Proof != nil {
		return c.Proof.Key
	}
	return ""
}

// worksBy reports whether a link that was seen to work at a moment was made by
// one of the keys that the account has now.
func worksBy(at time.Time, e *cloud.Estate) bool {
	if at.IsZero() || e == nil {
		return false
	}
	return !slices.ContainsFunc(e.Keys, func(k cloud.AccountKey) bool { return k.Created.After(at) })
}

// working reports whether the link of a case may work.
func working(c *overgrant.Case, k Known) bool {
	if c.Proof != nil && c.Proof.State == overgrant.Dead {
		return false
	}
	s := c.Link.Grant.Status(k.Now)
	return s == overgrant.LiveShape || s == overgrant.NotYetValid
}

func sameAccount(a, b *overgrant.Grant) bool {
	if a.Account == "" || b.Account == "" {
		return a.Host != "" && strings.EqualFold(a.Host, b.Host)
	}
	return strings.EqualFold(a.Account, b.Account)
}

// under says what becomes of a bond when a step is taken, and why.
func (b *bond) under(s *overgrant.Step) (fate, string) {
	g := b.grant
	switch s.Deed {
	case overgrant.DeletePolicy, overgrant.EditPolicy:
		return b.underPolicy(s)
	case overgrant.RotateKey:
		return b.underRotation(s)
	case overgrant.SetExpirationPolicy:
		return b.underPeriod(s)
	case overgrant.DisableSharedKey:
		if keyed(g) && b.key != NoKey || b.isClientOf("") {
			return dies, "hangs on an account key"
		}
	case overgrant.RevokeDelegationKeys:
		if g.Signer == "user_delegation_key" || b.sort == "client" && b.key == "user-delegation" {
			return dies, "signed with a user delegation key"
		}
	case overgrant.DisablePublicAccess:
		if g.Kind == "anonymous" {
			return dies, "anonymous"
		}
	case overgrant.CloseContainer:
		if g.Kind == "anonymous" && (g.Container == s.Container || g.Container == "") {
			return dies, "anonymous in " + s.Container
		}
	}
	return lives, ""
}

// isClientOf reports whether the logs name the key that a token was made with:
// any of the two if key is empty.
func (b *bond) isClientOf(key string) bool {
	if b.sort != "client" || b.key != cloud.Key1 && b.key != cloud.Key2 {
		return false
	}
	return key == "" || b.key == key
}

func (b *bond) underPolicy(s *overgrant.Step) (fate, string) {
	g := b.grant
	if g.PolicyID != s.Policy || g.PolicyID == "" {
		return lives, ""
	}
	why := fmt.Sprintf("bound to the policy %q", s.Policy)
	switch have := service(g); {
	case holder(g) == "" || have == "":
		return unclear, why + " of a container that is not known"
	case have == s.Service && strings.EqualFold(holder(g), s.Container):
		return dies, why
	}
	return lives, ""
}

func (b *bond) underRotation(s *overgrant.Step) (fate, string) {
	if !keyed(b.grant) && !b.isClientOf("") {
		return lives, ""
	}
	switch b.key {
	case s.Key:
		if isKey(b.grant) {
			return dies, "is " + s.Key + " itself"
		}
		return dies, "signed with " + s.Key
	case "":
		return unclear, ""
	}
	return lives, ""
}

// underPeriod says what a policy on expiration does. Whether it looks at dates
// that stand in a stored policy, and at user delegation, the documentation does
// not say, or says both.
//
// Source: "Configure an expiration policy for shared access signatures".
func (b *bond) underPeriod(s *overgrant.Step) (fate, string) {
	g := b.grant
	lasts, known := life(g.Start, g.Expiry)
	if known && lasts <= s.Period || isKey(g) || b.key == NoKey || g.Kind == "anonymous" {
		return lives, ""
	}
	switch {
	case g.Signer == "user_delegation_key", g.PolicyID != "" && !known:
		return unclear, ""
	case !keyed(g):
		return lives, ""
	case g.Start.IsZero():
		return dies, "does not say when it starts"
	case !known:
		return dies, "does not say when it ends"
	}
	return dies, fmt.Sprintf("lasts %s", days(max(lasts.Truncate(day), s.Period+day)))
}

func storedDates(g *overgrant.Grant, e *cloud.Estate) *cloud.Policy {
	if e == nil {
		return nil
	}
	for i := range e.Policies {
		if p := &e.Policies[i]; p.ID == g.PolicyID && p.Service == service(g) && strings.EqualFold(p.Container, holder(g)) {
			return p
		}
	}
	return nil
}
