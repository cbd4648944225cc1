package judge

import (
	"github.com/overgrant/overgrant"
)

var accountScope = Rule{
	Code:     "account-scope",
	Doc:      "The link opens a whole storage account, not one file or container in it.",
	Fix:      "Share one object or one container with a user delegation SAS; then rotate the account key that signed this link.",
	Severity: overgrant.Critical,
	Why: func(v View) string {
		if !v.account() {
			return ""
		}
		why := "The link opens the whole of " + v.where() + " (" + v.services() +
			"): its holder can " + v.mayDo() + " what is there " + v.until() + "."
		if p := v.pointsAt(); p != "" {
			why += " Its address names only " + name(p) + "."
		}
		return why
	},
}
