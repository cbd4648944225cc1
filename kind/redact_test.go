package kind_test

import (
	"encoding/base64"
	"encoding/hex"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/overgrant/overgrant/kind"
)

func TestRedact_elides_every_secret(t *testing.T) {
	for _, k := range kind.All {
		for _, v := range vectorsOf(t, k.Name, 21) {
			if !v.Find {
				continue
			}
			got := kind.Redact(v.Text)
			for s := range kind.Find([]byte(v.Text)) {
				raw, decoded := kind.SecretOf(v.Text[s.Start:s.End])
				if raw == "" || strings.Contains(got, raw) || strings.Contains(got, decoded) {
					t.Errorf("Redact of a %s keeps its secret: %s", k.Name, kind.Redact(v.Text))
				}
			}
		}
	}
}

func TestRedact_shows_what_is_no_secret(t *testing.T) {
	sig := base64.StdEncoding.EncodeToString(randomBytes(32))
	tests := []struct{ name, text, want string }{
		{"url", "https://contoso.blob.core.windows.net/c/b?sv=2020-08-04&sr=b&sp=r&se=2030-01-01&sig=" + sig,
			"https://contoso.blob.core.windows.net/c/b?sv=2020-08-04&sr=b&sp=r&se=2030-01-01&sig=…"},
		{"unknown", "?sv=2020-08-04&sr=b&sp=r&se=2030-01-01&key=abcdefgh&sig=" + sig, "?sv=2020-08-04&sr=b&sp=r&se=2030-01-01&key=…&sig=…"},
		{"user", "https://me:word@contoso.blob.core.windows.net/c?sv=2020-08-04&sr=c&sp=r&sig=" + sig,
			"https://…@contoso.blob.core.windows.net/c?sv=2020-08-04&sr=c&sp=r&sig=…"},
		{"connection_string", "AccountName=contoso;AccountKey=" + base64.StdEncoding.EncodeToString(randomBytes(64)), "AccountName=contoso;AccountKey=…"},
		{"dictionary", `"sv": "2020-08-04", "sr": "c", "sp": "r", "sig": "` + sig + `"`, `"sv": "2020-08-04", "sr": "c", "sp": "r", "sig": "…"`},
		{"prose", "nothing to see here, sig=1", "nothing to see here, sig=1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := kind.Redact(tt.text); got != tt.want {
				t.Errorf("Redact = %s; want %s", got, tt.want)
			}
		})
	}
}

// One credential has one id, however it is written.
func TestParse_id_is_stable(t *testing.T) {
	raw := base64.StdEncoding.EncodeToString(randomBytes(32))
	forms := []string{raw, strings.TrimRight(raw, "="), strings.NewReplacer("+", "%2B", "/", "%2F", "=", "%3D").Replace(raw),
		strings.NewReplacer("+", "%252b", "/", "%2f", "=", "%253d").Replace(raw), strings.NewReplacer("+", "-", "/", "_").Replace(raw)}
	ids := map[string]bool{}
	for _, f := range forms {
		l, err := kind.Parse("?sv=2020-08-04&sr=b&sp=r&se=2030-01-01&sig=" + f)
		if err != nil {
			t.Fatal(err)
		}
		ids[l.ID] = true
	}
	if len(ids) != 1 {
		t.Errorf("%d ids for one signature; want 1", len(ids))
	}
}

// A random secret is no stand-in. The rules take less than one in a million for
// one; the values are the same in every run, so that chance has no say.
func TestStandIn_spares_random_values(t *testing.T) {
	b := make([]byte, 64)
	values := rand.NewChaCha8([32]byte{1})
	for range 200_000 {
		_, _ = values.Read(b)
		for _, v := range []string{base64.StdEncoding.EncodeToString(b[:32]), base64.StdEncoding.EncodeToString(b)} {
			if why := kind.StandIn(v); why != "" {
				t.Errorf("a random value is taken for a stand-in: %s", why)
			}
		}
		if why := kind.StandInHex(hex.EncodeToString(b[:32])); why != "" {
			t.Errorf("a random hex value is taken for a stand-in: %s", why)
		}
	}
}

func TestStandIn(t *testing.T) {
	for _, v := range []string{"", "<signature>", "{SIG}", "${key}", "...", "Xy...", "****", strings.Repeat("x", 44),
		strings.Repeat("ab", 22), "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ=", "0123456789abcdef0123456789abcdef01234567890=",
		"S/QkxxxPbVWWemtxxxx4hWDLR1836NuT2M9KBuHxxx=", "FakeSecretQ9vZGNY9073LyR7S7PCoD4fGh2kLm7Pq=", "[sas]", "%SAS%",
		base64.StdEncoding.EncodeToString([]byte("this is not a signature at all.."))} {
		if kind.StandIn(v) == "" {
			t.Errorf("StandIn(%q) says nothing", v)
		}
	}
}
