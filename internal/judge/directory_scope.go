package judge

import (
	"github.com/overgrant/overgrant"
)

var directoryScope = Rule{
	Code:     "directory-scope",
	Doc:      "The link opens a directory with all that lies below it.",
	Fix:      "Sign a link for the one object that is meant.",
	Severity: overgrant.Medium,
	Why: func(v View) string {
		if v.sasScope() != "directory" {
			return ""
		}
		in := ""
		if v.Container != "" {
			in = " in " + named("container", v.Container)
		}
		return "The link opens " + v.what() + in + ", also what is put there later, " + v.until() + "."
	},
}
