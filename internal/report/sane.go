package report

import (
	"maps"
	"slices"
	"time"

	"github.com/overgrant/overgrant"
)

// sane returns the message with what no format can write taken out: a commit
// may claim the year 300,000, which RFC 3339 cannot say, and a stream that was
// written by others may hold areas and classes that are null. All times are
// brought to UTC.
func sane(m overgrant.Message) overgrant.Message {
	switch {
	case m.Run != nil:
		r := *m.Run
		r.Started = saneTime(r.Started)
		m.Run = &r
	case m.Found != nil:
		f := *m.Found
		g := &f.Link.Grant
		g.Start, g.Expiry, g.KeyExpiry = saneTime(g.Start), saneTime(g.Expiry), saneTime(g.KeyExpiry)
		m.Found = &f
	case m.Seen != nil:
		s := *m.Seen
		t := &s.Sighting
		t.Time, t.LastTime, t.Removed = saneTime(t.Time), saneTime(t.LastTime), saneTime(t.Removed)
		m.Seen = &s
	case m.Proven != nil:
		p := *m.Proven
		p.Proof.CheckedAt = saneTime(p.Proof.CheckedAt)
		m.Proven = &p
	case m.Measured != nil:
		s := *m.Measured
		s.Exposure = saneExposure(s.Exposure)
		m.Measured = &s
	case m.Model != nil:
		m.Model = saneModel(m.Model)
	case m.Remedied != nil:
		r := *m.Remedied
		r.At, r.KeyMade = saneTime(r.At), saneTime(r.KeyMade)
		m.Remedied = &r
	case m.Minted != nil:
		e := *m.Minted
		e.At, e.Expiry = saneTime(e.At), saneTime(e.Expiry)
		m.Minted = &e
	case m.Used != nil:
		u := *m.Used
		u.First, u.Last, u.Expiry = saneTime(u.First), saneTime(u.Last), saneTime(u.Expiry)
		m.Used = &u
	case m.Hushed != nil:
		h := *m.Hushed
		h.Until = saneTime(h.Until)
		m.Hushed = &h
	}
	return m
}

// saneModel fills in what a format counts on: lists that are there, a verdict
// that is known, figures that are not below zero.
func saneModel(m *overgrant.Model) *overgrant.Model {
	known := slices.Contains(verdictsDown, m.Verdict)
	if m.Findings != nil && m.Globals != nil && known && m.Size >= 0 && m.BytesRead >= 0 {
		return m
	}
	s := *m
	if s.Findings == nil {
		s.Findings = []overgrant.ModelFinding{}
	}
	if s.Globals == nil {
		s.Globals = []string{}
	}
	if !known {
		s.Verdict = overgrant.ModelUnreadable
	}
	s.Size, s.BytesRead = max(s.Size, 0), max(s.BytesRead, 0)
	return &s
}

// saneExposure leaves out areas and classes that are null, and counts below
// zero. Maps that hold none of them, which is all that overgrant writes, are
// taken as they are.
func saneExposure(e overgrant.Exposure) overgrant.Exposure {
	e.Areas = without(e.Areas, func(_ string, a *overgrant.Area) bool { return a == nil || below(a.Tally) })
	e.Classes = without(e.Classes, func(_ string, h *overgrant.ClassHeld) bool {
		return h == nil || below(h.Named) || below(h.Seen) || h.Count < 0
	})
	e.Months = without(e.Months, func(month string, t overgrant.Tally) bool {
		_, err := time.Parse("2006-01", month)
		return err != nil || below(t)
	})
	e.Writable = without(e.Writable, func(_ string, t overgrant.Tally) bool { return below(t) })
	e.Coverage.Skipped = without(e.Coverage.Skipped, func(_ string, t overgrant.Tally) bool { return below(t) })
	e.Coverage.PartialWhy = without(e.Coverage.PartialWhy, func(_ string, t overgrant.Tally) bool { return below(t) })
	for _, t := range []*overgrant.Tally{&e.Tally, &e.Versions, &e.Snapshots, &e.Deleted, &e.Coverage.Complete, &e.Coverage.Partial} {
		if below(*t) {
			*t = overgrant.Tally{}
		}
	}
	for _, n := range []*int64{&e.Containers, &e.Folders, &e.Messages, &e.Entities, &e.Requests, &e.Read} {
		*n = max(*n, 0)
	}
	return e
}

func below(t overgrant.Tally) bool { return t.Objects < 0 || t.Bytes < 0 }

// without returns m without the entries that are bad, and m itself if none is.
func without[V any](m map[string]V, bad func(string, V) bool) map[string]V {
	for name, v := range m {
		if bad(name, v) {
			m = maps.Clone(m)
			maps.DeleteFunc(m, bad)
			return m
		}
	}
	return m
}

func saneTime(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	t = t.UTC()
	if y := t.Year(); y < 1 || y > 9999 {
		return time.Time{}
	}
	return t
}
