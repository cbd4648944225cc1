package judge

import (
	"github.com/overgrant/overgrant"
)

var canChangePermissions = Rule{
	Code:     "can-change-permissions",
	Doc:      "The link changes owners or access control lists of files and directories (rights o and p, accounts with a hierarchical namespace).",
	Fix:      "Sign the link without o and p, and look for access entries that nobody of yours made.",
	Severity: overgrant.High,
	Why: func(v View) string {
		if !v.sas() || v.account() || !v.Can("own", "permit") {
			return ""
		}
		return "Anyone with the link can change who owns or may open " + v.what() +
			", and so keep a way in after the link is gone" + v.till() + "."
	},
}
