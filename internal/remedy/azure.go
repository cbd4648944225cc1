package remedy

import (
	"fmt"
	"strings"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/cloud"
)

// How soon each route holds. Sources: Azure Storage REST reference, "Define a
// stored access policy" and "Create a user delegation SAS"; "Prevent Shared Key
// authorization for an Azure Storage account"; "Configure an expiration policy
// for shared access signatures".
const (
	within30  = "within 30 seconds"
	atOnce    = "at once"
	minutes   = "within minutes"
	undefined = "the service does not say how soon; usually within minutes"
)

// azure returns the routes for a link to Azure Storage, not yet weighed.
func (p *planner) azure() []overgrant.Route {
	g := &p.link.Grant
	switch {
	case g.Shape == overgrant.Emulator:
		return []overgrant.Route{described(g.Revocation.Route, "Nothing: the key of the emulator is published.", "the emulator's key is public, and opens no account")}
	case g.Kind == "disk_export_sas":
		return []overgrant.Route{described("end_disk_access", "Ends the access that was granted to the disk or snapshot: az disk revoke-access, az snapshot revoke-access.",
			"the link does not name the disk or snapshot; its owner ends it with the command above")}
	case g.Kind == "anonymous":
		return []overgrant.Route{p.closeContainer(), p.noPublicAccess()}
	case g.Signer == "user_delegation_key":
		return []overgrant.Route{p.revokeDelegation(), removeRole(g)}
	case !keyed(g):
		return elsewhere(g)
	}
	var routes []overgrant.Route
	if g.PolicyID != "" {
		routes = append(routes, p.deletePolicy(), p.endPolicy())
	}
	if !isKey(g) && g.PolicyID == "" {
		routes = append(routes, p.blockLong())
	}
	return append(routes, p.rotate(), p.noSharedKey())
}

func (p *planner) step(d overgrant.Deed) overgrant.Step {
	return overgrant.Step{Deed: d, Account: p.link.Grant.Account}
}

// policyStep is a step about the stored access policy that the link names.
func (p *planner) policyStep(d overgrant.Deed) overgrant.Step {
	s := p.step(d)
	g := &p.link.Grant
	s.Service, s.Container, s.Policy = service(g), holder(g), g.PolicyID
	return s
}

func (p *planner) deletePolicy() overgrant.Route {
	g := &p.link.Grant
	r := overgrant.Route{Name: DeletePolicy,
		Doc:     fmt.Sprintf("Deletes the stored access policy %q of %s.", g.PolicyID, holder(g)),
		Steps:   []overgrant.Step{p.policyStep(overgrant.DeletePolicy)},
		Holds:   within30,
		Undo:    "make the policy again under the same name, which brings every link on it back to life",
		Revives: fmt.Sprintf("a policy named %q that anybody makes again on %s, by hand or by a deployment script", g.PolicyID, holder(g)),
	}
	r.Not = p.policyNot()
	return r
}

func (p *planner) endPolicy() overgrant.Route {
	g := &p.link.Grant
	r := overgrant.Route{Name: EndPolicy,
		Doc:     fmt.Sprintf("Lets the stored access policy %q of %s expire, and keeps its name taken.", g.PolicyID, holder(g)),
		Holds:   within30,
		Undo:    "set the expiry of the policy back, which brings every link on it back to life",
		Revives: fmt.Sprintf("a later expiry of the policy %q", g.PolicyID),
	}
	if r.Not = p.policyNot(); r.Not != "" {
		return r
	}
	if !g.Expiry.IsZero() {
		r.Not = "the link has an expiry of its own, and the policy cannot have a second; delete the policy"
		return r
	}
	if p.known.Estate != nil && p.policy() == nil {
		r.Not = "the policy could not be read, and would be lost by an edit" + p.why("polic")
		return r
	}
	s := p.policyStep(overgrant.EditPolicy)
	s.Want = &overgrant.StoredPolicy{ID: g.PolicyID}
	if now := p.policy(); now != nil {
		*s.Want = now.StoredPolicy
	}
	// An hour is longer than clocks differ. A policy may not end before it starts.
	s.Want.Expiry = p.known.Now.UTC().Add(-time.Hour).Truncate(time.Second)
	if !s.Want.Start.Before(s.Want.Expiry) {
		s.Want.Start = time.Time{}
	}
	r.Steps = []overgrant.Step{s}
	return r
}

// policy returns the policy that the link names, nil if it was not read.
func (p *planner) policy() *cloud.Policy {
	if p.known.Estate == nil {
		return nil
	}
	g := &p.link.Grant
	for i := range p.known.Estate.Policies {
		if have := &p.known.Estate.Policies[i]; have.ID == g.PolicyID && have.Service == service(g) && strings.EqualFold(have.Container, holder(g)) {
			return have
		}
	}
	return nil
}

// policyNot says why the policy of the link cannot be changed.
func (p *planner) policyNot() string {
	g := &p.link.Grant
	switch {
	case holder(g) == "" || service(g) == "":
		return "the link does not say which container, share, queue or table holds the policy; give the whole URL"
	case p.known.Estate != nil && p.policy() == nil && policiesRead(p.known.Estate, service(g), holder(g)):
		return "there is no policy of that name any more"
	}
	return ""
}

func (p *planner) rotate() overgrant.Route {
	r := overgrant.Route{Name: RotateKey, Holds: atOnce,
		Doc:     "Makes the account key anew that made the link.",
		Revives: "nothing: a key that was replaced does not come back",
	}
	key := p.key()
	switch key {
	case "":
		r.Not = "which of the two keys made the link is not known, and both are never replaced in one go; " + p.keyUnknown()
		return r
	case NoKey:
		r.Not = "neither key of the account made the link: its key was replaced already, or it belongs to another account"
		return r
	}
	s := p.step(overgrant.RotateKey)
	s.Key = key
	r.Doc = fmt.Sprintf("Makes %s of the account anew, the key that made the link.", key)
	if e := p.known.Estate; e != nil {
		for _, k := range e.Keys {
			if k.Name == key {
				s.KeyHash = k.Hash
			}
		}
		if r.Not = p.managerNot(); r.Not == "" && s.KeyHash == "" {
			r.Not = "the keys of the account could not be read" + p.why("keys")
		}
	}
	r.Steps = []overgrant.Step{s}
	if others := p.other(key); others > 0 {
		r.Doc += fmt.Sprintf(" %s is left alone, though %s made %s of the account's known links: move clients to it, and replace it in an attempt of its own.",
			otherKey(key), otherKey(key), plural(others, "other"))
	}
	return r
}

// keyUnknown says how it becomes known which key made a link.
func (p *planner) keyUnknown() string {
	if p.known.Keys[p.link.ID] == NoKey {
		return "it works, yet what either key would have signed is not what it holds: a form of signature that is not understood"
	}
	if p.known.Estate == nil {
		return "log in as the owner (--login), so that it can be worked out"
	}
	return "the keys of the account could not be read" + p.why("keys")
}

// other returns how many known links the key that is not replaced made.
func (p *planner) other(key string) int {
	n := 0
	for i := range p.bonds {
		if b := &p.bonds[i]; b.sort == "case" && keyed(b.grant) && b.key == otherKey(key) {
			n++
		}
	}
	return n
}

func otherKey(key string) string {
	if key == cloud.Key1 {
		return cloud.Key2
	}
	return cloud.Key1
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// why returns what the owner could not read of something, and why.
func (p *planner) why(what string) string {
	for _, u := range p.known.Estate.Unread {
		if strings.Contains(u.What, what) {
			return ": " + u.Why
		}
	}
	return ""
}

// managerNot says why the resource manager cannot be told to change something.
func (p *planner) managerNot() string {
	e := p.known.Estate
	switch {
	case e == nil:
		return ""
	case e.ID == "":
		return "it takes the resource manager; log in as the owner (--login)" + p.why("account")
	}
	for _, l := range e.Locks {
		if l.Level == "ReadOnly" {
			return fmt.Sprintf("the lock %q lets nothing of the account be changed; remove it, and put it back afterwards", l.Name)
		}
	}
	return ""
}

func (p *planner) noSharedKey() overgrant.Route {
	r := overgrant.Route{Name: NoSharedKey,
		Doc:     "Switches both account keys off, with everything that they signed.",
		Steps:   []overgrant.Step{p.step(overgrant.DisableSharedKey)},
		Holds:   minutes,
		Undo:    "switch it on again, which brings every link back to life that has not expired",
		Revives: "the switch, put back; replace the key to close the link for good",
	}
	if r.Not = p.managerNot(); r.Not == "" && p.known.Estate != nil && p.known.Estate.SharedKey == cloud.Off {
		r.Not = "it is switched off already"
	}
	return r
}

func (p *planner) revokeDelegation() overgrant.Route {
	r := overgrant.Route{Name: RevokeDelegation,
		Doc:     "Ends all user delegation keys of the account, with every link that they signed.",
		Steps:   []overgrant.Step{p.step(overgrant.RevokeDelegationKeys)},
		Holds:   undefined,
		Revives: "nothing: a delegation key that was revoked does not come back",
	}
	r.Not = p.managerNot()
	return r
}

func removeRole(g *overgrant.Grant) overgrant.Route {
	return described("remove_role_assignment",
		fmt.Sprintf("Takes the signer (object %s) the roles that let it read the data: az role assignment delete. Its links end with them, and so does all its other work.", g.SignerID),
		"roles are not changed from here: what else hangs on them cannot be told")
}

func (p *planner) closeContainer() overgrant.Route {
	s := p.step(overgrant.CloseContainer)
	s.Service, s.Container = cloud.Blob, p.link.Grant.Container
	r := overgrant.Route{Name: CloseContainer,
		Doc:     fmt.Sprintf("Ends anonymous access to the container %s.", s.Container),
		Steps:   []overgrant.Step{s},
		Holds:   within30,
		Undo:    "open the container again",
		Revives: "the container, opened again",
	}
	if s.Container == "" {
		r.Not = "the link names no container"
	}
	return r
}

func (p *planner) noPublicAccess() overgrant.Route {
	r := overgrant.Route{Name: NoPublicAccess,
		Doc:     "Forbids anonymous access to every container of the account.",
		Steps:   []overgrant.Step{p.step(overgrant.DisablePublicAccess)},
		Holds:   minutes,
		Undo:    "allow it again; containers that were open are open then",
		Revives: "the switch, put back",
	}
	if r.Not = p.managerNot(); r.Not == "" && p.known.Estate != nil && p.known.Estate.PublicAccess == cloud.Off {
		r.Not = "it is forbidden already"
	}
	return r
}

// described is a route that somebody else must take.
func described(name, doc, not string) overgrant.Route {
	return overgrant.Route{Name: name, Doc: doc, Not: not}
}
