package judge

import (
	"github.com/overgrant/overgrant"
)

var bucketScope = Rule{
	Code:     "bucket-scope",
	Doc:      "A download authorisation of Backblaze B2 opens every file of a bucket whose name begins with its prefix; an empty prefix is the whole bucket.",
	Fix:      "Ask for an authorisation with the full name of the file as its prefix, and delete the application key that made this one.",
	Severity: overgrant.Medium,
	Why: func(v View) string {
		if v.Kind != "b2_authorization" || v.Scope == "object" {
			return ""
		}
		if v.Scope == "prefix" && v.Path != "" {
			return "The token downloads every file of " + named("bucket", v.Container) + " whose name begins with " + name(v.Path) + ", " + v.until() + "."
		}
		return "The token may download every file of " + named("bucket", v.Container) + ", " + v.until() + "; the link does not tell its prefix."
	},
}
