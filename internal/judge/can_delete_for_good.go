package judge

import (
	"github.com/overgrant/overgrant"
)

var canDeleteForGood = Rule{
	Code:     "can-delete-for-good",
	Doc:      "The link deletes what a recovery needs: old versions (right x) or content that soft delete still keeps (right y).",
	Fix:      "Sign the link without x and y; never share these rights.",
	Severity: overgrant.High,
	Why: func(v View) string {
		var words []string
		if v.Can("delete_version") {
			words = append(words, "old versions")
		}
		if v.Can("permanent_delete") {
			words = append(words, "copies kept by soft delete")
		}
		if !v.sas() || !v.serves("blob") || len(words) == 0 {
			return ""
		}
		return "Anyone with the link can delete the " + and(words) + " of " + v.blobs() + ", so that nothing is left to restore" + v.till() + "."
	},
}
