package judge

import (
	"github.com/overgrant/overgrant"
)

var canList = Rule{
	Code:     "can-list",
	Doc:      "The link lists names. Whoever holds it need not know what is there: it tells.",
	Fix:      "Sign the link without l, and give out the names that are meant.",
	Severity: overgrant.Medium,
	Why: func(v View) string {
		if !v.lists() || v.key() {
			return ""
		}
		return "The link lists the names of " + v.listed() + v.till() + "."
	},
}

// lists reports whether a shared access signature lists more than one object;
// on a single object the right to list gives nothing.
func (v View) lists() bool {
	return v.sas() && v.Can("list") && v.sasScope() != "object" && v.sasScope() != "disk"
}
