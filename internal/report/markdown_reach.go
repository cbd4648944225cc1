package report

import (
	"fmt"
	"strings"

	"github.com/overgrant/overgrant"
)

// markdownProof says what the service answered, without the single answers.
func markdownProof(b *strings.Builder, p *overgrant.Proof) {
	if p == nil {
		return
	}
	fmt.Fprintf(b, "Proof: %s\n\n", md(proofLine(p)))
	if p.Revives != "" {
		fmt.Fprintf(b, "%s\n\n", md(clean(p.Revives)))
	}
	n := b.Len()
	for _, f := range [][2]string{
		{"rights", permissionsLine(p)}, {"limits", clean(strings.Join(p.Limits, "; "))}, {"services", servicesLine(p)},
		{"account", accountLine(p)}, {"recovery", recoveryLine(p.Recovery)}, {"key", keyLine(p)},
	} {
		if f[1] != "" {
			fmt.Fprintf(b, "- %s: %s\n", f[0], md(shorten(f[1], 1000)))
		}
	}
	if b.Len() > n {
		b.WriteByte('\n')
	}
}

// mostMarkdownClasses is how many classes of data a table names.
const mostMarkdownClasses = 20

// markdownReach says what lies behind the link.
func markdownReach(b *strings.Builder, c *overgrant.Case) {
	e := c.Reach
	if e == nil {
		return
	}
	fmt.Fprintf(b, "**Behind it: %s**\n\n", md(reachLine(c)))
	if c.Pending > 0 {
		fmt.Fprintf(b, "**%s**\n\n", md(pendingLine(c)))
	}
	if all := classesOf(e); len(all) > 0 {
		b.WriteString("| Severity | Holds | By name | Confirmed | Count | People | Such as |\n|---|---|--:|--:|--:|--:|---|\n")
		for _, h := range all[:min(len(all), mostMarkdownClasses)] {
			amount, people, example := "", "", ""
			if h.Count > 0 {
				amount = counted(h.Count, h.unit())
			}
			if n := h.people(); n > 0 {
				people = count(n)
			}
			if len(h.Examples) > 0 {
				example = strings.ReplaceAll(code(clean(shorten(h.Examples[0], 100))), "|", `\|`)
			}
			fmt.Fprintf(b, "| %s | %s | %s | %s | %s | %s | %s |\n", h.Severity, md(shorten(h.title(), 80)), count(h.Named.Objects), count(h.Seen.Objects), md(amount), people, example)
		}
		if rest := len(all) - mostMarkdownClasses; rest > 0 {
			fmt.Fprintf(b, "\n_And %s._\n", counted(int64(rest), "more classes of data"))
		}
		b.WriteByte('\n')
	}
	for _, f := range [][2]string{
		{"apart", apartLine(e)}, {"read", coverageLine(e)}, {"in part", reasonsLine(e.Coverage.PartialWhy)}, {"not read", reasonsLine(e.Coverage.Skipped)}, {"writable", writableLine(c)}, {"changed", changedLine(e)},
	} {
		if f[1] != "" {
			fmt.Fprintf(b, "- %s: %s\n", f[0], md(shorten(f[1], 1000)))
		}
	}
	all := topAreas(e)
	for _, a := range all[:min(len(all), 5)] {
		fmt.Fprintf(b, "- largest: %s, %s in %s\n", code(areaText(a.name, 120)), size(a.Bytes), plural(a.Objects, "object"))
	}
	b.WriteByte('\n')
}
