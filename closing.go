package overgrant

import (
	"cmp"
	"slices"
	"time"
)

// Attempt is one try to close a case, folded from its journal.
type Attempt struct {
	ID     string // as in Remedied.Attempt
	Case   string
	Route  *Route    // what was going to be done; nil if the journal does not say
	At     time.Time // of the plan
	Detail string    // of the plan
	Made   time.Time // when the key was made that made the link; zero if it is not known
	Taken  []Taken   // one for each step that was begun, by its number
	Checks []Remedied
	End    Progress // Closed or GivenUp; empty while it is open
	EndAt  time.Time
	Why    string // of the end
}

// Taken is how far one step of an attempt has come.
type Taken struct {
	Step   int // from 1
	State  Progress
	Begun  time.Time
	Done   time.Time // zero unless State is Done
	Detail string
}

// Open reports whether the attempt is still to be brought to an end.
func (a *Attempt) Open() bool { return a.End == "" }

// Carried reports whether all steps of the route are known to have been carried
// out, and when the last one was. A route without steps has not been.
func (a *Attempt) Carried() (time.Time, bool) {
	if a.Route == nil || len(a.Route.Steps) == 0 || len(a.Taken) < len(a.Route.Steps) {
		return time.Time{}, false
	}
	var last time.Time
	for _, t := range a.Taken {
		if t.State != Done {
			return time.Time{}, false
		}
		if t.Done.After(last) {
			last = t.Done
		}
	}
	return last, true
}

// took returns when the link stopped working, as far as the journal tells: when
// the last step was carried out, or when the link was confirmed dead.
func (a *Attempt) took() time.Time {
	if t, ok := a.Carried(); ok {
		return t
	}
	return a.EndAt
}

// Attempts folds the journal of one case, the earliest attempt first. The order
// of the entries does not matter, and neither do entries that come twice.
func Attempts(journal []Remedied) []Attempt {
	entries := slices.Clone(journal)
	slices.SortStableFunc(entries, CompareRemedied)
	var all []Attempt
	for i := range entries {
		e := &entries[i]
		if len(all) == 0 || all[len(all)-1].ID != e.Attempt {
			all = append(all, Attempt{ID: e.Attempt, Case: e.ID})
		}
		all[len(all)-1].add(e)
	}
	return all
}

// CompareRemedied orders the entries of a journal: by attempt, then as one
// follows from the other.
func CompareRemedied(a, b Remedied) int {
	return cmp.Or(
		cmp.Compare(a.Attempt, b.Attempt),
		cmp.Compare(a.State.phase(), b.State.phase()),
		cmp.Compare(a.Step, b.Step),
		cmp.Compare(a.State.rank(), b.State.rank()),
		a.At.Compare(b.At),
		cmp.Compare(a.Detail, b.Detail))
}

// phase tells the parts of an attempt: plan, steps, checks, end.
func (p Progress) phase() int {
	switch p {
	case Planned:
		return 0
	case Begun, Done, Failed:
		return 1
	case Checked:
		return 2
	}
	return 3
}

func (p Progress) rank() int {
	return slices.Index([]Progress{Planned, Begun, Failed, Done, Checked, GivenUp, Closed}, p)
}

func (a *Attempt) add(e *Remedied) {
	switch e.State {
	case Planned:
		a.Route, a.At, a.Detail, a.Made = e.Route, e.At, e.Detail, e.KeyMade
	case Begun, Done, Failed:
		if n := len(a.Taken); n == 0 || a.Taken[n-1].Step != e.Step {
			a.Taken = append(a.Taken, Taken{Step: e.Step})
		}
		t := &a.Taken[len(a.Taken)-1]
		t.State, t.Detail = e.State, cmp.Or(e.Detail, t.Detail)
		switch {
		case e.State == Begun && t.Begun.IsZero():
			t.Begun = e.At
		case e.State == Done:
			t.Done = e.At
		}
	case Checked:
		if n := len(a.Checks); n == 0 || a.Checks[n-1].Step != e.Step {
			a.Checks = append(a.Checks, *e)
		}
	case Closed, GivenUp:
		a.End, a.EndAt, a.Why = e.State, e.At, e.Detail
	}
}

// Closed returns the attempt that closed the case. It is nil if none did, or if
// the link was seen to work after that.
func (c *Case) Closed() *Attempt {
	all := Attempts(c.Remedies)
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].End != Closed {
			continue
		}
		if c.LastAlive.After(all[i].EndAt) {
			return nil
		}
		return &all[i]
	}
	return nil
}
