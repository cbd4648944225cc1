package classify_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"strings"
	"testing"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/classify"
)

// findOf returns the find of a class, or nil.
func findOf(finds []overgrant.Find, class string) *overgrant.Find {
	for i := range finds {
		if finds[i].Class == class {
			return &finds[i]
		}
	}
	return nil
}

// check holds one piece to a class, a count and a hint; a class of "" says that
// nothing is found.
func check(t *testing.T, file string, data []byte, class string, count int64, hint string) {
	t.Helper()
	r, err := classify.Content(context.Background(), classify.Piece{Name: []byte(file), Size: int64(len(data)), At: bytes.NewReader(data), Salt: 3})
	if err != nil {
		t.Fatal(err)
	}
	if class == "" {
		if len(r.Finds) > 0 {
			t.Errorf("%s: %+v; want nothing", file, r.Finds)
		}
		return
	}
	f := findOf(r.Finds, class)
	if f == nil {
		t.Errorf("%s: no find of %s in %+v (%s)", file, class, r.Finds, r.Reason)
		return
	}
	if f.Count != count || !strings.Contains(f.Hint, hint) {
		t.Errorf("%s: %d %s, %q; want %d, %q", file, f.Count, f.Class, f.Hint, count, hint)
	}
}

func inPEM(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func sshString(b []byte) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...)
}

func openSSH(cipher string, public []byte) []byte {
	raw := []byte("openssh-key-v1\x00")
	for _, f := range []string{cipher, "none", ""} {
		raw = append(raw, sshString([]byte(f))...)
	}
	raw = binary.BigEndian.AppendUint32(raw, 1)
	raw = append(raw, sshString(public)...)
	return append(raw, sshString(make([]byte, 64))...)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestPrivateKeysInText(t *testing.T) {
	rsaKey := must(rsa.GenerateKey(rand.Reader, 2048))
	ecKey := must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader))
	_, edKey, _ := ed25519.GenerateKey(rand.Reader)
	pkcs1 := inPEM("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rsaKey))
	pkcs8 := inPEM("PRIVATE KEY", must(x509.MarshalPKCS8PrivateKey(rsaKey)))
	ec := inPEM("EC PRIVATE KEY", must(x509.MarshalECPrivateKey(ecKey)))
	ed := inPEM("PRIVATE KEY", must(x509.MarshalPKCS8PrivateKey(edKey)))
	ec8 := inPEM("PRIVATE KEY", must(x509.MarshalPKCS8PrivateKey(ecKey)))
	sealed := inPEM("ENCRYPTED PRIVATE KEY", make([]byte, 400))
	old := []byte("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n" + base64.StdEncoding.EncodeToString(make([]byte, 300)) + "\n-----END RSA PRIVATE KEY-----\n")
	rsaPublic := append(append(sshString([]byte("ssh-rsa")), sshString([]byte{1, 0, 1})...), sshString(append([]byte{0}, rsaKey.N.Bytes()...))...)
	edPublic := append(sshString([]byte("ssh-ed25519")), sshString(edKey.Public().(ed25519.PublicKey))...)
	asJSON := must(json.Marshal(map[string]string{"type": "service_account", "private_key": string(pkcs8)}))
	putty := fmt.Sprintf("PuTTY-User-Key-File-2: ssh-rsa\r\nEncryption: aes256-cbc\r\nComment: x\r\nPublic-Lines: 1\r\n%s\r\nPrivate-Lines: 1\r\nAAAA\r\nPrivate-MAC: 00\r\n", base64.StdEncoding.EncodeToString(rsaPublic))
	wire := make([]byte, 32)
	rand.Read(wire)
	tests := []struct {
		name  string
		text  []byte
		count int64
		hint  string
	}{
		{"pkcs1", pkcs1, 1, "RSA, 2048 bits, not encrypted"},
		{"pkcs8", pkcs8, 1, "RSA, 2048 bits, not encrypted"},
		{"sec1", ec, 1, "P-384, not encrypted"},
		{"pkcs8_ec", ec8, 1, "P-384, not encrypted"},
		{"pkcs8_ed25519", ed, 1, "Ed25519, not encrypted"},
		{"encrypted_pkcs8", sealed, 1, "private key, encrypted"},
		{"encrypted_pem", old, 1, "RSA, encrypted"},
		{"openssh_rsa", inPEM("OPENSSH PRIVATE KEY", openSSH("none", rsaPublic)), 1, "RSA, 2048 bits, not encrypted"},
		{"openssh_ed25519", inPEM("OPENSSH PRIVATE KEY", openSSH("aes256-ctr", edPublic)), 1, "Ed25519, encrypted"},
		{"inside_json", asJSON, 1, "RSA, 2048 bits, not encrypted"},
		{"putty", []byte(putty), 1, "RSA, 2048 bits, encrypted"},
		{"wireguard", []byte("[Interface]\nPrivateKey = " + base64.StdEncoding.EncodeToString(wire) + "\n"), 1, "WireGuard X25519"},
		{"two_and_one_again", bytes.Join([][]byte{pkcs1, ec, pkcs1}, []byte("text\n")), 2, "RSA"},
		{"crlf", bytes.ReplaceAll(pkcs1, []byte("\n"), []byte("\r\n")), 1, "RSA, 2048 bits"},
		{"indented", bytes.ReplaceAll(pkcs1, []byte("\n"), []byte("\n    ")), 1, "RSA, 2048 bits"},
		{"placeholder", []byte("-----BEGIN RSA PRIVATE KEY-----\n...\n-----END RSA PRIVATE KEY-----\n"), 0, ""},
		{"public", inPEM("PUBLIC KEY", must(x509.MarshalPKIXPublicKey(&rsaKey.PublicKey))), 0, ""},
		{"certificate", inPEM("CERTIFICATE", make([]byte, 300)), 0, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			class := "private_key"
			if tt.count == 0 {
				class = ""
			}
			check(t, "notes.txt", tt.text, class, tt.count, tt.hint)
		})
	}
}

func TestPrivateKeyInUTF16(t *testing.T) {
	key := inPEM("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(must(rsa.GenerateKey(rand.Reader, 2048))))
	wide := []byte{0xff, 0xfe}
	for _, c := range key {
		wide = append(wide, c, 0)
	}
	check(t, "key.txt", wide, "private_key", 1, "RSA, 2048 bits")
	check(t, "key.txt", wide[2:], "private_key", 1, "RSA, 2048 bits")
}

func TestKeyStores(t *testing.T) {
	rsaKey := must(rsa.GenerateKey(rand.Reader, 2048))
	jks := []byte{0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2, 0, 0, 0, 2}
	jks = append(jks, 0, 0, 0, 1, 0, 1, 'a')
	jks = append(jks, make([]byte, 8)...)
	jks = append(jks, sshString(make([]byte, 50))...)
	jks = append(jks, 0, 0, 0, 1, 0, 5)
	jks = append(jks, "X.509"...)
	jks = append(jks, sshString(make([]byte, 30))...)
	jks = append(jks, 0, 0, 0, 2, 0, 1, 'b')
	jks = append(jks, make([]byte, 8)...)
	jks = append(jks, 0, 5)
	jks = append(jks, "X.509"...)
	jks = append(jks, sshString(make([]byte, 30))...)
	p12 := append([]byte{0x30, 0x82, 1, 0, 2, 1, 3, 0x30}, make([]byte, 40)...)
	p12 = append(p12, 0x06, 0x0b, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x0a, 0x01, 0x02, 0, 0)
	blob := append([]byte{7, 2, 0, 0, 0, 0x24, 0, 0}, "RSA2"...)
	blob = append(binary.LittleEndian.AppendUint32(blob, 4096), make([]byte, 64)...)
	pgp := []byte{4, 0x60, 0, 0, 0, 1, 0x08, 0}
	pgp = append(pgp, bytes.Repeat([]byte{0xff}, 256)...)
	pgp = append(pgp, 0, 17, 1, 0, 1, 0)
	ring := append([]byte{0x95, byte(len(pgp) >> 8), byte(len(pgp))}, pgp...)
	keytab := []byte{5, 2}
	for _, who := range []string{"anna", "ben", "anna"} {
		e := []byte{0, 1, 0, 4}
		e = append(e, "CORP"...)
		e = append(e, 0, byte(len(who)))
		e = append(e, who...)
		e = append(e, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 18, 0, 2, 1, 2)
		keytab = append(append(keytab, 0, 0, 0, byte(len(e))), e...)
	}
	kdbx := append([]byte{0x03, 0xd9, 0xa2, 0x9a, 0x67, 0xfb, 0x4b, 0xb5, 0, 0, 4, 0}, 11, 4, 0, 0, 0, 0x9e, 0x29, 0x8b, 0x19, 0, 0, 0, 0, 0)
	kdbx3 := append([]byte{0x03, 0xd9, 0xa2, 0x9a, 0x67, 0xfb, 0x4b, 0xb5, 1, 0, 3, 0}, 6, 8, 0, 0x70, 0x17, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	sam := make([]byte, 4096)
	copy(sam, "regf")
	for i, c := range `\SystemRoot\System32\Config\SAM` {
		sam[48+2*i] = byte(c)
	}
	tests := []struct {
		file  string
		data  []byte
		class string
		count int64
		hint  string
	}{
		{"a.jks", jks, "private_key", 1, "Java key store"},
		{"a.pfx", p12, "private_key", 1, "PKCS#12, encrypted"},
		{"a.der", x509.MarshalPKCS1PrivateKey(rsaKey), "private_key", 1, "RSA, 2048 bits"},
		{"a.snk", blob, "private_key", 1, ".NET RSA, 4096 bits"},
		{"secring.gpg", ring, "private_key", 1, "PGP RSA, 2048 bits, not encrypted"},
		{"host.keytab", keytab, "credential_dump", 3, "Kerberos"},
		{"a.kdbx", kdbx, "password_store", 1, "KeePass 2, format 4, Argon2id"},
		{"a.kdbx", kdbx3, "password_store", 1, "6000 rounds"},
		{"x", sam, "credential_dump", 1, "SAM hive"},
		{"lsass.dmp", []byte("MDMP\x93\xa7\x00\x00 and more"), "credential_dump", 1, "LSASS"},
		{"x.dmp", []byte("MDMP\x93\xa7\x00\x00 and more"), "memory_dump", 1, "minidump"},
		{"b.ab", []byte("ANDROID BACKUP\n5\n1\nnone\nxxxx"), "mobile_backup", 1, "not encrypted"},
	}
	for _, tt := range tests {
		check(t, tt.file, tt.data, tt.class, tt.count, tt.hint)
	}
	r := must(classify.Content(context.Background(), classify.Piece{Name: []byte("a.keytab"), Size: int64(len(keytab)), At: bytes.NewReader(keytab)}))
	if n, _ := r.Finds[0].People.Count(); n != 2 {
		t.Errorf("%d people in the keytab; want 2", n)
	}
}
