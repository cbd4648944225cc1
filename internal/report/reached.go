package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/overgrant/overgrant"
)

// mostInSentence is how many classes of data a sentence names.
const mostInSentence = 6

// reachLine says in one sentence what lies behind a link, as a manager reads it.
func reachLine(c *overgrant.Case) string {
	e := c.Reach
	if e == nil {
		return ""
	}
	parts := []string{extent(e)}
	said, rest := 0, 0
	for _, h := range classesOf(e) {
		switch {
		case h.name == armedClass:
			parts = append(parts, h.sentence())
		case h.Severity < overgrant.Medium:
		case said == mostInSentence:
			rest++
		default:
			parts = append(parts, h.sentence())
			said++
		}
	}
	if rest > 0 {
		parts = append(parts, counted(int64(rest), "more classes of sensitive data"))
	}
	if n := e.Writable["model"].Objects; n > 0 {
		parts = append(parts, plural(n, "model")+" anyone with the link could replace")
	}
	return strings.Join(parts, "; ")
}

// armedClass is the class of models that run code. However much else there is,
// they are named: they do harm to whoever was meant to use the link.
const armedClass = "dangerous_model"

// armedModels returns how many models were found that run code.
func armedModels(e *overgrant.Exposure) int64 {
	if h := e.Classes[armedClass]; h != nil {
		return h.Count
	}
	return 0
}

// extent says how much there is: "38.1 TB in 1,048,576 objects in 212 containers".
func extent(e *overgrant.Exposure) string {
	s := fullSize(e.Bytes) + " in " + plural(e.Objects, "object")
	if e.Objects == 0 {
		s = "no objects"
	}
	if e.Containers > 0 {
		s += " in " + plural(e.Containers, "container")
	}
	return s
}

// sentence says how much of the class there is.
func (h heldClass) sentence() string {
	if h.Count == 0 {
		return counted(h.Named.Objects, h.title()) + ", by name"
	}
	unit, title := h.unit(), h.title()
	if unit == "" || strings.Contains(title, unit) || strings.HasSuffix(title, lastWord(unit)) {
		unit = title // "messages" of "chat messages", "card numbers" stay
	}
	s := counted(h.Count, unit)
	if n := h.people(); n > 0 {
		s += " of " + people(n)
	}
	if unit != title {
		s += " in " + title
	}
	return s
}

func lastWord(s string) string { return s[strings.LastIndexByte(s, ' ')+1:] }

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
	if c.Pending > 0 {
		p.item("  open", labelWidth, "1;33", pendingLine(c))
	}
	p.field("apart", apartLine(e))
	p.field("read", coverageLine(e))
	p.field("in part", reasonsLine(e.Coverage.PartialWhy))
	p.field("not read", reasonsLine(e.Coverage.Skipped))
	p.field("writable", writableLine(c))
	p.field("changed", changedLine(e))
	writeClasses(p, e)
	label := "  largest"
	all := topAreas(e)
	for _, a := range all[:min(len(all), 5)] {
		p.item(label, labelWidth, faint, areaText(a.name, 120)+": "+size(a.Bytes)+" in "+plural(a.Objects, "object"))
		label = ""
	}
	if rest := len(all) - 5; rest > 0 {
		p.item("", labelWidth, "", "and "+plural(int64(rest), "more container"))
	}
}

// writeClasses prints a line for each class of data.
func writeClasses(p *page, e *overgrant.Exposure) {
	label := "  holds"
	for _, h := range classesOf(e) {
		p.item(fmt.Sprintf("%-*s%-9s", labelWidth, label, h.Severity), labelWidth+9, severityHead(h.Severity), h.line())
		label = ""
	}
}

// pendingLine says that a measurement is not complete.
func pendingLine(c *overgrant.Case) string {
	if c.Pending == 1 {
		return "1 part of it is still to be measured: these are totals so far; measure --resume goes on"
	}
	return count(int64(c.Pending)) + " parts of it are still to be measured: these are totals so far; measure --resume goes on"
}

// areaText names a container or folder; "…" is where those are counted that
// have no line of their own.
func areaText(name string, n int) string {
	switch name {
	case "…":
		return "other places"
	case "":
		return "(no name)"
	}
	return clean(shorten(name, n))
}

// line tells a class with an example.
func (h heldClass) line() string {
	s := h.title() + ": "
	switch {
	case h.Seen.Objects == 0:
		s += plural(h.Named.Objects, "object") + " by name, none confirmed in content"
	case h.Named.Objects == 0:
		s += plural(h.Seen.Objects, "object") + " by content"
	default:
		s += plural(h.Named.Objects, "object") + " by name, " + count(h.Seen.Objects) + " confirmed in content"
	}
	if h.Count > 0 {
		s += "; " + h.sentence()
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
	add(e.Deleted, "deleted object")
	if e.Deleted.Objects > 0 {
		parts[len(parts)-1] += " that could be brought back"
	}
	if e.Messages > 0 {
		parts = append(parts, "about "+plural(e.Messages, "message")+" in queues")
	}
	if e.Entities > 0 {
		parts = append(parts, plural(e.Entities, "table row"))
	}
	return and(parts)
}

// coverageLine says how much was looked into.
func coverageLine(e *overgrant.Exposure) string {
	c := &e.Coverage
	if c.Complete.Objects+c.Partial.Objects == 0 {
		return "no content was read; objects are told by name, path and size"
	}
	s := plural(c.Complete.Objects, "object") + " to the end"
	if c.Partial.Objects > 0 {
		s += " and " + count(c.Partial.Objects) + " in part"
	}
	looked := shareOf(c.Complete.Bytes+c.Partial.Bytes, e.Bytes)
	return s + ": " + percent(looked) + " of all bytes, for which " + size(e.Read) + " had to be read"
}

// reasonsLine says what was not read, or not to its end, and why.
func reasonsLine(why map[string]overgrant.Tally) string {
	var parts []string
	for _, r := range mostFirst(why) {
		parts = append(parts, plural(why[r].Objects, "object")+" ("+size(why[r].Bytes)+"): "+clean(shorten(r, 120)))
	}
	return strings.Join(parts, "; ")
}

// mostFirst returns what is tallied, the most frequent first.
func mostFirst(m map[string]overgrant.Tally) []string {
	return slices.SortedFunc(maps.Keys(m), func(a, b string) int {
		return cmp.Or(cmp.Compare(m[b].Objects, m[a].Objects), cmp.Compare(a, b))
	})
}

// writableLine counts what the bearer could replace, and says whether that
// could be undone.
func writableLine(c *overgrant.Case) string {
	var parts []string
	for _, what := range mostFirst(c.Reach.Writable) {
		parts = append(parts, plural(c.Reach.Writable[what].Objects, clean(what)))
	}
	if len(parts) == 0 {
		return ""
	}
	s := "whoever holds the link could replace " + and(parts)
	if undo := undoLine(c.Proof); undo != "" {
		s += "; " + undo
	}
	if n := armedModels(c.Reach); n > 0 {
		s += "; " + plural(n, "model") + " that would run code on loading may have been put there with it"
	}
	return s
}

// undoLine says whether what is overwritten could be brought back.
func undoLine(p *overgrant.Proof) string {
	if p == nil || p.Recovery == nil {
		return ""
	}
	r := p.Recovery
	yes := func(b *bool) bool { return b != nil && *b }
	s := ""
	switch {
	case yes(r.Versioning):
		s = "earlier versions are kept, so that could be undone"
	case yes(r.SoftDelete):
		s = "soft delete keeps what is overwritten for a time, so that could be undone"
	case r.Versioning != nil || r.SoftDelete != nil:
		s = "nothing keeps what is overwritten, so that could not be undone"
	}
	if s != "" && r.LinkSwitchesOff && (yes(r.Versioning) || yes(r.SoftDelete)) {
		s += ", unless the link is first used to switch that off, which it may"
	}
	return s
}

// undated is the month of what carries no time.
const undated = "1970-01"

// changedLine says when the objects were last changed.
func changedLine(e *overgrant.Exposure) string {
	months := monthsOf(e)
	switch len(months) {
	case 0:
		return ""
	case 1:
		return "last in " + monthText(months[0])
	}
	return "last between " + monthText(months[0]) + " and " + monthText(months[len(months)-1])
}

// monthsOf returns the months in which something was last changed, the earliest
// first.
func monthsOf(e *overgrant.Exposure) []string {
	months := slices.Sorted(maps.Keys(e.Months))
	return slices.DeleteFunc(months, func(m string) bool { return m <= undated })
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
