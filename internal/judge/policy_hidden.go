package judge

import (
	"github.com/overgrant/overgrant"
)

var policyHidden = Rule{
	Code:     "policy-hidden",
	Doc:      "What the link may do, or when it ends, is kept in a policy on the service, and cannot be read from the link. The policy can be changed or extended at any time.",
	Fix:      "Look at the stored policy: it can be narrowed, ended or deleted without rotating a key.",
	Severity: overgrant.Low,
	Advice:   true,
	Why: func(v View) string {
		if v.key() {
			return ""
		}
		if v.Kind == "servicebus_sas" && v.KeyName != "" {
			return "What the token may do is decided by the policy " + name(v.KeyName) + " of the service, and cannot be read from it."
		}
		var hidden []string
		if v.Permissions == "" && len(v.Actions) == 0 {
			hidden = append(hidden, "what it may do")
		}
		if v.end().IsZero() {
			hidden = append(hidden, "when it ends")
		}
		if v.PolicyID == "" || v.Kind == "disk_export_sas" || len(hidden) == 0 {
			return ""
		}
		return "The link hangs on the stored policy " + name(v.PolicyID) + ": " + and(hidden) + " cannot be read from it, and can change at any time."
	},
}
