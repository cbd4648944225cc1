package classify

import "github.com/overgrant/overgrant"

var credentialDump = Class{
	Name:     "credential_dump",
	Title:    "credential dumps",
	Doc:      "The passwords of a machine or a domain: the Active Directory database, the SAM, SECURITY and SYSTEM hives, memory of LSASS, /etc/shadow, keytabs, hashes written out by tools.",
	Severity: overgrant.Critical,
	Unit:     "hashes",
	Names: []Shape{{
		Look: Structure,
		Globs: []string{
			"ntds.dit", "ntds*.dit", "lsass*.dmp", "lsass*.zip", "config/SAM", "config/SYSTEM", "config/SECURITY", "RegBack/SAM", "RegBack/SYSTEM", "RegBack/SECURITY",
			"sam.hiv", "sam.hive", "sam.save", "system.hiv", "system.hive", "system.save", "security.hiv", "security.hive", "security.save", "*.keytab",
		},
	}, {
		Look: Text,
		Globs: []string{
			"etc/shadow", "etc/shadow-", "etc/gshadow", "shadow.bak", "etc/master.passwd", "etc/security/passwd", "*.ntds", "*.pwdump", "secretsdump*.txt", "hashdump*.txt", "mimikatz*.txt", "mimikatz*.log",
			"*.kirbi", "*.ccache", "krb5cc_*", ".htpasswd", "*.htpasswd", "Unattend.xml", "unattended.xml", "autounattend.xml", "sysprep.inf", "sysprep.xml", "Groups.xml", "passwords.txt", "passwords.csv", "passwords.xlsx", "passwords.docx", "passwort*.txt", "passwort*.xlsx", "credentials.txt", "credentials.csv", "credentials.xlsx", "creds.txt", "logins.csv", "logins.txt",
		},
	}, {
		Look:  Structure,
		Least: 16 << 10,
		Globs: []string{"SAM", "SECURITY"},
	}},
}
