package arm

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"
)

// Running is a server that listens on the loopback, over https, with a
// certificate made for it.
type Running struct {
	*Server
	Roots *x509.CertPool // trusts the certificate
	PEM   []byte         // the certificate, for those who trust files
	cert  tls.Certificate
	hosts []string // of the manager, of the authority

	mu   sync.Mutex
	open []*http.Server
}

// Start makes a server listen. The caller closes what it returns.
func Start(s *Server) (*Running, error) {
	r := &Running{Server: s}
	if err := r.certify(); err != nil {
		return nil, fmt.Errorf("start the resource manager: %w", err)
	}
	addresses, err := r.listen(s, s)
	if err != nil {
		return nil, fmt.Errorf("start the resource manager: %w", err)
	}
	r.hosts = addresses
	return r, nil
}

// URL is the address of the resource manager.
func (r *Running) URL() string { return "https://" + r.hosts[0] }

// Authority is the address of the service of tokens.
func (r *Running) Authority() string { return "https://" + r.hosts[1] }

// Hosts are host and port of URL and of Authority.
func (r *Running) Hosts() []string { return r.hosts }

// Gates makes a Gate listen before each of an emulator's services, on ports in a
// row as the emulator's own are. targets are their addresses without the account
// in the order of the ports: blob, queue, table. It returns host and port of
// each.
func (r *Running) Gates(account string, transport http.RoundTripper, targets ...string) ([]string, error) {
	var handlers []http.Handler
	for _, t := range targets {
		to, err := url.Parse(t)
		if err != nil {
			return nil, fmt.Errorf("open a gate: %w", err)
		}
		handlers = append(handlers, r.Gate(account, to, transport))
	}
	return r.listen(handlers...)
}

// Close ends the server and its gates.
func (r *Running) Close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.open {
		_ = s.Close()
	}
	r.open = nil
}

// listen serves handlers on ports in a row. Another process may take a port
// between, so it is tried again.
func (r *Running) listen(handlers ...http.Handler) ([]string, error) {
	for range 100 {
		listeners, err := inARow(len(handlers))
		if err != nil {
			return nil, err
		}
		if listeners == nil {
			continue
		}
		var addresses []string
		for i, l := range listeners {
			server := &http.Server{Handler: handlers[i], ReadHeaderTimeout: time.Minute, ErrorLog: log.New(io.Discard, "", 0)}
			r.mu.Lock()
			r.open = append(r.open, server)
			r.mu.Unlock()
			go func() {
				_ = server.Serve(tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{r.cert}, MinVersion: tls.VersionTLS12}))
			}()
			addresses = append(addresses, l.Addr().String())
		}
		return addresses, nil
	}
	return nil, fmt.Errorf("no %d free ports in a row", len(handlers))
}

// inARow listens on n ports in a row; nil if they were not all free.
func inARow(n int) ([]net.Listener, error) {
	first, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	all := []net.Listener{first}
	port := first.Addr().(*net.TCPAddr).Port
	for i := 1; i < n; i++ {
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port+i)))
		if err != nil {
			for _, l := range all {
				_ = l.Close()
			}
			return nil, nil
		}
		all = append(all, l)
	}
	return all, nil
}

// certify makes a certificate for the loopback that signs itself.
func (r *Running) certify() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "resource manager for tests"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(48 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"localhost"},
		IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return err
	}
	r.cert = tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	r.PEM = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	r.Roots = x509.NewCertPool()
	r.Roots.AppendCertsFromPEM(r.PEM)
	return nil
}
