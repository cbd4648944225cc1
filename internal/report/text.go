package report

import (
	"bufio"
	"fmt"
	"strings"

	"github.com/overgrant/overgrant"
)

var text = Format{
	Name: "text",
	Doc: `For people, on a terminal: a block for each case, worst first, and a summary.

A block says in a sentence what the link opens, then scope, rights, lifetime, signer, the way to revoke it and what else
stops with it, where it stands (after five sightings the rest is counted), why it is judged so, and what to do. The
summary counts everything: cases by severity, statuses that were not printed, suppressed cases, and what could not be
read, by reason. Lines are wrapped to the terminal, between 40 and 110 columns.`,
	write: writeText,
}

func writeText(w *bufio.Writer, o *outcome) error {
	p := newPage(w, o.Options)
	if o.ofModels() {
		writeModels(p, o)
	}
	d := detail{manyRepositories(o.shown), fewReasons}
	for _, c := range o.shown {
		writeCase(p, c, o.Options, d)
		p.line()
	}
	return writeSummary(w, o)
}

// manyRepositories reports whether sightings have to name their repository.
func manyRepositories(cases []*overgrant.Case) bool {
	first := ""
	for _, c := range cases {
		for i := range c.Seen {
			switch r := c.Seen[i].Repository; {
			case r == "" || r == first:
			case first == "":
				first = r
			default:
				return true
			}
		}
	}
	return false
}

// detail says how much of a case is printed.
type detail struct {
	repositories bool // places name their repository
	reasons      int  // reasons and fixes printed in words
}

// Reasons and fixes printed in words, in a list of cases and on a sheet.
const (
	fewReasons = 6
	allReasons = 1000
)

// writeCase prints the block of one case.
func writeCase(p *page, c *overgrant.Case, o Options, d detail) {
	writeHeadline(p, c)
	p.paragraph(2, bold, opens(c))
	if c.Link.Grant.ShapeWhy != "" {
		p.paragraph(2, "", "Why: "+clean(c.Link.Grant.ShapeWhy)+".")
	}
	writeHushed(p, c.Hushed)
	writeProof(p, c)
	p.field("closing", closingLine(c))
	writeReach(p, c)
	if !standsAlone(&c.Link.Grant) {
		p.line()
		writeGrant(p, c, o)
	}
	writeStands(p, c, d.repositories)
	if c.Proof != nil || c.Reach != nil {
		d.reasons = min(d.reasons, provenReasons(d.reasons))
	}
	writeReasons(p, c, d.reasons)
	writeFixes(p, c, d.reasons)
	p.field("case", shortID(c.Link.ID))
	p.field("ours", ours(c))
}

// provenReasons is how many reasons are printed in words of a case that was
// proven or measured: what the service answered comes first, and explain tells
// the rest. most is how many there would be, all of them on a sheet.
func provenReasons(most int) int {
	if most == allReasons {
		return most
	}
	return 3
}

// writeHeadline prints severity, kind and account to the left and how the case
// stands to the right.
func writeHeadline(p *page, c *overgrant.Case) {
	g := &c.Link.Grant
	sev := c.Worst()
	mark := " " + strings.ToUpper(sev.String()) + " "
	switch {
	case provenDead(c):
		mark = " " + strings.ToUpper(deadWord) + " "
	case c.Status.Quiet() || sev == overgrant.None:
		mark = " " + strings.ToUpper(statusName(c.Status)) + " "
	}
	what := nameOf(g).title + " · " + subject(g)
	stand := standing(c)
	if c.Status.Quiet() {
		stand = "opens nothing"
	}
	p.rule()
	gap := p.width - columns(mark) - 1 - columns(what) - columns(stand)
	if gap < 2 {
		p.line(p.paint(severityStyles[sev], mark), " ", p.paint(bold, stand))
		p.paragraph(1, bold, what)
		p.rule()
		return
	}
	p.line(p.paint(severityStyles[sev], mark), " ", p.paint(bold, what), strings.Repeat(" ", gap), p.paint(bold, stand))
	p.rule()
}

// writeHushed tells of a suppression that no longer holds.
func writeHushed(p *page, h *overgrant.Hushed) {
	if h == nil || h.Broken == "" {
		return
	}
	p.paragraph(2, "1;33", fmt.Sprintf("Shown although %s suppressed it (%s): %s.", clean(h.By), clean(h.Why), strings.TrimSuffix(clean(h.Broken), ".")))
}

// writeGrant prints what the link grants, as it reads.
func writeGrant(p *page, c *overgrant.Case, o Options) {
	g := &c.Link.Grant
	p.field("opens", scopeText(g))
	p.field("may", rights(g))
	p.field("lifetime", lifetime(g))
	p.field("network", network(g))
	p.field("signer", signerOf(g))
	p.field("revoke", revocation(c))
	writeLink(p, &c.Link, o)
	p.field("exposed", exposedFor(c.Exposure))
}

// writeLink prints the link: wrapped while it is redacted, and on a line of its
// own, to be copied, where it is revealed.
func writeLink(p *page, l *overgrant.Link, o Options) {
	s := linkText(l, o)
	if o.Reveal != nil && s != clean(l.Redacted) {
		p.alone("  link", s)
		return
	}
	p.field("link", s)
}

// scopeText names what the link reaches, in the terms of the service.
func scopeText(g *overgrant.Grant) string {
	var parts []string
	add := func(label, v string) {
		if v != "" {
			parts = append(parts, strings.TrimSpace(label+" "+clean(shorten(v, 160))))
		}
	}
	if g.Scope != "" {
		parts = append(parts, "scope "+clean(strings.ReplaceAll(g.Scope, "_", " ")))
	}
	add("", strings.Join(g.Services, ", "))
	if used := strings.Trim(g.Container+"/"+g.Path, "/"); g.Scope == "account" || g.Scope == "service" {
		add("used here for", used)
	} else {
		add("container", g.Container)
		add("path", g.Path)
	}
	add("table", g.Table)
	add("rows", g.KeyRange)
	add("version", g.Version)
	add("snapshot", g.Snapshot)
	add("resource types", g.ResourceTypes)
	add("method", g.Method)
	s := strings.Join(parts, " · ")
	if g.Host != "" {
		s += " · on " + clean(shorten(g.Host, 160))
	}
	if len(g.Joined) > 0 {
		s += " (" + clean(and(g.Joined)) + " taken from the text around it)"
	}
	return strings.TrimPrefix(s, " · ")
}

// rights lists the actions and how they are written in the link.
func rights(g *overgrant.Grant) string {
	s := clean(strings.ReplaceAll(strings.Join(g.Actions, ", "), "_", " "))
	switch {
	case s == "" && g.PolicyID != "":
		return "what the stored access policy " + quote(g.PolicyID) + " says; the link does not tell"
	case s == "" && g.Permissions == "":
		return ""
	case g.Permissions != "":
		s = strings.TrimSpace(s + " (written " + clean(shorten(g.Permissions, 60)) + ")")
	}
	return s
}

// writeStands prints where the link stands.
func writeStands(p *page, c *overgrant.Case, repositories bool) {
	all, more := sites(c, maxStands, repositories)
	label := "stands"
	for _, s := range all {
		for _, place := range s.places {
			p.item("  "+label, labelWidth, faint, place.String())
			label = ""
		}
		if s.history != "" {
			p.item("", labelWidth+2, "", s.history)
		}
	}
	if more != "" {
		p.item("", labelWidth, "", more)
	}
}

// writeReasons prints why the case is judged as it is. Beyond most, reasons
// are named by their code.
func writeReasons(p *page, c *overgrant.Case, most int) {
	all := c.Verdict.Reasons
	if len(all) == 0 {
		return
	}
	p.line()
	label := "  why"
	for _, r := range all[:min(most, len(all))] {
		s := clean(r.Why)
		if r.Rule != "" {
			s += " [" + clean(r.Rule) + "]"
		}
		p.item(fmt.Sprintf("%-*s%-9s", labelWidth, label, r.Severity), labelWidth+9, severityHead(r.Severity), s)
		label = ""
	}
	var codes []string
	for _, r := range all[min(most, len(all)):] {
		codes = append(codes, clean(r.Rule))
	}
	if len(codes) > 0 {
		p.item("", labelWidth, "", "and "+and(codes))
	}
}

// writeFixes prints what to do, the most urgent first.
func writeFixes(p *page, c *overgrant.Case, most int) {
	all := fixes(c)
	if len(all) == 0 {
		return
	}
	p.line()
	label := "  do"
	for i, f := range all[:min(most, len(all))] {
		p.item(fmt.Sprintf("%-*s%2d.", labelWidth-1, label, i+1), labelWidth+3, "", f)
		label = ""
	}
	if rest := len(all) - most; rest > 0 {
		p.item("", labelWidth, "", "and "+plural(int64(rest), "smaller thing")+", which explain and the other formats name")
	}
}

// severityHead is a quieter style than that of a headline.
func severityHead(s overgrant.Severity) string {
	if s == overgrant.Critical {
		return "1;31"
	}
	return severityStyles[s]
}
