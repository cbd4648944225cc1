package manifest_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"testing"
	"time"
)

// now is when the tests take place.
var now = time.Date(2030, 6, 1, 12, 0, 0, 0, time.UTC)

// span is when a certificate is valid.
type span struct{ from, until time.Time }

var (
	valid   = span{now.AddDate(-1, 0, 0), now.AddDate(1, 0, 0)}
	expired = span{now.AddDate(-9, 0, 0), now.AddDate(-8, 0, 0)}
	future  = span{now.AddDate(1, 0, 0), now.AddDate(2, 0, 0)}
)

// holder is who has a certificate.
type holder struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
}

func newKey(t testing.TB, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// certify makes a certificate that by vouches for, or nobody else if by is nil.
func certify(t testing.TB, by *holder, c x509.Certificate, when span) *holder {
	t.Helper()
	h := &holder{key: newKey(t, elliptic.P384())}
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		t.Fatal(err)
	}
	c.SerialNumber, c.NotBefore, c.NotAfter, c.BasicConstraintsValid = serial, when.from, when.until, true
	if by == nil {
		by = &holder{h.key, &c}
	}
	der, err := x509.CreateCertificate(rand.Reader, &c, by.cert, &h.key.PublicKey, by.key)
	if err != nil {
		t.Fatal(err)
	}
	if h.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	return h
}

// vouching is a certificate that vouches for others.
func vouching(name string) x509.Certificate {
	return x509.Certificate{Subject: pkix.Name{CommonName: name}, IsCA: true, KeyUsage: x509.KeyUsageCertSign}
}

// codeSigning is a certificate for signing code.
func codeSigning() x509.Certificate {
	return x509.Certificate{
		Subject: pkix.Name{CommonName: "signer"}, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning},
	}
}

// authority is a root, an intermediate and a signer.
type authority struct{ root, between, leaf *holder }

func newAuthority(t testing.TB, root, between, leaf span) authority {
	t.Helper()
	a := authority{root: certify(t, nil, vouching("root"), root)}
	a.between = certify(t, a.root, vouching("intermediate"), between)
	a.leaf = certify(t, a.between, codeSigning(), leaf)
	return a
}

func (a authority) chain() []*x509.Certificate {
	return []*x509.Certificate{a.leaf.cert, a.between.cert}
}
