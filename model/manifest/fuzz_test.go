package manifest_test

import (
	"bytes"
	"crypto/elliptic"
	"path"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/overgrant/overgrant/model/manifest"
)

// anyone trusts everybody, so that what follows a signature is fuzzed too.
type anyone struct{}

func (anyone) Verify(*manifest.Bundle) (string, error) { return "anyone", nil }

func FuzzBundle(f *testing.F) {
	key := newKey(f, elliptic.P256())
	f.Add(sign(f, build(f, simple, manifest.BuildOptions{}), manifest.Signer{Key: key}))
	for _, name := range []string{"v1.1.0-key", "v1.1.0-certificate", "v1.1.0-sigstore", "v0.3.1-key", "v0.2.0-certificate"} {
		f.Add(read(f, name+"/model.sig"))
	}
	f.Add([]byte(`{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{"publicKey":{}},"dsseEnvelope":{"payload":"e30=","payloadType":"application/vnd.in-toto+json","signatures":[{"sig":"AA=="}]}}`))
	f.Add([]byte(strings.Repeat("[", 1000)))
	trust := manifest.PublicKey{Key: &key.PublicKey}
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := manifest.ParseBundle(data, manifest.Limits{Resources: 1000})
		if err != nil {
			return
		}
		_, _ = b.Open(trust)
		_, _ = b.Open(manifest.Certificates{Now: now})
		if s, err := b.Open(anyone{}); err == nil && len(s.Resources) == 0 {
			t.Error("a bundle that covers nothing was opened")
		}
	})
}

func FuzzStatement(f *testing.F) {
	for _, opt := range []manifest.BuildOptions{{}, {ShardSize: 3, Notes: manifest.NoteMD5}, {Hash: manifest.BLAKE2b, Ignored: []string{"x/y"}}} {
		text, err := build(f, simple, opt).Statement()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(`{"predicate":{"resources":[{"annotations":[]}]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := manifest.ParseStatement(data, manifest.Limits{Resources: 1000})
		if err != nil {
			return
		}
		one, err := m.Statement()
		if err != nil {
			t.Fatal(err)
		}
		again, err := manifest.ParseStatement(one, manifest.Limits{Resources: 1000})
		if err != nil {
			t.Fatalf("ParseStatement() of what was written = %v", err)
		}
		if two, err := again.Statement(); err != nil || !bytes.Equal(one, two) {
			t.Errorf("Statement() = %s; then %s, %v", one, two, err)
		}
		if again.Root() != m.Root() || again.Files() != m.Files() {
			t.Error("what was read again is another manifest")
		}
		if _, err := manifest.Compare(t.Context(), m, stored(object{name: "signme-1", text: "signme-1"}), manifest.CompareOptions{Workers: 1}); err != nil {
			t.Errorf("Compare() = %v", err)
		}
	})
}

func FuzzPath(f *testing.F) {
	for _, p := range []string{"a", "./a//b/", "../a", "/a", "a\x00", "\xff", "..a", "模/型"} {
		f.Add(p)
	}
	f.Fuzz(func(t *testing.T, p string) {
		got, err := manifest.CleanPath(p)
		if err != nil {
			return
		}
		if !utf8.ValidString(got) || path.IsAbs(got) || got != path.Clean(got) || got == ".." || strings.HasPrefix(got, "../") {
			t.Errorf("CleanPath(%q) = %q", p, got)
		}
		if again, err := manifest.CleanPath(got); err != nil || again != got {
			t.Errorf("CleanPath(%q) = %q, %v; want itself", got, again, err)
		}
		_ = manifest.Ignores([]string{"a"}, got)
	})
}
