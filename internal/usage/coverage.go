package usage

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/overgrant/overgrant"
)

// coverage is what logs hold of one service of an account.
type coverage struct {
	account, service string
	from, to         int64 // nanoseconds
	records          int64
	deeds            [deletes + 1]int64
	hours            map[int32]struct{} // since 1970
	last             int32              // the hour looked at before
}

const hour = int64(time.Hour)

func (c *coverage) add(at int64, d deed, room *int) bool {
	if c.records == 0 || at < c.from {
		c.from = at
	}
	if at > c.to {
		c.to = at
	}
	c.records++
	c.deeds[d]++
	h := int32(at / hour)
	if h == c.last {
		return true
	}
	if _, in := c.hours[h]; !in {
		if *room == 0 {
			return false
		}
		*room--
		c.hours[h] = struct{}{}
	}
	c.last = h
	return true
}

// The gaps of a service that are told: the longest.
const mostGaps = 50

func (c *coverage) logged() overgrant.LoggedService {
	first, last := int32(c.from/hour), int32(c.to/hour)
	s := overgrant.LoggedService{
		Account: c.account, Service: c.service, From: instant(c.from), To: instant(c.to), Records: c.records,
		Reads: c.deeds[reads], Writes: c.deeds[writes], Deletes: c.deeds[deletes],
		Hours: int64(len(c.hours)), Span: int64(last-first) + 1,
	}
	s.Gaps = c.gaps()
	if len(s.Gaps) > mostGaps {
		slices.SortStableFunc(s.Gaps, func(a, b overgrant.LogGap) int { return cmp.Compare(b.Hours, a.Hours) })
		s.More = int64(len(s.Gaps) - mostGaps)
		s.Gaps = s.Gaps[:mostGaps:mostGaps]
		slices.SortFunc(s.Gaps, func(a, b overgrant.LogGap) int { return a.From.Compare(b.From) })
	}
	return s
}

// gaps are the times without a record between the first and the last.
func (c *coverage) gaps() []overgrant.LogGap {
	var all []overgrant.LogGap
	hours := slices.Sorted(maps.Keys(c.hours))
	for i := 1; i < len(hours); i++ {
		if n := int64(hours[i] - hours[i-1] - 1); n > 0 {
			all = append(all, overgrant.LogGap{From: instant(int64(hours[i-1]+1) * hour), To: instant(int64(hours[i]) * hour), Hours: n})
		}
	}
	return all
}

func instant(nanos int64) time.Time { return time.Unix(0, nanos).UTC() }
