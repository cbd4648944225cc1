package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/overgrant/overgrant"
)

// Closing is what is known of closing one case: the routes, and the attempt that
// takes one. It is what overgrant revoke writes as JSON.
type Closing struct {
	Schema  string            `json:"schema"` // overgrant.revoke/1
	ID      string            `json:"id"`
	Text    string            `json:"text"` // the link, redacted
	Kind    string            `json:"kind"`
	Account string            `json:"account,omitempty"`
	Key     string            `json:"key,omitempty"` // which key of the account made the link
	Routes  []overgrant.Route `json:"routes"`        // that of least collateral first
	Chosen  string            `json:"chosen,omitempty"`
	DryRun  bool              `json:"dry_run,omitempty"`
	Attempt string            `json:"attempt,omitempty"`
	Steps   []ClosingStep     `json:"steps,omitempty"` // those that were begun
	State   string            `json:"state"`           // planned, open, closed, alive, inconclusive, given_up
	Why     string            `json:"why,omitempty"`
	Revives string            `json:"revives,omitempty"` // what would bring the link back to life
	Proof   *overgrant.Proof  `json:"proof,omitempty"`   // the last answer
}

// ClosingStep is one step of an attempt.
type ClosingStep struct {
	Step   int                `json:"step"`
	State  overgrant.Progress `json:"state"`
	Detail string             `json:"detail,omitempty"`
}

// mostNamed is how many things that stop with a route are named one by one.
const mostNamed = 12

// WriteRoutes writes the routes for people: what each does, what stops with it
// and what goes on. The one that is chosen is told first and whole.
func WriteRoutes(w io.Writer, c *Closing, o Options) error {
	b := bufio.NewWriter(w)
	p := newPage(b, o)
	p.rule()
	p.paragraph(1, bold, clean(fmt.Sprintf("Closing case %s · %s", shortID(c.ID), c.Text)))
	p.rule()
	p.field("account", clean(c.Account))
	p.field("made by", clean(c.Key))
	for i := range c.Routes {
		p.line()
		writeRoute(p, c, i)
	}
	p.line()
	return b.Flush()
}

// writeRoute writes one route. The chosen one has all its steps and names what
// stops with it.
func writeRoute(p *page, c *Closing, n int) {
	r := &c.Routes[n]
	chosen := r.Name == c.Chosen
	head := fmt.Sprintf("%d. %s", n+1, clean(r.Name))
	style := bold
	switch {
	case chosen:
		head += " ← this one"
	case r.Not != "":
		style = faint
	}
	p.paragraph(1, style, head)
	p.paragraph(4, "", clean(r.Doc))
	if r.Not != "" {
		p.field("not", clean(r.Not))
		return
	}
	for i := range r.Steps {
		if chosen {
			p.field(fmt.Sprintf("step %d", i+1), clean(StepText(&r.Steps[i])))
		}
	}
	p.field("holds", clean(r.Holds))
	p.field("stops too", stops(r))
	if chosen {
		for i := range r.Dies[:min(len(r.Dies), mostNamed)] {
			p.field("", collateralText(&r.Dies[i]))
		}
		if more := len(r.Dies) - mostNamed; more > 0 {
			p.field("", fmt.Sprintf("… and %d more; --format json names all", more))
		}
	}
	p.field("goes on", survivors(r))
	p.field("not known", clean(r.Unknown))
	p.field("undo", clean(orNone(r.Undo, "it cannot be undone")))
	p.field("revives", clean(r.Revives))
}

func orNone(s, none string) string {
	if s == "" {
		return none
	}
	return s
}

// stops counts what stops with a route.
func stops(r *overgrant.Route) string {
	if len(r.Dies) == 0 {
		return "nothing that is known"
	}
	n := map[string]int{}
	for i := range r.Dies {
		n[r.Dies[i].Sort]++
	}
	var parts []string
	for _, s := range []struct{ sort, noun string }{{"case", "known link"}, {"ledger", "link of ours"}, {"client", "client in the logs"}} {
		switch k := n[s.sort]; {
		case k == 1:
			parts = append(parts, "1 "+s.noun)
		case k > 1 && s.sort == "case":
			parts = append(parts, fmt.Sprintf("%d known links", k))
		case k > 1 && s.sort == "ledger":
			parts = append(parts, fmt.Sprintf("%d links of ours", k))
		case k > 1:
			parts = append(parts, fmt.Sprintf("%d clients in the logs", k))
		}
	}
	return and(parts)
}

func survivors(r *overgrant.Route) string {
	switch len(r.Survives) {
	case 0:
		return ""
	case 1:
		return "1 other known link of the account"
	}
	return fmt.Sprintf("%d other known links of the account", len(r.Survives))
}

// collateralText names one thing that stops.
func collateralText(c *overgrant.Collateral) string {
	var b strings.Builder
	switch c.Sort {
	case "case":
		fmt.Fprintf(&b, "case %s ", shortID(c.ID))
	case "ledger":
		fmt.Fprintf(&b, "ours, %s: ", clean(c.ID))
	}
	b.WriteString(clean(shorten(c.What, 160)))
	fmt.Fprintf(&b, " (%s", clean(c.Why))
	if c.Uses > 0 {
		fmt.Fprintf(&b, ", %s", plural(c.Uses, "request"))
	}
	b.WriteString(")")
	return b.String()
}

// StepText says in words what a step does.
func StepText(s *overgrant.Step) string {
	where := s.Container
	if s.Service != "" && where != "" {
		where = s.Service + " " + where
	}
	switch s.Deed {
	case overgrant.DeletePolicy:
		return fmt.Sprintf("delete the stored access policy %q of %s", s.Policy, where)
	case overgrant.EditPolicy:
		text := fmt.Sprintf("edit the stored access policy %q of %s", s.Policy, where)
		if s.Want != nil && !s.Want.Expiry.IsZero() {
			text += ": expiry " + moment(s.Want.Expiry)
		}
		return text
	case overgrant.RotateKey:
		return fmt.Sprintf("replace %s of account %s", s.Key, s.Account)
	case overgrant.SetExpirationPolicy:
		return fmt.Sprintf("refuse signatures of account %s that last longer than %s", s.Account, span(s.Period))
	case overgrant.RevokeDelegationKeys:
		return "revoke all user delegation keys of account " + s.Account
	case overgrant.DisableSharedKey:
		return "take no more account keys and what they signed in account " + s.Account
	case overgrant.DisablePublicAccess:
		return "forbid anonymous access in account " + s.Account
	case overgrant.CloseContainer:
		return "end anonymous access to " + where
	}
	return strings.ReplaceAll(string(s.Deed), "_", " ")
}

// WriteClosed writes for people what became of an attempt.
func WriteClosed(w io.Writer, c *Closing, o Options) error {
	b := bufio.NewWriter(w)
	p := newPage(b, o)
	word := map[string]string{
		"closed":       "Closed: the service refused the link twice, at least a minute apart.",
		"alive":        "STILL ALIVE: the service takes the link, although the route was carried out.",
		"inconclusive": "Not confirmed: what the service answers does not tell whether the link works.",
		"given_up":     "Given up: the case is not closed.",
		"open":         "Not finished: the attempt is open.",
		"planned":      "Nothing was changed.",
	}[c.State]
	style := bold
	if c.State == "alive" {
		style = severityStyles[overgrant.Critical]
	}
	p.paragraph(1, style, word)
	for _, s := range c.Steps {
		p.field(fmt.Sprintf("step %d", s.Step), clean(strings.TrimSuffix(fmt.Sprintf("%s: %s", s.State, s.Detail), ": ")))
	}
	if c.Proof != nil {
		p.field("answer", clean(c.Proof.Why))
		p.field("asked", moment(c.Proof.CheckedAt))
	}
	p.field("why", clean(c.Why))
	p.field("revives", clean(c.Revives))
	return b.Flush()
}
