package report

import (
	"fmt"
	"strings"

	"github.com/overgrant/overgrant"
)

// How much of a tree of models the text format prints; with --all it prints all
// that is kept.
const (
	modelBlocks   = 25 // files of which everything is said
	modelLines    = 40 // files of a verdict with a line each
	modelFindings = 6  // findings of a file
	modelImports  = 12
	fewModels     = 5   // so few that all of them get a block
	wholePath     = 200 // columns of a path that is not broken, whatever the width
)

// writeModels prints the models, worst first: blocks for what should not be
// loaded, a line for each of the others as far as there are few.
func writeModels(p *page, o *outcome) {
	blocks := modelBlocks
	if o.All {
		blocks = int(o.models.files)
	}
	few := o.models.known() <= fewModels
	for _, v := range verdictsDown {
		all, more := o.models.kept(v)
		if len(all) == 0 || v == overgrant.NotAModel && !o.All {
			continue
		}
		if bad := v == overgrant.ModelDangerous || v == overgrant.ModelSuspicious; bad || few && v != overgrant.NotAModel {
			n := min(blocks, len(all))
			blocks -= n
			for _, m := range all[:n] {
				writeModel(p, m)
				if few {
					writeModelFixes(p, m)
				}
				p.line()
			}
			if !few && n > 0 {
				writeTodo(p, v)
			}
			all = all[n:]
		}
		writeModelLines(p, o, modelList{v, all, more})
	}
}

// modelList is some models of one verdict, and how many more there are.
type modelList struct {
	verdict string
	models  []*overgrant.Model
	more    int64
}

// writeModelLines prints a line for each model, as far as the page has room.
// Clean ones are counted by format.
func writeModelLines(p *page, o *outcome, l modelList) {
	n := len(l.models)
	if !o.All {
		n = min(n, modelLines)
		if l.verdict == overgrant.ModelClean {
			n = 0
		}
	}
	rest := int64(len(l.models)-n) + l.more
	if n == 0 && rest == 0 {
		return
	}
	head := strings.ToUpper(verdictWord(l.verdict))
	p.line(p.paint(severityHead(verdictClass(l.verdict)), " "+head))
	for _, m := range l.models[:n] {
		p.item("  ", 2, "", modelLine(m))
	}
	switch {
	case rest > 0 && n == 0:
		p.paragraph(2, "", plural(rest, "file")+": "+formatsText(o.models.formats(l.verdict)))
	case rest > 0:
		p.paragraph(2, "", "and "+count(rest)+" more (the formats jsonl, json and csv have all of them)")
	}
	p.line()
}

// modelLine says of a model what a line has room for.
func modelLine(m *overgrant.Model) string {
	s := clean(m.Path) + "  " + formatName(m) + ", " + size(m.Size)
	switch {
	case m.Verdict == overgrant.ModelUnreadable:
		return s + ": " + clean(shorten(m.Unread, 160))
	case len(m.Findings) > 0:
		return s + ": " + clean(shorten(m.Findings[0].What, 120))
	}
	return s
}

// formatsText counts files by format.
func formatsText(all []formatCount) string {
	const most = 8
	var parts []string
	rest := int64(0)
	for i, f := range all {
		if i >= most {
			rest += f.count
			continue
		}
		name := clean(shorten(f.name, 60))
		if name == "" {
			name = "of no format known"
		}
		parts = append(parts, count(f.count)+" "+name)
	}
	if rest > 0 {
		parts = append(parts, count(rest)+" of others")
	}
	return strings.Join(parts, ", ")
}

// writeModel prints the block of one model.
func writeModel(p *page, m *overgrant.Model) {
	writeModelHead(p, m)
	p.paragraph(2, bold, modelSays(m))
	if len(m.Findings) > 0 {
		p.line()
	}
	label := "  finds"
	for i := range m.Findings[:min(modelFindings, len(m.Findings))] {
		f := &m.Findings[i]
		head := fmt.Sprintf("%-*s%-9s", labelWidth, label, f.Severity)
		p.item(head, labelWidth+9, severityHead(f.Severity), clean(shorten(f.What, 400)))
		p.item("", labelWidth+9, "", clean(f.Why)+", "+findingAt(f)+" ["+clean(f.Rule)+"]")
		label = ""
	}
	if rest := len(m.Findings) - modelFindings; rest > 0 {
		p.item("", labelWidth, "", "and "+plural(int64(rest), "finding")+" more, which the other formats have")
	}
	p.field("imports", importsOf(m, modelImports))
	for i, l := range loadsUnder(m) {
		label := "loads"
		if i > 0 {
			label = ""
		}
		p.field(label, l[0]+": "+l[1])
	}
	if m.Verdict != overgrant.ModelUnreadable && m.Unread != "" {
		p.field("not read", clean(shorten(m.Unread, 240)))
	}
	p.field("bytes", readText(m))
}

// readText says how much of a file was read.
func readText(m *overgrant.Model) string {
	if m.BytesRead >= m.Size {
		return "all of " + fullSize(m.Size) + " read"
	}
	return fullSize(m.BytesRead) + " read of " + fullSize(m.Size)
}

// writeTodo prints what to do with all files of a verdict.
func writeTodo(p *page, verdict string) {
	p.rule()
	p.paragraph(1, bold, "What to do with what is "+verdictWord(verdict))
	for i, f := range modelFixes(&overgrant.Model{Verdict: verdict}) {
		p.item(fmt.Sprintf("  %d.", i+1), 5, "", f)
	}
	p.line()
}

// writeModelFixes prints what to do with one file.
func writeModelFixes(p *page, m *overgrant.Model) {
	for i, f := range modelFixes(m) {
		label := ""
		if i == 0 {
			p.line()
			label = "  do"
		}
		p.item(fmt.Sprintf("%-*s%2d.", labelWidth-1, label, i+1), labelWidth+3, "", f)
	}
}

// writeModelHead prints the verdict and the path to the left, the format to the
// right.
func writeModelHead(p *page, m *overgrant.Model) {
	mark := " " + strings.ToUpper(verdictWord(m.Verdict)) + " "
	style := severityStyles[verdictClass(m.Verdict)]
	path, what := clean(m.Path), formatName(m)
	p.rule()
	gap := p.width - columns(mark) - 1 - columns(path) - columns(what)
	if gap < 2 {
		p.line(p.paint(style, mark), " ", p.paint(faint, what))
		if columns(path) <= wholePath {
			p.line(" ", p.paint(bold, path)) // in one piece, to be copied
		} else {
			p.paragraph(1, bold, path)
		}
	} else {
		p.line(p.paint(style, mark), " ", p.paint(bold, path), strings.Repeat(" ", gap), p.paint(faint, what))
	}
	p.rule()
}
