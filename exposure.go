package overgrant

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// Exposure is what a link reaches, or one shard of it. Exposures of different
// shards add up. The zero value is nothing.
type Exposure struct {
	Containers int64 `json:"containers"` // containers, shares, queues and tables
	Tally            // objects as they are now
	Versions   Tally `json:"versions,omitzero"`  // earlier versions
	Snapshots  Tally `json:"snapshots,omitzero"` // snapshots
	Deleted    Tally `json:"deleted,omitzero"`   // soft-deleted: undelete brings them back
	Folders    int64 `json:"folders,omitempty"`
	Messages   int64 `json:"messages,omitempty"` // in queues, as the service estimates
	Entities   int64 `json:"entities,omitempty"` // in tables, those counted

	Coverage Coverage              `json:"coverage"`
	Areas    map[string]*Area      `json:"areas,omitempty"`    // by container, and by container/folder for the first levels
	Months   map[string]Tally      `json:"months,omitempty"`   // by month of last change: 2021-07
	Classes  map[string]*ClassHeld `json:"classes,omitempty"`  // by class of sensitive data
	Writable map[string]Tally      `json:"writable,omitempty"` // what the bearer could replace: model, script, installer, package, web page
	Requests int64                 `json:"requests,omitempty"` // sent to learn this
	Read     int64                 `json:"bytes_read,omitempty"`
}

// Tally counts objects and their bytes.
type Tally struct {
	Objects int64 `json:"objects"`
	Bytes   int64 `json:"bytes"`
}

// Add counts other in.
func (t *Tally) Add(other Tally) {
	t.Objects += other.Objects
	t.Bytes += other.Bytes
}

// Coverage says how much of what was listed was looked into. What is in none
// of the three has only been listed so far.
type Coverage struct {
	Complete   Tally            `json:"complete"`              // read to the end, or all that its format needs
	Partial    Tally            `json:"partial"`               // read in part
	PartialWhy map[string]Tally `json:"partial_why,omitempty"` // of Partial, why not all: of each object the first reason
	Skipped    map[string]Tally `json:"skipped,omitempty"`     // not read, by reason
}

// Area is a container or a folder in it.
type Area struct {
	Tally
	Class    string   `json:"class,omitempty"` // the worst class in it
	Severity Severity `json:"severity,omitempty"`
	Newest   int64    `json:"newest,omitempty"` // last change, seconds since 1970
}

// ClassHeld is how much of one class of sensitive data was found.
type ClassHeld struct {
	Title    string   `json:"title,omitempty"` // what is counted, for people, in the plural: private keys
	Severity Severity `json:"severity"`
	Named    Tally    `json:"named"`              // objects that look so by name, path and size
	Seen     Tally    `json:"seen"`               // objects whose content shows it
	Count    int64    `json:"count"`              // keys, messages, cards, as Unit says; of what was read
	Unit     string   `json:"unit,omitempty"`     // of Count, in the plural: messages
	People   Crowd    `json:"people,omitzero"`    // distinct people among them
	Items    Crowd    `json:"items,omitzero"`     // those of Count that have ids, so that what stands in two places counts once
	Examples []string `json:"examples,omitempty"` // a few places
}

// maxExamples is how many places of a class are kept.
const maxExamples = 20

// Add counts the class of another shard in. Examples are kept in order, so the
// result does not depend on that of the shards.
func (c *ClassHeld) Add(other *ClassHeld) {
	c.Title = cmp.Or(c.Title, other.Title)
	c.Severity = max(c.Severity, other.Severity)
	c.Named.Add(other.Named)
	c.Seen.Add(other.Seen)
	loose := c.Count + other.Count - c.known() - other.known()
	c.Items.Add(other.Items)
	c.Count = loose + c.known()
	c.Unit = cmp.Or(c.Unit, other.Unit)
	c.People.Add(other.People)
	c.Examples = append(c.Examples, other.Examples...)
	slices.Sort(c.Examples)
	c.Examples = slices.Compact(c.Examples)
	c.Examples = c.Examples[:min(len(c.Examples), maxExamples)]
}

// known returns how many of Count have ids.
func (c *ClassHeld) known() int64 {
	n, _ := c.Items.Count()
	return n
}

// Add counts the exposure of another shard in.
func (e *Exposure) Add(other *Exposure) {
	e.Containers += other.Containers
	e.Tally.Add(other.Tally)
	e.Versions.Add(other.Versions)
	e.Snapshots.Add(other.Snapshots)
	e.Deleted.Add(other.Deleted)
	e.Folders += other.Folders
	e.Messages += other.Messages
	e.Entities += other.Entities
	e.Requests += other.Requests
	e.Read += other.Read
	e.Coverage.Complete.Add(other.Coverage.Complete)
	e.Coverage.Partial.Add(other.Coverage.Partial)
	addTallies(&e.Coverage.PartialWhy, other.Coverage.PartialWhy)
	addTallies(&e.Coverage.Skipped, other.Coverage.Skipped)
	addTallies(&e.Months, other.Months)
	addTallies(&e.Writable, other.Writable)
	for name, c := range other.Classes {
		e.Class(name).Add(c)
	}
	for name, a := range other.Areas {
		e.area(name).Merge(a)
	}
}

// Class returns the named class of the exposure, made if need be.
func (e *Exposure) Class(name string) *ClassHeld {
	if e.Classes == nil {
		e.Classes = map[string]*ClassHeld{}
	}
	c := e.Classes[name]
	if c == nil {
		c = &ClassHeld{}
		e.Classes[name] = c
	}
	return c
}

// maxAreas bounds the map of areas. A folder that does not fit is counted in its
// container, which fits up to the same number again.
const maxAreas = 20_000

func (e *Exposure) area(name string) *Area {
	if e.Areas == nil {
		e.Areas = map[string]*Area{}
	}
	if a := e.Areas[name]; a != nil {
		return a
	}
	if len(e.Areas) >= maxAreas {
		name, _, _ = strings.Cut(name, "/")
	}
	if e.Areas[name] == nil && len(e.Areas) >= 2*maxAreas {
		name = "…"
	}
	a := e.Areas[name]
	if a == nil {
		a = &Area{}
		e.Areas[name] = a
	}
	return a
}

// Merge counts another part of the same area in.
func (a *Area) Merge(other *Area) {
	a.Tally.Add(other.Tally)
	if other.Severity > a.Severity || other.Severity == a.Severity && other.Class > a.Class {
		a.Class, a.Severity = other.Class, other.Severity
	}
	a.Newest = max(a.Newest, other.Newest)
}

func addTallies(to *map[string]Tally, from map[string]Tally) {
	if *to == nil && len(from) > 0 {
		*to = make(map[string]Tally, len(from))
	}
	for name, t := range from {
		sum := (*to)[name]
		sum.Add(t)
		(*to)[name] = sum
	}
}

// Severity returns the worst class that content or names show.
func (e *Exposure) Severity() Severity {
	worst := None
	for c := range maps.Values(e.Classes) {
		worst = max(worst, c.Severity)
	}
	return worst
}

// Find is sensitive data in one piece. It never holds the data.
type Find struct {
	Class    string   `json:"class"`
	Severity Severity `json:"severity"`
	Place    Place    `json:"place"`
	Bytes    int64    `json:"bytes,omitempty"`    // size of the piece
	Count    int64    `json:"count"`              // how many of Unit
	Unit     string   `json:"unit,omitempty"`     // what is counted, in the plural: messages, keys, card numbers
	People   Crowd    `json:"people,omitzero"`    // distinct people
	Items    Crowd    `json:"items,omitzero"`     // keyed hashes of the ids of those of Count that have one; Count includes them
	Hint     string   `json:"hint,omitempty"`     // masked, to tell one from another: "RSA, 4096 bits, encrypted"
	AtLeast  bool     `json:"at_least,omitempty"` // more may follow: the piece was not read to its end
}
