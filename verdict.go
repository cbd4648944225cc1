package overgrant

import "fmt"

// Severity orders how bad a thing is, from info to critical. The zero value is
// none: nothing is wrong.
type Severity int

// The severities, mildest first.
const (
	None Severity = iota
	Info
	Low
	Medium
	High
	Critical
)

var severities = [...]string{"none", "info", "low", "medium", "high", "critical"}

// String returns the word that flags and JSON use.
func (s Severity) String() string {
	if s < None || s > Critical {
		return fmt.Sprintf("severity(%d)", int(s))
	}
	return severities[s]
}

// MarshalText writes the word.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the word.
func (s *Severity) UnmarshalText(text []byte) error {
	for i, w := range severities {
		if w == string(text) {
			*s = Severity(i)
			return nil
		}
	}
	return fmt.Errorf("read severity %q: want one of info, low, medium, high, critical", text)
}

// Lower returns the severity one step below, never below info.
func (s Severity) Lower() Severity {
	if s > Info {
		return s - 1
	}
	return s
}

// Verdict says whether a grant is wider than anyone is likely to have meant.
type Verdict struct {
	OverProvisioned bool     `json:"over_provisioned"`
	Severity        Severity `json:"severity"` // the worst of the reasons; one step lower once the link has expired
	Reasons         []Reason `json:"reasons,omitempty"`
}

// Reason is one rule that a grant breaks.
type Reason struct {
	Rule     string   `json:"rule"`
	Severity Severity `json:"severity"`
	Why      string   `json:"why"`
	Fix      string   `json:"fix"`
	Advice   bool     `json:"advice,omitempty"` // worth knowing, but does not make the grant too wide
}
