package measure

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/classify"
	"github.com/overgrant/overgrant/internal/measure/inventory"
	"github.com/overgrant/overgrant/internal/source"
)

// totals counts the objects of one shard. Nothing is allocated for an object
// that is like the one before.
type totals struct {
	m       *Measurer
	in      source.Range
	objects int64 // lines, of all states
	exp     overgrant.Exposure
	never   overgrant.Tally // in whose format there is nothing to look for
	months  [monthsKnown]overgrant.Tally
	areas   areas
	roots   roots
	sample  *sample
	*desk
}

// desk is room that one shard after the other is counted in.
type desk struct {
	packer inventory.Packer
	names  []byte
}

func newTotals(m *Measurer, r source.Range) *totals {
	t := &totals{m: m, in: r, sample: newSample(m.opt.Sample, r)}
	t.areas.t = t
	t.roots.in = r.Service + "/" + r.Container + "/"
	t.desk, _ = m.desks.Get().(*desk)
	if t.desk == nil {
		t.desk = &desk{}
	}
	return t
}

// clear leaves the desk to the next shard.
func (t *totals) clear() {
	t.packer.Reset()
	t.m.desks.Put(t.desk)
	t.desk = nil
}

// page counts the objects of a page.
func (t *totals) page(ctx context.Context, page *source.Page) error {
	links := t.m.opt.Links
	if links != nil && !links.Any(t.namesOf(page)) {
		links = nil
	}
	for i := range page.Objects {
		o := &page.Objects[i]
		if links != nil && links.Any(o.Name) {
			if err := links.Look(ctx, t.m.place(t.in, withheld), bytes.NewReader(o.Name), int64(len(o.Name))); err != nil {
				return err
			}
			o.Name = []byte(withheld)
		}
		t.keep(o)
		t.add(o)
	}
	return nil
}

// withheld stands for a name that holds a credential itself.
const withheld = "(its name holds a credential)"

func (t *totals) add(o *source.Object) {
	t.objects++
	one := overgrant.Tally{Objects: 1, Bytes: max(o.Size, 0)}
	switch o.State {
	case source.Folder:
		t.exp.Folders++
		return
	case source.Version:
		t.exp.Versions.Add(one)
		return
	case source.Snapshot:
		t.exp.Snapshots.Add(one)
		return
	case source.Deleted:
		t.exp.Deleted.Add(one)
		return
	}
	switch o.Kind {
	case 'm':
		t.exp.Messages++
		return
	case 'e':
		t.exp.Entities++
		return
	}
	t.exp.Tally.Add(one)
	t.months[monthIndex(o.Modified)].Add(one)
	guess := classify.Named(o.Name, o.Size)
	a := t.areas.of(o.Name)
	a.Tally.Add(one)
	a.Newest = max(a.Newest, o.Modified)
	if c := guess.Class; c != nil {
		t.classed(c, o, one, a)
	}
	if t.m.opt.Bearer.Overwrite {
		t.writable(o, one)
	}
	t.want(o, guess, one)
}

// classed counts an object whose name tells a class.
func (t *totals) classed(c *classify.Class, o *source.Object, one overgrant.Tally, a *overgrant.Area) {
	held := t.exp.Class(c.Name)
	countNamed(held, c, one)
	t.roots.count(held, c, o.Name)
	if len(held.Examples) < maxExamples {
		held.Examples = append(held.Examples, t.m.place(t.in, string(o.Name)).Path)
	}
	if c.Severity > a.Severity {
		a.Class, a.Severity = c.Name, c.Severity
	}
}

// countNamed counts one file whose name tells the class.
func countNamed(held *overgrant.ClassHeld, c *classify.Class, one overgrant.Tally) {
	held.Title, held.Severity = c.Title, max(held.Severity, c.Severity)
	held.Named.Add(one)
}

// maxExamples is how many places of a class a shard names.
const maxExamples = 20

func (t *totals) writable(o *source.Object, one overgrant.Tally) {
	what := classify.Writable(o.Name)
	if what == "" {
		return
	}
	if t.exp.Writable == nil {
		t.exp.Writable = map[string]overgrant.Tally{}
	}
	sum := t.exp.Writable[what]
	sum.Add(one)
	t.exp.Writable[what] = sum
}

// want notes an object that is worth reading.
func (t *totals) want(o *source.Object, guess classify.Guess, one overgrant.Tally) {
	switch {
	case guess.Look == classify.Never || o.Size <= 0:
		t.never.Add(one)
	case t.m.opt.Bearer.Reads && len(o.Name) > 0 && string(o.Name) != withheld:
		t.sample.offer(o, guess)
	}
}

// Reasons for which an object is not read, or only in part.
const (
	reasonFormat = "nothing to look for in its format"
	reasonModel  = "a model that could not be read whole"
	reasonDenied = "the link does not read"
	reasonSample = "beyond the sample of its class"
	reasonBudget = "beyond the read budget"
)

// NothingToLookFor is the reason in Coverage.Skipped that leaves no doubt: in
// such a format nothing sensitive is looked for.
const NothingToLookFor = reasonFormat

// finish writes what was counted on the way into the exposure.
func (t *totals) finish(to *overgrant.Exposure) {
	skip := func(reason string, n overgrant.Tally) {
		if n.Objects == 0 {
			return
		}
		if t.exp.Coverage.Skipped == nil {
			t.exp.Coverage.Skipped = map[string]overgrant.Tally{}
		}
		t.exp.Coverage.Skipped[reason] = n
	}
	skip(reasonFormat, t.never)
	if !t.m.opt.Bearer.Reads {
		skip(reasonDenied, overgrant.Tally{
			Objects: t.exp.Objects - t.never.Objects, Bytes: t.exp.Bytes - t.never.Bytes,
		})
	}
	for i, n := range t.months {
		if n.Objects > 0 {
			if t.exp.Months == nil {
				t.exp.Months = map[string]overgrant.Tally{}
			}
			t.exp.Months[monthName(i)] = n
		}
	}
	t.areas.finish(&t.exp)
	*to = t.exp
}

// Months are counted from 1970 on; the last one holds all that is later.
const monthsKnown = 12 * 150

// monthOfDay is the month of each day since 1970, made when the first object is
// counted.
var monthOfDay = sync.OnceValue(func() []uint16 {
	var days []uint16
	for d := time.Unix(0, 0).UTC(); ; d = d.AddDate(0, 0, 1) {
		m := (d.Year()-1970)*12 + int(d.Month()) - 1
		if m >= monthsKnown {
			return days
		}
		days = append(days, uint16(m))
	}
})

func monthIndex(unix int64) int {
	day, months := unix/86400, monthOfDay()
	switch {
	case day <= 0:
		return 0
	case day >= int64(len(months)):
		return monthsKnown - 1
	}
	return int(months[day])
}

func monthName(i int) string {
	return fmt.Sprintf("%04d-%02d", 1970+i/12, i%12+1)
}

// printable makes a name fit for text: valid UTF-8 without control characters.
func printable(name string) string {
	if plain(name) {
		return name
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == utf8.RuneError {
			return '�'
		}
		return r
	}, strings.ToValidUTF8(name, "�"))
}

func plain(name string) bool {
	for i := range len(name) {
		if name[i] < ' ' || name[i] >= 0x7f {
			return false
		}
	}
	return true
}
