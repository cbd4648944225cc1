package report

import (
	"fmt"
	"strings"

	"github.com/overgrant/overgrant"
)

// markdownModels writes a table of the models that should not be loaded as they
// are, worst first, and a section for each of the worst.
func markdownModels(b *strings.Builder, o *outcome) {
	var rows []*overgrant.Model
	more := int64(0)
	for _, v := range verdictsDown {
		if v == overgrant.ModelClean && !o.All && o.models.known() > fewModels || v == overgrant.NotAModel && !o.All {
			continue
		}
		all, rest := o.models.kept(v)
		rows, more = append(rows, all...), more+rest
	}
	if len(rows) > 0 {
		b.WriteString("\n| Verdict | File | Format | What |\n|---|---|---|---|\n")
	}
	for i, m := range rows {
		what := clean(shorten(m.Unread, 160))
		if len(m.Findings) > 0 {
			what = clean(shorten(m.Findings[0].What, 160))
		}
		if what == "" {
			what = "–"
		} else {
			what = code(what)
		}
		row := fmt.Sprintf("| **%s** | %s | %s | %s |\n", md(verdictWord(m.Verdict)), tableCode(code(clean(m.Path))), md(formatName(m)), tableCode(what))
		if b.Len()+len(row) > maxMarkdown/2 {
			more += int64(len(rows) - i)
			break
		}
		b.WriteString(row)
	}
	if more > 0 {
		fmt.Fprintf(b, "\n_And %s more._\n", plural(more, "file"))
	}
	for i, m := range rows {
		if m.Worst() < overgrant.Medium {
			break // worst first
		}
		s := markdownModel(m)
		if b.Len()+len(s) > maxMarkdown {
			fmt.Fprintf(b, "\n_The details of the others, from file %s on, are left out here for length; other formats have them._\n", count(int64(i+1)))
			break
		}
		b.WriteString(s)
	}
}

// tableCode makes a code span fit for a cell.
func tableCode(s string) string { return strings.ReplaceAll(s, "|", `\|`) }

func markdownModel(m *overgrant.Model) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n<details>\n<summary><b>%s</b>: %s, %s</summary>\n\n", md(verdictWord(m.Verdict)), md(clean(m.Path)), md(formatName(m)))
	fmt.Fprintf(&b, "**%s**\n\n", md(modelSays(m)))
	for i := range m.Findings[:min(len(m.Findings), slimFindings)] {
		f := &m.Findings[i]
		fmt.Fprintf(&b, "- **%s** %s: %s, %s (%s)\n", f.Severity, code(clean(shorten(f.What, 400))), md(clean(f.Why)), md(findingAt(f)), code(clean(f.Rule)))
	}
	if rest := len(m.Findings) - slimFindings; rest > 0 {
		fmt.Fprintf(&b, "- and %s more\n", plural(int64(rest), "finding"))
	}
	for _, l := range loadsUnder(m) {
		fmt.Fprintf(&b, "- loads under %s: %s\n", code(l[0]), md(l[1]))
	}
	if s := importsOf(m, modelImports); s != "" {
		fmt.Fprintf(&b, "- imports: %s\n", code(s))
	}
	b.WriteString("\nWhat to do\n\n")
	for i, f := range modelFixes(m) {
		fmt.Fprintf(&b, "%d. %s\n", i+1, md(f))
	}
	b.WriteString("\n</details>\n")
	return b.String()
}
