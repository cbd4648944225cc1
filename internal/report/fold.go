package report

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/overgrant/overgrant"
)

// fold gathers messages. What was skipped is counted, not kept, so that a run
// over a million unreadable files stays small.
type fold struct {
	cases   overgrant.Cases
	models  models
	lean    bool // models are counted, not kept
	run     overgrant.Run
	summary overgrant.Summary
	ended   bool
	gaps    gaps
	asks    bool // the run that goes on asks a service: what it counts is not files
	asked   time.Duration
}

func (f *fold) add(m overgrant.Message) {
	m = sane(m)
	switch {
	case m.Run != nil:
		if f.run.Started.IsZero() {
			f.run = *m.Run
		} else {
			f.run.Targets = append(f.run.Targets, m.Run.Targets...)
			f.run.About = max(f.run.About, m.Run.About)
		}
		f.asks = false
	case m.Skipped != nil:
		f.gaps.add(*m.Skipped)
	case m.Summary != nil:
		f.end(m.Summary)
	case m.Model != nil:
		f.model(m.Model)
	default:
		f.asks = f.asks || m.Proven != nil || m.Measured != nil
		f.cases.Add(m)
	}
}

// model counts a model in. What could not be read of it is a gap.
func (f *fold) model(m *overgrant.Model) {
	if f.lean {
		f.models.count(m)
	} else {
		f.models.add(m)
	}
	if m.Gap() {
		f.gaps.add(overgrant.Skipped{Place: overgrant.Place{Path: m.Path}, Reason: "model not read to its end", Detail: shorten(m.Unread, slimText)})
	}
}

// end counts a run that is over. Of a run that asked a service, the cases
// themselves tell how much was looked into.
func (f *fold) end(s *overgrant.Summary) {
	f.ended = true
	f.summary.Partial = f.summary.Partial || s.Partial
	if f.asks {
		f.asked += s.Elapsed
		return
	}
	f.summary.Pieces += s.Pieces
	f.summary.Objects += s.Objects
	f.summary.Bytes += s.Bytes
	f.summary.Elapsed += s.Elapsed
}

// outcome is a whole run, folded, sorted and counted: what formats print.
type outcome struct {
	Options
	run      overgrant.Run
	summary  overgrant.Summary // of the runs that read files
	asked    time.Duration     // how long the runs took that asked a service
	ended    bool              // the run told its end; otherwise what is here may be a part
	gaps     gaps
	models   *models
	streamed int // models and tokens that were written as they came

	cases      []*overgrant.Case // all of them, worst first
	shown      []*overgrant.Case // those to print
	loud       int               // cases that could open something, suppressed ones left out
	severities map[overgrant.Severity]int
	dead       int                      // proven dead, counted in no severity
	quiet      map[overgrant.Status]int // counted, printed only with All
	suppressed int
	broken     int // suppressions that no longer hold
	failing    int // cases at or above FailOn
}

func (f *fold) outcome(o Options) *outcome {
	if o.Now.IsZero() {
		o.Now = f.run.Started
	}
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	o.Now = o.Now.UTC()
	if o.FailOn == overgrant.None {
		o.FailOn = overgrant.Medium
	}
	if o.Version == "" {
		o.Version = f.run.Version
	}
	r := &outcome{
		Options: o, run: f.run, summary: f.summary, asked: f.asked, ended: f.ended, gaps: f.gaps, models: &f.models,
		cases:      f.cases.Sorted(o.Now),
		severities: map[overgrant.Severity]int{},
		quiet:      map[overgrant.Status]int{},
	}
	for _, c := range r.cases {
		if c.Status == "" { // the stream was cut before its verdict
			c.Status = c.Link.Grant.Status(o.Now)
		}
		r.count(c)
	}
	worst := func(a, b *overgrant.Case) int {
		return cmp.Or(cmp.Compare(rankOf(a.Status), rankOf(b.Status)), cmp.Compare(b.Worst(), a.Worst()))
	}
	slices.SortStableFunc(r.shown, worst)
	return r
}

// rankOf puts the quiet statuses last, whatever their severity.
func rankOf(s overgrant.Status) int {
	if s.Quiet() {
		return 1
	}
	return 0
}

func (o *outcome) count(c *overgrant.Case) {
	if c.Hidden() {
		o.suppressed++
		return
	}
	if c.Hushed != nil {
		o.broken++
	}
	if c.Status.Quiet() {
		o.quiet[c.Status]++
		if o.All {
			o.shown = append(o.shown, c)
		}
		return
	}
	o.loud++
	if provenDead(c) {
		o.dead++
	} else {
		o.severities[c.Worst()]++
	}
	if c.Worst() >= o.FailOn {
		o.failing++
	}
	o.shown = append(o.shown, c)
}

// gaps counts what was not read, by reason, with a few examples of each.
type gaps struct {
	byReason map[string]*gap
	notes    []overgrant.Skipped // the first few, for formats that list them
}

// gap is all that was not read for one reason.
type gap struct {
	Reason   string
	Benign   bool
	Count    int
	Bytes    int64
	Examples []overgrant.Skipped
}

const (
	gapExamples = 3    // kept for each reason
	gapNotes    = 1000 // kept in all
)

func (g *gaps) add(s overgrant.Skipped) {
	key := s.Reason
	if s.Benign {
		key = "benign " + key
	}
	r := g.byReason[key]
	if r == nil {
		if g.byReason == nil {
			g.byReason = map[string]*gap{}
		}
		r = &gap{Reason: s.Reason, Benign: s.Benign}
		g.byReason[key] = r
	}
	r.Count++
	r.Bytes += max(s.Bytes, 0)
	if len(r.Examples) < gapExamples {
		r.Examples = append(r.Examples, s)
	}
	if len(g.notes) < gapNotes {
		g.notes = append(g.notes, s)
	}
}

// sorted returns the gaps, real ones first, most frequent first.
func (g *gaps) sorted() []*gap {
	return slices.SortedFunc(maps.Values(g.byReason), func(a, b *gap) int {
		if a.Benign != b.Benign {
			if b.Benign {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Reason, b.Reason))
	})
}

// parts returns the gaps that are not benign and those that are, most frequent
// first.
func (g *gaps) parts() (real, benign []*gap) {
	all := g.sorted()
	n := slices.IndexFunc(all, func(r *gap) bool { return r.Benign })
	if n < 0 {
		n = len(all)
	}
	return all[:n], all[n:]
}

// total counts the gaps that are benign, or those that are not.
func (g *gaps) total() (real, benign int) {
	for _, r := range g.byReason {
		if r.Benign {
			benign += r.Count
		} else {
			real += r.Count
		}
	}
	return real, benign
}
