package pipeline

import (
	"crypto/rand"
	"encoding/base64"
	"net/url"
	"strings"
	"testing"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/find"
)

func TestRedactPlaces(t *testing.T) {
	sum := make([]byte, 32)
	_, _ = rand.Read(sum)
	raw := base64.StdEncoding.EncodeToString(sum)
	sig := url.QueryEscape(raw)
	r := redactor{find.New(find.Options{})}
	tests := []struct{ name, text string }{
		{"a_whole_link", "docs/https://contoso.blob.core.windows.net/c/b?sv=2022-11-02&sr=b&sp=r&se=2030-01-01&sig=" + sig + ".md"},
		{"altered_to_fit_a_ref", "refs/heads/contoso/c/b/sv=2022-11-02&sr=b&sig=" + sig},
		{"no_other_parameter", "x sig=" + sig},
		{"upper_case_name", "x SIG=" + sig + " y"},
		{"after_a_letter_that_shrinks", "İİİİ Sig=" + sig},
		{"bytes_that_are_no_text", "\xff\xfe sig=" + sig},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := overgrant.Sighting{Place: overgrant.Place{Path: tt.text, Ref: tt.text}, Author: tt.text, Refs: []string{"refs/heads/main", tt.text}}
			r.sighting(&s)
			for _, got := range append(s.Refs, s.Path, s.Ref, s.Author) {
				if strings.Contains(got, sig) || strings.Contains(got, raw) {
					t.Errorf("the secret is still there")
				}
			}
			if s.Refs[0] != "refs/heads/main" {
				t.Errorf("Refs[0] = %q; want refs/heads/main", s.Refs[0])
			}
		})
	}
	for _, plain := range []string{"", "README.md", "src/signature=a.go", "Ada <ada@contoso.example>"} {
		if got := r.text(plain); got != plain {
			t.Errorf("text(%q) = %q; want it unchanged", plain, got)
		}
	}
}
