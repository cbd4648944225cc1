package classify

import "github.com/overgrant/overgrant"

var passwordStore = Class{
	Name:     "password_store",
	Title:    "password stores",
	Doc:      "Files of password managers: KeePass, 1Password, Bitwarden, Password Safe, Enpass, pass, and what they export. Content tells how well KeePass files are protected.",
	Severity: overgrant.Critical,
	Unit:     "stores",
	Names: []Shape{{
		Look:  Structure,
		Globs: []string{"*.kdbx", "*.kdb", "*.psafe3", "*.enpassdb", "*.walletx", "*.pif", "*.bcup", "*.stickypasswords"},
	}, {
		Look:  Container,
		Globs: []string{"*.1pux"},
	}, {
		Look: Text,
		Globs: []string{
			"*.opvault/default/*", "*.agilekeychain/data/default/*", "Bitwarden/data.json", "Bitwarden*/data.json", "bitwarden_export*.json", "bitwarden_export*.csv", "bitwarden_encrypted_export*.json",
			"lastpass_export*.csv", "lastpass*.csv", "dashlane*.csv", "1password*.csv", "1password*.1pif", "keepass*.csv", "keepass*.xml", "nordpass*.csv", "Proton Pass_export*.json", "proton-pass*.json", "Chrome Passwords.csv", "Chrome-Passw*.csv", "Microsoft Edge Passwords.csv", "Firefox-passwords*.csv", "Passwords.csv",
			".password-store/**", "*.kdbx.key", "*.keyx", "ansible/**/vault.yml", "group_vars/**/vault.yml", "vault-keys*.json", "unseal*key*.txt", "vault_init*.json",
		},
	}},
}
