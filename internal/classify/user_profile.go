package classify

import "github.com/overgrant/overgrant"

var userProfile = Class{
	Name:     "user_profile",
	Title:    "copied user profiles",
	Doc:      "The home folder of a person, copied as it is: application data, registry hive, desktop and documents of Windows, Library of macOS, dot files of Linux.",
	Severity: overgrant.High,
	Unit:     "profiles",
	Root:     profileRoot,
	Names: []Shape{{
		Globs: []string{
			"Users/*/AppData/**", "Documents and Settings/*/Application Data/**", "Documents and Settings/*/Local Settings/**",
			"Users/*/Library/**", "Users/*/Desktop/**", "Users/*/Documents/**", "Users/*/Downloads/**", "Users/*/OneDrive*/**",
			"home/*/.config/**", "home/*/.local/share/**", "home/*/.mozilla/**", "home/*/.cache/**", "home/*/Documents/**", "home/*/Desktop/**", "root/.config/**",
			"AppData/Roaming/Microsoft/**", "AppData/Local/Microsoft/**", "AppData/Roaming/Mozilla/**", "AppData/Local/Google/**",
			"NTUSER.DAT", "ntuser.dat.log*", "UsrClass.dat", "ntuser.ini",
			".bash_history", ".zsh_history", ".python_history", ".psql_history", ".mysql_history", "ConsoleHost_history.txt", ".viminfo",
		},
	}},
}
