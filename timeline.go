package overgrant

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Timeline is what happened to a link, for the record of an incident.
type Timeline struct {
	Schema  string   `json:"schema"` // overgrant.timeline/1
	ID      string   `json:"id"`
	Text    string   `json:"text"` // the link, redacted
	Kind    string   `json:"kind"`
	Account string   `json:"account,omitempty"`
	Moments []Moment `json:"moments"`           // in the order of time
	Unknown []string `json:"unknown,omitempty"` // what cannot be said, in sentences
	Exposed Exposed  `json:"exposed"`
	Closed  bool     `json:"closed"` // confirmed dead, and not seen to work since
}

// Moment is one point of a timeline, or a stretch in which it lies.
type Moment struct {
	What      Happening `json:"what"`
	At        time.Time `json:"at,omitzero"`         // zero where only bounds are known
	NotBefore time.Time `json:"not_before,omitzero"` // with At zero
	NotAfter  time.Time `json:"not_after,omitzero"`  // with At zero
	Detail    string    `json:"detail,omitempty"`    // what exactly, and how it is known
}

// Happening names what a moment tells.
type Happening string

// The happenings.
const (
	Opened    Happening = "opened"     // the link was made
	Published Happening = "published"  // it stood in the open
	UsedFirst Happening = "used_first" // as the logs show that were read
	UsedLast  Happening = "used_last"
	FoundOut  Happening = "found"
	ProvenOut Happening = "proven" // it was seen to work
	SizedUp   Happening = "measured"
	Shut      Happening = "revoked"
	Confirmed Happening = "confirmed" // the service refused it twice, a minute apart
	Reopened  Happening = "reopened"  // seen to work after it was confirmed dead
	RanOut    Happening = "expired"
	WillEnd   Happening = "expires"
)

// when is where a moment stands in the order of time.
func (m *Moment) when() time.Time {
	if m.At.IsZero() {
		return m.NotBefore
	}
	return m.At
}

// Timeline returns what happened to the link up to now. The case must be settled
// as Cases.Sorted does.
func (c *Case) Timeline(now time.Time) Timeline {
	t := Timeline{Schema: "overgrant.timeline/1", ID: c.Link.ID, Text: c.Link.Redacted, Kind: c.Link.Grant.Kind,
		Account: cmp.Or(c.Link.Grant.Account, c.Link.Grant.Host), Exposed: c.Exposure, Moments: []Moment{}}
	c.begins(&t)
	c.befalls(&t)
	c.ends(&t, now)
	slices.SortStableFunc(t.Moments, func(a, b Moment) int { return a.when().Compare(b.when()) })
	return t
}

func (t *Timeline) add(w Happening, at time.Time, detail string) {
	if !at.IsZero() {
		t.Moments = append(t.Moments, Moment{What: w, At: at.UTC(), Detail: detail})
	}
}

// begins tells when the link was made and published. The moment of making is not
// in a signature; what stands there bounds it.
func (c *Case) begins(t *Timeline) {
	m := Moment{What: Opened, NotAfter: earlier(c.First, c.Found).UTC()}
	var why []string
	bound := func(at time.Time, because string) {
		if at.After(m.NotBefore) {
			m.NotBefore, why = at.UTC(), append(why[:0], because)
		}
	}
	g := &c.Link.Grant
	if sv, err := time.Parse(time.DateOnly, g.SignedVersion); err == nil && g.Provider == "azure" {
		bound(sv, "its version of the service is not older")
	}
	for _, p := range g.Extra {
		if at, err := time.Parse(time.RFC3339, p.Value); p.Name == "skt" && err == nil {
			bound(at, "the delegation key that signed it starts then")
		}
	}
	for _, a := range Attempts(c.Remedies) {
		bound(a.Made, "the key that signed it was made then")
	}
	if len(c.Minted) > 0 {
		t.add(Opened, c.Minted[0].At, "made by us: "+c.Minted[0].Name)
	} else if !m.NotBefore.IsZero() || !m.NotAfter.IsZero() {
		if !g.Start.IsZero() {
			why = append(why, "it says that it starts at "+g.Start.UTC().Format(time.RFC3339))
		}
		m.Detail = strings.Join(why, "; ")
		t.Moments = append(t.Moments, m)
	} else {
		t.Unknown = append(t.Unknown, "when the link was made: nothing in it tells")
	}
	if c.First.IsZero() {
		t.Unknown = append(t.Unknown, "when the link was published: no place where it was seen has a date")
		return
	}
	t.add(Published, c.First, placeOf(c.Seen))
}

// placeOf names the first dated place.
func placeOf(seen []Sighting) string {
	for i := range seen {
		s := &seen[i]
		if s.Time.IsZero() {
			continue
		}
		text := s.Path
		if s.Repository != "" {
			text = s.Repository + ": " + text
		}
		if s.Commit != "" {
			text += ", commit " + s.Commit[:min(12, len(s.Commit))]
		}
		if s.Author != "" {
			text += ", by " + s.Author
		}
		return text
	}
	return ""
}

// befalls tells how it was found, used, proven and measured.
func (c *Case) befalls(t *Timeline) {
	t.add(FoundOut, c.Found, "first run that met it")
	if c.FirstAlive.IsZero() {
		t.Unknown = append(t.Unknown, "whether the link worked: it was never seen to")
	} else {
		t.add(ProvenOut, c.FirstAlive, "first seen to work")
	}
	if c.Reach != nil {
		t.add(SizedUp, c.Measured, fmt.Sprintf("%d objects, %d bytes in %d containers", c.Reach.Objects, c.Reach.Bytes, c.Reach.Containers))
	}
	var first, last time.Time
	var requests, writes, deletes int64
	for _, u := range byToken(c.Used) {
		first = earlier(first, u.First)
		if u.Last.After(last) {
			last = u.Last
		}
		requests, writes, deletes = requests+u.Requests, writes+u.Writes, deletes+u.Deletes
	}
	if requests == 0 {
		t.Unknown = append(t.Unknown, "who used the link: no storage logs that show it were read")
		return
	}
	t.add(UsedFirst, first, "as the logs show that were read")
	t.add(UsedLast, last, fmt.Sprintf("%d requests in all, %d of them wrote, %d deleted", requests, writes, deletes))
}

// byToken folds the readings of each token.
func byToken(all []Used) (folded []Used) {
	for len(all) > 0 {
		n := 1
		for n < len(all) && compareToken(all[0], all[n]) == 0 {
			n++
		}
		folded = append(folded, FoldUsed(all[:n]))
		all = all[n:]
	}
	return folded
}

// ends tells how it was closed, or when it ends by itself.
func (c *Case) ends(t *Timeline, now time.Time) {
	for _, a := range Attempts(c.Remedies) {
		name := "by a route that is not on record"
		if a.Route != nil {
			name = strings.ReplaceAll(a.Route.Name, "_", " ")
		}
		if at, ok := a.Carried(); ok {
			t.add(Shut, at, name)
		}
		if a.End != Closed {
			continue
		}
		t.add(Confirmed, a.EndAt, a.Why)
		if c.LastAlive.After(a.EndAt) {
			t.add(Reopened, c.LastAlive, "seen to work again")
		}
	}
	t.Closed = c.Closed() != nil
	if end := c.Link.Grant.End(); end.After(now) && t.Closed {
		t.add(WillEnd, end, "by itself, were it not closed")
	} else if end.After(now) {
		t.add(WillEnd, end, "by itself")
	} else {
		t.add(RanOut, end, "by itself")
	}
	if end := c.Link.Grant.End(); !t.Closed && (end.IsZero() || end.After(now)) {
		t.Unknown = append(t.Unknown, "that the link is closed: it was not confirmed dead after a revocation")
	}
}
