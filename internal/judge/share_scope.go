package judge

import (
	"github.com/overgrant/overgrant"
)

var shareScope = Rule{
	Code:     "share-scope",
	Doc:      "The link opens a whole file share.",
	Fix:      "Sign a link for the one file that is meant.",
	Severity: overgrant.Medium,
	Why: func(v View) string {
		if v.sasScope() != "share" {
			return ""
		}
		return "The link opens " + v.what() + ", also what is put there later, " + v.until() + "."
	},
}
