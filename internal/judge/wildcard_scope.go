package judge

import (
	"strings"

	"github.com/overgrant/overgrant"
)

var wildcardScope = Rule{
	Code:     "wildcard-scope",
	Doc:      "A signed URL of CloudFront with a wildcard in its policy opens every path that fits.",
	Fix:      "Sign the URL of the one file, without a wildcard.",
	Severity: overgrant.Medium,
	Why: func(v View) string {
		if v.Kind != "cloudfront_signed" {
			return ""
		}
		for _, p := range append([]overgrant.Param{{Value: v.Path}}, v.Extra...) {
			if strings.Contains(p.Value, "*") {
				return "The signature holds for every address that fits " + name(p.Value) + ", not for one file, " + v.until() + "."
			}
		}
		if v.Scope == "prefix" || v.Scope == "directory" {
			return "The signature holds for a whole group of files below " + name(v.Path) + ", " + v.until() + "."
		}
		return ""
	},
}
