package judge

import (
	"github.com/overgrant/overgrant"
)

var tableScope = Rule{
	Code:     "table-scope",
	Doc:      "The link opens a whole table, without a range of keys.",
	Fix:      "Sign the link with a range of partition and row keys (spk, srk, epk, erk).",
	Severity: overgrant.Medium,
	Why: func(v View) string {
		if v.key() || v.account() || v.Table == "" && v.Scope != "table" || v.KeyRange != "" || v.Provider != "azure" && v.Provider != "" {
			return ""
		}
		return "The link opens all rows of " + named("table", v.Table) + " " + v.until() + "."
	},
}
