package report

import (
	"time"

	"github.com/overgrant/overgrant"
)

// sane returns the message with the times that no format can write taken out:
// a commit may claim the year 300,000, which RFC 3339 cannot say. All times
// are brought to UTC.
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
	case m.Hushed != nil:
		h := *m.Hushed
		h.Until = saneTime(h.Until)
		m.Hushed = &h
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
