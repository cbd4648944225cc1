package judge

import (
	"github.com/overgrant/overgrant"
)

var accountKey = Rule{
	Code:     "account-key",
	Doc:      "The key of a storage account itself stands in the open, alone or in a connection string. It opens everything, for ever, and can sign new links that nobody knows of.",
	Fix:      "Rotate this key now (key1 or key2, not both at once), then move its users to Microsoft Entra ID, and forbid key access to the account where you can.",
	Severity: overgrant.Critical,
	Covers:   []string{everyRule},
	Why: func(v View) string {
		if !v.storageKey() {
			return ""
		}
		what := "This is the key itself"
		if v.Kind == "connection_string" {
			what = "This connection string holds the key itself"
		}
		return what + " of " + named("storage account", v.Account) +
			": whoever has it can read, overwrite and delete everything there and sign new links, for ever, until the key is rotated."
	},
}
