package judge

import (
	"github.com/overgrant/overgrant"
)

var canCreate = Rule{
	Code:     "can-create",
	Doc:      "The link puts new content there or adds to what is there (rights c and a), at the cost and in the name of the owner.",
	Fix:      "Sign the link for reading only (sp=r), or for one new name and a few hours where an upload is meant.",
	Severity: overgrant.Medium,
	Why: func(v View) string {
		if !v.sas() || !v.Can("create", "add") {
			return ""
		}
		if v.sasScope() == "object" {
			return "Anyone with the link can upload or add to " + v.where() + v.till() + "."
		}
		return "Anyone with the link can put new content into " + v.where() + v.till() + "."
	},
}
