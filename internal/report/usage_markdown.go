package report

import (
	"bufio"
	"fmt"
	"strings"

	"github.com/overgrant/overgrant"
)

// usageMarkdown writes the logs as Markdown: for the record of an incident.
func usageMarkdown(w *bufio.Writer, o *outcome, l *logs) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n%s\n\n", md(l.headline()), md(l.readWords(o)))
	for _, s := range l.logged.Says {
		fmt.Fprintf(&b, "- %s\n", md(clean(s)))
	}
	for _, t := range l.trails {
		markdownTrail(&b, t)
	}
	if len(l.tokens.brief) > 0 {
		b.WriteString("\n## Tokens in use\n\n")
		markdownGrid(&b, [][]string{{"Severity", "Token", "Kind", "For", "Rights", "Expires", "Whose", "Requests", "Failed", "Out", "In", "Callers", "First", "Last"}})
		for _, u := range l.tokens.brief {
			markdownRow(&b, []string{u.Worst().String(), shortToken(u), u.Kind, usedOn(u), u.Permissions, expires(u), whose(u), count(u.Requests), count(u.Failed), size(u.BytesOut), size(u.BytesIn), count(u.Callers), moment(u.First), moment(u.Last)})
		}
	}
	b.WriteString("\n## What the logs cover\n\n")
	markdownGrid(&b, [][]string{{"Account", "Service", "From", "To", "Requests", "Reads", "Writes", "Deletes", "Hours with records"}})
	for _, s := range l.logged.Services {
		markdownRow(&b, []string{s.Account, s.Service, moment(s.From), moment(s.To), count(s.Records), count(s.Reads), count(s.Writes), count(s.Deletes), count(s.Hours) + " of " + count(s.Span)})
	}
	real, benign := o.gaps.parts()
	markdownGaps(&b, "Could not be read", real)
	markdownGaps(&b, "Passed over", benign)
	_, err := w.WriteString(b.String())
	return err
}

func expires(u *overgrant.Used) string {
	if u.Expiry.IsZero() {
		return ""
	}
	return day(u.Expiry)
}

func markdownTrail(b *strings.Builder, t *overgrant.Trail) {
	fmt.Fprintf(b, "\n## Use of case %s\n\n", md(shortID(t.ID)))
	if t.Published.IsZero() {
		fmt.Fprintf(b, "- %s\n", md(traffic(t.Before)))
	} else {
		fmt.Fprintf(b, "- Published %s\n- Before: %s\n- Since: %s\n- New since: %s, %s\n", moment(t.Published), md(traffic(t.Before)), md(traffic(t.After)), plural(t.NewCallers, "caller"), plural(t.NewAgents, "program"))
	}
	for _, s := range t.Says {
		fmt.Fprintf(b, "- %s\n", md(clean(s)))
	}
	if len(t.Days) > 0 {
		b.WriteString("\n### By day\n\n")
		markdownGrid(b, [][]string{{"Day", "Requests", "Failed", "Reads", "Writes", "Deletes", "Out", "In", "New callers"}})
		for _, d := range t.Days {
			markdownRow(b, []string{d.Day, count(d.Requests), count(d.Failed), count(d.Reads), count(d.Writes), count(d.Deletes), size(d.BytesOut), size(d.BytesIn), count(d.New)})
		}
	}
	markdownPeople(b, "Addresses", t.Callers)
	markdownPeople(b, "Programs", t.Agents)
	if len(t.Objects) > 0 {
		b.WriteString("\n### Objects\n\n")
		markdownGrid(b, [][]string{{"Object", "Writes", "Deletes", "Reads", "Last"}})
		for _, x := range t.Objects[:min(len(t.Objects), 200)] {
			markdownRow(b, []string{x.Name, count(x.Writes), count(x.Deletes), count(x.Reads), moment(x.Last)})
		}
	}
}

func markdownPeople(b *strings.Builder, title string, all []overgrant.TrailUser) {
	if len(all) == 0 {
		return
	}
	fmt.Fprintf(b, "\n### %s\n\n", title)
	markdownGrid(b, [][]string{{"Name", "New", "Requests", "Reads", "Writes", "Deletes", "Out", "First", "Last"}})
	for _, u := range all[:min(len(all), 200)] {
		fresh := ""
		if u.New {
			fresh = "new"
		}
		markdownRow(b, []string{u.Name, fresh, count(u.Requests), count(u.Reads), count(u.Writes), count(u.Deletes), size(u.BytesOut), moment(u.First), moment(u.Last)})
	}
}

// markdownGrid writes the head of a table.
func markdownGrid(b *strings.Builder, head [][]string) {
	markdownRow(b, head[0])
	b.WriteString(strings.Repeat("|---", len(head[0])) + "|\n")
}

func markdownRow(b *strings.Builder, cells []string) {
	for _, c := range cells {
		b.WriteString("| " + markdownCell(clean(c)) + " ")
	}
	b.WriteString("|\n")
}
