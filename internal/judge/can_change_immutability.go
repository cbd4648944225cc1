package judge

import (
	"github.com/overgrant/overgrant"
)

var canChangeImmutability = Rule{
	Code:     "can-change-immutability",
	Doc:      "The link sets or removes immutability policies and legal holds (right i): what must be kept can be freed, and what must go can be locked.",
	Fix:      "Sign the link without i, and check the legal holds and retention of what it reached.",
	Severity: overgrant.High,
	Why: func(v View) string {
		if !v.sas() || !v.serves("blob") || !v.Can("immutability") {
			return ""
		}
		return "Anyone with the link can set or lift the protection against change and the legal holds of " + v.blobs() + v.till() + "."
	},
}
