package overgrant

import (
	"cmp"
	"path"
	"slices"
	"strings"
	"time"
)

// settle sorts the sightings and works out what follows from them.
func (c *Case) settle(now time.Time) {
	c.Seen = distinct(c.Seen)
	c.Remedies = sortJournal(c.Remedies)
	c.Minted = ledgerEntries(c.Minted)
	c.Used = usages(c.Used)
	c.Measured = began(c.round)
	c.First, c.Last = time.Time{}, time.Time{}
	for _, s := range c.Seen {
		if t := s.Time; !t.IsZero() && (c.First.IsZero() || t.Before(c.First)) {
			c.First = t
		}
		for _, t := range []time.Time{s.Time, s.LastTime} {
			if t.After(c.Last) {
				c.Last = t
			}
		}
	}
	c.Exposure = exposed(c, now)
}

// exposed intersects the time since the link was first committed with the
// link's own window. History keeps what a commit removed, so a link stays
// exposed until it expires; without a commit time nothing can be said.
func exposed(c *Case, now time.Time) Exposed {
	from := c.First
	if from.IsZero() || c.Status.Quiet() {
		return Exposed{}
	}
	g := &c.Link.Grant
	if g.Start.After(from) {
		from = g.Start
	}
	e := Exposed{From: from, Until: g.End()}
	if a := c.Closed(); a != nil {
		e.Until = earlier(e.Until, a.took())
	}
	end := now
	if !e.Until.IsZero() && e.Until.Before(now) {
		end = e.Until
	} else {
		e.Still = !from.After(now)
	}
	if end.Before(from) {
		return Exposed{}
	}
	e.Days = int(end.Truncate(day).Sub(from.Truncate(day)) / day)
	return e
}

// journal sorts the entries of a journal and drops those that came twice.
func sortJournal(entries []Remedied) []Remedied {
	slices.SortStableFunc(entries, CompareRemedied)
	return slices.CompactFunc(entries, func(a, b Remedied) bool {
		return a.Attempt == b.Attempt && a.State == b.State && a.Step == b.Step
	})
}

func ledgerEntries(entries []Minted) []Minted {
	slices.SortStableFunc(entries, func(a, b Minted) int { return cmp.Or(cmp.Compare(a.Name, b.Name), compareMinted(a, b)) })
	return slices.CompactFunc(entries, func(a, b Minted) bool { return a.Name == b.Name && compareMinted(a, b) == 0 })
}

// usages sorts what logs say of one link: by account, kind and token. A token
// may come once for each time that logs were read; of those that say the same
// one is kept.
func usages(all []Used) []Used {
	slices.SortStableFunc(all, func(a, b Used) int { return cmp.Or(compareToken(a, b), compareUsed(a, b)) })
	return slices.CompactFunc(all, func(a, b Used) bool { return compareToken(a, b) == 0 && compareUsed(a, b) == 0 })
}

// began returns the moment that begins the name of a measurement, the zero time
// if none does.
func began(round string) time.Time {
	text, _, _ := strings.Cut(round, "-")
	t, err := time.Parse("20060102T150405Z0700", text) // takes a fraction of the second too
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

const day = 24 * time.Hour

// Spot is a place in a tree and the text there. A file of a worktree and the
// same text in HEAD have the same.
type Spot struct{ Path, Written string }

// Spot returns where in its tree the sighting is.
func (s *Sighting) Spot() Spot { return Spot{path.Join(s.Repository, s.Path), s.Written} }

// distinct sorts sightings by history and place, and drops a file of a worktree
// where the same text is seen at the same place in HEAD.
func distinct(seen []Sighting) []Sighting {
	head := map[Spot]bool{}
	for _, s := range seen {
		if s.InHead != nil && *s.InHead {
			head[s.Spot()] = true
		}
	}
	seen = slices.DeleteFunc(seen, func(s Sighting) bool {
		return s.Repository == "" && head[s.Spot()]
	})
	slices.SortFunc(seen, func(a, b Sighting) int {
		return cmp.Or(
			a.Time.Compare(b.Time),
			cmp.Compare(a.Repository, b.Repository),
			cmp.Compare(a.Path, b.Path),
			cmp.Compare(a.Span[0], b.Span[0]),
			cmp.Compare(a.Commit, b.Commit),
			cmp.Compare(a.Object, b.Object),
			cmp.Compare(a.Ref, b.Ref))
	})
	return slices.CompactFunc(seen, func(a, b Sighting) bool {
		return a.Place == b.Place && a.Span == b.Span && a.Commit == b.Commit
	})
}
