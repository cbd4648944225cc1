package report

import (
	"bufio"
	"io"
	"strings"

	"github.com/overgrant/overgrant"
)

// NewTable returns a report that prints one line for each case, worst first,
// under a heading: for a list of many cases, of which each can be looked at whole
// by its id.
func NewTable(w io.Writer, o Options) Report {
	return Format{write: writeTable}.start(w, o)
}

// tableHead names the columns.
var tableHead = []string{"CASE", "SEVERITY", "STANDING", "KIND", "ACCOUNT", "PROOF", "BEHIND IT", "SEEN"}

const (
	tableGap  = 2  // columns between two cells
	tableCell = 32 // columns of the widest cell but the last
)

func writeTable(w *bufio.Writer, o *outcome) error {
	p := newPage(w, o.Options)
	if len(o.shown) == 0 {
		p.line("No cases.")
	} else {
		writeRows(p, o)
	}
	p.line()
	if o.loud > 0 {
		p.line(o.verdictLine())
	}
	for _, s := range []string{o.quietLine(), o.suppressedLine()} {
		if s != "" {
			p.line(s)
		}
	}
	return nil
}

func writeRows(p *page, o *outcome) {
	rows := [][]string{tableHead}
	for _, c := range o.shown {
		rows = append(rows, tableRow(c))
	}
	wide := make([]int, len(tableHead))
	for _, r := range rows {
		for i, cell := range r {
			wide[i] = max(wide[i], columns(cell))
		}
	}
	last, before := len(wide)-1, 0
	for _, n := range wide[:last] {
		before += n + tableGap
	}
	if o.Width > 0 { // a terminal: lines do not wrap
		wide[last] = max(min(wide[last], o.Width-before), len(tableHead[last]))
	}
	for n, r := range rows {
		var b strings.Builder
		for i, cell := range r {
			if i == last {
				cell = fit(cell, wide[i])
			}
			pad := strings.Repeat(" ", wide[i]-columns(cell)+tableGap)
			switch {
			case n == 0:
				cell = p.paint(faint, cell)
			case i == 1:
				cell = p.paint(severityStyles[o.shown[n-1].Worst()], cell)
			}
			b.WriteString(cell)
			b.WriteString(pad)
		}
		p.line(strings.TrimRight(b.String(), " "))
	}
}

// tableRow are the cells of a case.
func tableRow(c *overgrant.Case) []string {
	g := &c.Link.Grant
	account := ""
	for _, s := range []string{g.Account, g.Container, g.Host, g.SignerID} {
		if s != "" {
			account = s
			break
		}
	}
	cells := []string{shortID(c.Link.ID), severityWord(c), standing(c), clean(g.Kind), clean(account), proofWord(c.Proof), behind(c), seenShort(c)}
	for i, cell := range cells {
		if cell == "" {
			cells[i] = "-"
		} else if i < len(cells)-1 {
			cells[i] = fit(cell, tableCell)
		}
	}
	return cells
}

// fit shortens s to so many columns.
func fit(s string, wide int) string {
	if columns(s) <= wide {
		return s
	}
	head, _ := cut(s, wide-1)
	return head + "…"
}

// proofWord says in a word or two what the service answered.
func proofWord(p *overgrant.Proof) string {
	switch {
	case p == nil:
		return ""
	case p.Cause != overgrant.CauseNone:
		return clean(string(p.State) + ": " + strings.ReplaceAll(string(p.Cause), "_", " "))
	}
	return clean(string(p.State))
}

// behind says in short what was measured behind the link.
func behind(c *overgrant.Case) string {
	if c.Reach == nil {
		return ""
	}
	s := size(c.Reach.Bytes) + " in " + plural(c.Reach.Objects, "object")
	if c.Pending > 0 {
		s += " so far"
	}
	return s
}

// seenShort names the first place of a case and counts the others.
func seenShort(c *overgrant.Case) string {
	if len(c.Seen) == 0 {
		return ""
	}
	s := placeName(&c.Seen[0]) + position(&c.Seen[0])
	if rest := len(c.Seen) - 1; rest > 0 {
		s += " +" + count(int64(rest))
	}
	return s
}
