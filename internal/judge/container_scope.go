package judge

import (
	"github.com/overgrant/overgrant"
)

var containerScope = Rule{
	Code:     "container-scope",
	Doc:      "The link opens all of a container.",
	Fix:      "Sign a link for the one object that is meant, or for a directory where the account has a hierarchical namespace.",
	Severity: overgrant.Medium,
	Why: func(v View) string {
		if v.sasScope() != "container" {
			return ""
		}
		return "The link opens " + v.what() + ", also what is put there later, " + v.until() + "."
	},
}
