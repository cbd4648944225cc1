package judge

import (
	"github.com/overgrant/overgrant"
)

var canDeleteContainers = Rule{
	Code:     "can-delete-containers",
	Doc:      "An account SAS with d for containers (srt=c) deletes whole containers, shares, queues and tables, each with a single call.",
	Fix:      "Sign the link for objects only (srt=o) and without d, and turn soft delete for containers on.",
	Severity: overgrant.Critical,
	Why: func(v View) string {
		if v.Kind != "account_sas" || !v.reaches("c") || !v.Can("delete") {
			return ""
		}
		return "Anyone with the link can delete whole containers of " + named("storage account", v.Account) +
			", each with all that is in it" + v.till() + "."
	},
}
