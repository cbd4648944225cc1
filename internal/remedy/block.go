package remedy

import (
	"fmt"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/cloud"
)

const day = 24 * time.Hour

// periods are the lives that a policy on expiration may allow, longest first.
// The longest that still ends the link spares most others.
var periods = []time.Duration{365 * day, 180 * day, 90 * day, 30 * day, 7 * day, day, time.Hour}

// life returns how long a signature lasts by its own dates, and whether it says
// both. The service blocks one that does not say when it starts.
//
// Source: "Configure an expiration policy for shared access signatures": the
// interval is that between signed start and signed expiry.
func life(start, expiry time.Time) (time.Duration, bool) {
	if start.IsZero() || expiry.IsZero() {
		return 0, false
	}
	return expiry.Sub(start), true
}

// period returns the longest period that blocks the link, 0 if none does.
func period(g *overgrant.Grant) time.Duration {
	lasts, known := life(g.Start, g.Expiry)
	for _, p := range periods {
		if !known || lasts > p {
			return p
		}
	}
	return 0
}

func (p *planner) blockLong() overgrant.Route {
	longest := period(&p.link.Grant)
	r := overgrant.Route{Name: BlockLong,
		Doc:     fmt.Sprintf("Lets the account refuse every signature made with a key that lasts longer than %s or does not say when it starts. The keys themselves go on working.", days(longest)),
		Holds:   undefined,
		Undo:    "take the policy away or lengthen it, which brings every link back to life that has not expired",
		Revives: "the policy, taken away or lengthened before the link expires; replace the key to close the link for good",
	}
	if longest == 0 {
		r.Doc = "Lets the account refuse every signature that lasts longer than a period."
		r.Not = "the link is so short-lived that every other would be refused too"
		return r
	}
	s := p.step(overgrant.SetExpirationPolicy)
	s.Period = longest
	r.Steps = []overgrant.Step{s}
	r.Not = p.managerNot()
	if e := p.known.Estate; e != nil && r.Not == "" {
		r.Not = blockNot(e, longest)
		if e.Expiration != nil && r.Not == "" {
			r.Undo = fmt.Sprintf("put the policy back to what it was: %s, %s; that brings links back to life", e.Expiration.Action, days(e.Expiration.Period))
		}
	}
	return r
}

// blockNot says why the account cannot be told to refuse long signatures.
func blockNot(e *cloud.Estate, longest time.Duration) string {
	if e.Expiration != nil && e.Expiration.Action == cloud.Block && e.Expiration.Period <= longest {
		return fmt.Sprintf("the account refuses signatures that last longer than %s already", days(e.Expiration.Period))
	}
	for _, k := range e.Keys {
		if k.Created.IsZero() {
			return fmt.Sprintf("the service takes such a policy only once it knows how old the keys are, and of %s it does not; replace that key first", k.Name)
		}
	}
	return ""
}

// days writes a period.
func days(d time.Duration) string {
	switch {
	case d == day:
		return "one day"
	case d%day == 0:
		return fmt.Sprintf("%d days", d/day)
	case d == time.Hour:
		return "one hour"
	}
	return d.String()
}
