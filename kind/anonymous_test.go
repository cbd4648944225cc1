package kind_test

import (
	"testing"

	"github.com/overgrant/overgrant/kind"
)

func TestAnonymous(t *testing.T) {
	tests := []struct{ name, text, account, container, path string }{
		{"blob", "https://contoso.blob.core.windows.net/public/a%20b/c.bin", "contoso", "public", "a b/c.bin"},
		{"container", " https://contoso.blob.core.windows.net/public ", "contoso", "public", ""},
		{"emulator", "http://127.0.0.1:10000/contoso/public/x", "contoso", "public", "x"},
		{"emulator_elsewhere", "https://127.0.0.1:41234/contoso/public/x", "contoso", "public", "x"},
		{"account", "https://contoso.blob.core.windows.net/", "", "", ""},
		{"no_scheme", "contoso.blob.core.windows.net/public", "", "", ""},
		{"share", "https://contoso.file.core.windows.net/share", "", "", ""},
		{"with_a_query", "https://contoso.blob.core.windows.net/public?sv=1&sig=a", "", "", ""},
		{"with_a_login", "https://a:b@contoso.blob.core.windows.net/public", "", "", ""},
		{"elsewhere", "https://example.com/public", "", "", ""},
		{"nothing", "", "", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l, err := kind.Anonymous(tt.text)
			g := &l.Grant
			if (err == nil) != (tt.account != "") || g.Account != tt.account || g.Container != tt.container || g.Path != tt.path {
				t.Errorf("Anonymous = %+v, %v", *g, err)
			}
		})
	}
	one, _ := kind.Anonymous("https://contoso.blob.core.windows.net/public/a")
	two, _ := kind.Anonymous("https://contoso.blob.core.windows.net/public/b")
	other, _ := kind.Anonymous("https://contoso.blob.core.windows.net/private/a")
	if one.ID != two.ID || one.ID == other.ID || len(one.ID) != 64 {
		t.Errorf("ids %.8s %.8s %.8s; want one for each container", one.ID, two.ID, other.ID)
	}
}

func FuzzAnonymous(f *testing.F) {
	f.Add("https://contoso.blob.core.windows.net/public/a%20b/c.bin")
	f.Add("http://127.0.0.1:10000/contoso/public/x")
	f.Fuzz(func(t *testing.T, text string) {
		if l, err := kind.Anonymous(text); err == nil && (l.Grant.Account == "" || l.Grant.Container == "" || l.ID == "") {
			t.Errorf("Anonymous(%q) = %+v", text, l.Grant)
		}
	})
}
