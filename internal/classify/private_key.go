package classify

import "github.com/overgrant/overgrant"

var privateKey = Class{
	Name:     "private_key",
	Title:    "private keys",
	Doc:      "Private keys: PEM, OpenSSH, PuTTY, PGP, age, WireGuard, and the key stores PKCS#12 and JKS. Content tells the algorithm, the size and whether a password protects it.",
	Severity: overgrant.Critical,
	Unit:     "keys",
	Names: []Shape{{
		Look: Text,
		Globs: []string{
			"*.pem", "id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", "id_ecdsa_sk", "id_ed25519_sk", "identity.key", ".ssh/id_*",
			"*.ppk", "*.key", "*.p8", "*.pk8", "*.ovpn", "ssh_host_*_key", "server.key", "privkey*.pem",
			"secring.gpg", "secring.skr", "private-keys-v1.d/*.key", "wireguard/*.conf", "wg0.conf", "wg1.conf", "age-key*.txt", "age/keys.txt",
		},
	}, {
		Look:  Structure,
		Globs: []string{"*.pfx", "*.p12", "*.jks", "*.jceks", "*.bks", "*.keystore", "*.snk", "*.pvk"},
	}},
}
