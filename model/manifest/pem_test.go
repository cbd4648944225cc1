package manifest_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"testing"

	"github.com/overgrant/overgrant/model/manifest"
)

func armoured(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func must(t testing.TB) func(der []byte, err error) []byte {
	return func(der []byte, err error) []byte {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
}

func TestParsePrivateKey(t *testing.T) {
	key := newKey(t, elliptic.P521())
	pkcs8 := armoured("PRIVATE KEY", must(t)(x509.MarshalPKCS8PrivateKey(key)))
	sec1 := armoured("EC PRIVATE KEY", must(t)(x509.MarshalECPrivateKey(key)))
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		text []byte
		ok   bool
		want error
	}{
		{"pkcs8", pkcs8, true, nil},
		{"sec1", sec1, true, nil},
		{"behind_parameters", append(armoured("EC PARAMETERS", []byte{6, 0}), sec1...), true, nil},
		{"encrypted", armoured("ENCRYPTED PRIVATE KEY", []byte{1}), false, manifest.ErrEncrypted},
		{"encrypted_the_old_way", pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Headers: map[string]string{"Proc-Type": "4,ENCRYPTED"}, Bytes: []byte{1}}), false, manifest.ErrEncrypted},
		{"ed25519", armoured("PRIVATE KEY", must(t)(x509.MarshalPKCS8PrivateKey(ed))), false, nil},
		{"p224", armoured("EC PRIVATE KEY", must(t)(x509.MarshalECPrivateKey(newKey(t, elliptic.P224())))), false, nil},
		{"rsa", armoured("RSA PRIVATE KEY", []byte{1}), false, nil},
		{"broken", armoured("PRIVATE KEY", []byte("secret")), false, nil},
		{"public", armoured("PUBLIC KEY", must(t)(x509.MarshalPKIXPublicKey(&key.PublicKey))), false, nil},
		{"nothing", nil, false, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := manifest.ParsePrivateKey(tt.text)
			if tt.ok && (err != nil || !got.Equal(key)) {
				t.Fatalf("ParsePrivateKey() = %v; want the key", err)
			}
			if !tt.ok && (err == nil || tt.want != nil && !errors.Is(err, tt.want)) {
				t.Errorf("ParsePrivateKey() = %v; want %v", err, tt.want)
			}
			if err != nil && bytes.Contains([]byte(err.Error()), []byte("secret")) {
				t.Errorf("the error shows the key: %v", err)
			}
		})
	}
}

func TestParsePublicKey(t *testing.T) {
	a := newAuthority(t, valid, valid, valid)
	spki := armoured("PUBLIC KEY", must(t)(x509.MarshalPKIXPublicKey(&a.leaf.key.PublicKey)))
	ed, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		text []byte
		want *ecdsa.PublicKey
	}{
		{"spki", spki, &a.leaf.key.PublicKey},
		{"certificate", armoured("CERTIFICATE", a.leaf.cert.Raw), &a.leaf.key.PublicKey},
		{"ed25519", armoured("PUBLIC KEY", must(t)(x509.MarshalPKIXPublicKey(ed))), nil},
		{"broken", armoured("PUBLIC KEY", []byte{1}), nil},
		{"broken_certificate", armoured("CERTIFICATE", []byte{1}), nil},
		{"nothing", []byte("nothing"), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := manifest.ParsePublicKey(tt.text)
			if tt.want == nil && err == nil || tt.want != nil && (err != nil || !got.Equal(tt.want)) {
				t.Errorf("ParsePublicKey() = %v, %v; want %v", got, err, tt.want)
			}
		})
	}
	if all, err := manifest.ParseCertificates(append(spki, armoured("CERTIFICATE", a.leaf.cert.Raw)...)); err != nil || len(all) != 1 {
		t.Errorf("ParseCertificates() = %d, %v; want one", len(all), err)
	}
	for _, bad := range [][]byte{spki, armoured("CERTIFICATE", []byte{1})} {
		if _, err := manifest.ParseCertificates(bad); err == nil {
			t.Error("ParseCertificates() = nil; want an error")
		}
	}
}
