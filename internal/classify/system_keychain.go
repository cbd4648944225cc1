package classify

import "github.com/overgrant/overgrant"

var systemKeychain = Class{
	Name:     "system_keychain",
	Title:    "files of system keychains",
	Doc:      "Where operating systems keep the secrets of their users: macOS keychains, the Windows vault, credential files and DPAPI master keys, GNOME keyring and KWallet.",
	Severity: overgrant.Critical,
	Unit:     "files",
	Names: []Shape{{
		Look: Structure,
		Globs: []string{
			"*.keychain", "*.keychain-db", "Keychains/**/keychain-2.db", "Keychains/*/user.kb", "System.keybag", "systemkeychain*",
			"Microsoft/Vault/**", "*.vcrd", "*.vpol", "Microsoft/Credentials/*", "Microsoft/Protect/**", "Microsoft/Crypto/RSA/**", "Microsoft/Crypto/Keys/*", "Microsoft/Ngc/**", "SystemCertificates/My/Keys/*",
			".local/share/keyrings/*", "*.keyring", ".gnome2/keyrings/*", "kwalletd/*.kwl", "*.kwl",
		},
	}},
}
