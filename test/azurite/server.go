// Package azurite starts the storage emulator of package.json for tests: blob,
// queue and table service over http and over https, on free ports of the
// loopback, all in memory. It fills accounts, makes signed links of
// all kinds by hand, and dumps all that an account holds, to compare.
//
// It imports nothing of ours, so what it signs does not depend on what is under
// test. What the emulator lacks (directories, versions, soft delete, files,
// address limits, error details) it cannot show.
package azurite

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// startWithin bounds how long the emulator may take to listen; on a loaded
// machine it needs several times its own 1.6 s.
const startWithin = 3 * time.Minute

// Server is a running emulator. Its methods may be called by several goroutines
// at once.
type Server struct {
	Roots  *x509.CertPool // trusts the certificate of the https ports
	Client *http.Client   // trusts it too, and follows no redirect

	ports map[string]int
	cmd   *exec.Cmd

	mu       sync.Mutex // guards what follows, and the conversation with the process
	in       io.WriteCloser
	out      *bufio.Reader
	accounts []*Account
}

// shared is the one emulator of a test binary.
var shared struct {
	sync.Mutex
	server *Server
}

// Shared returns the emulator of this test binary, started with the first call
// and ended with the process. Tests share it, each with an Account of its own.
// Where the emulator is not installed the test is skipped, on CI it fails.
func Shared(t testing.TB) *Server {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.server == nil {
		shared.server = mustRun(t)
	}
	return shared.server
}

// Start returns an emulator that ends with the test. It costs 2 s of processor
// time; Shared is the cheaper one.
func Start(t testing.TB) *Server {
	t.Helper()
	s := mustRun(t)
	t.Cleanup(s.Close)
	return s
}

func mustRun(t testing.TB) *Server {
	t.Helper()
	if _, err := os.Stat(filepath.Join(folder(), "node_modules", "azurite")); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("the storage emulator is not set up; run test/setup")
		}
		t.Skip("the storage emulator is not set up; run test/setup")
	}
	s, err := retry(0)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Run starts an emulator for a program that is no test, on the ports that
// emulators have if they are free, and returns its one account. The program
// closes the server of the account.
func Run(name string) (*Account, error) {
	const usual = 10000
	s, err := retry(usual)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.accounts[0]
	a.Name = name
	if err := s.say(map[string]string{"accounts": s.accountList()}, &struct{}{}); err != nil {
		return nil, fmt.Errorf("name the account: %w", err)
	}
	return a, nil
}

// retry starts an emulator. Another process may take a port between its choice
// and its use, so it is tried again. The blob service gets the port wanted, if
// it is free; 0 for any.
func retry(wanted int) (s *Server, err error) {
	for range 3 {
		if s, err = run(wanted); err == nil {
			return s, nil
		}
	}
	return nil, err
}

// folder is where this package lies, and with it the emulator.
func folder() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(file)
}

func run(wanted int) (*Server, error) {
	cert, key, roots, err := certificate()
	if err != nil {
		return nil, fmt.Errorf("start the emulator: %w", err)
	}
	cmd := exec.Command("node", filepath.Join(folder(), "emulator.js"))
	cmd.Dir = os.TempDir()
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start the emulator: %w", err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start the emulator: %w", err)
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the emulator: %w", err)
	}
	s := &Server{Roots: roots, cmd: cmd, in: in, out: bufio.NewReader(out)}
	s.Client = &http.Client{
		Transport:     &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, MaxIdleConnsPerHost: 64},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	s.accounts = []*Account{newAccount(s)}
	late := time.AfterFunc(startWithin, func() { _ = cmd.Process.Kill() })
	defer late.Stop()
	if err := s.say(map[string]any{"accounts": s.accountList(), "cert": cert, "key": key, "port": wanted}, &s.ports); err != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		return nil, fmt.Errorf("start the emulator: %w: %s", err, bytes.TrimSpace(stderr.Bytes()))
	}
	return s, nil
}

// Close ends the emulator and forgets all it held.
func (s *Server) Close() {
	s.Client.CloseIdleConnections()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.in.Close()
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait() // always an error: it was killed
}

// say sends one line to the process and reads the answer. The caller holds mu,
// or nobody else knows s yet.
func (s *Server) say(what, answer any) error {
	line, err := json.Marshal(what)
	if err != nil {
		return err
	}
	if _, err := s.in.Write(append(line, '\n')); err != nil {
		return err
	}
	got, err := s.out.ReadBytes('\n')
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = errors.New("the process ended")
		}
		return err
	}
	return json.Unmarshal(got, answer)
}

// list writes the accounts as the emulator reads them.
func (s *Server) accountList() string {
	all := make([]string, len(s.accounts))
	for i, a := range s.accounts {
		all[i] = a.Name + ":" + a.keys[0] + ":" + a.keys[1]
	}
	return strings.Join(all, ";")
}

// NewAccount adds an account with a name and keys made up now. Tests that share
// an emulator each take their own.
func (s *Server) NewAccount(t testing.TB) *Account {
	t.Helper()
	a := newAccount(s)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accounts = append(s.accounts, a)
	if err := s.say(map[string]string{"accounts": s.accountList()}, &struct{}{}); err != nil {
		t.Fatalf("add an account: %v", err)
	}
	return a
}

// Host returns host and port of a service: blob, queue, table, or secure, the
// blob service over https. Queues and tables over https are "secure queue" and
// "secure table", on the two ports after it.
func (s *Server) Host(service string) string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.ports[service]))
}

// Hosts returns host and port of every service, for those who allow hosts by
// name.
func (s *Server) Hosts() []string {
	return []string{s.Host("blob"), s.Host("queue"), s.Host("table"), s.Host("secure"), s.Host("secure queue"), s.Host("secure table")}
}

// PID is the process of the emulator, to measure what it costs.
func (s *Server) PID() int { return s.cmd.Process.Pid }

// NewKey returns a random account key, as the portal shows it.
func NewKey() string {
	var key [64]byte
	rand.Read(key[:])
	return base64.StdEncoding.EncodeToString(key[:])
}

// certificate makes a certificate for 127.0.0.1 that signs itself.
func certificate() (cert, key string, roots *x509.CertPool, err error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", "", nil, err
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "storage emulator"},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(48 * time.Hour),
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1)},
		DNSNames:              []string{"localhost"},
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		return "", "", nil, err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return "", "", nil, err
	}
	public := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	roots = x509.NewCertPool()
	roots.AppendCertsFromPEM(public)
	return string(public), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})), roots, nil
}
