// Package wire is the one place where a request leaves. It sends what is on a
// list of shapes ([Azure]) and nothing else: the list is asked in the
// transport, after every URL is built, so that a request which is not on it
// never gets a connection.
//
// Links come from hostile text. A request goes only to hosts that its [Door]
// is bound to, only to addresses that were checked and that the connection is
// pinned to, never along a redirect, and over plain http only to hosts that the
// user named. Proxies of the environment are not used: a proxy would look names
// up by itself, and the address could not be checked.
//
// The package knows neither links nor signatures, and judges no answer: a 403
// is an answer like any other.
package wire

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// Options says how a client behaves. The zero value is safe: reads only, public
// hosts of storage services only.
type Options struct {
	Run        string         // id of the run: goes out in x-ms-client-request-id and User-Agent; empty means a random one
	Agent      string         // start of User-Agent: overgrant/1.2.0; empty means overgrant
	AllowHosts []string       // "host" or "host:port" that may be private, plain http, or of no known service: an emulator, a custom domain
	Probes     Probes         // what may be sent besides reads
	PerHost    int            // requests at once for each host; 0 means 16
	Rate       float64        // requests a second for each account; 0 means no limit
	Tries      int            // how often a request is sent before it counts as failed; 0 means 6
	Budget     Budget         // what the client may spend in all
	Record     io.Writer      // JSON lines, one for each request sent; nil for none. Holds no secret
	RootCAs    *x509.CertPool // who may vouch for a host; nil means the system's

	Headers time.Duration // longest wait for the head of an answer; 0 means 60 s
	Stall   time.Duration // longest wait for bytes of a body, and the span over which a trickle is told; 0 means 30 s

	// Resolve, Dial, Now and Wait stand in for the world. Nil means the system's.
	Resolve func(ctx context.Context, host string) ([]netip.Addr, error)
	Dial    func(ctx context.Context, network, address string) (net.Conn, error)
	Now     func() time.Time
	Wait    func(ctx context.Context, d time.Duration) error
}

// Probes says which requests that are no reads may leave: those that can
// change nothing because what they name does not exist, and those that can
// change nothing because their condition cannot hold. Both need the user's
// consent. The zero value lets none leave.
type Probes struct {
	Writes      bool // requests of level Write
	Conditional bool // requests of level Conditional
}

// Budget is what a client may spend. A zero field is no limit.
type Budget struct {
	Requests int64     // requests sent, retries included
	Bytes    int64     // bytes of bodies read
	Until    time.Time // nothing is sent or read after it
}

// Spent is what a client has spent so far.
type Spent struct {
	Requests  int64 // sent, retries included
	Bytes     int64 // of bodies, read
	Retries   int64 // requests that were sent again
	Throttled int64 // answers 429 and 503
}

// ReadOnly is a client that cannot change what it talks to. Its doors share
// connections, pace and budget. It is safe for concurrent use.
type ReadOnly struct {
	opt   Options
	run   string
	agent string
	allow map[string]bool
	next  *http.Transport

	mu       sync.Mutex
	sites    map[string]*site // by host:port
	accounts map[string]*account

	serial    atomic.Int64
	requests  atomic.Int64
	bytes     atomic.Int64
	retries   atomic.Int64
	throttled atomic.Int64
	record    recorder
}

// The bounds of what a hostile server can cost, and the defaults of Options.
const (
	defaultPerHost = 16
	defaultTries   = 6
	defaultHeaders = 60 * time.Second
	defaultStall   = 30 * time.Second
	dialTimeout    = 10 * time.Second
	idleTimeout    = 90 * time.Second
	readBuffer     = 64 << 10
	maxHead        = 64 << 10  // bytes of the head of an answer
	maxAnswer      = 256 << 20 // bytes of an answer that was not asked for by range
)

// NewReadOnly returns a client.
func NewReadOnly(opt Options) *ReadOnly {
	opt.defaults()
	c := &ReadOnly{
		opt: opt, run: runID(opt.Run), allow: map[string]bool{},
		sites: map[string]*site{}, accounts: map[string]*account{},
	}
	c.agent = agentName(opt.Agent) + " (+" + c.run + ")"
	c.record.to = opt.Record
	for _, h := range opt.AllowHosts {
		if name, port, ok := splitHost(h); ok {
			c.allow[joinHost(name, port)] = true
		}
	}
	var http1 http.Protocols
	http1.SetHTTP1(true)
	c.next = &http.Transport{
		DialContext:            c.dial,
		TLSClientConfig:        &tls.Config{RootCAs: opt.RootCAs, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    dialTimeout,
		DisableCompression:     true,
		MaxIdleConnsPerHost:    opt.PerHost,
		IdleConnTimeout:        idleTimeout,
		ResponseHeaderTimeout:  opt.Headers,
		MaxResponseHeaderBytes: maxHead,
		ReadBufferSize:         readBuffer,
		Protocols:              &http1,
	}
	return c
}

func (o *Options) defaults() {
	if o.PerHost <= 0 {
		o.PerHost = defaultPerHost
	}
	if o.Tries <= 0 {
		o.Tries = defaultTries
	}
	if o.Headers <= 0 {
		o.Headers = defaultHeaders
	}
	if o.Stall <= 0 {
		o.Stall = defaultStall
	}
	if o.Resolve == nil {
		o.Resolve = func(ctx context.Context, host string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		}
	}
	if o.Dial == nil {
		o.Dial = (&net.Dialer{Timeout: dialTimeout}).DialContext
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Wait == nil {
		o.Wait = sleep
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Run returns the id of the run, as the owner finds it in the logs: each
// request is named overgrant-RUN-N.
func (c *ReadOnly) Run() string { return c.run }

// Spent returns what was spent so far.
func (c *ReadOnly) Spent() Spent {
	return Spent{
		Requests:  c.requests.Load(),
		Bytes:     c.bytes.Load(),
		Retries:   c.retries.Load(),
		Throttled: c.throttled.Load(),
	}
}

// Close lets go of idle connections. Doors stay usable.
func (c *ReadOnly) Close() { c.next.CloseIdleConnections() }
