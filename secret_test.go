package overgrant_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/overgrant/overgrant"
)

func TestSecretNeverPrints(t *testing.T) {
	const text = "correct horse battery staple"
	s := overgrant.NewSecret(text)
	holder := struct {
		Name   string
		hidden overgrant.Secret
		Link   overgrant.Link
	}{"x", s, overgrant.Link{ID: "1", Secret: s}}

	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%p", "%T"} {
		fmt.Fprintf(&out, verb+" "+verb+" "+verb+"\n", s, &s, holder)
	}
	fmt.Fprintln(&out, s, &holder, []overgrant.Secret{s}, map[string]overgrant.Secret{"k": s}, fmt.Errorf("wrap %v", s))
	slog.New(slog.NewTextHandler(&out, nil)).Info("link", "secret", s, "holder", holder)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("link", "secret", s, "holder", holder)
	if err := json.NewEncoder(&out).Encode(holder); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "horse") {
		t.Errorf("a secret was printed")
	}
	if hex := fmt.Sprintf("%x", text); strings.Contains(out.String(), hex) {
		t.Errorf("a secret was printed in hexadecimal")
	}
	if s.Reveal() != text {
		t.Errorf("Reveal() does not give the text back")
	}
}

func TestSecretFingerprint(t *testing.T) {
	a, b, none := overgrant.NewSecret("a"), overgrant.NewSecret("b"), overgrant.Secret{}
	if a.String() == b.String() {
		t.Errorf("two secrets have the fingerprint %s", a)
	}
	if a.String() != overgrant.NewSecret("a").String() {
		t.Errorf("one text has two fingerprints")
	}
	if got := none.String(); got != "secret:none" {
		t.Errorf("Secret{}.String() = %q; want secret:none", got)
	}
	if none.Reveal() != "" {
		t.Errorf("the zero Secret holds text")
	}
}
