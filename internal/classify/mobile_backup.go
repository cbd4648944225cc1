package classify

import "github.com/overgrant/overgrant"

var mobileBackup = Class{
	Name:     "mobile_backup",
	Title:    "files of telephone backups",
	Doc:      "Backups of telephones: iTunes and Finder (Manifest.db), Android adb, Samsung Smart Switch, Titanium. They hold messages, photographs and tokens.",
	Severity: overgrant.Critical,
	Unit:     "files",
	Names: []Shape{{
		Globs: []string{
			"Manifest.mbdb", "Manifest.mbdx", "MobileSync/Backup/**", "*.adb.backup", "com.*.ab", "*.ab.gz", "SmartSwitch/**/*.bk", "TitaniumBackup/*.tar.gz", "*.nbu", "*.nbf", "*.ipd", "*.bbb",
		},
	}, {
		Look:  Structure,
		Globs: []string{"Manifest.db", "*.ab"},
	}},
}
