package measure

import (
	"cmp"
	"slices"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/classify"
)

// Chooser decides which of the objects that were listed are read. It is told of
// the candidates of every shard, in any order, and keeps of each class only as
// many as may be read.
type Chooser struct {
	each   int
	groups map[string]*choice
}

// choice is the sample of one class over all shards.
type choice struct {
	severity overgrant.Severity
	kept     []overgrant.Candidate
}

// NewChooser returns a Chooser of at most each objects of a class; 0 means 200.
func NewChooser(each int) *Chooser {
	if each <= 0 {
		each = defaultSample
	}
	return &Chooser{each: each, groups: map[string]*choice{}}
}

// Add tells of the candidates of one shard.
func (c *Chooser) Add(all []overgrant.Candidate) {
	for _, cand := range all {
		g := c.groups[cand.Class]
		if g == nil {
			g = &choice{}
			c.groups[cand.Class] = g
		}
		g.severity = max(g.severity, cand.Severity)
		g.kept = append(g.kept, cand)
		if len(g.kept) >= 2*c.each+64 {
			g.cut(c.each)
		}
	}
}

// cut leaves those with the lowest hashes.
func (g *choice) cut(each int) {
	slices.SortFunc(g.kept, func(a, b overgrant.Candidate) int {
		return cmp.Or(
			cmp.Compare(spread([]byte(a.Name)), spread([]byte(b.Name))),
			cmp.Compare(a.Shard, b.Shard), cmp.Compare(a.Name, b.Name))
	})
	g.kept = slices.Clip(g.kept[:min(len(g.kept), each)])
}

// Choice is what is to be read.
type Choice struct {
	Shards     []string        // to be measured after all listing is done
	Planned    overgrant.Tally // objects in them
	OverBudget overgrant.Tally // chosen, but more than the budget allows
}

// Objects are read together up to so many, and up to so many bytes.
const (
	batchObjects = 32
	batchBytes   = 16 << 20
)

// DefaultBudget is how many bytes are read where nothing else is said.
const DefaultBudget = 1 << 30

// Choose returns what is to be read within a budget of bytes: the worst classes
// first. 0 means DefaultBudget, less than 0 nothing.
func (c *Chooser) Choose(budget int64) (Choice, error) {
	if budget == 0 {
		budget = DefaultBudget
	}
	var order []string
	for name, g := range c.groups {
		g.cut(c.each)
		order = append(order, name)
	}
	slices.SortFunc(order, func(a, b string) int {
		return cmp.Or(cmp.Compare(c.groups[b].severity, c.groups[a].severity), cmp.Compare(a, b))
	})
	b := batcher{left: budget / forModels}
	models, err := c.aside(&b)
	if err != nil {
		return Choice{}, err
	}
	b.left += budget - budget/forModels
	for _, name := range order {
		kept := c.groups[name].kept
		if name == modelClass {
			kept = models
		}
		for _, cand := range kept {
			if err := b.add(cand); err != nil {
				return Choice{}, err
			}
		}
	}
	b.flush()
	return b.choice, nil
}

// forModels is the part of the budget that models are read with first: by name
// they are the least of classes, and cost little, and by content one may be the
// worst. The others wait for their turn.
const forModels = 4

// aside adds the models that are read first, and returns the others.
func (c *Chooser) aside(b *batcher) (later []overgrant.Candidate, err error) {
	g := c.groups[modelClass]
	if g == nil {
		return nil, nil
	}
	for _, cand := range g.kept {
		if allot(cand) > b.left {
			later = append(later, cand)
			continue
		}
		if err := b.add(cand); err != nil {
			return nil, err
		}
	}
	return later, nil
}

// batcher puts objects together to shards.
type batcher struct {
	choice Choice
	left   int64
	now    []wanted
	bytes  int64
}

func (b *batcher) add(cand overgrant.Candidate) error {
	in, err := parseShard(cand.Shard)
	if err != nil {
		return err
	}
	one := overgrant.Tally{Objects: 1, Bytes: cand.Size}
	limit := allot(cand)
	if limit > b.left {
		b.choice.OverBudget.Add(one)
		return nil
	}
	b.left -= limit
	b.choice.Planned.Add(one)
	in.From, in.To, in.Marker, in.Leg = "", "", "", 0
	if len(b.now) >= batchObjects || b.bytes+limit > batchBytes {
		b.flush()
	}
	b.now = append(b.now, wanted{Range: in.Range, Name: cand.Name, Size: cand.Size, Tag: cand.Tag, Limit: limit})
	b.bytes += limit
	return nil
}

func (b *batcher) flush() {
	if len(b.now) > 0 {
		b.choice.Shards = append(b.choice.Shards, nameOf(shard{Read: b.now}))
	}
	b.now, b.bytes = nil, 0
}

// What one object may cost at most, in bytes read.
const (
	mostText      = 8 << 20
	mostModel     = 8 << 20
	mostStructure = 64 << 20
	mostContainer = 128 << 20
	mostDisk      = 256 << 20
)

// allot returns how many bytes of an object may be read.
func allot(cand overgrant.Candidate) int64 {
	most := int64(mostText)
	switch classify.Named([]byte(cand.Name), cand.Size).Look {
	case classify.Structure:
		most = mostStructure
	case classify.Container:
		most = mostContainer
	case classify.Disk:
		most = mostDisk
	case classify.Model:
		most = mostModel
	}
	return min(cand.Size, most)
}

// Unread returns the shard that closes a measurement: it says of the objects
// that were listed, and had something to look for, why they were not read. sum
// is what all shards listed came to.
func (m *Measurer) Unread(sum *overgrant.Exposure, c Choice) overgrant.Measured {
	left := sum.Tally
	take := func(n overgrant.Tally) { left.Objects -= n.Objects; left.Bytes -= n.Bytes }
	take(sum.Coverage.Skipped[reasonFormat])
	take(sum.Coverage.Skipped[reasonDenied])
	take(c.Planned)
	take(c.OverBudget)
	skipped := map[string]overgrant.Tally{}
	if left.Objects > 0 {
		skipped[reasonSample] = left
	}
	if c.OverBudget.Objects > 0 {
		skipped[reasonBudget] = c.OverBudget
	}
	return overgrant.Measured{ID: m.opt.Case, Round: m.opt.Round, Shard: "unread", Exposure: overgrant.Exposure{Coverage: overgrant.Coverage{Skipped: skipped}}}
}
