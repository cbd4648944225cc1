package store

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"strings"

	"filippo.io/age"
)

// Key is the key of a vault: an age identity, or its public half alone, which
// seals but does not open. It never prints its secret half. The zero value is no
// key.
type Key struct {
	recipient  age.Recipient
	public     string // of recipient
	identities []age.Identity
}

// IsZero reports whether there is no key.
func (k Key) IsZero() bool { return k.recipient == nil }

// Recipient returns the public half, which may be shown: age1...
func (k Key) Recipient() string { return k.public }

// String returns the public half, so that no verb prints the other.
func (k Key) String() string { return k.public }

// Format prints the public half under every verb.
func (k Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "vault key "+k.public) }

// KeyEnv is the environment variable that may hold the key of the vault.
const KeyEnv = "OVERGRANT_VAULT_KEY"

// maxKey bounds a file of keys, in bytes.
const maxKey = 64 << 10

// ParseKey reads a key as age-keygen writes it: lines of AGE-SECRET-KEY-1... or
// age1..., empty lines, and comments after "#". The first key seals; all of them
// open, so that a new key may stand above an old one. Errors never repeat a line.
func ParseKey(text string) (Key, error) {
	var k Key
	lines := bufio.NewScanner(strings.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if err := k.add(line); err != nil {
			return Key{}, fmt.Errorf("read the vault key: line %d: %w", n, err)
		}
	}
	if lines.Err() != nil {
		return Key{}, errors.New("read the vault key: a line is too long for a key")
	}
	if k.recipient == nil {
		return Key{}, errors.New("read the vault key: there is none; want a line AGE-SECRET-KEY-1... or age1..., as overgrant cases key FILE or age-keygen write it")
	}
	return k, nil
}

func (k *Key) add(line string) error {
	var to age.Recipient
	var public string
	switch upper := strings.ToUpper(line); {
	case strings.HasPrefix(upper, "AGE-SECRET-KEY-PQ-"):
		id, err := age.ParseHybridIdentity(line)
		if err != nil {
			return errors.New("a damaged AGE-SECRET-KEY-PQ")
		}
		to, public = id.Recipient(), id.Recipient().String()
		k.identities = append(k.identities, id)
	case strings.HasPrefix(upper, "AGE-SECRET-KEY-"):
		id, err := age.ParseX25519Identity(line)
		if err != nil {
			return errors.New("a damaged AGE-SECRET-KEY")
		}
		to, public = id.Recipient(), id.Recipient().String()
		k.identities = append(k.identities, id)
	case strings.HasPrefix(line, "age1"):
		all, err := age.ParseRecipients(strings.NewReader(line))
		if err != nil || len(all) != 1 {
			return errors.New("a damaged age1")
		}
		to, public = all[0], line
	default:
		return errors.New("not a key of age; want AGE-SECRET-KEY-1... or age1... (a passphrase is none)")
	}
	if k.recipient == nil {
		k.recipient, k.public = to, public
	}
	return nil
}

// ReadKey reads the key of the vault from a file, or if name is empty from the
// text of the environment variable KeyEnv. Both empty is no key and no error. A
// file with a secret half must be its owner's alone.
func ReadKey(name, env string) (Key, error) {
	if name == "" {
		if env == "" {
			return Key{}, nil
		}
		return ParseKey(env)
	}
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return Key{}, fmt.Errorf("open the vault key: %w; make one with: overgrant cases key %s", err, name)
	}
	if err != nil {
		return Key{}, fmt.Errorf("open the vault key: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return Key{}, fmt.Errorf("open the vault key: %w", err)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxKey+1))
	switch {
	case err != nil:
		return Key{}, fmt.Errorf("read the vault key: %w", err)
	case len(text) > maxKey:
		return Key{}, fmt.Errorf("read the vault key %s: longer than %d bytes: no file of keys", name, maxKey)
	}
	k, err := ParseKey(string(text))
	if err != nil {
		return Key{}, err
	}
	if open := info.Mode().Perm() & 0o077; open != 0 && runtime.GOOS != "windows" && info.Mode().IsRegular() && len(k.identities) > 0 {
		return Key{}, fmt.Errorf("read the vault key %s: others may read it too (mode %04o); take that away with: chmod 600 %[1]s", name, info.Mode().Perm())
	}
	return k, nil
}

// NewKeyFile makes a key and writes it to a file that only its owner may read. A
// file that is there already is left alone, and is an error.
func NewKeyFile(name string) (Key, error) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return Key{}, fmt.Errorf("make a vault key: %w", err)
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return Key{}, fmt.Errorf("make a vault key: %w", err)
	}
	_, err = fmt.Fprintf(f, "# overgrant vault key: opens the links of a store. Keep a copy; without it they are lost.\n# public key: %s\n%s\n", id.Recipient(), id)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		_ = os.Remove(name) // a part of a key opens nothing
		return Key{}, fmt.Errorf("make a vault key: %w", err)
	}
	return Key{recipient: id.Recipient(), public: id.Recipient().String(), identities: []age.Identity{id}}, nil
}
