package overgrant

import (
	"cmp"
	"slices"
	"time"
)

// Case is a link with all that is known of it.
type Case struct {
	Link     Link
	Status   Status
	Verdict  Verdict
	Seen     []Sighting
	Hushed   *Hushed // the suppression that holds or was broken; nil if there is none
	First    time.Time
	Last     time.Time
	Exposure Exposed

	Proof   *Proof    // what the service answered last; nil if it was not asked
	Reach   *Exposure // all shards of the last measurement together; nil if there was none
	Finds   []Find    // sensitive data that was read; at most maxFinds, worst first
	Pending int       // shards of the last measurement that are still to be measured

	Found      time.Time  // start of the run that found it first; zero if it is not known
	FirstAlive time.Time  // when it was first seen to work; zero if never
	LastAlive  time.Time  // when it was last seen to work
	Measured   time.Time  // start of the last measurement; zero if there was none
	Remedies   []Remedied // the journal of closing it
	Minted     []Minted   // what the ledger says of it, if the link is ours
	Trail      *Trail     // how it was used, by the reading of logs that saw most; nil if none did
	Used       []Used     // the token in storage logs, as each run of usage matched it

	round  string
	shards map[string]bool // measured: true; named, but not yet measured: false
}

// maxFinds is how many finds a case keeps in memory. Counts go on.
const maxFinds = 10_000

// Exposed is the time in which the link stood in the open and worked.
type Exposed struct {
	From  time.Time `json:"from,omitzero"`
	Until time.Time `json:"until,omitzero"` // zero while Still is true and the link never expires
	Days  int       `json:"days"`           // dates from the first to the last, in UTC
	Still bool      `json:"still"`
}

// Hidden reports whether a suppression keeps the case out of reports.
func (c *Case) Hidden() bool { return c.Hushed != nil && c.Hushed.Broken == "" }

// Cases folds messages into cases. The zero value is ready. It is not safe for
// several goroutines at once.
type Cases struct {
	Run     Run
	Summary Summary
	Loading Severity // how bad the worst model is to load
	Gaps    int      // items that could not be read, those passed over on purpose not among them

	byID map[string]*Case
}

// Add folds in one message. A message about a link that was not found is kept:
// streams may be cut.
func (cs *Cases) Add(m Message) {
	switch {
	case m.Run != nil:
		cs.Run = *m.Run
	case m.Found != nil:
		c := cs.of(m.Found.Link.ID)
		if m.Found.Link.Fuller(c.Link) {
			c.Link = m.Found.Link
		}
		first := m.Found.First
		if first.IsZero() {
			first = cs.Run.Started
		}
		c.Found = earlier(c.Found, first)
	case m.Seen != nil:
		c := cs.of(m.Seen.ID)
		c.Seen = append(c.Seen, m.Seen.Sighting)
	case m.Judged != nil:
		c := cs.of(m.Judged.ID)
		c.Status, c.Verdict = m.Judged.Status, m.Judged.Verdict
	case m.Proven != nil:
		cs.of(m.Proven.ID).proven(&m.Proven.Proof)
	case m.Measured != nil:
		cs.of(m.Measured.ID).measured(m.Measured)
	case m.Remedied != nil:
		c := cs.of(m.Remedied.ID)
		c.Remedies = append(c.Remedies, *m.Remedied)
	case m.Trail != nil:
		if c := cs.byID[m.Trail.ID]; c != nil && (c.Trail == nil || compareTrails(m.Trail, c.Trail) > 0) {
			c.Trail = m.Trail
		}
	case m.Minted != nil:
		if c := cs.byID[m.Minted.ID]; c != nil { // the ledger alone makes no case
			c.Minted = append(c.Minted, *m.Minted)
		}
	case m.Used != nil:
		if c := cs.byID[m.Used.Match.Known]; c != nil {
			c.Used = append(c.Used, *m.Used)
		}
	case m.Model != nil:
		cs.Loading = max(cs.Loading, m.Model.Worst())
		if m.Model.Gap() {
			cs.Gaps++
		}
	case m.Hushed != nil:
		cs.of(m.Hushed.ID).Hushed = m.Hushed
	case m.Dropped != nil:
		delete(cs.byID, m.Dropped.ID)
	case m.Skipped != nil:
		if !m.Skipped.Benign {
			cs.Gaps++
		}
	case m.Summary != nil:
		cs.Summary = *m.Summary
	}
}

// earlier returns the earlier of two moments; zero is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// proven takes what the service answered in.
func (c *Case) proven(p *Proof) {
	if c.Proof == nil || !p.CheckedAt.Before(c.Proof.CheckedAt) {
		c.Proof = p
	}
	if p.State == Alive {
		c.FirstAlive = earlier(c.FirstAlive, p.CheckedAt)
		if p.CheckedAt.After(c.LastAlive) {
			c.LastAlive = p.CheckedAt
		}
	}
}

// measured counts one shard in, once.
func (c *Case) measured(m *Measured) {
	switch {
	case m.Round < c.round:
		return
	case m.Round > c.round || c.shards == nil:
		c.round, c.shards, c.Reach, c.Finds = m.Round, map[string]bool{}, &Exposure{}, nil
	}
	if c.shards[m.Shard] {
		return
	}
	c.shards[m.Shard] = true
	for _, s := range m.Rest {
		if !c.shards[s] {
			c.shards[s] = false
		}
	}
	c.Reach.Add(&m.Exposure)
	c.Finds = append(c.Finds, m.Finds...)
	if len(c.Finds) > 2*maxFinds {
		c.keepWorst()
	}
}

func (c *Case) keepWorst() {
	slices.SortFunc(c.Finds, func(a, b Find) int {
		return cmp.Or(cmp.Compare(b.Severity, a.Severity), cmp.Compare(a.Class, b.Class),
			cmp.Compare(a.Place.Path, b.Place.Path), cmp.Compare(a.Hint, b.Hint), cmp.Compare(a.Count, b.Count))
	})
	c.Finds = c.Finds[:min(len(c.Finds), maxFinds)]
}

func (cs *Cases) of(id string) *Case {
	c := cs.byID[id]
	if c == nil {
		if cs.byID == nil {
			cs.byID = map[string]*Case{}
		}
		c = &Case{Link: Link{ID: id}}
		cs.byID[id] = c
	}
	return c
}

// Fuller reports whether l says more than other of where the credential leads:
// the same signature may stand once alone and once with its host.
func (l Link) Fuller(other Link) bool {
	return other.Grant.Kind == "" || weight(l.Grant) > weight(other.Grant)
}

// weight orders grants of one credential by how much they say themselves.
func weight(g Grant) int {
	w := 0
	for _, s := range []string{g.Account, g.Host, g.Container, g.Path, g.Table} {
		if s != "" {
			w += 2
		}
	}
	if g.Shape == Whole {
		w += 32
	}
	return w - len(g.Joined)
}

// Sorted returns the cases, worst first; equal ones by id. now is the moment up
// to which exposure is counted.
func (cs *Cases) Sorted(now time.Time) []*Case {
	all := make([]*Case, 0, len(cs.byID))
	for _, c := range cs.byID {
		c.settle(now)
		c.keepWorst()
		c.Pending = 0
		for _, done := range c.shards {
			if !done {
				c.Pending++
			}
		}
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b *Case) int {
		return cmp.Or(
			cmp.Compare(b.Verdict.Severity, a.Verdict.Severity),
			cmp.Compare(a.Status.rank(), b.Status.rank()),
			cmp.Compare(a.Link.ID, b.Link.ID))
	})
	return all
}

func (s Status) rank() int {
	order := []Status{LiveShape, NotYetValid, Expired}
	if i := slices.Index(order, s); i >= 0 {
		return i
	}
	return len(order)
}

// Worst returns how bad the case is, all in all: none if the link is proven
// dead, else the worse of what it grants and what was found behind it.
func (c *Case) Worst() Severity {
	worst := c.Verdict.Severity
	if c.Proof != nil && c.Proof.State == Dead {
		worst = None
	}
	if c.Reach != nil {
		worst = max(worst, c.Reach.Severity())
	}
	return worst
}
