package azure

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/cloud"
)

// Prove asks the service what the link grants, the cheapest question first: one
// that any live signature may ask. Where the link itself says what it grants,
// one answer that takes the signature proves all of it; where a stored access
// policy or the rights of a user have a say, each permission is asked for by
// itself, as far as ask allows.
func (r *reach) Prove(ctx context.Context, ask cloud.Ask) (overgrant.Proof, error) {
	p := &prover{reach: r, ask: ask, clock: r.now(), answered: map[said]finding{}, missing: map[string]bool{}}
	p.proof.CheckedAt = r.now()
	p.proof.Key, p.proof.KeyLayout = whichKey(r.located(), r.key, r.opt.Keys)
	if why := p.notWorthAsking(); why != "" {
		p.end(overgrant.Dead, overgrant.CauseMalformed, why)
		return p.proof, ctx.Err()
	}
	settled := r.settle(ctx)
	p.introduced()
	if settled != nil {
		p.unsettled(ctx, settled)
		return p.proof, ctx.Err()
	}
	if len(p.openers()) == 0 {
		p.end(overgrant.Inconclusive, overgrant.CauseForeign, "Nothing was asked: the link does not say what it opens in the account, and no name for it was found nearby.")
		return p.proof, ctx.Err()
	}
	p.prove(ctx)
	return p.proof, ctx.Err()
}

// introduced notes what hosts were asked that did not tell by their name which
// service they are.
func (p *prover) introduced() {
	for i := range p.settling.told {
		t := &p.settling.told[i]
		p.proof.Answers = append(p.proof.Answers, overgrant.Answer{Asked: t.asked, Method: http.MethodGet, Host: t.host,
			Target: "/?" + t.query, Status: t.status, Code: t.code, Shows: t.shows})
	}
}

// unsettled ends a proof before it began.
func (p *prover) unsettled(ctx context.Context, err error) {
	switch {
	case ctx.Err() != nil:
		p.end(overgrant.Inconclusive, overgrant.CauseUnclear, "The proof was broken off before the service had answered.")
	case errors.Is(err, errUnsettled):
		p.end(overgrant.Inconclusive, overgrant.CauseForeign, "No more was asked: the host does not say which service it is, and what reads from one changes another.")
	default:
		var r reply
		p.unsure(readError(err, &r).cause)
	}
}

// located returns the link with what it leads to, as far as that is known from
// elsewhere: a custom domain hides the account's name, which is signed.
func (r *reach) located() overgrant.Link {
	l := r.link
	if r.name != "" {
		l.Grant.Account = r.name
	}
	if container, path := r.target(); container != "" {
		l.Grant.Container, l.Grant.Path = container, path
	}
	return l
}

// prover asks one account what one link grants. It is for one goroutine.
type prover struct {
	*reach
	ask    cloud.Ask
	proof  overgrant.Proof
	forged *reach // the same account, with a signature that is none

	answered map[said]finding
	missing  map[string]bool // services whose host does not exist

	clock    time.Time // the service's, once it has answered
	told     bool      // clock is the service's
	emulator bool      // it is an emulator that answers
}

// notWorthAsking says why no service could take the link, empty if one could.
func (p *prover) notWorthAsking() string {
	switch p.grant.Shape {
	case overgrant.Malformed:
		return "Nothing was asked: the link is damaged, and no service takes it."
	case overgrant.Placeholder:
		return "Nothing was asked: a stand-in is where the signature should be."
	}
	return ""
}

// prove goes up the ladder until nothing more can be learned.
func (p *prover) prove(ctx context.Context) {
	q, a := p.first(ctx)
	switch {
	case ctx.Err() != nil:
		p.end(overgrant.Inconclusive, overgrant.CauseUnclear, "The proof was broken off before the service had answered.")
	case p.targetGone(a):
		p.dead(overgrant.CauseTargetGone)
	case a.sense.holds():
		p.alive(ctx, a)
	case a.sense == turned:
		p.turnedDown(ctx, a)
	case a.sense == nobody:
		p.notPublic(a)
	case a.sense == barred:
		p.blocked(ctx, q, a)
	case a.cause == overgrant.CauseAccountGone:
		p.gone(ctx)
	default:
		p.unsure(a.cause)
	}
}

// first asks until an answer tells whether the credential is good. If none
// does it returns the one that says most.
func (p *prover) first(ctx context.Context) (question, finding) {
	var asked question
	var best finding
	for i, q := range p.openers() {
		if ctx.Err() != nil {
			break
		}
		if !p.knows(q.service) || p.missing[q.service] {
			continue
		}
		a := p.put(ctx, p.reach, q)
		if a.sense.holds() && !p.counts(ctx, q) {
			a.meaning = meaning{silent, overgrant.CauseUnclear, ""}
		}
		if i == 0 || weight(a) > weight(best) {
			asked, best = q, a
		}
		if a.sense.holds() || a.sense == turned || a.sense == barred && p.emulator || a.cause == overgrant.CauseThrottled {
			break
		}
	}
	return asked, best
}

// weight orders answers by how much they tell.
func weight(a finding) int {
	switch {
	case a.sense.holds():
		return 5
	case a.sense == turned, a.sense == nobody:
		return 4
	case a.sense == barred:
		return 3
	case a.status > 0:
		return 2
	case a.cause != overgrant.CauseAccountGone:
		return 1
	}
	return 0
}

// counts reports whether it was the credential that an answer is owed to: the
// service gives no such answer to everybody. What the service's own hosts
// answer to these questions they never do, but for containers that are public.
func (p *prover) counts(ctx context.Context, q question) bool {
	if p.grant.Kind == anonymous || !q.public && p.isOfficial(q.service) {
		return true
	}
	plain := q
	plain.plain = true
	if !p.put(ctx, p.reach, plain).sense.allows() {
		return true
	}
	return !p.put(ctx, p.forger(), q).sense.holds()
}

// isOfficial reports whether the host of a service is one of the service's own.
func (p *prover) isOfficial(service string) bool {
	_, ok := readOfficial(p.ends[service].host, suffixes...)
	return ok
}

// targetGone reports whether the link depends on a policy of a container that
// is not there: the policy went with it.
func (p *prover) targetGone(a finding) bool {
	return a.sense == absent && p.grant.PolicyID != "" &&
		slices.Contains([]string{"ContainerNotFound", "ShareNotFound", "QueueNotFound", "TableNotFound"}, a.code)
}

// alive learns all that a credential which holds allows.
func (p *prover) alive(ctx context.Context, first finding) {
	p.readAccount(first)
	p.limits(first)
	for _, action := range p.actions() {
		p.stand(action, p.baseline())
	}
	if first.sense == limited {
		p.end(overgrant.Alive, overgrant.CauseNone, p.aliveWords())
		return
	}
	p.publicly(ctx)
	p.climb(ctx)
	p.openly()
	p.reachServices(ctx)
	p.posture(ctx)
	if ctx.Err() == nil {
		p.end(overgrant.Alive, overgrant.CauseNone, p.aliveWords())
		return
	}
	p.end(overgrant.Alive, overgrant.CauseNone, p.aliveWords()+" The proof was broken off before all was asked.")
}

// baseline is the standing of an action that the link claims, once its
// signature is known to hold.
func (p *prover) baseline() overgrant.Standing {
	if p.bySignature() {
		return overgrant.ProvenBySignature
	}
	return overgrant.NotTried
}

// bySignature reports whether the signature alone decides what is granted: no
// stored policy hides the permissions, and no user's rights limit them.
func (p *prover) bySignature() bool {
	g := &p.grant
	if g.Kind == anonymous || g.Signer == "user_delegation_key" {
		return false
	}
	return g.PolicyID == "" || g.Permissions != ""
}

// strength orders standings by the evidence for them.
var strength = map[overgrant.Standing]int{
	overgrant.NotTried: 1, overgrant.ProvenBySignature: 2, overgrant.Refused: 3, overgrant.Granted: 4,
}

// stand notes what is known of an action. Better evidence is kept.
func (p *prover) stand(action string, s overgrant.Standing) {
	if p.proof.Permissions == nil {
		p.proof.Permissions = map[string]overgrant.Standing{}
	}
	if strength[s] > strength[p.proof.Permissions[action]] {
		p.proof.Permissions[action] = s
	}
}

// turnedDown finds out why a credential is refused.
func (p *prover) turnedDown(ctx context.Context, a finding) {
	switch {
	case a.cause == overgrant.CauseExpired:
		p.dead(p.outOfTime(a.detail))
	case a.cause == overgrant.CauseUnclear, p.emulator && p.key != nil:
		p.deduce() // the emulator takes a wrong Shared Key for a token that it cannot read
	default:
		p.dead(a.cause)
	}
	if a.cause == overgrant.CauseAccountGone {
		p.proof.Revives = "If the account is enabled again, the link works again."
	}
	p.publicly(ctx)
}

// skew is how far two clocks may be apart without anything being wrong. Source:
// "Best practices when using SAS": set the start 15 minutes back.
const skew = 15 * time.Minute

// deduce tells why the credential is refused where the service does not: what
// the link says of its time, then what may become of a signature.
func (p *prover) deduce() {
	g, now := &p.grant, p.clock
	near := skew
	if p.told {
		near = 0
	}
	end := g.End()
	switch {
	case !end.IsZero() && !end.After(now.Add(near)):
		p.dead(overgrant.CauseExpired)
	case g.Start.After(now.Add(-near)):
		p.dead(overgrant.CauseNotYet)
	case g.PolicyID == "" || p.proof.Key == noKey:
		p.dead(overgrant.CauseKeyRotated)
	case p.proof.Key != "":
		p.dead(overgrant.CausePolicyGone)
	default:
		p.dead(overgrant.CauseUnclear)
	}
}

// blocked tells a firewall from a refusal that has to do with the credential.
func (p *prover) blocked(ctx context.Context, q question, a finding) {
	if p.emulator {
		// An emulator has no firewall: with it the answer means that the signature
		// or its time is wrong, unless it is of a sort that it does not know.
		if p.strangeToEmulator() {
			p.end(overgrant.Inconclusive, overgrant.CauseUnclear, "The emulator does not know links of this sort, so whether this one works cannot be told there.")
			return
		}
		p.deduce()
		p.publicly(ctx)
		return
	}
	other := p.put(ctx, p.forger(), q)
	if other.sense != turned {
		p.unsure(overgrant.CauseFirewall)
		return
	}
	// The service tells our signature from a wrong one, so it holds.
	p.limits(a)
	p.proof.Limits = append(p.proof.Limits, "not from this network, by the account's firewall")
	for _, action := range p.actions() {
		p.stand(action, p.baseline())
	}
	p.end(overgrant.Alive, overgrant.CauseNone, p.aliveWords())
}

// strangeToEmulator reports whether the link is of a sort that Azurite refuses
// whatever its signature. Source: src/blob/authentication of Azurite.
func (p *prover) strangeToEmulator() bool {
	g := &p.grant
	if g.Resource == "d" || g.Resource == "bv" {
		return true
	}
	return slices.ContainsFunc(g.Extra, func(x overgrant.Param) bool {
		return slices.Contains([]string{"saoid", "suoid", "scid", "sduoid", "skdutid", "srh", "srq"}, x.Name)
	})
}

// notPublic ends the proof of an address without a signature that nobody is let
// in at.
func (p *prover) notPublic(a finding) {
	p.proof.Public = nothing
	cause := overgrant.CauseTargetGone
	if a.code == "PublicAccessNotPermitted" {
		cause = overgrant.CauseForbidden
	}
	p.dead(cause)
}

// gone tells an account that does not exist from a service that it lacks.
func (p *prover) gone(ctx context.Context) {
	for _, s := range allServices {
		if !p.knows(s) || p.missing[s] {
			continue
		}
		q := listOf(s)
		q.asked, q.plain = "see whether the account has a "+s+" service", true
		switch a := p.put(ctx, p.reach, q); {
		case a.status > 0:
			p.dead(overgrant.CauseTargetGone)
			return
		case !p.missing[s]:
			p.unsure(overgrant.CauseUnreachable)
			return
		}
	}
	for s := range p.missing {
		if !p.isOfficial(s) { // behind a name of its own the account may live on
			p.unsure(overgrant.CauseUnreachable)
			return
		}
	}
	p.proof.NameFree = ptr(true)
	p.dead(overgrant.CauseAccountGone)
}
