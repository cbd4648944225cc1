package wire

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// unroutable are the addresses of special use that a user may allow: those of
// private networks and of the machine itself.
//
// Source: IANA special-purpose address registries.
var unroutable = prefixes(
	"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", // private
	"100.64.0.0/10", // carrier-grade NAT
	"127.0.0.0/8", "::1/128",
	"fc00::/7",
)

// never are the addresses that nothing is sent to, whoever allows it: a name
// that the user allowed may be pointed there. The exception is a host that is
// given as this very address.
var never = prefixes(
	"0.0.0.0/8", "::/128",
	"169.254.0.0/16", "fe80::/10", // link-local; metadata of cloud machines
	"168.63.129.16/32",               // the host of an Azure machine
	"fd00:ec2::254/128",              // metadata of Amazon machines
	"192.0.0.0/24", "192.88.99.0/24", // protocols, 6to4 relays
	"192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", // documentation
	"198.18.0.0/15",                          // benchmarks
	"224.0.0.0/4", "240.0.0.0/4", "ff00::/8", // multicast, reserved
	"64:ff9b:1::/48",                          // NAT64 of a private network
	"2001::/23", "2001:db8::/32", "3fff::/20", // Teredo and other protocols, documentation
	"2002::/16", // 6to4
)

// translated holds an IPv4 address in its last four bytes, reached through the
// NAT64 of the network. On a network without IPv4 every public host looks so.
var (
	translated = netip.MustParsePrefix("64:ff9b::/96")
	global     = netip.MustParsePrefix("2000::/3") // all that was ever given out of IPv6
)

func prefixes(texts ...string) []netip.Prefix {
	all := make([]netip.Prefix, len(texts))
	for i, t := range texts {
		all[i] = netip.MustParsePrefix(t)
	}
	return all
}

// inner returns the address that a packet to a ends up at.
func inner(a netip.Addr) netip.Addr {
	a = a.Unmap()
	if translated.Contains(a) {
		b := a.As16()
		return netip.AddrFrom4([4]byte(b[12:]))
	}
	return a
}

func within(a netip.Addr, all []netip.Prefix) bool {
	for _, p := range all {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// publicAddress fails with ErrPrivate for an address of special use.
func publicAddress(a netip.Addr) error {
	in := inner(a)
	if !a.IsValid() || a.Zone() != "" || within(in, unroutable) || within(in, never) || in.Is6() && !global.Contains(in) {
		return ErrPrivate
	}
	return nil
}

// allowedAddress is publicAddress for a host that the user named.
func allowedAddress(host string, a netip.Addr) error {
	if literal, err := netip.ParseAddr(host); err == nil && literal.Unmap() == a.Unmap() {
		return nil
	}
	if in := inner(a); !a.IsValid() || a.Zone() != "" || within(in, never) {
		return ErrPrivate
	}
	return nil
}

// pinFor is how long a checked address is used for new connections before the
// name is looked up, and checked, again. An account that fails over moves.
const pinFor = 5 * time.Minute

// pin holds the addresses of a site that were checked.
type pin struct {
	mu    sync.Mutex
	addrs []netip.Addr
	until time.Time
}

// controls are names that exist as long as a cloud does: who cannot look them up
// knows no names of it. The clouds that are cut off from the rest have none.
var controls = []struct{ suffix, name string }{
	{".core.chinacloudapi.cn", "login.partner.microsoftonline.cn"},
	{".core.usgovcloudapi.net", "login.microsoftonline.us"},
	{".core.windows.net", "login.microsoftonline.com"},
	{".storage.azure.net", "login.microsoftonline.com"},
	{".fabric.microsoft.com", "login.microsoftonline.com"},
}

// absence returns what it means that a name was not found: ErrGone if the
// resolver knows other names of the same cloud, ErrUnknown if it may know none.
func (c *ReadOnly) absence(ctx context.Context, name string) error {
	if _, _, storage := ServiceOf(name); !storage {
		return ErrGone
	}
	for _, control := range controls {
		if !strings.HasSuffix(name, control.suffix) {
			continue
		}
		if addrs, err := c.opt.Resolve(ctx, control.name); err == nil && len(addrs) > 0 {
			return ErrGone
		}
	}
	return ErrUnknown
}

// resolve returns the checked addresses of a site.
func (c *ReadOnly) resolve(ctx context.Context, s *site) ([]netip.Addr, error) {
	if ip, err := netip.ParseAddr(s.name); err == nil {
		return []netip.Addr{ip}, c.checkAddress(s, ip)
	}
	s.pin.mu.Lock()
	defer s.pin.mu.Unlock()
	now := c.opt.Now()
	if len(s.pin.addrs) > 0 && now.Before(s.pin.until) {
		return s.pin.addrs, nil
	}
	addrs, err := c.opt.Resolve(ctx, s.name)
	if err != nil {
		if dns := (*net.DNSError)(nil); errors.As(err, &dns) && dns.IsNotFound {
			return nil, fmt.Errorf("look up %s: %w", s.name, c.absence(ctx, s.name))
		}
		return nil, fmt.Errorf("look up %s: %w", s.name, err)
	}
	if len(addrs) == 0 {
		return nil, fmt.Errorf("look up %s: no address: %w", s.name, c.absence(ctx, s.name))
	}
	for _, a := range addrs {
		if err := c.checkAddress(s, a); err != nil {
			return nil, err
		}
	}
	s.pin.addrs, s.pin.until = addrs, now.Add(pinFor)
	return addrs, nil
}

func (c *ReadOnly) checkAddress(s *site, a netip.Addr) error {
	err := publicAddress(a)
	if s.free {
		err = allowedAddress(s.name, a)
	}
	if err != nil {
		return fmt.Errorf("connect to %s: %w", s.name, err)
	}
	return nil
}

// unpin makes the next connection look the name up again.
func (s *site) unpin() {
	s.pin.mu.Lock()
	s.pin.addrs = nil
	s.pin.mu.Unlock()
}

// dial connects to a checked address of a host that a door is bound to.
func (c *ReadOnly) dial(ctx context.Context, network, hostport string) (net.Conn, error) {
	c.mu.Lock()
	s := c.sites[hostport]
	c.mu.Unlock()
	if s == nil {
		return nil, ErrForeign
	}
	addrs, err := c.resolve(ctx, s)
	if err != nil {
		return nil, err
	}
	var last error
	for _, a := range addrs {
		conn, err := c.opt.Dial(ctx, network, net.JoinHostPort(a.Unmap().String(), s.port))
		if err == nil {
			return conn, nil
		}
		if last = err; ctx.Err() != nil {
			break
		}
	}
	s.unpin()
	return nil, last
}
