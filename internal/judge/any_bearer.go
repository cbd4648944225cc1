package judge

import (
	"github.com/overgrant/overgrant"
)

var anyBearer = Rule{
	Code:     "any-bearer",
	Doc:      "A user delegation SAS that is bound to nobody: whoever holds it acts with the rights of the user who signed it.",
	Fix:      "Bind the link to the user it is for (sduoid), or at least check access lists for one (suoid).",
	Severity: overgrant.Info,
	Advice:   true,
	Why: func(v View) string {
		if v.Kind != "user_delegation_sas" || v.extra("sduoid", "suoid", "saoid") {
			return ""
		}
		return "The link is bound to no user: whoever holds it may use it, with the rights of the one who signed it."
	},
}
