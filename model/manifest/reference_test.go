package manifest_test

import (
	"crypto/x509"
	"errors"
	"os"
	"testing"
	"time"

	"github.com/overgrant/overgrant/model/manifest"
)

func read(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile("testdata/reference/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestReference verifies what several versions of the reference tool signed.
func TestReference(t *testing.T) {
	key, err := manifest.ParsePublicKey(read(t, "key-pub.pem"))
	if err != nil {
		t.Fatal(err)
	}
	roots, err := manifest.ParseCertificates(read(t, "intermediate.pem"))
	if err != nil {
		t.Fatal(err)
	}
	trust := manifest.PublicKey{Key: key}
	at := func(year int) manifest.Certificates {
		return manifest.Certificates{Roots: roots, Now: time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)}
	}
	// The model of each test has a line end here and none there.
	mixed := model{"signme-1": "signme-1\n", "signme-2": "signme-2", "ignore-me": "", "model.sig": "{}"}
	plain := model{"signme-1": "signme-1", "signme-2": "signme-2"}
	tests := []struct {
		bundle string
		trust  manifest.Verifier
		model  model
		want   error // nil if it verifies
	}{
		{"v1.1.0-key", trust, mixed, nil},
		{"v1.1.0-key", trust, plain, errDiffers},
		{"v1.1.0-key", manifest.PublicKey{Key: &newAuthority(t, valid, valid, valid).leaf.key.PublicKey}, mixed, manifest.ErrSignature},
		{"v1.1.0-key", at(2026), mixed, manifest.ErrSignature},
		{"v0.3.1-key", trust, model{"signme-1": "signme-1\n"}, nil},
		{"v0.3.1-key", trust, model{"renamed": "signme-1\n"}, nil},
		{"v0.3.1-key", trust, model{"signme-1": "signme-2\n"}, errDiffers},
		{"v0.3.1-key", trust, model{"signme-1": "signme-1\n", "signme-2": ""}, errDiffers},
		{"v0.3.1-certificate", at(2026), plain, nil},
		{"v1.1.0-certificate", at(2026), plain, nil},
		{"v1.1.0-certificate", at(2026), mixed, errDiffers},
		{"v1.1.0-certificate", at(2024), plain, manifest.ErrSignature},
		{"v1.1.0-certificate", at(2036), plain, manifest.ErrSignature},
		{"v1.1.0-certificate", manifest.Certificates{Roots: []*x509.Certificate{newAuthority(t, valid, valid, valid).root.cert}, Now: now}, plain, manifest.ErrSignature},
		{"v1.1.0-certificate", trust, plain, manifest.ErrSignature},
		{"v0.2.0-certificate", at(2026), plain, manifest.ErrOld},
		{"v1.1.0-sigstore", trust, plain, manifest.ErrSignature},
		{"v1.1.0-sigstore", at(2026), plain, manifest.ErrSignature},
	}
	for _, tt := range tests {
		t.Run(tt.bundle, func(t *testing.T) {
			err := verify(t.Context(), read(t, tt.bundle+"/model.sig"), tt.trust, tt.model, manifest.CompareOptions{})
			if !errors.Is(err, tt.want) {
				t.Errorf("verify() = %v; want %v", err, tt.want)
			}
		})
	}
}

// TestFingerprint names a key as the reference tool does.
func TestFingerprint(t *testing.T) {
	key, err := manifest.ParsePublicKey(read(t, "key-pub.pem"))
	if err != nil {
		t.Fatal(err)
	}
	const want = "e8450dec4eb99dae995da9af1bc2cc9f76ed669ee2e744f57abba763df3e3f8e"
	if got, err := manifest.Fingerprint(key); got != want || err != nil {
		t.Errorf("Fingerprint() = %s, %v; want %s", got, err, want)
	}
}
