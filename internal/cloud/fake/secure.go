package fake

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net"
	"sync"
	"time"
)

// newAuthority makes an authority that vouches for any host that is asked for,
// and the pool that trusts it.
func newAuthority() (func(*tls.ClientHelloInfo) (*tls.Certificate, error), *x509.CertPool) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(fmt.Sprintf("fake: make a key: %v", err))
	}
	root := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "fake storage"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(48 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, root, root, &key.PublicKey, key)
	if err != nil {
		panic(fmt.Sprintf("fake: make a certificate: %v", err))
	}
	if root, err = x509.ParseCertificate(der); err != nil {
		panic(fmt.Sprintf("fake: make a certificate: %v", err))
	}
	roots := x509.NewCertPool()
	roots.AddCert(root)
	made := &certificates{root: root, key: key, byHost: map[string]*tls.Certificate{}}
	return made.get, roots
}

// certificates are made when a host is asked for.
type certificates struct {
	root   *x509.Certificate
	key    *ecdsa.PrivateKey
	mu     sync.Mutex
	byHost map[string]*tls.Certificate
}

func (c *certificates) get(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	host := hello.ServerName
	if have := c.byHost[host]; have != nil {
		return have, nil
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(int64(len(c.byHost) + 2)), Subject: pkix.Name{CommonName: "fake storage"},
		NotBefore: c.root.NotBefore, NotAfter: c.root.NotAfter,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if host == "" {
		leaf.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
	} else {
		leaf.DNSNames = []string{host}
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, c.root, &c.key.PublicKey, c.key)
	if err != nil {
		return nil, err
	}
	made := &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: c.key}
	c.byHost[host] = made
	return made, nil
}
