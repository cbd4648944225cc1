package report

import (
	"bufio"
	"fmt"
	"strings"
	"time"

	"github.com/overgrant/overgrant"
)

// severitiesDown lists the severities, worst first.
var severitiesDown = []overgrant.Severity{overgrant.Critical, overgrant.High, overgrant.Medium, overgrant.Low, overgrant.Info, overgrant.None}

// quietStatuses lists the statuses that are not printed by default.
var quietStatuses = []overgrant.Status{
	overgrant.Status(overgrant.Placeholder), overgrant.Status(overgrant.Emulator),
	overgrant.Status(overgrant.PublishedExample), overgrant.Status(overgrant.Malformed),
}

// writeSummary prints the closing lines: the same facts in every format that
// has room for words.
func writeSummary(w *bufio.Writer, o *outcome) error {
	summarise(newPage(w, o.Options), o)
	return nil
}

func summarise(p *page, o *outcome) {
	p.rule()
	p.paragraph(1, bold, o.verdictLine())
	for _, s := range []string{o.noModelsLine(), o.quietLine(), o.suppressedLine()} {
		if s != "" {
			p.paragraph(1, "", s)
		}
	}
	writeGaps(p, o)
	for _, s := range o.workLines() {
		p.paragraph(1, "", s)
	}
	if s := o.cutLine(); s != "" {
		p.paragraph(1, "1;33", s)
	}
}

// verdictLine counts the cases, and those that fail.
func (o *outcome) verdictLine() string {
	switch {
	case o.ofModels() && len(o.cases) == 0:
		return o.modelsVerdict()
	case o.loud == 0:
		return o.headline()
	case o.failing == 0:
		return o.headline() + fmt.Sprintf(" (none at or above %s).", o.FailOn)
	}
	return o.headline() + fmt.Sprintf(" (%s at or above %s).", count(int64(o.failing)), o.FailOn)
}

// headline counts the cases, or says honestly that there are none.
func (o *outcome) headline() string {
	switch {
	case o.ofModels() && len(o.cases) == 0:
		return o.modelsHeadline()
	case o.ofModels():
		return o.modelsHeadline() + "; " + o.casesHeadline()
	}
	return o.casesHeadline()
}

func (o *outcome) casesHeadline() string {
	if o.loud == 0 && o.links() > 0 {
		return "No link that could open anything."
	}
	if o.loud == 0 {
		s := "No storage links found in " + plural(o.summary.Pieces, "file")
		if o.summary.Objects > 0 {
			s += ", " + plural(o.summary.Objects, "git object") + " among them"
		}
		if real, _ := o.gaps.total(); real > 0 {
			return s + "; " + plural(int64(real), "item") + " could not be read, so this is not the whole answer."
		}
		return s + "."
	}
	var parts []string
	for _, sev := range severitiesDown {
		if n := o.severities[sev]; n > 0 {
			word := sev.String()
			if sev == overgrant.None {
				word = "with no fault found"
			}
			parts = append(parts, count(int64(n))+" "+word)
		}
	}
	if o.dead > 0 {
		parts = append(parts, count(int64(o.dead))+" "+deadWord)
	}
	return plural(int64(o.loud), "case") + ": " + strings.Join(parts, ", ")
}

// quietLine counts the statuses that open nothing.
func (o *outcome) quietLine() string {
	var parts []string
	for _, s := range quietStatuses {
		if n := o.quiet[s]; n > 0 {
			parts = append(parts, plural(int64(n), statusName(s)))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	s := "Also found, opening nothing: " + strings.Join(parts, ", ")
	if !o.All {
		s += " (--all shows them)"
	}
	return s + "."
}

func (o *outcome) suppressedLine() string {
	var parts []string
	if o.suppressed > 0 {
		parts = append(parts, plural(int64(o.suppressed), "case")+" suppressed and not shown.")
	}
	if o.broken > 0 {
		parts = append(parts, plural(int64(o.broken), "suppression")+" no longer holding.")
	}
	return strings.Join(parts, " ")
}

// workLines say how much was looked into: files, answers and objects.
func (o *outcome) workLines() []string {
	var lines []string
	links := o.links()
	if (links == 0 && !o.ended) || o.summary.Pieces > 0 || o.summary.Elapsed > 0 { // else nothing was looked into, only told again
		lines = append(lines, o.readLine())
	}
	if links > 0 {
		lines = append(lines, o.askedLine())
	}
	if s := o.measuredLine(); s != "" {
		lines = append(lines, s)
	}
	return lines
}

// links counts the cases about which a service was asked.
func (o *outcome) links() int {
	n := 0
	for _, c := range o.cases {
		if c.Proof != nil || c.Reach != nil {
			n++
		}
	}
	return n
}

// askedLine says of how many links the service was asked, and what came of it.
func (o *outcome) askedLine() string {
	unasked := 0
	states, answers, measured := map[overgrant.State]int{}, 0, false
	for _, c := range o.cases {
		switch {
		case c.Proof == nil:
		case c.Proof.Cause == overgrant.CauseForeign && len(c.Proof.Answers) == 0:
			unasked++
		default:
			states[c.Proof.State]++
			answers += len(c.Proof.Answers)
		}
		measured = measured || c.Reach != nil
	}
	var parts []string
	asked := 0
	for _, s := range []overgrant.State{overgrant.Alive, overgrant.Dead, overgrant.Inconclusive} {
		asked += states[s]
		if n := states[s]; n > 0 {
			parts = append(parts, count(int64(n))+" "+stateWord(s))
		}
	}
	if asked == 0 {
		return "No service was asked whether the links work."
	}
	if unasked > 0 {
		parts = append(parts, count(int64(unasked))+" not asked")
	}
	s := "Asked about " + plural(int64(asked), "link")
	if answers > 0 {
		s += ", with " + plural(int64(answers), "request")
	}
	if o.asked > 0 && !measured {
		s += ", in " + elapsed(o.asked)
	}
	return s + ": " + strings.Join(parts, ", ") + "."
}

// measuredLine says how much lies behind the links, and how much of it was read.
func (o *outcome) measuredLine() string {
	var sum overgrant.Exposure
	measured, open := 0, 0
	for _, c := range o.cases {
		if e := c.Reach; e != nil {
			measured++
			open += c.Pending
			sum.Tally.Add(e.Tally)
			sum.Containers += e.Containers
			sum.Requests += e.Requests
			sum.Read += e.Read
		}
	}
	if measured == 0 {
		return ""
	}
	s := "Listed " + plural(sum.Objects, "object") + " (" + fullSize(sum.Bytes) + ")"
	if sum.Containers > 0 {
		s += " in " + plural(sum.Containers, "container")
	}
	s += " behind " + plural(int64(measured), "link") + "; " + size(sum.Read) + " of content read"
	if sum.Requests > 0 {
		s += ", " + plural(sum.Requests, "request")
	}
	if o.asked > 0 {
		s += ", in " + elapsed(o.asked)
	}
	if open > 0 {
		s += "; " + plural(int64(open), "part") + " still to be measured"
	}
	return s + "."
}

// readLine says how many files were looked into.
func (o *outcome) readLine() string {
	if o.ofModels() && len(o.cases) == 0 {
		return o.modelsReadLine()
	}
	s := "Looked into " + plural(o.summary.Pieces, "file")
	if o.summary.Objects > 0 {
		s += " (" + plural(o.summary.Objects, "git object") + " among them)"
	}
	s += ", " + size(o.summary.Bytes)
	if t := o.summary.Elapsed; t > 0 {
		s += ", in " + elapsed(t)
		if rate := float64(o.summary.Bytes) / t.Seconds() / 1e6; rate >= 1 {
			s += fmt.Sprintf(" (%s MB/s)", count(int64(rate)))
		}
	}
	return s + "."
}

// elapsed writes a running time.
func elapsed(t time.Duration) string {
	switch {
	case t < time.Second:
		return fmt.Sprintf("%d ms", t.Milliseconds())
	case t < time.Minute:
		return fmt.Sprintf("%.1f s", t.Seconds())
	}
	return t.Round(time.Second).String()
}

// cutLine says that the run did not come to its end.
func (o *outcome) cutLine() string {
	switch {
	case o.summary.Partial:
		return "The run was stopped before its end: there may be more."
	case !o.ended:
		return "The run did not tell its end: what is shown here may be a part, and the counts of files and bytes are missing."
	}
	return ""
}

// writeGaps prints what was not looked into, by reason.
func writeGaps(p *page, o *outcome) {
	real, benign := o.gaps.parts()
	if n, _ := o.gaps.total(); n > 0 {
		p.paragraph(1, "1;33", plural(int64(n), "item")+" could not be read, or not to the end:")
	}
	writeGapItems(p, real)
	if len(benign) > 0 {
		p.paragraph(1, faint, "Passed over on purpose:")
	}
	writeGapItems(p, benign)
}

func writeGapItems(p *page, gaps []*gap) {
	for _, g := range gaps {
		n := count(int64(g.Count))
		p.item("   "+n+" × ", 3+len(n)+3, "", gapText(g))
	}
}

// gapText says one reason, how much it left out, and a few examples.
func gapText(g *gap) string {
	s := clean(g.Reason)
	if g.Bytes > 0 {
		s += " (" + size(g.Bytes) + ")"
	}
	if names := gapExamplesText(g); names != "" {
		s += ": " + names
	}
	return s
}

// gapExamplesText names a few items of a gap, and counts the others.
func gapExamplesText(g *gap) string {
	var names []string
	for _, e := range g.Examples {
		name, why := skippedPlace(&e), clean(shorten(e.Detail, 240))
		switch {
		case name == "":
			name = why
		case why != "":
			name += " (" + why + ")"
		}
		if name != "" {
			names = append(names, name)
		}
	}
	s := strings.Join(names, ", ")
	if rest := g.Count - len(names); rest > 0 && len(names) > 0 {
		s += fmt.Sprintf(", and %s more", count(int64(rest)))
	}
	return s
}

// skippedPlace names what was not read: the file, what else holds it, or the
// repository. It is empty if the place says nothing.
func skippedPlace(s *overgrant.Skipped) string {
	at := s.Place
	p, repository := "", clean(at.Repository)
	if at.Path != "" || at.Ref != "" || at.Object != "" || at.Source == "stdin" {
		p = fileText(&overgrant.Sighting{Place: at})
	}
	switch {
	case p == "":
		return repository
	case repository != "" && at.Path == "":
		return p + " of " + repository
	}
	return p
}
