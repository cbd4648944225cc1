package judge

import (
	"github.com/overgrant/overgrant"
)

var canTag = Rule{
	Code:     "can-tag",
	Doc:      "The link reads and writes index tags (right t). Tags steer access conditions, lifecycle rules and searches.",
	Fix:      "Sign the link without t.",
	Severity: overgrant.Medium,
	Why: func(v View) string {
		if !v.sas() || !v.serves("blob") || !v.Can("tag") {
			return ""
		}
		return "Anyone with the link can change the tags of " + v.blobs() +
			", on which access rules and automatic deletion may depend" + v.till() + "."
	},
}
