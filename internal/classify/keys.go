package classify

import (
	"bytes"
	"encoding/asn1"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"maps"
	"math/big"
	"math/bits"
	"slices"
	"strings"

	"github.com/overgrant/overgrant"
)

// keys are the private keys in a text. Each is counted once.
type keys struct {
	salt uint64
	seen map[uint64]bool
	like map[string]int64 // by what it is: RSA, 4096 bits, encrypted
	to   int              // up to here they were looked for
}

// longKey is the longest key in text, in bytes: an RSA key of 16,384 bits has
// 13,000. manyKeys bounds how many of one text are told apart.
const (
	longKey  = 32 << 10
	manyKeys = 1 << 16
)

// addKeys makes l find what keys in text begin with.
func addKeys(l *lexicon) {
	for _, text := range []string{"---begin ", "--- begin ", "putty-user-key-file-", "privatekey"} {
		l.add(text, event{number: keyMaterial})
	}
}

// look reads the key that begins around b[at:].
func (k *keys) look(b []byte, at int) {
	if at < k.to {
		return
	}
	rest := b[at:min(len(b), at+longKey)]
	var found privateKeyFound
	var ok bool
	switch fold[rest[0]] {
	case '-':
		found, ok = readArmor(rest)
	case 'p':
		if fold[rest[1]] == 'u' {
			found, ok = readPuTTY(rest)
		} else {
			found, ok = readWireGuard(rest)
		}
	}
	if !ok {
		return
	}
	k.to = at + found.length
	k.take(found)
}

func (k *keys) take(found privateKeyFound) {
	h := hash(k.salt, found.body)
	if k.seen[h] || len(k.seen) >= manyKeys {
		return
	}
	if k.seen == nil {
		k.seen, k.like = map[uint64]bool{}, map[string]int64{}
	}
	k.seen[h] = true
	k.like[found.String()]++
}

func (k *keys) finds(all []overgrant.Find, p Piece) []overgrant.Find {
	if len(k.seen) == 0 {
		return all
	}
	f := privateKey.Find(p, int64(len(k.seen)))
	f.Hint = told(k.like)
	return append(all, f)
}

// told lists what there is, most first, each with its number where it is not
// the only one.
func told(like map[string]int64) string {
	sorted := slices.SortedFunc(maps.Keys(like), func(a, b string) int {
		if like[a] != like[b] {
			return int(like[b] - like[a])
		}
		return strings.Compare(a, b)
	})
	var hints []string
	for _, what := range sorted[:min(len(sorted), manyHints)] {
		if n := like[what]; n > 1 || len(sorted) > 1 {
			what = fmt.Sprintf("%d times %s", n, what)
		}
		hints = append(hints, what)
	}
	return strings.Join(hints, "; ")
}

// privateKeyFound is one private key.
type privateKeyFound struct {
	algorithm string // RSA, P-256, Ed25519; empty if it cannot be told
	bits      int    // 0 if it cannot be told, or the algorithm says it
	sealed    bool   // a password protects it
	in        string // the format, where it says more: PGP
	body      []byte // tells it from others
	length    int    // bytes of text
}

// String describes the key.
func (f privateKeyFound) String() string {
	text := f.algorithm
	if text == "" {
		text = "private key"
	}
	if f.in != "" {
		text = f.in + " " + text
	}
	if f.bits > 0 {
		text += fmt.Sprintf(", %d bits", f.bits)
	}
	if f.sealed {
		return text + ", encrypted"
	}
	return text + ", not encrypted"
}

// readArmor reads a key between a BEGIN and an END line: PEM, OpenSSH, SSH2 or
// PGP. Line ends may be written as \n, as they are inside JSON.
func readArmor(text []byte) (found privateKeyFound, ok bool) {
	begin := bytes.IndexByte(text, ' ')
	if text[3] == ' ' {
		begin = 4 + bytes.IndexByte(text[4:], ' ')
	}
	label, rest, ok := bytes.Cut(text[begin+1:], []byte("---"))
	if !ok || len(label) > 64 || !bytes.Contains(bytes.ToUpper(label), []byte("PRIVATE KEY")) {
		return found, false
	}
	rest = bytes.TrimLeft(rest, "-")
	body, _, ok := bytes.Cut(rest, []byte("---"))
	if !ok {
		return found, false
	}
	found.length = len(text) - len(rest) + len(body)
	name := strings.ToUpper(string(bytes.TrimSpace(label)))
	headers, raw := unarmor(body, name)
	if len(raw) < 32 {
		return found, false
	}
	found.body = raw
	found.sealed = strings.Contains(name, "ENCRYPTED") || strings.Contains(headers, "ENCRYPTED")
	switch {
	case strings.HasPrefix(name, "PGP"):
		found.in = "PGP"
		found.packets(raw)
	case strings.HasPrefix(name, "OPENSSH"):
		found.openSSH(raw)
	default:
		found.der(raw)
		if found.algorithm == "" {
			found.algorithm, _, _ = strings.Cut(strings.TrimPrefix(name, "ENCRYPTED "), "PRIVATE KEY")
			found.algorithm = strings.TrimSpace(found.algorithm)
		}
	}
	return found, true
}

// unarmor returns the headers and the decoded body of what stands between BEGIN
// and END.
func unarmor(body []byte, name string) (headers string, raw []byte) {
	text := strings.NewReplacer(`\r`, "\n", `\n`, "\n", `\t`, "\n", "\r", "\n").Replace(string(body))
	var plain strings.Builder
	for line := range strings.Lines(text) {
		line = strings.Trim(line, " \t\n\"',;>#*\\")
		switch {
		case strings.Contains(line, ": ") || strings.HasPrefix(line, "Version"):
			headers += strings.ToUpper(line) + "\n"
		case strings.HasPrefix(line, "=") && strings.HasPrefix(name, "PGP"):
			// The checksum of the armour.
		default:
			plain.WriteString(line)
		}
	}
	raw, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(plain.String(), "="))
	if err != nil {
		return headers, nil
	}
	return headers, raw
}

// The algorithms of keys in PKCS#8, and their curves.
//
// Source: RFC 8017, RFC 5480, RFC 8410, SEC 2.
var keyAlgorithms = map[string]string{
	"1.2.840.113549.1.1.1": "RSA", "1.2.840.113549.1.1.10": "RSA", "1.2.840.10045.2.1": "EC", "1.2.840.10040.4.1": "DSA",
	"1.3.101.110": "X25519", "1.3.101.111": "X448", "1.3.101.112": "Ed25519", "1.3.101.113": "Ed448", "1.2.840.113549.1.3.1": "DH",
	"1.2.840.10045.3.1.7": "P-256", "1.3.132.0.34": "P-384", "1.3.132.0.35": "P-521", "1.3.132.0.33": "P-224", "1.3.132.0.10": "secp256k1",
	"1.3.36.3.3.2.8.1.1.7": "brainpoolP256r1", "1.3.36.3.3.2.8.1.1.11": "brainpoolP384r1", "1.3.36.3.3.2.8.1.1.13": "brainpoolP512r1",
}

// der reads a key of PKCS#8, PKCS#1, SEC 1 or the form of OpenSSL for DSA.
func (f *privateKeyFound) der(raw []byte) {
	var info struct {
		Version   int
		Algorithm struct {
			ID   asn1.ObjectIdentifier
			Rest asn1.RawValue `asn1:"optional"`
		}
		Key []byte
	}
	if _, err := asn1.Unmarshal(raw, &info); err == nil {
		f.algorithm = keyAlgorithms[info.Algorithm.ID.String()]
		switch f.algorithm {
		case "EC":
			var curve asn1.ObjectIdentifier
			if _, err := asn1.Unmarshal(info.Algorithm.Rest.FullBytes, &curve); err == nil && keyAlgorithms[curve.String()] != "" {
				f.algorithm = keyAlgorithms[curve.String()]
			}
		case "RSA":
			f.der(info.Key)
		case "DSA":
			var params struct{ P *big.Int }
			if _, err := asn1.Unmarshal(info.Algorithm.Rest.FullBytes, &params); err == nil {
				f.bits = params.P.BitLen()
			}
		}
		return
	}
	var ec struct {
		Version int
		Key     []byte
		Curve   asn1.ObjectIdentifier `asn1:"optional,explicit,tag:0"`
	}
	if _, err := asn1.Unmarshal(raw, &ec); err == nil {
		if f.algorithm = keyAlgorithms[ec.Curve.String()]; f.algorithm == "" {
			f.algorithm = "EC"
		}
		return
	}
	var numbers []*big.Int
	if _, err := asn1.Unmarshal(raw, &numbers); err == nil && len(numbers) >= 6 {
		f.algorithm, f.bits = "RSA", numbers[1].BitLen()
		if len(numbers) == 6 {
			f.algorithm = "DSA"
		}
	}
}

// openSSH reads the format of OpenSSH's own keys.
//
// Source: openssh-portable, PROTOCOL.key.
func (f *privateKeyFound) openSSH(raw []byte) {
	rest, ok := bytes.CutPrefix(raw, []byte("openssh-key-v1\x00"))
	if !ok {
		return
	}
	cipher, rest := field(rest)
	_, rest = field(rest) // the name of the key derivation
	_, rest = field(rest) // its options
	if len(rest) < 4 {
		return
	}
	public, _ := field(rest[4:])
	f.sealed = string(cipher) != "none"
	f.sshPublic(public)
}

// sshPublic tells algorithm and size from a public key.
//
// Source: RFC 4253 6.6, RFC 5656 3.1, RFC 8709.
func (f *privateKeyFound) sshPublic(public []byte) {
	kind, rest := field(public)
	switch name := strings.TrimPrefix(string(kind), "sk-"); {
	case name == "ssh-rsa":
		_, rest = field(rest)
		modulus, _ := field(rest)
		f.algorithm, f.bits = "RSA", bitLen(modulus)
	case name == "ssh-dss":
		p, _ := field(rest)
		f.algorithm, f.bits = "DSA", bitLen(p)
	case strings.HasPrefix(name, "ssh-ed25519"):
		f.algorithm = "Ed25519"
	case strings.HasPrefix(name, "ecdsa-sha2-nistp256"):
		f.algorithm = "P-256"
	case strings.HasPrefix(name, "ecdsa-sha2-nistp384"):
		f.algorithm = "P-384"
	case strings.HasPrefix(name, "ecdsa-sha2-nistp521"):
		f.algorithm = "P-521"
	}
}

// field returns the first field of SSH data, after its length, and the rest;
// nil if they are cut short.
func field(b []byte) (first, rest []byte) {
	if len(b) < 4 {
		return nil, nil
	}
	n := binary.BigEndian.Uint32(b)
	if uint64(n) > uint64(len(b)-4) {
		return nil, nil
	}
	return b[4 : 4+n], b[4+n:]
}

func bitLen(number []byte) int {
	number = bytes.TrimLeft(number, "\x00")
	if len(number) == 0 {
		return 0
	}
	return 8*(len(number)-1) + bits.Len8(number[0])
}

// readPuTTY reads a key of PuTTY.
//
// Source: PuTTY user manual, appendix C.
func readPuTTY(text []byte) (found privateKeyFound, ok bool) {
	found.sealed = true
	var public []byte
	lines := 0
	for line := range bytes.Lines(text) {
		found.length += len(line)
		name, value, _ := bytes.Cut(bytes.TrimSpace(line), []byte(": "))
		if found.length > len(line) && bytes.HasPrefix(name, []byte("PuTTY-User-Key-File-")) {
			return found, false
		}
		switch {
		case lines > 0:
			public = append(public, bytes.TrimSpace(line)...)
			lines--
		case string(name) == "Encryption":
			found.sealed = string(value) != "none"
		case string(name) == "Public-Lines":
			lines = min(num(digitValues(value)), 1000)
		case string(name) == "Private-MAC" || string(name) == "Private-Hash":
			raw, err := base64.StdEncoding.DecodeString(string(public))
			if err != nil || len(raw) < 16 {
				return found, false
			}
			found.body = raw
			found.sshPublic(raw)
			return found, true
		}
	}
	return found, false
}

func digitValues(text []byte) []byte {
	var d []byte
	for _, c := range text[:min(len(text), 9)] {
		if isDigit(c) {
			d = append(d, c-'0')
		}
	}
	return d
}

// readWireGuard reads the key of a WireGuard interface: PrivateKey = and 32
// bytes in Base64.
func readWireGuard(text []byte) (found privateKeyFound, ok bool) {
	rest := bytes.TrimLeft(text[len("privatekey"):], " \t")
	rest, ok = bytes.CutPrefix(rest, []byte("="))
	rest = bytes.TrimLeft(rest, " \t")
	if !ok || len(rest) < 44 || len(rest) > 44 && isAlnum(rest[44]) {
		return found, false
	}
	raw, err := base64.StdEncoding.DecodeString(string(rest[:44]))
	if err != nil || len(raw) != 32 || entropy(rest[:43]) < 3.5 {
		return found, false
	}
	return privateKeyFound{in: "WireGuard", algorithm: "X25519", body: raw, length: len(text) - len(rest) + 44}, true
}
