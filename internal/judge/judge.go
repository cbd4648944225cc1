// Package judge says whether a grant is wider than anyone is likely to have
// meant, and why.
//
// It is pure: the same grant, clock and policy give the same verdict for ever.
// It does not read files, find links or ask any service. What the rules look
// for is in All, one file each; how .overgrant.yaml changes them and hides cases
// is in Parse and Config.
package judge

import (
	"cmp"
	"slices"
	"time"

	"github.com/overgrant/overgrant"
)

// Judge returns the verdict on a grant as of now. The zero Policy is the
// default one.
//
// Reasons come worst first, then by code. A link that has expired is judged as
// when it was valid, and its severity is one step lower; the severities of the
// single reasons stay. Something that is no real link (a placeholder, a
// published example, the emulator's key, a damaged value) gets an empty verdict.
// Many goroutines may call Judge at once.
func Judge(g overgrant.Grant, now time.Time, p Policy) overgrant.Verdict {
	status := g.Status(now)
	if status.Quiet() {
		return overgrant.Verdict{}
	}
	v := overgrant.Verdict{Reasons: reasons(View{Grant: g, Now: now, Limits: p.Limits}, p)}
	for _, r := range v.Reasons {
		v.Severity = max(v.Severity, r.Severity)
		v.OverProvisioned = v.OverProvisioned || !r.Advice
	}
	if status == overgrant.Expired && v.Severity != overgrant.None {
		v.Severity = v.Severity.Lower()
	}
	return v
}

// reasons asks every rule that is on, and drops what a stronger reason says.
func reasons(view View, p Policy) []overgrant.Reason {
	var all []overgrant.Reason
	var covers []cover
	for _, rule := range All {
		if p.Off[rule.Code] != "" {
			continue
		}
		why := rule.Why(view)
		if why == "" {
			continue
		}
		r := overgrant.Reason{Rule: rule.Code, Severity: p.severity(rule), Why: why, Fix: rule.Fix, Advice: rule.Advice}
		all = append(all, r)
		if len(rule.Covers) > 0 {
			covers = append(covers, cover{r, rule.Covers})
		}
	}
	all = slices.DeleteFunc(all, func(r overgrant.Reason) bool {
		return slices.ContainsFunc(covers, func(c cover) bool { return c.hides(r) })
	})
	slices.SortFunc(all, func(a, b overgrant.Reason) int {
		return cmp.Or(cmp.Compare(b.Severity, a.Severity), cmp.Compare(a.Rule, b.Rule))
	})
	return all
}

// cover is a reason that says all that some others would say.
type cover struct {
	by    overgrant.Reason
	codes []string
}

// hides reports whether r need not be told. A reason never hides one that is
// worse, and advice never hides what makes a grant too wide: hiding changes
// neither the severity of a verdict nor OverProvisioned.
func (c cover) hides(r overgrant.Reason) bool {
	if r.Rule == c.by.Rule || r.Severity > c.by.Severity || (c.by.Advice && !r.Advice) {
		return false
	}
	return c.codes[0] == everyRule || slices.Contains(c.codes, r.Rule)
}
