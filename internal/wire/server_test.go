package wire_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"github.com/overgrant/overgrant/internal/wire"
)

const account = "contoso.blob.core.windows.net"

// world is a server behind the names of a cloud, for tests.
type world struct {
	*httptest.Server
	roots     *x509.CertPool
	dials     atomic.Int64
	dialledTo atomic.Value // the last address
	asked     atomic.Int64
	slept     atomic.Int64 // nanoseconds
}

// serve starts a TLS server that has the names of a storage account.
func serve(t testing.TB, h http.HandlerFunc) *world {
	t.Helper()
	w := &world{roots: x509.NewCertPool()}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	cert := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		DNSNames: []string{account, "contoso.file.core.windows.net", "data.example"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	raw, err := x509.CreateCertificate(rand.Reader, cert, cert, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	w.roots.AddCert(leaf)
	w.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.asked.Add(1)
		h(rw, r)
	}))
	w.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{raw}, PrivateKey: key}}}
	w.Config.ErrorLog = quiet
	w.StartTLS()
	t.Cleanup(w.Server.Close)
	return w
}

// client returns a client to whom every name is a public address, which leads
// to the server. It never sleeps.
func (w *world) client(t testing.TB, opt wire.Options) *wire.ReadOnly {
	t.Helper()
	opt.RootCAs = w.roots
	if opt.Resolve == nil {
		opt.Resolve = func(context.Context, string) ([]netip.Addr, error) {
			return []netip.Addr{netip.MustParseAddr("20.60.1.1")}, nil
		}
	}
	opt.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		w.dials.Add(1)
		w.dialledTo.Store(address)
		return (&net.Dialer{}).DialContext(ctx, network, w.Listener.Addr().String())
	}
	if opt.Wait == nil {
		opt.Wait = func(ctx context.Context, d time.Duration) error {
			w.slept.Add(int64(d))
			return ctx.Err()
		}
	}
	c := wire.NewReadOnly(opt)
	t.Cleanup(c.Close)
	return c
}

func (w *world) door(t testing.TB, opt wire.Options) *wire.Door {
	t.Helper()
	return bind(t, w.client(t, opt), account)
}

func bind(t testing.TB, c *wire.ReadOnly, hosts ...string) *wire.Door {
	t.Helper()
	d, err := c.Bind(hosts...)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func request(t testing.TB, method, url string, header ...string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	return req
}

const list = "https://" + account + "/c?restype=container&comp=list"

func read(t testing.TB, resp *http.Response) string {
	t.Helper()
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
