package classify

import "github.com/overgrant/overgrant"

var workstationBackup = Class{
	Name:     "workstation_backup",
	Title:    "workstation backups",
	Doc:      "Backups of whole machines: Windows image backup and File History, Time Machine, Acronis, Veeam, Macrium, ShadowProtect, Ghost, Clonezilla. They hold what the machine held: mail, chats, keys and passwords.",
	Severity: overgrant.Critical,
	Unit:     "backups",
	Root:     backupRoot,
	Names: []Shape{{
		Globs: []string{
			"WindowsImageBackup/**", "FileHistory/*/*/Data/**", "FileHistory/*/*/Configuration/**",
			"Backups.backupdb/**", "*.backupbundle/bands/*", "*.sparsebundle/bands/*", "com.apple.TimeMachine*.plist",
			"Clonezilla-img", "clonezilla-img/**", "Info-dmi.txt", "Info-lshw.txt", "Info-saved-by-cmd.txt",
			"*.tib", "*.tibx", "*.mrimg", "*.mrbak", "*.mrex", "*.vbk", "*.vib", "*.vrb", "*.vbm", "*.spf", "*.spi", "*.adi", "*.pqi", "*.v2i", "*.bkf", "*.gho", "*.ghs",
			"CrashPlan/**/backupArchives/**", "Backup Set *-*-* *", "*.fbk", "*.nba", "*.pbd", "*.dsk-backup",
		},
	}},
}
