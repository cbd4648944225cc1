package judge

import (
	"time"

	"github.com/overgrant/overgrant"
)

// Rule is one way in which a grant can be too wide, or one thing worth knowing
// of it. Rules are values without state; many goroutines may use them at once.
type Rule struct {
	Code     string             // names the rule in output and in .overgrant.yaml
	Doc      string             // what it looks for and why that matters, in a sentence or two
	Fix      string             // what to do about it, in a sentence
	Severity overgrant.Severity // unless the policy says otherwise
	Advice   bool               // worth knowing, but does not make a grant too wide

	// Covers are the codes of rules that say nothing new where this one holds;
	// "*" stands for all.
	Covers []string

	// Why says in a sentence what a grant does that the rule is about, with the
	// facts. It is empty where the rule does not hold.
	Why func(View) string
}

// everyRule in Rule.Covers stands for all other rules.
const everyRule = "*"

// View is what a rule looks at.
type View struct {
	overgrant.Grant
	Now    time.Time
	Limits Limits
}

// Limits are the thresholds of the rules on lifetime. The zero value is the
// default.
type Limits struct {
	LongDays     int // a link may live as long as this, in days; 0 means 7
	VeryLongDays int // beyond this it lives far too long, in days; 0 means 366, so that a year and some hours are a year
}

const (
	defaultLongDays     = 7
	defaultVeryLongDays = 366
)

func (l Limits) long() int64 {
	if l.LongDays > 0 {
		return int64(l.LongDays)
	}
	return defaultLongDays
}

func (l Limits) veryLong() int64 {
	if l.VeryLongDays > 0 {
		return int64(l.VeryLongDays)
	}
	return max(defaultVeryLongDays, l.long())
}

// Policy changes how grants are judged. The zero value is the default policy.
type Policy struct {
	Limits   Limits
	Severity map[string]overgrant.Severity // by rule code, where it is not the rule's own
	Off      map[string]string             // rules that are switched off, and why
}

func (p Policy) severity(r Rule) overgrant.Severity {
	if s, ok := p.Severity[r.Code]; ok {
		return s
	}
	return r.Severity
}
