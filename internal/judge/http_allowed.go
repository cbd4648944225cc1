package judge

import (
	"slices"

	"github.com/overgrant/overgrant"
)

var httpAllowed = Rule{
	Code:     "http-allowed",
	Doc:      "The link may be used over plain HTTP, where everyone on the way reads it.",
	Fix:      "Sign with spr=https, and turn on secure transfer for the account.",
	Severity: overgrant.Low,
	Advice:   true,
	Why: func(v View) string {
		if !v.sas() || v.Kind == "disk_export_sas" || len(v.Protocols) > 0 && !slices.Contains(v.Protocols, "http") {
			return ""
		}
		return "The link also works over plain HTTP, where it can be read on the way."
	},
}
