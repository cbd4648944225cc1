package manifest

import (
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
)

// ErrEncrypted says that a private key is sealed with a passphrase.
var ErrEncrypted = errors.New("it is encrypted; open it first, as with: openssl pkcs8 -in KEY -out OPENED")

var errNoPEM = errors.New("there is none in it; want PEM")

// ParsePrivateKey reads an ECDSA private key in PEM, as PKCS #8 or SEC 1. It
// fails with ErrEncrypted for one that is. No error holds a part of it.
func ParsePrivateKey(data []byte) (*ecdsa.PrivateKey, error) {
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		switch {
		case block.Type == "ENCRYPTED PRIVATE KEY", strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED"):
			return nil, fmt.Errorf("read the private key: %w", ErrEncrypted)
		case block.Type == "EC PRIVATE KEY":
			k, err := x509.ParseECPrivateKey(block.Bytes)
			if err != nil {
				return nil, errors.New("read the private key: it is broken")
			}
			return onCurve(k)
		case block.Type == "PRIVATE KEY":
			k, err := x509.ParsePKCS8PrivateKey(block.Bytes)
			if err != nil {
				return nil, errors.New("read the private key: it is broken")
			}
			ec, _ := k.(*ecdsa.PrivateKey)
			return onCurve(ec)
		case strings.HasSuffix(block.Type, "PRIVATE KEY"):
			return nil, fmt.Errorf("read the private key: %w", errCurve)
		}
	}
	return nil, fmt.Errorf("read the private key: %w", errNoPEM)
}

func onCurve(k *ecdsa.PrivateKey) (*ecdsa.PrivateKey, error) {
	if k == nil {
		return nil, fmt.Errorf("read the private key: %w", errCurve)
	}
	if _, err := hashOf(&k.PublicKey); err != nil {
		return nil, fmt.Errorf("read the private key: %w", err)
	}
	return k, nil
}

// ParsePublicKey reads an ECDSA public key in PEM: its SubjectPublicKeyInfo, or a
// certificate of it.
func ParsePublicKey(data []byte) (*ecdsa.PublicKey, error) {
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		var k any
		switch block.Type {
		case "PUBLIC KEY":
			var err error
			if k, err = x509.ParsePKIXPublicKey(block.Bytes); err != nil {
				return nil, fmt.Errorf("read the public key: %w", err)
			}
		case "CERTIFICATE":
			c, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				return nil, fmt.Errorf("read the public key: %w", err)
			}
			k = c.PublicKey
		default:
			continue
		}
		ec, _ := k.(*ecdsa.PublicKey)
		if _, err := hashOf(ec); err != nil {
			return nil, fmt.Errorf("read the public key: %w", err)
		}
		return ec, nil
	}
	return nil, fmt.Errorf("read the public key: %w", errNoPEM)
}

// ParseCertificates reads all certificates in PEM, in their order. It fails if
// there is none.
func ParseCertificates(data []byte) ([]*x509.Certificate, error) {
	var all []*x509.Certificate
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("read certificate %d: %w", len(all)+1, err)
		}
		all = append(all, c)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("read the certificates: %w", errNoPEM)
	}
	return all, nil
}
