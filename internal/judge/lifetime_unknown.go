package judge

import (
	"github.com/overgrant/overgrant"
)

var lifetimeUnknown = Rule{
	Code:     "lifetime-unknown",
	Doc:      "How long the link lives cannot be told: it names no start and is over, or no end.",
	Fix:      "Sign links with a start and an end; an expiration policy on the account asks for both.",
	Severity: overgrant.Info,
	Advice:   true,
	Why: func(v View) string {
		_, known := v.life()
		if known || v.forever() || v.key() || v.end().IsZero() && v.PolicyID != "" {
			return ""
		}
		if v.end().IsZero() {
			return "The link tells no end, so how long it works cannot be told offline."
		}
		return "The link tells no start and worked " + v.until() + ", so how long it lived cannot be told."
	},
}
