// Package remedy closes links that leaked. It says which routes would make a
// link stop working and what else stops with it, takes one through the owner's
// door, step by step in a journal, and asks the service until the link is
// confirmed dead.
//
// [Routes] only thinks. [Closing] acts, with a clock and a wait that it is
// given. The package keeps nothing itself, reads no logs and makes no links.
package remedy

import (
	"strings"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/cloud"
)

// Known is what is known of an account besides the link that is to be closed.
// The zero value knows nothing, which the routes then say.
type Known struct {
	Now    time.Time
	Estate *cloud.Estate      // as the owner read it; nil without an owner
	Cases  []*overgrant.Case  // of the account, with their journals; the link's own may be among them
	Ledger []overgrant.Shared // links that we made
	Used   []overgrant.Used   // tokens that logs showed in use
	Logged []overgrant.Logged // what the logs cover that were read
	Keys   map[string]string  // by id of a link: the key that made it, cloud.Key1 or cloud.Key2; NoKey if neither did
}

// NoKey stands where neither key of the account made a link.
const NoKey = "none"

// DeleteCommit is the route that is none: it is always listed, and never taken.
const DeleteCommit = "delete_commit"

// The names of the routes that can be taken.
const (
	DeletePolicy     = "delete_stored_policy"
	EndPolicy        = "end_stored_policy"
	BlockLong        = "block_long_signatures"
	RotateKey        = "rotate_account_key"
	RevokeDelegation = "revoke_delegation_keys"
	NoSharedKey      = "disable_shared_key"
	CloseContainer   = "close_container"
	NoPublicAccess   = "disable_public_access"
)

// Routes returns all routes that would make a link stop working, the one that
// costs least first. Those that cannot be taken come after the others, and what
// is no remedy at all comes last; their Not says why. It never returns none.
func Routes(l overgrant.Link, k Known) []overgrant.Route {
	p := &planner{link: l, known: k, bonds: bonds(l, k)}
	var routes []overgrant.Route
	if l.Grant.Provider == "azure" {
		routes = p.azure()
	} else {
		routes = elsewhere(&l.Grant)
	}
	for i := range routes {
		p.weigh(&routes[i])
	}
	sortRoutes(routes)
	return append(routes, deleteCommit())
}

// Default returns the first route that can be taken, nil if there is none.
func Default(routes []overgrant.Route) *overgrant.Route {
	for i := range routes {
		if routes[i].Not == "" && len(routes[i].Steps) > 0 {
			return &routes[i]
		}
	}
	return nil
}

// planner works out the routes for one link.
type planner struct {
	link  overgrant.Link
	known Known
	bonds []bond
}

// key returns which key of the account made the link: cloud.Key1, cloud.Key2,
// NoKey, or "" if it is not known.
func (p *planner) key() string {
	key := p.known.Keys[p.link.ID]
	for _, c := range p.known.Cases {
		if c.Link.ID == p.link.ID && key == NoKey {
			return keyOf(c, p.known)
		}
	}
	return key
}

// foreign returns how many known links of the account neither key made.
func (p *planner) foreign() (n int) {
	for _, c := range p.known.Cases {
		if c.Link.ID != p.link.ID && keyed(&c.Link.Grant) && sameAccount(&c.Link.Grant, &p.link.Grant) && working(c, p.known) && keyOf(c, p.known) == NoKey {
			n++
		}
	}
	return n
}

// keyed reports whether a link hangs on one of the account's keys.
func keyed(g *overgrant.Grant) bool { return g.Signer == "account_key" }

// isKey reports whether the link is an account key itself.
func isKey(g *overgrant.Grant) bool {
	return g.Kind == "account_key" || g.Kind == "connection_string" && keyed(g)
}

// service returns the service that a link opens a part of, "" for an account.
func service(g *overgrant.Grant) string {
	if g.Table != "" {
		return cloud.Table
	}
	if len(g.Services) == 1 {
		return strings.ToLower(g.Services[0])
	}
	return ""
}

// holder returns the container, share, queue or table that a link opens.
func holder(g *overgrant.Grant) string {
	if g.Table != "" {
		return strings.ToLower(g.Table)
	}
	return g.Container
}

func deleteCommit() overgrant.Route {
	return overgrant.Route{Name: DeleteCommit,
		Doc: "Deletes the commit, message or page that shows the link.",
		Not: "no remedy: the link goes on working for everybody who has it. Clones, forks, caches, archives and " +
			"crawlers keep what was once public; delete it afterwards, if at all, and only so that nobody wonders"}
}
