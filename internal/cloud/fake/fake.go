// Package fake is a storage server that makes up what it holds: containers of a
// thousand million blobs without storage, and what the emulator lacks:
// directories, versions, snapshots, soft deletion, files, error details, and all
// the ways in which a server can fail or lie.
//
// It imports nothing of ours, so what it answers does not depend on what is
// under test. It changes nothing whatever it is asked: requests that would have
// are refused and kept, for a test to find. It is no model of Azure's limits,
// latency or consistency.
package fake

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Options says what a server holds and how it behaves. The zero value is an
// empty account that lets everybody in.
type Options struct {
	Account    string // empty means contoso
	Containers []Container
	Shares     []Share
	Queues     []Queue
	Tables     []Table

	Keys       []string         // account keys, base64: requests must be signed with one. None lets everybody in
	Delegation *Delegation      // the key behind user delegation links; nil for none
	Policies   []Policy         // stored access policies
	Token      string           // a simpler way: the sig that every link must have; empty for none
	Client     netip.Addr       // the address that requests come from, for sip; zero means the true one
	Deny       *Denial          // refuses every request that is signed right; nil for none
	Properties *Properties      // of the blob service; nil means soft delete, versions and logs are off
	Hierarchy  bool             // directories are real: the dfs service answers
	Older      bool             // a service that does not know startFrom and ignores it
	Faults     []Fault          // the first that fits a request decides
	Page       int              // most entries of a page; 0 means 5,000
	Now        func() time.Time // nil means the system's clock
}

// Server is a running server. Its methods may be called by several goroutines
// at once.
type Server struct {
	URL   string         // of the blob service with the account, as an emulator has it: http://127.0.0.1:1234/contoso
	Roots *x509.CertPool // vouches for every host over https

	opt        Options
	containers map[string]*container
	names      []string // of containers, in order
	shares     map[string]*share
	ports      map[string]int // by service; secure is https for all of them
	servers    []*http.Server
	done       sync.WaitGroup
	kept       record
	trips      []atomic.Int64 // how often each fault has happened
	served     atomic.Int64
	running    atomic.Int64
}

// services that have a port each. On the https port and under host names the
// host says which it is.
var services = []string{"blob", "queue", "table", "file", "dfs"}

// New starts a server on free ports of the loopback. It panics if there are
// none, as httptest does.
func New(opt Options) *Server {
	if opt.Account == "" {
		opt.Account = "contoso"
	}
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Page == 0 {
		opt.Page = maxPage
	}
	s := &Server{opt: opt, containers: map[string]*container{}, shares: map[string]*share{}, ports: map[string]int{}, trips: make([]atomic.Int64, len(opt.Faults))}
	for _, c := range opt.Containers {
		s.containers[c.Name] = newContainer(c)
		s.names = append(s.names, c.Name)
	}
	slices.Sort(s.names)
	for i := range opt.Shares {
		s.shares[opt.Shares[i].Name] = newShare(opt.Shares[i])
	}
	for _, l := range abreast() {
		s.serve(services[len(s.servers)], l)
	}
	certificates, roots := newAuthority()
	s.Roots = roots
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(fmt.Sprintf("fake: listen on the loopback: %v", err))
	}
	s.serve("secure", tls.NewListener(l, &tls.Config{GetCertificate: certificates, MinVersion: tls.VersionTLS12}))
	s.URL = s.At("blob")
	return s
}

// abreast listens on a free port for each service, one after the other: those
// who know where one is find the others as they do with an emulator.
func abreast() []net.Listener {
	for tries := 0; ; tries++ {
		var all []net.Listener
		port := 0
		for range services {
			l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
			if err != nil {
				break
			}
			all = append(all, l)
			port = l.Addr().(*net.TCPAddr).Port + 1
		}
		if len(all) == len(services) {
			return all
		}
		for _, l := range all {
			_ = l.Close()
		}
		if tries == 1000 {
			panic(fmt.Sprintf("fake: no %d free ports in a row on the loopback", len(services)))
		}
	}
}

func (s *Server) serve(service string, l net.Listener) {
	s.ports[service] = l.Addr().(*net.TCPAddr).Port
	server := &http.Server{Handler: door{s, service}, ReadHeaderTimeout: time.Minute, MaxHeaderBytes: 64 << 10, ErrorLog: log.New(io.Discard, "", 0)}
	s.servers = append(s.servers, server)
	s.done.Add(1)
	go func() {
		defer s.done.Done()
		_ = server.Serve(l) // always an error: it was closed
	}()
}

// Close ends the server and all connections.
func (s *Server) Close() {
	for _, server := range s.servers {
		_ = server.Close()
	}
	s.done.Wait()
}

// Host returns host and port of a service: blob, file, queue, table, dfs, or
// secure, which serves all of them over https by host name.
func (s *Server) Host(service string) string {
	return fmt.Sprintf("127.0.0.1:%d", s.ports[service])
}

// Hosts returns host and port of every service, for those who allow hosts by
// name.
func (s *Server) Hosts() []string {
	all := make([]string, 0, len(services)+1)
	for _, service := range append(services, "secure") {
		all = append(all, s.Host(service))
	}
	return all
}

// At returns the address of the account on a service, as an emulator has it.
func (s *Server) At(service string) string {
	return "http://" + s.Host(service) + "/" + s.opt.Account
}

// Named returns the address of the account on a service by host name, over
// plain http: contoso.file.localhost:1234.
func (s *Server) Named(service string) string {
	return fmt.Sprintf("http://%s.%s.localhost:%d", s.opt.Account, service, s.ports[service])
}

// Dial connects to the server whatever the address is: to its https port, or
// for port 80 to plain http. With Resolve it lets a client talk to real host
// names: contoso.blob.core.windows.net.
func (s *Server) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("dial the fake: %w", err)
	}
	to := s.Host("secure")
	if port == "80" {
		to = s.Host("blob")
	}
	return new(net.Dialer).DialContext(ctx, network, to)
}

// Resolve finds every host at one public address, that nobody dials.
func (s *Server) Resolve(context.Context, string) ([]netip.Addr, error) {
	return []netip.Addr{netip.MustParseAddr("20.60.0.1")}, nil
}

// Truth counts what the server holds, for those who must find all of it. What
// is soft-deleted as a container is not in it.
func (s *Server) Truth() Truth {
	t := Truth{Months: map[string]Tally{}}
	for _, name := range s.names {
		if c := s.containers[name]; !c.Gone {
			t.add(c)
		}
	}
	for _, share := range s.shares {
		t.addShare(share)
	}
	for _, q := range s.opt.Queues {
		t.Containers++
		t.Messages += int64(len(q.Messages))
	}
	for _, table := range s.opt.Tables {
		t.Containers++
		t.Entities += table.count()
	}
	return t
}

// TruthOf counts what one container holds.
func (s *Server) TruthOf(name string) Truth {
	t := Truth{Months: map[string]Tally{}}
	if c := s.containers[name]; c != nil {
		t.add(c)
	}
	return t
}

// Name returns the name of the blob at an index of a container, of those made
// by rule.
func (s *Server) Name(containerName string, i int64) string {
	return string(s.containers[containerName].cycle.shape.name(nil, i))
}

// Serving is how many requests are being answered now.
func (s *Server) Serving() int64 { return s.running.Load() }

// place tells from the host and the path of a request what it is for.
func (s *Server) place(service, host, path string) (at, account, rest string) {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = host
	}
	labels := strings.Split(name, ".")
	if _, err := netip.ParseAddr(name); err != nil && len(labels) > 2 {
		for _, l := range labels[1:] {
			if slices.Contains(services, l) {
				return l, labels[0], path
			}
		}
	}
	account, rest, _ = strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return service, account, "/" + rest
}
