package judge

import (
	"github.com/overgrant/overgrant"
)

var canDelete = Rule{
	Code:     "can-delete",
	Doc:      "The link deletes content (right d).",
	Fix:      "Sign the link without d, and turn soft delete and versioning on.",
	Severity: overgrant.High,
	Why: func(v View) string {
		if !v.sas() || !v.Can("delete") {
			return ""
		}
		return "Anyone with the link can delete " + v.what() + v.till() + "."
	},
}
