package judge

import (
	"github.com/overgrant/overgrant"
)

// Source: Azure Storage REST reference, "Create an account SAS", permissions
// for the operation Set Blob Service Properties.
var canChangeServiceSettings = Rule{
	Code:     "can-change-service-settings",
	Doc:      "An account SAS with w for the service itself (srt=s) changes its settings: soft delete, classic logging, CORS, the static website. Its holder can switch off the recovery and the record of what they do next.",
	Fix:      "Sign the link without srt=s, rotate the key, and check soft delete, logging, CORS and static website of the account.",
	Severity: overgrant.Critical,
	Why: func(v View) string {
		if v.Kind != "account_sas" || !v.reaches("s") || !v.Can("write") {
			return ""
		}
		what := "logging and cross-site access"
		if v.serves("blob") {
			what = "soft delete, logging, cross-site access and the static website"
		}
		return "Anyone with the link can change the settings of " + named("storage account", v.Account) + " (" + what +
			"), and so switch off the recovery and the record of what they do" + v.till() + "."
	},
}
