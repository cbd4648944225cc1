package judge

import (
	"fmt"

	"github.com/overgrant/overgrant"
)

var livesOverAWeek = Rule{
	Code:     "lives-over-a-week",
	Doc:      "The link lives longer than seven days (lifetime.long_days in .overgrant.yaml). Time from start to end counts; without a start, time from now.",
	Fix:      "Sign links for hours or days, and sign again when needed. An expiration policy on the account refuses longer ones.",
	Severity: overgrant.Medium,
	Why: func(v View) string {
		l, known := v.life()
		if !known || l.seconds <= v.Limits.long()*day {
			return ""
		}
		return fmt.Sprintf("The link works for %s, %s; %s are allowed.", l, v.until(), counted(v.Limits.long(), "day"))
	},
}
