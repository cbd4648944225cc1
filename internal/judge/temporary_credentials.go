package judge

import (
	"github.com/overgrant/overgrant"
)

var temporaryCredentials = Rule{
	Code:     "temporary-credentials",
	Doc:      "The link was signed with temporary credentials: it ends with them, at most 36 hours after they were made, whatever it says.",
	Fix:      "Nothing, once they have ended; until then, revoke the sessions of the role.",
	Severity: overgrant.Info,
	Advice:   true,
	Why: func(v View) string {
		if !v.Temporary {
			return ""
		}
		return "The link was signed with temporary credentials and stops working when they do, after 36 hours at most."
	},
}
