package judge

import (
	"fmt"

	"github.com/overgrant/overgrant"
)

var livesOverAYear = Rule{
	Code:     "lives-over-a-year",
	Doc:      "The link lives longer than a year (lifetime.very_long_days in .overgrant.yaml, 366 days unless set).",
	Fix:      "Sign links for hours or days. An expiration policy on the account refuses longer ones.",
	Severity: overgrant.High,
	Covers:   []string{"lives-over-a-week"},
	Why: func(v View) string {
		l, known := v.life()
		if !known || l.seconds <= v.Limits.veryLong()*day {
			return ""
		}
		return fmt.Sprintf("The link works for %s, %s: longer than anyone will remember it.", l, v.until())
	},
}
