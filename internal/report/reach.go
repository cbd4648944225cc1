package report

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"github.com/overgrant/overgrant"
)

// exposureJSON is what a link reaches, as programs read it.
type exposureJSON struct {
	Containers int64                      `json:"containers"`
	Objects    int64                      `json:"objects"`
	Bytes      int64                      `json:"bytes"`
	Versions   *overgrant.Tally           `json:"versions,omitempty"`
	Snapshots  *overgrant.Tally           `json:"snapshots,omitempty"`
	Deleted    *overgrant.Tally           `json:"deleted,omitempty"`
	Folders    int64                      `json:"folders,omitempty"`
	Messages   int64                      `json:"messages,omitempty"`
	Entities   int64                      `json:"entities,omitempty"`
	Coverage   coverageJSON               `json:"coverage"`
	Finds      []findJSON                 `json:"finds"`
	Writable   map[string]overgrant.Tally `json:"writable,omitempty"`
	Months     map[string]overgrant.Tally `json:"months,omitempty"`
	Areas      []areaJSON                 `json:"areas,omitempty"`
	AreasLeft  int                        `json:"areas_left_out,omitempty"`
	BytesRead  int64                      `json:"bytes_read"`
	Requests   int64                      `json:"requests,omitempty"`
	Pending    int                        `json:"pending,omitempty"` // parts that are still to be measured
}

// coverageJSON tells shares of all bytes, and the tallies behind them.
type coverageJSON struct {
	Complete float64                    `json:"complete"`
	Partial  float64                    `json:"partial"`
	Skipped  float64                    `json:"skipped"`
	Objects  map[string]int64           `json:"objects"`
	Cut      map[string]overgrant.Tally `json:"partial_reasons,omitempty"`
	Reasons  map[string]overgrant.Tally `json:"skipped_reasons,omitempty"`
}

// findJSON is one class of sensitive data.
type findJSON struct {
	Class    string             `json:"class"`
	Title    string             `json:"title,omitempty"`
	Severity overgrant.Severity `json:"severity"`
	Count    int64              `json:"count"` // of Unit in what was read; of objects where content was not read
	Unit     string             `json:"unit,omitempty"`
	People   int64              `json:"people,omitempty"`
	Named    overgrant.Tally    `json:"named"`
	Seen     overgrant.Tally    `json:"seen"`
	Examples []string           `json:"examples"`
}

type areaJSON struct {
	Path string `json:"path"`
	overgrant.Area
}

// mostAreas is how many areas are written out, the largest first.
const mostAreas = 500

func exposureOf(c *overgrant.Case) *exposureJSON {
	e := c.Reach
	if e == nil {
		return nil
	}
	j := &exposureJSON{
		Containers: e.Containers, Objects: e.Objects, Bytes: e.Bytes, Folders: e.Folders, Messages: e.Messages, Entities: e.Entities,
		Versions: some(e.Versions), Snapshots: some(e.Snapshots), Deleted: some(e.Deleted),
		Coverage: coverageOf(e), Finds: []findJSON{}, Writable: e.Writable, Months: e.Months, BytesRead: e.Read, Requests: e.Requests, Pending: c.Pending,
	}
	for _, h := range classesOf(e) {
		j.Finds = append(j.Finds, h.json())
	}
	all := areasOf(e)
	for _, a := range all[:min(len(all), mostAreas)] {
		j.Areas = append(j.Areas, areaJSON{clean(a.name), *a.Area})
	}
	j.AreasLeft = len(all) - len(j.Areas)
	return j
}

func some(t overgrant.Tally) *overgrant.Tally {
	if t == (overgrant.Tally{}) {
		return nil
	}
	return &t
}

func coverageOf(e *overgrant.Exposure) coverageJSON {
	skipped := overgrant.Tally{}
	for _, t := range e.Coverage.Skipped {
		skipped.Add(t)
	}
	c := &e.Coverage
	share := func(t overgrant.Tally) float64 { return math.Floor(shareOf(t.Bytes, e.Bytes)*10_000) / 10_000 }
	return coverageJSON{
		Complete: share(c.Complete), Partial: share(c.Partial), Skipped: share(skipped),
		Objects: map[string]int64{"complete": c.Complete.Objects, "partial": c.Partial.Objects, "skipped": skipped.Objects},
		Cut:     c.PartialWhy, Reasons: c.Skipped,
	}
}

// shareOf returns which part of the whole n is, 0 to 1.
func shareOf(n, whole int64) float64 {
	if whole <= 0 || n <= 0 {
		return 0
	}
	return min(float64(n)/float64(whole), 1)
}

// heldClass is a class with its name.
type heldClass struct {
	name string
	*overgrant.ClassHeld
}

// classesOf returns the classes of an exposure, worst first, then by how much
// there is.
func classesOf(e *overgrant.Exposure) []heldClass {
	all := make([]heldClass, 0, len(e.Classes))
	for name, h := range e.Classes {
		all = append(all, heldClass{name, h})
	}
	slices.SortFunc(all, func(a, b heldClass) int {
		return cmp.Or(cmp.Compare(b.Severity, a.Severity), cmp.Compare(b.amount(), a.amount()), cmp.Compare(a.name, b.name))
	})
	return all
}

// amount is how much of the class there is: what was counted in content, or the
// objects that its names tell.
func (h heldClass) amount() int64 {
	return max(h.Count, h.Named.Objects)
}

func (h heldClass) title() string { return clean(shorten(cmp.Or(h.Title, h.name), 80)) }

// unit is what is counted, in the plural; empty where nothing is.
func (h heldClass) unit() string { return clean(shorten(h.Unit, 60)) }

// people is the number of distinct people, 0 if nobody counted them.
func (h heldClass) people() int64 {
	n, _ := h.People.Count()
	return n
}

func (h heldClass) json() findJSON {
	j := findJSON{
		Class: h.name, Title: h.Title, Severity: h.Severity, Count: h.amount(), Unit: h.Unit,
		People: h.people(), Named: h.Named, Seen: h.Seen, Examples: []string{},
	}
	if h.Count == 0 {
		j.Unit = "objects"
	}
	for _, x := range h.Examples {
		j.Examples = append(j.Examples, clean(x))
	}
	return j
}

// heldArea is an area with its name.
type heldArea struct {
	name string
	*overgrant.Area
}

// areasOf returns the areas of an exposure, the largest first.
func areasOf(e *overgrant.Exposure) []heldArea {
	all := make([]heldArea, 0, len(e.Areas))
	for name := range maps.Keys(e.Areas) {
		all = append(all, heldArea{name, e.Areas[name]})
	}
	slices.SortFunc(all, func(a, b heldArea) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(b.Objects, a.Objects), cmp.Compare(a.name, b.name))
	})
	return all
}
