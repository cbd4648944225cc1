package kind_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/overgrant/overgrant/kind"
)

// stray is a secret that stands where none should, as it may be written.
type stray struct {
	form   string
	plain  string
	inURLs string
}

// strays returns random secrets in the forms of all kinds.
func strays() []stray {
	escape := strings.NewReplacer("+", "%2B", "/", "%2F", "=", "%3D")
	all := []stray{{form: "hex", plain: hex.EncodeToString(randomBytes(32))}}
	for _, n := range []int{20, 32, 64, 256} {
		all = append(all, stray{form: "base64", plain: base64.StdEncoding.EncodeToString(randomBytes(n))})
	}
	for i := range all {
		all[i].inURLs = escape.Replace(all[i].plain)
	}
	return all
}

var assignment = regexp.MustCompile(`(^|[?&;])([A-Za-z0-9-]{2,40})=([^&;\s"']*)`)

// Whatever parameter a secret stands in, and wherever beside them, neither the
// grant nor the redacted text shows it.
func TestParse_shows_no_secret_in_any_position(t *testing.T) {
	changed := 0
	for _, k := range kind.All {
		for _, v := range vectorsOf(t, k.Name, 33) {
			for s := range kind.Find([]byte(v.Text)) {
				text := v.Text[s.Start:s.End]
				for _, m := range assignment.FindAllStringSubmatchIndex(text, -1) {
					for _, x := range strays() {
						for _, written := range []string{x.plain, x.inURLs} {
							checkHidden(t, k.Name, "value", text[:m[6]]+written+text[m[7]:], x)
							checkHidden(t, k.Name, "unknown", text[:m[4]]+"other="+written+"&"+text[m[4]:], x)
							checkHidden(t, k.Name, "after a name", text[:m[6]]+text[m[6]:m[7]]+"&extra="+written+text[m[7]:], x)
							changed += 3
						}
						if x.form == "hex" {
							checkHidden(t, k.Name, "name", text[:m[4]]+x.plain+"=1&"+text[m[4]:], x)
							checkHidden(t, k.Name, "alone", text[:m[4]]+x.plain+"&"+text[m[4]:], x)
						}
					}
				}
			}
		}
	}
	if changed < 5000 {
		t.Errorf("%d texts were tried; want 5,000 at least", changed)
	}
}

// checkHidden parses every link of text and looks for x in what may be shown.
func checkHidden(t *testing.T, kindName, where, text string, x stray) {
	t.Helper()
	for s := range kind.Find([]byte(text)) {
		l, err := kind.Parse(text[s.Start:s.End])
		if err != nil {
			continue
		}
		kind.Join(&l, text, s.Start)
		grant, err := json.Marshal(l.Grant)
		if err != nil {
			t.Fatal(err)
		}
		for _, form := range []string{x.plain, x.inURLs} {
			if strings.Contains(string(grant), form) || strings.Contains(l.Redacted, form) {
				safe := strings.NewReplacer(x.plain, "<secret>", x.inURLs, "<secret>")
				t.Fatalf("%s, %s in %s: shown\n%s\n%s", kindName, x.form, where, safe.Replace(string(grant)), safe.Replace(l.Redacted))
			}
		}
	}
}

func TestParse_shows_no_secret_beside_the_link(t *testing.T) {
	const word = "Tr0ub4dor-and-3"
	sig := base64.StdEncoding.EncodeToString(randomBytes(32))
	key := base64.StdEncoding.EncodeToString(randomBytes(64))
	other := base64.StdEncoding.EncodeToString(randomBytes(32))
	query := "?sv=2020-08-04&sr=b&sp=r&se=2030-01-01&sig=" + sig
	tests := []struct{ name, text string }{
		{"login_of_an_endpoint", "BlobEndpoint=https://me:" + word + "@contoso.blob.core.windows.net/;AccountName=contoso;AccountKey=" + key},
		{"login_of_the_second_endpoint", "BlobEndpoint=https://contoso.blob.core.windows.net/;QueueEndpoint=https://me:" + word + "@contoso.queue.core.windows.net/;AccountKey=" + key},
		{"login_in_the_path", "https://proxy.example/https%3A%2F%2Fme:" + word + "@h.example/b" + query},
		{"link_in_the_path", "https://proxy.example/https%3A%2F%2Fcontoso.blob.core.windows.net%2Fc%2Fb%3Fsv%3D2020-08-04%26sig%3D" + word + query},
		{"between_pairs", `{"sig": "` + sig + `", "password": "` + word + `", "sv": "2020-08-04", "sr": "c", "sp": "r"}`},
		{"inside_a_pair", `{"name": "sig", "note": "` + word + `", "value": "` + sig + `"}, {"name":"sv","value":"2020-08-04"}, {"name":"sr","value":"c"}, {"name":"sp","value":"r"}`},
		{"after_a_pair", `{"sv": "2020-08-04", "pin": "` + word + `", "sr": "c", "sp": "r", "sig": "` + sig + `"}`},
		{"user_name_and_password", "https://me:" + word + "@contoso.blob.core.windows.net/c/b" + query},
		{"key_as_the_account", "AccountName=" + other + ";AccountKey=contoso;EndpointSuffix=core.windows.net"},
		{"signature_as_a_header", "BlobEndpoint=https://contoso.blob.core.windows.net/;SharedAccessSignature=sv=2020-08-04&rscd=" + other + "&ss=b&srt=o&sp=r&sig=" + sig},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			found := 0
			for range kind.Find([]byte(tt.text)) {
				found++
			}
			if found == 0 {
				t.Fatal("no link is found")
			}
			for _, secret := range []string{word, other, key, sig} {
				if strings.Contains(tt.text, secret) {
					checkHidden(t, tt.name, "text", tt.text, stray{form: "word", plain: secret, inURLs: secret})
				}
			}
		})
	}
}

// The equals signs at the end of a key are no parameter.
func TestParse_elides_the_whole_of_a_key(t *testing.T) {
	for range 5000 {
		l, err := kind.Parse(base64.StdEncoding.EncodeToString(randomBytes(64)))
		if err != nil || l.Redacted != "…" || len(l.Grant.Unknown) > 0 {
			t.Fatalf("Parse of a key: %v, %d characters shown, %d unknown parameters; want one and none", err, len(l.Redacted), len(l.Grant.Unknown))
		}
	}
}
