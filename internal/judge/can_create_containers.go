package judge

import (
	"github.com/overgrant/overgrant"
)

var canCreateContainers = Rule{
	Code:     "can-create-containers",
	Doc:      "An account SAS with c or w for containers (srt=c) makes new containers, shares, queues and tables.",
	Fix:      "Sign the link for objects only (srt=o).",
	Severity: overgrant.Medium,
	Why: func(v View) string {
		if v.Kind != "account_sas" || !v.reaches("c") || !v.Can("create", "write") {
			return ""
		}
		return "Anyone with the link can make new containers in " + named("storage account", v.Account) +
			" and store there what they like" + v.till() + "."
	},
}
