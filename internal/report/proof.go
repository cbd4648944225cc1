package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/overgrant/overgrant"
)

// proofLine says in a sentence whether the link works.
func proofLine(p *overgrant.Proof) string {
	s := stateWord(p.State)
	if p.Cause == overgrant.CauseForeign && len(p.Answers) == 0 {
		return "not asked. " + clean(p.Why)
	}
	if !p.CheckedAt.IsZero() {
		s += ", asked on " + moment(p.CheckedAt)
	}
	if why := clean(p.Why); why != "" {
		s += ". " + why
	} else if p.Cause != overgrant.CauseNone {
		s += ": " + causeText(p.Cause)
	}
	return s
}

// causes say in a few words why a link is dead, or why nothing can be told.
var causes = map[overgrant.Cause]string{
	overgrant.CauseNotYet:      "not valid yet",
	overgrant.CauseKeyRotated:  "the key was replaced",
	overgrant.CausePolicyGone:  "the stored access policy is gone",
	overgrant.CauseAccountGone: "the account is gone",
	overgrant.CauseForbidden:   "the account's policy forbids it",
	overgrant.CauseTargetGone:  "there is nothing there",
	overgrant.CauseFirewall:    "a firewall is in the way",
	overgrant.CauseThrottled:   "the service was too busy",
	overgrant.CauseUnreachable: "it could not be reached",
	overgrant.CauseForeign:     "nothing was asked",
}

func causeText(c overgrant.Cause) string {
	if s := causes[c]; s != "" {
		return s
	}
	return words(string(c))
}

// stateWord says in a word or two whether a link works.
func stateWord(s overgrant.State) string {
	switch s {
	case overgrant.Alive:
		return "alive"
	case overgrant.Dead:
		return "dead"
	}
	return "not certain"
}

func words(s string) string { return clean(strings.ReplaceAll(s, "_", " ")) }

// standingsDown lists the standings of actions, the surest first.
var standingsDown = []struct {
	standing overgrant.Standing
	words    string
}{
	{overgrant.Granted, "granted"},
	{overgrant.ProvenBySignature, "proven by the signature"},
	{overgrant.Refused, "refused"},
	{overgrant.NotTried, "not tried"},
}

// permissionsLine says how each action stands.
func permissionsLine(p *overgrant.Proof) string {
	var parts []string
	for _, s := range standingsDown {
		if actions := actionsThat(p, s.standing); len(actions) > 0 {
			parts = append(parts, s.words+": "+strings.Join(actions, ", "))
		}
	}
	return strings.Join(parts, "; ")
}

// servicesLine says which services take the link.
func servicesLine(p *overgrant.Proof) string {
	var parts []string
	for _, r := range p.Services {
		s := clean(r.Service) + " " + stateWord(r.State)
		switch {
		case r.Listing:
			s += " (everything in it can be listed)"
		case r.Cause != overgrant.CauseNone:
			s += " (" + causeText(r.Cause) + ")"
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, ", ")
}

// accountLine says what the service tells of the account.
func accountLine(p *overgrant.Proof) string {
	var parts []string
	add := func(is bool, s string) {
		if is {
			parts = append(parts, s)
		}
	}
	add(p.SKU != "", clean(p.SKU))
	add(p.AccountKind != "", clean(p.AccountKind))
	add(p.Hierarchy != nil && *p.Hierarchy, "with real directories")
	add(p.Public == "blob", "the container lets anybody read, with or without the link")
	add(p.Public == "container", "the container lets anybody list and read, with or without the link")
	add(p.NameFree != nil && *p.NameFree, "the account is gone, and anybody may be able to take its name: whatever still points to it would then be theirs")
	return strings.Join(parts, ", ")
}

// recoveryLine says what would undo or show an abuse.
func recoveryLine(r *overgrant.Recovery) string {
	if r == nil {
		return ""
	}
	var parts []string
	tell := func(is *bool, on, off string) {
		switch {
		case is == nil:
		case *is:
			parts = append(parts, on)
		default:
			parts = append(parts, off)
		}
	}
	on := "deleted objects can be brought back"
	if r.RetentionDays > 0 {
		on += " for " + plural(int64(r.RetentionDays), "day")
	}
	tell(r.SoftDelete, on, "what is deleted is gone")
	tell(r.ContainerSoftDelete, "so can containers", "")
	tell(r.Versioning, "earlier versions are kept", "what is overwritten is gone")
	tell(r.ReadsLogged, "reads are logged", "reads are not in the classic logs")
	tell(r.WritesLogged, "writes are logged", "")
	tell(r.AnyOrigin, "any web page may use the link from a browser", "")
	parts = slices.DeleteFunc(parts, func(s string) bool { return s == "" })
	if r.LinkSwitchesOff {
		parts = append(parts, "and this link can change these settings itself")
	}
	return strings.Join(parts, "; ")
}

// keyLine says which key made the link.
func keyLine(p *overgrant.Proof) string {
	switch p.Key {
	case "":
		return ""
	case "none":
		return "none of the given keys made it"
	}
	s := clean(p.Key) + " made it"
	if p.KeyLayout != "" {
		s += " (string to sign: " + clean(p.KeyLayout) + ")"
	}
	return s
}

// writeProof prints what the service answered.
func writeProof(p *page, c *overgrant.Case) {
	if c.Proof == nil {
		return
	}
	p.line()
	style := map[overgrant.State]string{overgrant.Alive: "1;31", overgrant.Dead: "32", overgrant.Inconclusive: "1;33"}[c.Proof.State]
	p.item("  proof", labelWidth, style, proofLine(c.Proof))
	if c.Proof.Revives != "" {
		p.field("revives", clean(c.Proof.Revives))
	}
	p.field("rights", permissionsLine(c.Proof))
	p.field("limits", clean(strings.Join(c.Proof.Limits, "; ")))
	p.field("services", servicesLine(c.Proof))
	p.field("account", accountLine(c.Proof))
	p.field("recovery", recoveryLine(c.Proof.Recovery))
	p.field("key", keyLine(c.Proof))
}

// writeAnswers prints every request and what followed from it.
func writeAnswers(p *page, c *overgrant.Case) {
	if c.Proof == nil || len(c.Proof.Answers) == 0 {
		return
	}
	section(p, "What was asked, and the answers")
	for _, a := range c.Proof.Answers {
		status := "no answer"
		if a.Status > 0 {
			status = fmt.Sprint(a.Status)
		}
		p.item("  "+status, labelWidth, bold, strings.TrimSpace(clean(a.Asked)+" "+clean(a.Code)))
		p.item("", labelWidth, "", clean(a.Method)+" "+clean(shorten(a.Host+a.Target, 400)))
		if a.Shows != "" {
			p.item("", labelWidth, faint, clean(a.Shows))
		}
	}
}
