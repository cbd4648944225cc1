package judge

import (
	"github.com/overgrant/overgrant"
)

var diskExport = Rule{
	Code:     "disk-export",
	Doc:      "The link downloads a whole managed disk or snapshot: an operating system with its users, keys and data.",
	Fix:      "End the export (revoke access to the disk or snapshot), and treat every secret on the disk as known.",
	Severity: overgrant.Critical,
	Why: func(v View) string {
		if v.Kind != "disk_export_sas" {
			return ""
		}
		return "The link downloads a whole virtual disk, with every password, key and file on it, " + v.until() + "."
	},
}
