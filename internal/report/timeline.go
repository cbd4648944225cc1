package report

import (
	"fmt"
	"time"

	"github.com/overgrant/overgrant"
)

// timeline is a bar that sets the time in which a link works against the time
// in which it stood in the open. Positions are percent of the bar.
type timeline struct {
	From, To       string // the years at both ends
	Valid, Exposed bar
	Now            string // position of the present
	Further        bool   // the link works beyond the end of the bar
	ValidText      string // what the bar of validity says, in words
	ExposedText    string
	HasExposed     bool
}

type bar struct{ X, Width string }

// furthest is how far into the future a bar goes.
const furthest = 40 * 365 * 24 * time.Hour

// timelineOf returns the bar of a case; nil if too little is known to draw one.
func timelineOf(c *overgrant.Case, now time.Time) *timeline {
	g := &c.Link.Grant
	from := g.Start
	if from.IsZero() || (!c.First.IsZero() && c.First.Before(from)) {
		from = c.First
	}
	if from.IsZero() || c.Status.Quiet() || (g.Expiry.IsZero() && !g.Endless) {
		return nil
	}
	t := &timeline{ValidText: lifetime(g)}
	to := g.Expiry
	if last := now.Add(furthest); to.IsZero() || to.After(last) {
		t.Further = true
		to = now.Add(max(now.Sub(from)/2, 365*24*time.Hour))
	}
	end := to
	if end.Before(now) {
		end = now
	}
	if !end.After(from) {
		return nil
	}
	pad := end.Sub(from) / 40
	low, high := from.Add(-pad), end.Add(pad)
	if t.Further {
		high = end
	}
	at := func(x time.Time) float64 {
		return min(max(float64(x.Sub(low))/float64(high.Sub(low)), 0), 1) * 100
	}
	stretch := func(a, b time.Time) bar {
		return bar{fmt.Sprintf("%.2f", at(a)), fmt.Sprintf("%.2f", max(at(b)-at(a), 0.4))}
	}
	start := g.Start
	if start.IsZero() {
		start = from
	}
	t.Valid = stretch(start, to)
	t.From, t.To = from.Format("2006"), end.Format("2006")
	t.Now = fmt.Sprintf("%.2f", at(now))
	if e := c.Exposure; !e.From.IsZero() {
		until := now
		if !e.Still && !e.Until.IsZero() {
			until = e.Until
		}
		t.HasExposed, t.Exposed, t.ExposedText = true, stretch(e.From, until), exposedFor(e)
	}
	return t
}
