package judge

import (
	"slices"
	"strings"

	"github.com/overgrant/overgrant"
)

var signedChange = Rule{
	Code:     "signed-change",
	Doc:      "A presigned request that uploads, changes or deletes (PUT, POST, PATCH, DELETE), for S3, Google Cloud Storage and their kin.",
	Fix:      "Sign uploads for one new name and some minutes, with the length and type of the content in the signature; never publish them.",
	Severity: overgrant.Medium,
	Why: func(v View) string {
		if v.sas() || v.key() || !v.changes() {
			return ""
		}
		how := "a change"
		if v.Method != "" {
			how = strings.ToUpper(v.Method)
		}
		where := name(v.Path)
		if v.Path == "" {
			where = named("bucket", v.Container)
		}
		return "The request is signed for " + how + ": anyone with the link can upload, replace or delete " + where + " " + v.until() + "."
	},
}

// changes reports whether a holder may put content of their own where others
// will read it, or delete it.
func (v View) changes() bool {
	return v.Can("write", "create", "add", "update", "move", "delete") ||
		slices.Contains([]string{"PUT", "POST", "PATCH", "DELETE"}, strings.ToUpper(v.Method)) && !v.sas()
}
