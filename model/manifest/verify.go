package manifest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"time"
)

var errMethod = errors.New("it was signed in another way")

// PublicKey trusts one key. It is a Verifier of bundles signed ByKey.
type PublicKey struct {
	Key *ecdsa.PublicKey // on P-256, P-384 or P-521
}

// Verify fails if the bundle was not signed with the key. The signer is named by
// the key's fingerprint.
func (k PublicKey) Verify(b *Bundle) (string, error) {
	if b.method != ByKey {
		return "", fmt.Errorf("%w: with a %s, not with a key", errMethod, b.method)
	}
	hint, err := Fingerprint(k.Key)
	if err != nil {
		return "", err
	}
	if err := check(k.Key, b); err != nil {
		if b.hint != "" && b.hint != hint {
			return "", fmt.Errorf("%w: it names key %.16s…, and the one given is %.16s…", err, printable(b.hint), hint)
		}
		return "", err
	}
	return "key " + hint, nil
}

// printable keeps what can stand in a fingerprint: a hint says what it likes.
func printable(hint string) string {
	clean := []byte(hint)
	for i, c := range clean {
		if c < '0' || c > 'z' {
			clean[i] = '?'
		}
	}
	return string(clean)
}

// Fingerprint returns what names a key in a bundle: the SHA-256 of the PEM of its
// SubjectPublicKeyInfo, in hexadecimal. It fails for a key of another kind than
// OMS has.
func Fingerprint(k *ecdsa.PublicKey) (string, error) {
	if _, err := hashOf(k); err != nil {
		return "", err
	}
	der, err := x509.MarshalPKIXPublicKey(k)
	if err != nil {
		return "", fmt.Errorf("read the public key: %w", err)
	}
	sum := sha256.Sum256(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	return hex.EncodeToString(sum[:]), nil
}

var errCurve = errors.New("want an ECDSA key on P-256, P-384 or P-521")

// hashOf returns the digest that belongs to the key's curve.
func hashOf(k *ecdsa.PublicKey) (crypto.Hash, error) {
	if k != nil {
		switch k.Curve {
		case elliptic.P256():
			return crypto.SHA256, nil
		case elliptic.P384():
			return crypto.SHA384, nil
		case elliptic.P521():
			return crypto.SHA512, nil
		}
	}
	return 0, errCurve
}

func digested(h crypto.Hash, data []byte) []byte {
	switch h {
	case crypto.SHA384:
		sum := sha512.Sum384(data)
		return sum[:]
	case crypto.SHA512:
		sum := sha512.Sum512(data)
		return sum[:]
	}
	sum := sha256.Sum256(data)
	return sum[:]
}

// check fails if the bundle was not signed with the key.
func check(k *ecdsa.PublicKey, b *Bundle) error {
	h, err := hashOf(k)
	if err != nil {
		return err
	}
	if !ecdsa.VerifyASN1(k, digested(h, encoded(b.payload)), b.signature) {
		return errors.New("it was signed with another key, or changed since")
	}
	return nil
}

// Certificates trusts who has a certificate for signing code that one of Roots
// vouches for. It is a Verifier of bundles signed ByCertificate.
type Certificates struct {
	Roots []*x509.Certificate // or intermediates, or the signer's own
	Now   time.Time           // all certificates of the chain must be valid then; must be set
}

// Verify fails if the chain does not hold, or the bundle was not signed with its
// first certificate. The signer is named by its subject.
func (c Certificates) Verify(b *Bundle) (string, error) {
	if b.method != ByCertificate {
		return "", fmt.Errorf("%w: with a %s, not with a certificate", errMethod, b.method)
	}
	if c.Now.IsZero() || len(b.chain) == 0 {
		return "", errors.New("nothing says which certificate signed it, or when it is")
	}
	leaf, roots, between := b.chain[0], x509.NewCertPool(), x509.NewCertPool()
	for _, r := range c.Roots {
		roots.AddCert(r)
	}
	for _, i := range b.chain[1:] {
		between.AddCert(i)
	}
	opt := x509.VerifyOptions{Roots: roots, Intermediates: between, CurrentTime: c.Now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning}}
	if _, err := leaf.Verify(opt); err != nil {
		return "", fmt.Errorf("certificate of %q: %w", leaf.Subject, err)
	}
	if err := signsCode(leaf); err != nil {
		return "", fmt.Errorf("certificate of %q: %w", leaf.Subject, err)
	}
	k, ok := leaf.PublicKey.(*ecdsa.PublicKey)
	if !ok {
		return "", fmt.Errorf("certificate of %q: %w", leaf.Subject, errCurve)
	}
	if err := check(k, b); err != nil {
		return "", err
	}
	return fmt.Sprintf("%s, vouched for by %s", leaf.Subject, leaf.Issuer), nil
}

// signsCode fails if a certificate is not for signing code.
func signsCode(c *x509.Certificate) error {
	for _, u := range c.ExtKeyUsage {
		if u == x509.ExtKeyUsageCodeSigning && (c.KeyUsage == 0 || c.KeyUsage&x509.KeyUsageDigitalSignature != 0) {
			return nil
		}
	}
	return errors.New("it is not for signing code: want the extended key usage codeSigning, and where key usages are given digitalSignature")
}
