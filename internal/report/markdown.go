package report

import (
	"bufio"
	"fmt"
	"strings"

	"github.com/overgrant/overgrant"
)

var markdown = Format{
	Name: "markdown",
	Doc: `For issues and comments on pull requests: a table of the cases, then a section for each, folded away.

It stays below the 65,536 characters that such comments may have; cases that do not fit are counted. Names of people
stand in code spans, so that nobody is notified.`,
	write: writeMarkdown,
}

// maxMarkdown is where a comment is cut, in bytes. GitHub takes 65,536
// characters; the closing lines need some of them.
const maxMarkdown = 56 << 10

func writeMarkdown(w *bufio.Writer, o *outcome) error {
	var b strings.Builder
	fmt.Fprintf(&b, "## overgrant\n\n%s\n", md(o.verdictLine()))
	if o.ofModels() {
		markdownModels(&b, o)
	}
	left := 0
	if len(o.shown) > 0 {
		left = markdownTable(&b, o)
	}
	many := manyRepositories(o.shown)
	for i, c := range o.shown[:len(o.shown)-left] {
		s := markdownCase(c, o.Options, many)
		if b.Len()+len(s) > maxMarkdown {
			fmt.Fprintf(&b, "\n_The details of %s are left out here for length; other formats have them._\n", plural(int64(len(o.shown)-i), "case"))
			break
		}
		b.WriteString(s)
	}
	markdownSummary(&b, o)
	_, err := w.WriteString(b.String())
	return err
}

// markdownTable writes a row for each case and returns how many did not fit.
func markdownTable(b *strings.Builder, o *outcome) int {
	asked := o.links() > 0
	if asked {
		b.WriteString("\n| Severity | Link | Stands | Proof | Behind it | Where |\n|---|---|---|---|---|---|\n")
	} else {
		b.WriteString("\n| Severity | Link | Stands | Where |\n|---|---|---|---|\n")
	}
	for i, c := range o.shown {
		where := "–"
		if len(c.Seen) > 0 {
			where = code(placeText(&c.Seen[0]))
			if rest := len(c.Seen) - 1; rest > 0 {
				where += fmt.Sprintf(" and %s more", count(int64(rest)))
			}
		}
		stands := md(standing(c))
		if asked {
			stands += " | " + markdownCell(proofWord(c.Proof)) + " | " + markdownCell(behind(c))
		}
		row := fmt.Sprintf("| **%s** | %s %s | %s | %s |\n", severityWord(c), md(nameOf(&c.Link.Grant).title), code(subject(&c.Link.Grant)),
			stands, strings.ReplaceAll(where, "|", `\|`))
		if b.Len()+len(row) > maxMarkdown/2 {
			left := len(o.shown) - i
			fmt.Fprintf(b, "\n_And %s more._\n", plural(int64(left), "case"))
			return left
		}
		b.WriteString(row)
	}
	return 0
}

// markdownCell is a cell of a table that may have nothing in it.
func markdownCell(s string) string {
	if s == "" {
		return "–"
	}
	return md(s)
}

// deadWord is what stands in the place of a severity where the service refuses
// a link, and nothing was found behind it before.
const deadWord = "proven dead"

// provenDead reports whether the service has shown that the link opens nothing.
func provenDead(c *overgrant.Case) bool {
	return c.Proof != nil && c.Proof.State == overgrant.Dead && c.Worst() == overgrant.None
}

// severityWord is the severity, or the status of what opens nothing.
func severityWord(c *overgrant.Case) string {
	if c.Status.Quiet() {
		return statusName(c.Status)
	}
	if c.Worst() > overgrant.None {
		return c.Worst().String()
	}
	if provenDead(c) {
		return deadWord
	}
	return "no fault"
}

func markdownCase(c *overgrant.Case, o Options, repositories bool) string {
	var b strings.Builder
	g := &c.Link.Grant
	fmt.Fprintf(&b, "\n<details>\n<summary><b>%s</b>: %s %s, %s</summary>\n\n", severityWord(c), md(nameOf(g).title), md(subject(g)), md(standing(c)))
	fmt.Fprintf(&b, "**%s**\n\n", md(opens(c)))
	markdownProof(&b, c.Proof)
	markdownReach(&b, c)
	for _, f := range [][2]string{
		{"opens", scopeText(g)}, {"may", rights(g)}, {"lifetime", lifetime(g)}, {"network", network(g)}, {"signer", signerOf(g)},
		{"revoke", revocation(c)}, {"closing", closingLine(c)}, {"exposed", exposedFor(c.Exposure)},
	} {
		if f[1] != "" {
			fmt.Fprintf(&b, "- %s: %s\n", f[0], md(f[1]))
		}
	}
	fmt.Fprintf(&b, "- link: %s\n- case: `%s`\n", code(linkText(&c.Link, o)), shortID(c.Link.ID))
	all, more := sites(c, maxStands, repositories)
	if len(all) > 0 {
		b.WriteString("\nWhere it stands\n\n")
	}
	for _, s := range all {
		for _, p := range s.places {
			fmt.Fprintf(&b, "- %s\n", code(p.String()))
		}
		if s.history != "" {
			fmt.Fprintf(&b, "  - %s\n", code(s.history))
		}
	}
	if more != "" {
		fmt.Fprintf(&b, "- %s\n", more)
	}
	markdownReasons(&b, c)
	b.WriteString("\n</details>\n")
	return b.String()
}

func markdownReasons(b *strings.Builder, c *overgrant.Case) {
	if h := c.Hushed; h != nil && h.Broken != "" {
		fmt.Fprintf(b, "\nShown although %s suppressed it (%s): %s\n", code(clean(h.By)), md(clean(h.Why)), md(clean(h.Broken)))
	}
	if len(c.Verdict.Reasons) > 0 {
		b.WriteString("\nWhy\n\n")
	}
	for _, r := range c.Verdict.Reasons {
		fmt.Fprintf(b, "- **%s** %s (%s)\n", r.Severity, md(clean(r.Why)), code(clean(r.Rule)))
	}
	todo := fixes(c)
	if len(todo) > 0 {
		b.WriteString("\nWhat to do\n\n")
	}
	for i, f := range todo {
		fmt.Fprintf(b, "%d. %s\n", i+1, md(f))
	}
}

func markdownSummary(b *strings.Builder, o *outcome) {
	b.WriteString("\n---\n\n")
	for _, s := range []string{o.noModelsLine(), o.quietLine(), o.suppressedLine()} {
		if s != "" {
			fmt.Fprintf(b, "%s\n\n", md(s))
		}
	}
	real, benign := o.gaps.parts()
	if n, _ := o.gaps.total(); n > 0 {
		markdownGaps(b, "**"+plural(int64(n), "item")+" could not be read, or not to the end:**", real)
	}
	if len(benign) > 0 {
		markdownGaps(b, "Passed over on purpose:", benign)
	}
	b.WriteString(md(strings.Join(o.workLines(), " ")) + "\n")
	if s := o.cutLine(); s != "" {
		fmt.Fprintf(b, "\n**%s**\n", md(s))
	}
}

func markdownGaps(b *strings.Builder, title string, gaps []*gap) {
	b.WriteString(title + "\n\n")
	for _, g := range gaps {
		fmt.Fprintf(b, "- %s × %s\n", count(int64(g.Count)), md(shorten(gapText(g), 500)))
	}
	b.WriteByte('\n')
}

// mdEscapes makes text plain in Markdown, HTML in Markdown included.
var mdEscapes = strings.NewReplacer(
	`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", "&lt;", ">", "&gt;", "&", "&amp;",
	"#", `\#`, "|", `\|`, "~", `\~`, "!", `\!`, "@", "@\u2060", "://", ":\u2060//", "www.", "www\u2060.")

// md escapes clean text. A word joiner keeps names from being notified and
// addresses from becoming links.
func md(s string) string { return mdEscapes.Replace(s) }

// code writes clean text as a code span, whatever backticks it holds.
func code(s string) string {
	if s == "" {
		return ""
	}
	fence := "`"
	for strings.Contains(s, fence) {
		fence += "`"
	}
	if len(fence) > 1 || strings.HasPrefix(s, " ") {
		s = " " + s + " "
	}
	return fence + s + fence
}
