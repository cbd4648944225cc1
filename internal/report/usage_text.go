package report

import (
	"bufio"
	"fmt"
	"strings"

	"github.com/overgrant/overgrant"
)

// How much the text format prints; with --all it prints all.
const (
	usedBlocks   = 10 // tokens of which everything is said
	usedLines    = 30 // tokens with a line each
	trailDays    = 31
	trailUsers   = 12
	trailObjects = 12
)

func usageText(w *bufio.Writer, o *outcome, l *logs) error {
	p := newPage(w, o.Options)
	for _, t := range l.trails {
		writeTrail(p, o, t)
	}
	writeTokens(p, l)
	usageClosing(p, o, l)
	return nil
}

func usageSummary(w *bufio.Writer, o *outcome, l *logs) error {
	usageClosing(newPage(w, o.Options), o, l)
	return nil
}

// withoutSignature reports whether a token is one in a table of its own: use of
// the account by other means.
func withoutSignature(u *overgrant.Used) bool { return !u.Signed() && u.Match.IsZero() }

// blockWorthy reports whether everything is to be said of a token, as long as
// there is room.
func blockWorthy(u *overgrant.Used) bool {
	return !withoutSignature(u) && (u.Worst() >= overgrant.Medium || u.Match.Known != "" || u.Match.LeakedBy != "")
}

// writeTokens prints blocks for tokens that are too wide or leaked, then a line
// for each of the others.
func writeTokens(p *page, l *logs) {
	for _, u := range l.tokens.whole {
		writeUsed(p, u)
	}
	var rest, unsigned []*overgrant.Used
	for _, u := range l.tokens.brief {
		if withoutSignature(u) {
			unsigned = append(unsigned, u)
		} else {
			rest = append(rest, u)
		}
	}
	writeTokenLines(p, rest, l.tokens.total-l.tokens.unsigned-len(l.tokens.whole)-len(rest))
	writeUnsigned(p, unsigned, l.tokens.unsigned-len(unsigned))
}

// writeTokenLines prints a line for each token, and how many more there are.
func writeTokenLines(p *page, rest []*overgrant.Used, more int) {
	if len(rest) == 0 {
		return
	}
	rows := [][]string{{"TOKEN", "SEVERITY", "KIND", "FOR", "RIGHTS", "REQUESTS", "CALLERS", "LAST", "WHOSE"}}
	for _, u := range rest {
		rows = append(rows, []string{shortToken(u), u.Worst().String(), clean(u.Kind), fit(usedOn(u), tableCell), clean(shorten(u.Permissions, 16)), count(u.Requests), count(u.Callers), day(u.Last), whose(u)})
	}
	writeGrid(p, rows, "CALLERS", "KIND", "LAST", "RIGHTS")
	if more > 0 {
		p.paragraph(1, faint, "and "+count(int64(more))+" more (--all, or the formats jsonl, json and csv, have all of them)")
	}
	p.line()
}

// writeUnsigned prints a line for each way in which accounts are used without a
// signature: what stops when a key is rotated, among others.
func writeUnsigned(p *page, all []*overgrant.Used, more int) {
	if len(all) == 0 {
		return
	}
	rows := [][]string{{"WITHOUT A SIGNATURE", "ACCOUNT", "BY", "REQUESTS", "CALLERS", "OUT", "LAST"}}
	for _, u := range all {
		by := clean(shorten(u.Token, 32))
		if u.Kind == "account_key" {
			by = keyWords(u)
		}
		rows = append(rows, []string{usedTitle(u), fit(clean(u.Account), tableCell), by, count(u.Requests), count(u.Callers), size(u.BytesOut), day(u.Last)})
	}
	writeGrid(p, rows, "OUT", "CALLERS", "LAST")
	if more > 0 {
		p.paragraph(1, faint, "and "+count(int64(more))+" more")
	}
	p.line()
}

// shortToken names a token in a table.
func shortToken(u *overgrant.Used) string {
	return clean(shorten(strings.TrimPrefix(u.Token, "params:"), 12))
}

// writeUsed prints the block of one token.
func writeUsed(p *page, u *overgrant.Used) {
	mark, style := " "+strings.ToUpper(u.Worst().String())+" ", severityStyles[u.Worst()]
	if u.Worst() == overgrant.None {
		mark = " IN USE "
	}
	p.rule()
	title, right := usedTitle(u), whose(u)
	gap := p.width - columns(mark) - 1 - columns(title) - columns(right)
	if gap < 2 {
		p.line(p.paint(style, mark), " ", p.paint(bold, title))
		p.paragraph(1, faint, right)
	} else {
		p.line(p.paint(style, mark), " ", p.paint(bold, title), strings.Repeat(" ", gap), p.paint(faint, right))
	}
	p.rule()
	p.field("for", usedOn(u))
	if u.Signed() {
		p.field("grants", grantWords(u))
	}
	p.field("signed by", keyWords(u))
	p.field("used", traffic(deedsOf(u)))
	p.field("from", whoUsed(u.Callers, u.About, u.TopCallers, "caller"))
	p.field("with", whoUsed(u.Agents, u.About, u.TopAgents, "program"))
	p.field("first", moment(u.First)+", last "+moment(u.Last))
	p.field("did", tops(u.Operations, 6))
	p.field("failures", tops(u.Failures, 4))
	p.field("token", clean(u.Token))
	if u.Unblanked > 0 {
		p.field("leaked", plural(u.Unblanked, "record")+" of the log hold this signature whole: whoever reads the log can use it")
	}
	label := "  why"
	for i, r := range u.Verdict.Reasons {
		if i == fewReasons {
			break
		}
		head := fmt.Sprintf("%-*s%-9s", labelWidth, label, r.Severity)
		p.item(head, labelWidth+9, severityHead(r.Severity), clean(r.Why)+" ["+clean(r.Rule)+"]")
		label = ""
	}
	p.line()
}

// grantWords says in short what a token grants.
func grantWords(u *overgrant.Used) string {
	g := &u.Grant
	var parts []string
	switch {
	case g.Kind == "sas":
		return "the log keeps no parameters of it"
	case g.PolicyID != "" && g.Permissions == "":
		parts = append(parts, "what the stored access policy "+quote(g.PolicyID)+" says")
	default:
		parts = append(parts, rights(g))
	}
	parts = append(parts, scopeText(g))
	if life := lifetime(g); life != "" {
		parts = append(parts, life)
	}
	return strings.Join(parts, "; ")
}

// writeTrail prints the use of one case.
func writeTrail(p *page, o *outcome, t *overgrant.Trail) {
	p.rule()
	p.line(" ", p.paint(bold, "Use of case "+shortID(t.ID)))
	p.rule()
	if !t.Published.IsZero() {
		p.field("published", moment(t.Published))
		p.field("before", traffic(t.Before))
		p.field("since", traffic(t.After))
		p.field("new since", plural(t.NewCallers, "caller")+", "+plural(t.NewAgents, "program"))
	} else {
		p.field("used", traffic(t.Before))
	}
	if !t.First.IsZero() {
		p.field("first", moment(t.First)+", last "+moment(t.Last))
	}
	for _, s := range t.Says {
		p.item("  note", labelWidth, faint, clean(s))
	}
	most := func(n, limit int) int {
		if o.All {
			return n
		}
		return min(n, limit)
	}
	if n := most(len(t.Days), trailDays); n > 0 {
		rows := [][]string{{"DAY", "REQUESTS", "FAILED", "READS", "WRITES", "DELETES", "OUT", "IN", "NEW CALLERS"}}
		for _, d := range t.Days[len(t.Days)-n:] {
			rows = append(rows, []string{clean(d.Day), count(d.Requests), count(d.Failed), count(d.Reads), count(d.Writes), count(d.Deletes), size(d.BytesOut), size(d.BytesIn), count(d.New)})
		}
		p.line()
		writeGrid(p, rows, "IN", "OUT")
		if more := len(t.Days) - n; more > 0 {
			p.paragraph(1, faint, "the last "+count(int64(n))+" of "+count(int64(len(t.Days)))+" days")
		}
	}
	writePeople(p, "ADDRESS", t.Callers[:most(len(t.Callers), trailUsers)], int64(len(t.Callers)))
	writePeople(p, "PROGRAM", t.Agents[:most(len(t.Agents), trailUsers)], int64(len(t.Agents)))
	if n := most(len(t.Objects), trailObjects); n > 0 {
		rows := [][]string{{"OBJECT", "WRITES", "DELETES", "READS", "LAST"}}
		for _, x := range t.Objects[:n] {
			rows = append(rows, []string{fit(clean(x.Name), 48), count(x.Writes), count(x.Deletes), count(x.Reads), moment(x.Last)})
		}
		p.line()
		writeGrid(p, rows)
		if more := len(t.Objects) - n; more > 0 {
			p.paragraph(1, faint, "and "+count(int64(more))+" more")
		}
	}
	p.line()
}

func writePeople(p *page, head string, all []overgrant.TrailUser, total int64) {
	if len(all) == 0 {
		return
	}
	rows := [][]string{{head, "NEW", "REQUESTS", "READS", "WRITES", "DELETES", "OUT", "FIRST", "LAST"}}
	for _, u := range all {
		fresh := "no"
		if u.New {
			fresh = "new"
		}
		rows = append(rows, []string{fit(clean(u.Name), tableCell), fresh, count(u.Requests), count(u.Reads), count(u.Writes), count(u.Deletes), size(u.BytesOut), day(u.First), day(u.Last)})
	}
	p.line()
	writeGrid(p, rows, "FIRST", "OUT")
	if more := total - int64(len(all)); more > 0 {
		p.paragraph(1, faint, "and "+count(more)+" more")
	}
}

// usageClosing prints the closing lines.
func usageClosing(p *page, o *outcome, l *logs) {
	p.paragraph(0, bold, l.headline()+".")
	c := &l.counts
	if c.leaked > 0 {
		p.paragraph(0, severityHead(overgrant.High), plural(c.leaked, "signature")+" stand whole in the log itself: see that nobody else reads it, and revoke them.")
	}
	p.paragraph(0, "", l.readWords(o))
	for _, s := range l.logged.Says {
		p.item(" -", 3, "", clean(s))
	}
	if real, benign := o.gaps.total(); real > 0 || benign > 0 {
		writeGaps(p, o)
	}
	if s := o.cutLine(); s != "" {
		p.paragraph(0, "", s)
	}
}
