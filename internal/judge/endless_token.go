package judge

import (
	"github.com/overgrant/overgrant"
)

var endlessToken = Rule{
	Code:     "endless-token",
	Doc:      "A download token of Firebase Storage never expires, and it passes by the security rules of the bucket.",
	Fix:      "Revoke the token of the file in the Firebase console, and read the file through the security rules.",
	Severity: overgrant.Medium,
	Covers:   []string{"never-expires", "lifetime-unknown"},
	Why: func(v View) string {
		if v.Kind != "firebase_token" {
			return ""
		}
		what := "the file"
		if v.Path != "" {
			what = "the file " + name(v.Path)
		}
		return "The token downloads " + what + " for ever, whatever the security rules say, until somebody revokes it."
	},
}
