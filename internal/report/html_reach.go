package report

import (
	"math"
	"slices"
	"strings"

	"github.com/overgrant/overgrant"
)

// htmlLimits bound what the page shows of one case, so that a page of many
// stays one that a browser opens at once.
type htmlLimits struct {
	boxes   int // of the treemap
	rows    int // of a table
	answers int
}

// The page as a whole shows about so much of all that was proven and measured.
const (
	pageBoxes   = 1200
	pageRows    = 800
	pageAnswers = 600
	pageDetails = 30 // cases beyond have their figures, without map and tables
)

// limitsFor shares the room of the page among so many measured and proven cases.
func limitsFor(measured, proven int) htmlLimits {
	return htmlLimits{
		boxes:   min(max(pageBoxes/max(measured, 1), 40), 500),
		rows:    min(max(pageRows/max(measured, 1), 20), 250),
		answers: min(max(pageAnswers/max(proven, 1), 2), 120),
	}
}

// The most classes of data and reasons that the page has rows for. Both are
// short lists, unless they come from a stream that others wrote.
const (
	mostClasses = 40
	mostReasons = 40
)

// htmlReach is what lies behind a link, for the page.
type htmlReach struct {
	Sentence string
	Pending  string
	Tiles    []htmlTile
	Apart    string
	Changed  string
	Brief    bool // the page has no room for the details of this case
	Map      *treemap
	Months   *monthChart
	Classes  []htmlClass
	Cover    htmlCover
	Finds    htmlTable[htmlFind]
	Areas    htmlTable[htmlArea]
	Writable []htmlWritable
	Undo     string
}

// htmlTable is rows, and how many are left out, in words.
type htmlTable[R any] struct {
	Rows  []R
	Total string
	More  string
}

type htmlClass struct {
	Name, Severity, Title   string
	Rank                    int
	Named, Seen             string
	NamedSort, SeenSort     int64
	NamedBar, SeenBar       string // percent, logarithmic
	Amount, People, Example string
	AmountSort, PeopleSort  int64
	More                    int // further examples
	Content                 string
}

type htmlFind struct {
	Severity, Class, Place, Count, People, Hint, Size string
	Rank                                              int
	CountSort, PeopleSort, SizeSort                   int64
}

type htmlArea struct {
	Place, Severity, Class, Objects, Size, Newest string
	Rank                                          int
	ObjectsSort, SizeSort, NewestSort             int64
}

type htmlWritable struct {
	What, Objects, Size   string
	ObjectsSort, SizeSort int64
}

// htmlCover is how much was looked into.
type htmlCover struct {
	Line    string
	Bars    []coverBar
	Key     []coverKey
	Reasons []coverReason
	More    string
}

type coverBar struct {
	Label, Text string
	Parts       []coverPart
}

type coverPart struct{ Class, X, W, Tip string }

type coverKey struct{ Class, Word, Bytes, Objects string }

type coverReason struct {
	Reason, Objects, Size, Share string
	ObjectsSort, SizeSort        int64
}

// htmlReachOf tells an exposure; nil if nothing was measured.
func htmlReachOf(c *overgrant.Case, l htmlLimits) *htmlReach {
	e := c.Reach
	if e == nil {
		return nil
	}
	h := &htmlReach{Sentence: reachLine(c), Apart: apartLine(e), Changed: changedLine(e), Tiles: reachTiles(c)}
	if c.Pending > 0 {
		h.Pending = strings.ToUpper(pendingLine(c)[:1]) + pendingLine(c)[1:] + "."
	}
	if l.boxes == 0 {
		h.Brief = true
		return h
	}
	h.Map, h.Months, h.Cover = treemapOf(e, l.boxes), monthChartOf(e), coverOf(e, min(l.rows, mostReasons))
	h.classes(e, min(l.rows, mostClasses))
	h.finds(c, l.rows)
	h.areas(e, l.rows)
	for _, what := range mostFirst(e.Writable)[:min(len(e.Writable), l.rows)] {
		n := e.Writable[what]
		h.Writable = append(h.Writable, htmlWritable{brief(clean(shorten(what, 80))), count(n.Objects), size(n.Bytes), n.Objects, n.Bytes})
	}
	if undo := undoLine(c.Proof); undo != "" {
		h.Undo = strings.ToUpper(undo[:1]) + undo[1:] + "."
	}
	return h
}

// reachTiles are the figures to see first.
func reachTiles(c *overgrant.Case) []htmlTile {
	e := c.Reach
	sensitive, worst, replace := int64(0), overgrant.None, replaceable(e)
	for _, h := range e.Classes {
		if h.Severity >= overgrant.Medium {
			sensitive += max(h.Named.Objects, h.Seen.Objects)
			worst = max(worst, h.Severity)
		}
	}
	replaceClass := ""
	if replace > 0 {
		replaceClass = "high"
	}
	looked := shareOf(e.Coverage.Complete.Bytes+e.Coverage.Partial.Bytes, e.Bytes)
	return []htmlTile{
		{"", "in all", fullSize(e.Bytes), ""},
		{"", nounFor(e.Objects, "object"), count(e.Objects), ""},
		{"", nounFor(e.Containers, "container"), count(e.Containers), ""},
		{severityClass(worst), "sensitive " + nounFor(sensitive, "object"), count(sensitive), ""},
		{replaceClass, "that others run or load, and the link can replace", count(replace), ""},
		{"", "of the bytes looked into", percent(looked), ""},
	}
}

func nounFor(n int64, noun string) string {
	if n == 1 {
		return noun
	}
	return noun + "s"
}

func (h *htmlReach) classes(e *overgrant.Exposure, most int) {
	all := classesOf(e)
	top := int64(1)
	for _, c := range all {
		top = max(top, c.Named.Objects, c.Seen.Objects)
	}
	bar := func(n int64) string { return part(math.Log10(float64(n)+1), math.Log10(float64(top)+1)) }
	for _, c := range all[:min(len(all), most)] {
		x := htmlClass{
			Name: brief(clean(c.name)), Severity: severityClass(c.Severity), Rank: int(c.Severity), Title: brief(c.title()),
			Named: count(c.Named.Objects), Seen: count(c.Seen.Objects), NamedSort: c.Named.Objects, SeenSort: c.Seen.Objects,
			NamedBar: bar(c.Named.Objects), SeenBar: bar(c.Seen.Objects), AmountSort: c.Count, PeopleSort: c.people(),
		}
		if c.Count > 0 {
			x.Amount = brief(counted(c.Count, c.unit()))
		}
		if n := c.people(); n > 0 {
			x.People = count(n)
		}
		if len(c.Examples) > 0 {
			x.Example, x.More = brief(clean(shorten(c.Examples[0], 90))), len(c.Examples)-1
		}
		h.Classes = append(h.Classes, x)
	}
}

func (h *htmlReach) finds(c *overgrant.Case, most int) {
	for _, f := range someFinds(c.Finds, most) {
		people, _ := f.People.Count()
		x := htmlFind{
			Severity: severityClass(f.Severity), Rank: int(f.Severity), Class: words(shorten(f.Class, 60)), Place: brief(clean(shorten(f.Place.Path, 200))),
			Count: brief(counted(f.Count, clean(shorten(f.Unit, 60)))), CountSort: f.Count, PeopleSort: people, Hint: brief(clean(shorten(f.Hint, 120))), SizeSort: f.Bytes,
		}
		if f.AtLeast {
			x.Count = "≥ " + x.Count
		}
		if people > 0 {
			x.People = count(people)
		}
		if f.Bytes > 0 {
			x.Size = size(f.Bytes)
		}
		h.Finds.Rows = append(h.Finds.Rows, x)
	}
	h.Finds.Total = plural(int64(len(c.Finds)), "find")
	h.Finds.More = leftOut(len(c.Finds), most, "find")
}

// someFinds chooses most finds, so many of each class that none crowds out
// another, in the order in which they are.
func someFinds(all []overgrant.Find, most int) []*overgrant.Find {
	perClass := map[string]int{}
	for i := range all {
		perClass[all[i].Class]++
	}
	fair := most / max(len(perClass), 1)
	spare := most
	for _, n := range perClass {
		spare -= min(n, fair)
	}
	clear(perClass)
	var out []*overgrant.Find
	for i := range all {
		f := &all[i]
		if perClass[f.Class] >= fair {
			if spare <= 0 {
				continue
			}
			spare--
		}
		perClass[f.Class]++
		if out = append(out, f); len(out) == most {
			break
		}
	}
	return out
}

// leftOut counts the rows that are not shown.
func leftOut(all, most int, noun string) string {
	if all <= most {
		return ""
	}
	return count(int64(most)) + " of " + plural(int64(all), noun) + " are shown here."
}

// areas shows the largest places, and among them the worst.
func (h *htmlReach) areas(e *overgrant.Exposure, most int) {
	all := areasOf(e)
	shown := slices.Clone(all[:min(len(all), most)])
	if len(all) > most {
		worst := slices.Clone(all[most/2:])
		slices.SortStableFunc(worst, func(a, b heldArea) int { return int(b.Severity - a.Severity) })
		shown = append(shown[:most/2], worst[:most-most/2]...)
		slices.SortStableFunc(shown, func(a, b heldArea) int { return int(min(max(b.Bytes-a.Bytes, -1), 1)) })
	}
	for _, a := range shown {
		x := htmlArea{
			Place: brief(areaText(a.name, 200)), Severity: severityClass(a.Severity), Rank: int(a.Severity), Class: words(shorten(a.Class, 60)),
			Objects: count(a.Objects), Size: size(a.Bytes), ObjectsSort: a.Objects, SizeSort: a.Bytes,
		}
		if a.Newest > 0 && a.Newest < 1<<37 {
			x.Newest, x.NewestSort = day(unix(a.Newest)), a.Newest
		}
		h.Areas.Rows = append(h.Areas.Rows, x)
	}
	h.Areas.Total = plural(int64(len(all)), "place")
	if len(all) > most {
		h.Areas.More = "The largest and the worst " + count(int64(most)) + " of " + plural(int64(len(all)), "place") + "."
	}
}

// coverOf draws how much was looked into, by bytes and by objects.
func coverOf(e *overgrant.Exposure, most int) htmlCover {
	c := &e.Coverage
	skipped := overgrant.Tally{}
	for _, t := range c.Skipped {
		skipped.Add(t)
	}
	listed := overgrant.Tally{
		Objects: max(e.Objects-c.Complete.Objects-c.Partial.Objects-skipped.Objects, 0),
		Bytes:   max(e.Bytes-c.Complete.Bytes-c.Partial.Bytes-skipped.Bytes, 0),
	}
	parts := []struct {
		class, word string
		n           overgrant.Tally
	}{{"complete", "read to the end", c.Complete}, {"partial", "read in part", c.Partial}, {"skipped", "not read, for a reason", skipped}, {"listed", "listed only", listed}}
	h := htmlCover{Line: coverageLine(e)}
	bytes, objects := coverBar{Label: "Bytes"}, coverBar{Label: "Objects"}
	var byBytes, byObjects float64
	for _, p := range parts {
		b, o := shareOf(p.n.Bytes, e.Bytes), shareOf(p.n.Objects, e.Objects)
		bytes.add(p.class, p.word, byBytes, b)
		objects.add(p.class, p.word, byObjects, o)
		byBytes, byObjects = min(byBytes+b, 1), min(byObjects+o, 1)
		h.Key = append(h.Key, coverKey{p.class, p.word, size(p.n.Bytes) + " (" + percent(b) + ")", count(p.n.Objects) + " (" + percent(o) + ")"})
	}
	h.Bars = []coverBar{bytes, objects}
	h.reasons(e, "", c.Skipped, most)
	h.reasons(e, "read in part: ", c.PartialWhy, most-len(h.Reasons))
	h.More = leftOut(len(c.Skipped)+len(c.PartialWhy), most, "reason")
	return h
}

// reasons adds rows for why objects were not read, or not to their end.
func (h *htmlCover) reasons(e *overgrant.Exposure, before string, why map[string]overgrant.Tally, most int) {
	reasons := mostFirst(why)
	for _, r := range reasons[:min(len(reasons), most)] {
		n := why[r]
		h.Reasons = append(h.Reasons, coverReason{brief(clean(shorten(before+r, 120))), count(n.Objects), size(n.Bytes), percent(shareOf(n.Bytes, e.Bytes)), n.Objects, n.Bytes})
	}
}

// add puts a part on a bar, and says in words what it is.
func (b *coverBar) add(class, word string, from, share float64) {
	if share <= 0 {
		return
	}
	tip := percent(share) + " " + word
	b.Parts = append(b.Parts, coverPart{class, part(from, 1), part(share, 1), b.Label + ": " + tip})
	if b.Text != "" {
		b.Text += ", "
	}
	b.Text += tip
}
