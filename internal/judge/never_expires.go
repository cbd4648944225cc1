package judge

import (
	"github.com/overgrant/overgrant"
)

var neverExpires = Rule{
	Code:     "never-expires",
	Doc:      "The link has no end, or one after the year 2100, which is the same.",
	Fix:      "Revoke it, and sign a link that ends within days.",
	Severity: overgrant.High,
	Covers:   []string{"lives-over-a-year", "lives-over-a-week", "lifetime-unknown"},
	Why: func(v View) string {
		if !v.forever() || v.Kind == "firebase_token" {
			return ""
		}
		return "The link works " + v.until() + ": for practical purposes it never expires."
	},
}
