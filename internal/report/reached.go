package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/overgrant/overgrant"
)

// reachLine says in one sentence what lies behind a link, as a manager reads it.
func reachLine(c *overgrant.Case) string {
	e := c.Reach
	if e == nil {
		return ""
	}
	s := size(e.Bytes) + " in " + plural(e.Objects, "object")
	if e.Containers > 0 {
		s += ", " + plural(e.Containers, "container")
	}
	for _, h := range classesOf(e) {
		if h.Severity < overgrant.Medium {
			continue
		}
		s += "; " + h.sentence()
	}
	if n := e.Writable["model"].Objects; n > 0 {
		s += "; " + plural(n, "model") + " that anyone with the link can replace"
	}
	return s
}

// sentence says how much of the class there is.
func (h heldClass) sentence() string {
	if h.Count == 0 {
		return count(h.Named.Objects) + " " + h.title() + " by name"
	}
	unit := clean(h.Unit)
	if unit == "" {
		unit = h.title()
	}
	s := count(h.Count) + " " + unit
	if n := h.people(); n > 0 {
		s += " of " + people(n)
	}
	if title := h.title(); !strings.Contains(title, unit) && !strings.Contains(unit, title) {
		s += " in " + title
	}
	return s
}

func people(n int64) string {
	if n == 1 {
		return "1 person"
	}
	return count(n) + " people"
}

// writeReach prints what a link reaches.
func writeReach(p *page, c *overgrant.Case) {
	e := c.Reach
	if e == nil {
		return
	}
	p.line()
	p.item("  reaches", labelWidth, bold, reachLine(c))
	p.field("apart", apartLine(e))
	p.field("read", coverageLine(e))
	p.field("writable", writableLine(e))
	p.field("changed", changedLine(e))
	if c.Pending > 0 {
		p.item("  open", labelWidth, "1;33", plural(int64(c.Pending), "part")+" of it are still to be measured: these are totals so far; --resume goes on")
	}
	label := "  holds"
	for _, h := range classesOf(e) {
		p.item(fmt.Sprintf("%-*s%-9s", labelWidth, label, h.Severity), labelWidth+9, severityHead(h.Severity), h.line())
		label = ""
	}
	label = "  largest"
	all := topAreas(e)
	for _, a := range all[:min(len(all), 5)] {
		p.item(fmt.Sprintf("%-*s", labelWidth, label), labelWidth, faint, clean(shorten(a.name, 120))+" · "+size(a.Bytes)+" in "+plural(a.Objects, "object"))
		label = ""
	}
}

// line tells a class with an example.
func (h heldClass) line() string {
	s := h.title() + ": " + plural(max(h.Named.Objects, h.Seen.Objects), "object")
	if h.Count > 0 {
		s += ", " + h.sentence()
	}
	if h.Seen.Objects == 0 {
		s += ", by name only"
	}
	if len(h.Examples) > 0 {
		s += "; such as " + clean(shorten(h.Examples[0], 120))
	}
	return s
}

// apartLine counts what is no current object.
func apartLine(e *overgrant.Exposure) string {
	var parts []string
	add := func(t overgrant.Tally, noun string) {
		if t.Objects > 0 {
			parts = append(parts, plural(t.Objects, noun)+" ("+size(t.Bytes)+")")
		}
	}
	add(e.Versions, "earlier version")
	add(e.Snapshots, "snapshot")
	add(e.Deleted, "soft-deleted object")
	if e.Messages > 0 {
		parts = append(parts, plural(e.Messages, "queued message"))
	}
	if e.Entities > 0 {
		parts = append(parts, count(e.Entities)+" table rows")
	}
	return strings.Join(parts, ", ")
}

// coverageLine says how much was looked into, and why not more.
func coverageLine(e *overgrant.Exposure) string {
	c := &e.Coverage
	s := plural(c.Complete.Objects, "object") + " whole, " + count(c.Partial.Objects) + " in part (" + size(e.Read) + " read)"
	var reasons []string
	for reason := range c.Skipped {
		reasons = append(reasons, reason)
	}
	slices.SortFunc(reasons, func(a, b string) int { return int(c.Skipped[b].Objects - c.Skipped[a].Objects) })
	for _, r := range reasons {
		s += "; " + count(c.Skipped[r].Objects) + " not: " + clean(r)
	}
	return s
}

// writableLine counts what the bearer could replace.
func writableLine(e *overgrant.Exposure) string {
	var parts []string
	for what, t := range e.Writable {
		parts = append(parts, plural(t.Objects, clean(what)))
	}
	slices.Sort(parts)
	if len(parts) == 0 {
		return ""
	}
	return "whoever holds the link can replace " + and(parts)
}

// changedLine says when the objects were last changed.
func changedLine(e *overgrant.Exposure) string {
	months := make([]string, 0, len(e.Months))
	for m := range e.Months {
		if m != "1970-01" {
			months = append(months, m)
		}
	}
	if len(months) == 0 {
		return ""
	}
	slices.Sort(months)
	return "from " + clean(months[0]) + " to " + clean(months[len(months)-1])
}

// topAreas returns the containers, the largest first.
func topAreas(e *overgrant.Exposure) []heldArea {
	all := map[string]*overgrant.Area{}
	for name, a := range e.Areas {
		container, _, _ := strings.Cut(name, "/")
		sum := all[container]
		if sum == nil {
			sum = &overgrant.Area{}
			all[container] = sum
		}
		sum.Merge(a)
	}
	return areasOf(&overgrant.Exposure{Areas: all})
}
