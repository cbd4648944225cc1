package classify

import "github.com/overgrant/overgrant"

var browserStore = Class{
	Name:     "browser_store",
	Title:    "browser stores",
	Doc:      "Passwords, cookies and form data that browsers keep: Chrome, Edge, Brave, Opera, Firefox and Safari profiles. Cookies let their bearer in without a password.",
	Severity: overgrant.Critical,
	Unit:     "logins",
	Names: []Shape{{
		Look: Structure,
		Globs: []string{
			"Login Data", "Login Data For Account", "Login Data-journal", "Network/Cookies", "Default/Cookies", "Profile */Cookies", "Default/Web Data", "Profile */Web Data", "Ya Passman Data",
			"key4.db", "key3.db", "cookies.sqlite", "formhistory.sqlite", "signons.sqlite", "Cookies.binarycookies", "WebCacheV01.dat", "Safari/History.db",
		},
	}, {
		Look: Text,
		Globs: []string{
			"logins.json", "logins-backup.json", "User Data/Local State", "signedInUser.json", "cookies.txt", "cookies.json",
			"Default/Login Data*", "sessionstore.jsonlz4", "Default/Sync Data/**", "Default/Session Storage/*", "Local Storage/leveldb/*",
		},
	}},
}
