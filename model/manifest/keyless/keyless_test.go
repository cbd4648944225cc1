package keyless_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"testing"
	"testing/fstest"

	"github.com/overgrant/overgrant/model/manifest"
	"github.com/overgrant/overgrant/model/manifest/keyless"
)

const reference = "../testdata/reference/"

func read(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(reference + name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestIdentity verifies what the reference tool signed with an identity.
func TestIdentity(t *testing.T) {
	good := keyless.Identity{TrustedRoot: read(t, "trusted_root.json"), Name: "stefanb@us.ibm.com", Issuer: "https://sigstore.verify.ibm.com/oauth2"}
	signed := read(t, "v1.1.0-sigstore/model.sig")
	forged := bytes.Replace(signed, []byte(`"signatures":[{"sig":"MEUC`), []byte(`"signatures":[{"sig":"MEUD`), 1)
	late := bytes.Replace(signed, []byte(`"integratedTime":"1760062340"`), []byte(`"integratedTime":"1760092340"`), 1)
	unlogged := bytes.Replace(signed, []byte(`"rootHash":"V0NA`), []byte(`"rootHash":"V0NB`), 1)
	other := good
	other.Name = "someone@us.ibm.com"
	elsewhere := good
	elsewhere.Issuer = "https://accounts.example.com"
	nobody := good
	nobody.Name = ""
	rootless := good
	rootless.TrustedRoot = []byte(`{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"}`)
	tests := []struct {
		name   string
		bundle []byte
		trust  keyless.Identity
		ok     bool
	}{
		{"signed_elsewhere", signed, good, true},
		{"another_identity", signed, other, false},
		{"another_issuer", signed, elsewhere, false},
		{"no_identity", signed, nobody, false},
		{"another_root", signed, rootless, false},
		{"signature_changed", forged, good, false},
		{"time_of_the_log_changed", late, good, false},
		{"proof_of_the_log_changed", unlogged, good, false},
		{"signed_with_a_key", read(t, "v1.1.0-key/model.sig"), good, false},
		{"signed_with_a_certificate", read(t, "v1.1.0-certificate/model.sig"), good, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, err := manifest.ParseBundle(tt.bundle, manifest.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			s, err := b.Open(tt.trust)
			if !tt.ok {
				if !errors.Is(err, manifest.ErrSignature) {
					t.Fatalf("Open() = %v; want ErrSignature", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			model := fstest.MapFS{"signme-1": {Data: []byte("signme-1")}, "signme-2": {Data: []byte("signme-2")}, "ignore-me": {}}
			r, err := manifest.Compare(context.Background(), s.Manifest, manifest.Tree(context.Background(), model, manifest.TreeOptions{}), manifest.CompareOptions{})
			if err != nil || r.Differs() || r.Count[manifest.Same] != 2 {
				t.Errorf("Compare() = %+v, %v; want two files as signed", r, err)
			}
		})
	}
}
