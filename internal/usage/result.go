package usage

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/overgrant/overgrant"
)

// Used yields every token that was seen, those most worth a look first: what
// nobody here knows and is too wide, then by severity, then by use. What is no
// signature comes last. Each is written down as it is asked for, since all of
// them together may take more memory than the census.
func (c *Census) Used() iter.Seq[overgrant.Used] {
	return func(yield func(overgrant.Used) bool) {
		for _, r := range c.ranked() {
			if !yield(c.used(r.token)) {
				return
			}
		}
	}
}

// ranked is a token and how much it is worth a look.
type ranked struct {
	*token
	rank     int8
	severity overgrant.Severity
}

func (c *Census) ranked() []ranked {
	merged := c.merged()
	all := make([]ranked, len(merged))
	for i, t := range merged {
		_, v := c.standing(t, t.grant())
		all[i] = ranked{t, rank(t, v.OverProvisioned), v.Severity}
	}
	slices.SortFunc(all, func(a, b ranked) int {
		if n := cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(b.severity, a.severity), cmp.Compare(b.Requests, a.Requests), cmp.Compare(a.account, b.account)); n != 0 {
			return n
		}
		return cmp.Compare(a.id(), b.id())
	})
	return all
}

// rank orders tokens by how much they are worth a look.
func rank(t *token, wide bool) int8 {
	switch {
	case t.sort != bySignature:
		return 3
	case wide && t.match.IsZero():
		return 0
	case wide || t.match.LeakedBy != "":
		return 1
	}
	return 2
}

// standing returns the status of a token and the verdict on it; of what the log
// does not tell the parameters of there is none.
func (c *Census) standing(t *token, g overgrant.Grant) (overgrant.Status, overgrant.Verdict) {
	if t.sort != bySignature || t.params == 0 || c.opt.Judge == nil {
		return "", overgrant.Verdict{}
	}
	return c.opt.Judge(g)
}

// used writes a token down.
func (c *Census) used(t *token) overgrant.Used {
	g := t.grant()
	u := overgrant.Used{
		Schema: "overgrant.usage/1", Token: t.id(), Key: t.key, KeyHash: t.keyHash, Kind: g.Kind, Account: t.account,
		Permissions: g.Permissions, Expiry: g.End(), First: instant(t.first), Last: instant(t.last),
		Requests: t.Requests, Failed: t.Failed, BytesOut: t.BytesOut, BytesIn: t.BytesIn,
		Reads: t.Reads, Writes: t.Writes, Deletes: t.Deletes,
		Operations: t.operations.named(&c.words), TopCallers: t.topCallers.list(namedCallers), TopAgents: t.topAgents.list(namedAgents),
		Unblanked: t.unblanked, Match: t.match, Grant: g,
	}
	if len(t.failures) > 0 {
		u.Failures = t.failures.named(&c.words)
	}
	var one, two bool
	u.Callers, one = t.callers.Count()
	u.Agents, two = t.agents.Count()
	u.About = t.about || !one || !two
	u.Status, u.Verdict = c.standing(t, g)
	return u
}

// merged returns the tokens, those that stand in logs with and without hashes
// counted as one. A token that is known by its parameters only is taken for the
// one whose hash is known, if exactly one has the same parameters.
func (c *Census) merged() []*token {
	type alike struct {
		account, target string
		params          uint64
	}
	hashed := map[alike][]*token{}
	for _, t := range c.tokens {
		if t.signed && t.params != 0 {
			k := alike{t.account, t.target, t.params}
			hashed[k] = append(hashed[k], t)
		}
	}
	var all []*token
	into := map[*token][]*token{}
	for _, t := range c.tokens {
		if same := hashed[alike{t.account, t.target, t.params}]; t.sort == bySignature && !t.signed && len(same) == 1 {
			into[same[0]] = append(into[same[0]], t)
			continue
		}
		all = append(all, t)
	}
	for i, t := range all {
		if more := into[t]; len(more) > 0 {
			all[i] = t.with(more)
		}
	}
	return slices.DeleteFunc(all, func(t *token) bool { return t.Requests == 0 }) // only met where requests came again
}

// with returns a token that counts those of others too. None of them changes.
func (t *token) with(more []*token) *token {
	sum := *t
	sum.operations, sum.failures = slices.Clone(t.operations), slices.Clone(t.failures)
	sum.callers, sum.agents = overgrant.Crowd{}, overgrant.Crowd{}
	sum.callers.Add(t.callers)
	sum.agents.Add(t.agents)
	slices.SortFunc(more, func(a, b *token) int {
		return cmp.Or(cmp.Compare(a.first, b.first), cmp.Compare(a.a, b.a), cmp.Compare(a.b, b.b))
	})
	for _, o := range more {
		if sum.Requests == 0 {
			sum.first, sum.last = o.first, o.last
		}
		sum.Add(o.Deeds)
		sum.first, sum.last = min(sum.first, o.first), max(sum.last, o.last)
		for _, w := range o.operations {
			sum.operations.add(w.word, w.count)
		}
		for _, w := range o.failures {
			sum.failures.add(w.word, w.count)
		}
		sum.callers.Add(o.callers)
		sum.agents.Add(o.agents)
		sum.topCallers = sum.topCallers.joined(&o.topCallers, namedCallers)
		sum.topAgents = sum.topAgents.joined(&o.topAgents, namedAgents)
		sum.about = sum.about || o.about
		sum.unblanked += o.unblanked
		if sum.match.IsZero() {
			sum.match = o.match
		}
	}
	return &sum
}

// Logged returns what the logs cover.
func (c *Census) Logged() overgrant.Logged {
	out := c.logged
	out.Schema, out.Schemas, out.Services = "overgrant.logged/1", map[string]int64{}, []overgrant.LoggedService{}
	for s, n := range c.schemas {
		if n > 0 {
			out.Schemas[Schema(s).String()] = n
		}
	}
	for _, p := range c.places {
		s := p.logged()
		out.Services = append(out.Services, s)
		if out.From.IsZero() || s.From.Before(out.From) {
			out.From = s.From
		}
		if s.To.After(out.To) {
			out.To = s.To
		}
	}
	slices.SortFunc(out.Services, func(a, b overgrant.LoggedService) int {
		return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Service, b.Service))
	})
	if len(c.folded) > 0 || c.doubles.forgot > 0 {
		out.Folded = map[string]int64{}
		for what, n := range c.folded {
			out.Folded[what] = n
		}
		if c.doubles.forgot > 0 {
			out.Folded["requests_forgotten"] = c.doubles.forgot
		}
	}
	out.Says = c.says(&out)
	return out
}

// says tells in sentences what nobody can tell from these logs.
func (c *Census) says(l *overgrant.Logged) []string {
	if l.Records == 0 {
		return []string{"No storage log record was read, so nothing can be said about any link."}
	}
	var all []string
	for i := range l.Services {
		all = append(all, uncovered(&l.Services[i])...)
	}
	if c.leaks > 0 {
		all = append(all, fmt.Sprintf("Signatures stand whole in %s: the log itself leaks them, and whoever can read it can use them.", plural(c.leaks, "record")))
	}
	if c.doubles.forgot > 0 {
		all = append(all, fmt.Sprintf("More requests were read than are remembered: records exported twice may count twice, at most %d of them.", c.doubles.forgot))
	}
	return all
}

// uncovered says what the logs of one service do not have.
func uncovered(s *overgrant.LoggedService) []string {
	where := "the " + s.Service + " service of " + s.Account
	var all []string
	for _, d := range []struct {
		n    int64
		what string
	}{{s.Reads, "reads"}, {s.Writes, "writes"}, {s.Deletes, "deletes"}} {
		if d.n == 0 {
			all = append(all, fmt.Sprintf("No %s of %s are in these logs: there were none, or they are not logged.", d.what, where))
		}
	}
	if n := int64(len(s.Gaps)) + s.More; n > 0 {
		all = append(all, fmt.Sprintf("In %d of %s nothing was logged of %s, in %s: it was not used, or logging was off.", s.Span-s.Hours, plural(s.Span, "hour"), where, plural(n, "gap")))
	}
	return all
}

func plural(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// Trail returns the use of the case that Options names, nil if it names none.
func (c *Census) Trail() *overgrant.Trail {
	if c.trail == nil {
		return nil
	}
	out := c.trail.result()
	accounts := map[string]bool{}
	for _, t := range c.merged() {
		if t.trail != nil {
			out.Tokens = append(out.Tokens, t.id())
			accounts[t.account] = true
		}
	}
	for _, e := range c.known.links {
		if e.Link.ID == c.opt.Case && e.Link.Grant.Account != "" {
			accounts[e.Link.Grant.Account] = true
		}
	}
	slices.Sort(out.Tokens)
	out.Says = c.trailSays(out, accounts)
	return out
}

// trailSays tells in sentences what can and what cannot be said of a case.
func (c *Census) trailSays(t *overgrant.Trail, accounts map[string]bool) []string {
	all := []string{}
	var from, to time.Time
	logged := c.Logged()
	for i := range logged.Services {
		s := &logged.Services[i]
		if !accounts[s.Account] {
			continue
		}
		if from.IsZero() || s.From.Before(from) {
			from = s.From
		}
		if s.To.After(to) {
			to = s.To
		}
		all = append(all, uncovered(s)...)
	}
	switch {
	case from.IsZero():
		return append(all, "There are no logs of the account that the link opens, so nothing can be said of its use.")
	case t.Before.Requests+t.After.Requests == 0:
		all = append(all, fmt.Sprintf("The link is in none of the records from %s to %s. What was not logged cannot be told.", stamp(from), stamp(to)))
	}
	switch {
	case t.Published.IsZero():
		all = append(all, "When the link was published is not known, so nobody can be told to have come after that.")
	case !from.Before(t.Published):
		all = append(all, fmt.Sprintf("The logs begin at %s, after the link was published at %s: who used it before is not known, so every caller counts as new, and what was done in between cannot be said.", stamp(from), stamp(t.Published)))
	case to.Before(t.Published):
		all = append(all, fmt.Sprintf("The logs end at %s, before the link was published at %s: nothing can be said of what was done since.", stamp(to), stamp(t.Published)))
	}
	if n := t.Folded["objects"]; n > 0 {
		all = append(all, fmt.Sprintf("%s of objects that were only read are counted without their names.", plural(n, "request")))
	}
	return all
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }
