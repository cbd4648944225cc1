package store_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"filippo.io/age"
	"github.com/overgrant/overgrant/internal/store"
)

// secretKey is the secret half of a key of this run alone.
func secretKey(t testing.TB) (secret, public string) {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return id.String(), id.Recipient().String()
}

func TestParseKey(t *testing.T) {
	secret, public := secretKey(t)
	other, _ := secretKey(t)
	pq, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	swapped := "Q"
	if secret[30] == 'Q' {
		swapped = "P"
	}
	tests := []struct{ name, text, want, err string }{
		{"as_age-keygen_writes_it", "# created: 2026\n# public key: x\n" + secret + "\n", public, ""},
		{"public_half", public, public, ""},
		{"dos_lines", "\r\n" + secret + "\r\n", public, ""},
		{"the_first_seals", secret + "\n" + other, public, ""},
		{"post_quantum", pq.String(), pq.Recipient().String(), ""},
		{"post_quantum_public_half", pq.Recipient().String(), pq.Recipient().String(), ""},
		{"nothing", "", "", "there is none"},
		{"comments_only", "# none\n", "", "there is none"},
		{"passphrase", "correct horse", "", "line 1: not a key"},
		{"cut_off", secret[:40], "", "damaged"},
		{"one_letter_changed", secret[:30] + swapped + secret[31:], "", "damaged"},
		{"damaged_public_half", public[:30], "", "damaged"},
		{"second_line", secret + "\nhello", "", "line 2"},
		{"a_long_line", strings.Repeat("x", 100_000), "", "too long"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			k, err := store.ParseKey(tt.text)
			if tt.err == "" && err != nil || tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)) {
				t.Fatalf("ParseKey() = %v; want %q", err, tt.err)
			}
			if err == nil && k.Recipient() != tt.want {
				t.Errorf("Recipient() = %s; want %s", k.Recipient(), tt.want)
			}
			if err != nil && len(tt.text) > 20 && strings.Contains(err.Error(), tt.text[:20]) {
				t.Errorf("the error repeats the key")
			}
		})
	}
}

func TestKeyNeverPrintsItsSecretHalf(t *testing.T) {
	secret, public := secretKey(t)
	k, err := store.ParseKey(secret)
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		for _, v := range []any{k, &k, struct{ K store.Key }{k}} {
			text := fmt.Sprintf(verb, v)
			if strings.Contains(text, secret[20:40]) || strings.Contains(strings.ToUpper(text), secret[20:40]) {
				t.Errorf("%s of %T prints the secret half", verb, v)
			}
		}
	}
	if fmt.Sprint(k) != "vault key "+public || k.IsZero() || !(store.Key{}).IsZero() {
		t.Errorf("Sprint() = %s; want the public half", k)
	}
}

func TestReadKey(t *testing.T) {
	secret, public := secretKey(t)
	folder := t.TempDir()
	file := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	tests := []struct{ name, file, env, want, err string }{
		{"neither", "", "", "", ""},
		{"from_the_environment", "", secret, public, ""},
		{"the_file_comes_first", file("a", public, 0o644), "damaged", public, ""},
		{"its_owner's_alone", file("b", secret, 0o400), "", public, ""},
		{"readable_by_a_group", file("c", secret, 0o640), "", "", "chmod 600"},
		{"readable_by_all", file("d", secret, 0o604), "", "", "chmod 600"},
		{"not_there", filepath.Join(folder, "none"), secret, "", "cases key"},
		{"a_folder", folder, "", "", "read the vault key"},
		{"too_large", file("e", strings.Repeat("\n", 100_000)+secret, 0o600), "", "", "longer than"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if runtime.GOOS == "windows" && tt.err == "chmod 600" {
				t.Skip("modes say nothing")
			}
			k, err := store.ReadKey(tt.file, tt.env)
			if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Fatalf("ReadKey() = %v; want %q", err, tt.err)
			}
			if k.Recipient() != tt.want {
				t.Errorf("Recipient() = %q; want %q", k.Recipient(), tt.want)
			}
		})
	}
}

func TestNewKeyFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "key")
	made, err := store.NewKeyFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(name); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v; want 0600", info.Mode(), err)
	}
	if read, err := store.ReadKey(name, ""); err != nil || read.Recipient() != made.Recipient() {
		t.Errorf("ReadKey() = %v, %v; want %v", read, err, made)
	}
	if _, err := store.NewKeyFile(name); err == nil {
		t.Error("a key that was there is overwritten")
	}
}

func FuzzParseKey(f *testing.F) {
	secret, public := secretKey(f)
	for _, s := range []string{secret, public, "# a\n\n" + secret, "AGE-SECRET-KEY-PQ-1", "age1", "AGE-SECRET-KEY-1\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		k, err := store.ParseKey(text)
		if (err == nil) == k.IsZero() {
			t.Errorf("ParseKey() = %v, %v; want a key or an error", k, err)
		}
	})
}
