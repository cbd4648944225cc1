package judge

import (
	"github.com/overgrant/overgrant"
)

var canWrite = Rule{
	Code:     "can-write",
	Doc:      "The link overwrites what is there (rights w, u, m). Whoever downloads a file later gets what the last holder of the link put there.",
	Fix:      "Sign the link for reading only (sp=r). For uploads, sign one new name with c, which cannot overwrite.",
	Severity: overgrant.High,
	Covers:   []string{"can-create"},
	Why: func(v View) string {
		if !v.sas() || !v.Can("write", "update", "move") {
			return ""
		}
		verb := "overwrite"
		if !v.Can("write") {
			verb = "change"
			if !v.Can("update") {
				verb = "move or rename"
			}
		}
		return "Anyone with the link can " + verb + " " + v.what() + v.till() + "."
	},
}
