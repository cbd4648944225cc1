package judge

import (
	"github.com/overgrant/overgrant"
)

var adHoc = Rule{
	Code:     "ad-hoc",
	Doc:      "The link was signed with the account key and hangs on no stored policy: nothing but rotating the key ends it, and that ends every other link of the key too.",
	Fix:      "Sign with a user delegation key, or bind the link to a stored access policy that can be deleted.",
	Severity: overgrant.Low,
	Advice:   true,
	Why: func(v View) string {
		if !v.sas() || v.Kind == "user_delegation_sas" || v.Kind == "disk_export_sas" || v.PolicyID != "" {
			return ""
		}
		return "Only rotating the account key revokes this link, and with it every other link and client of the same key."
	},
}
