package wire

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
)

// Service is a storage service. Which one a host is decides what may be sent
// there: what is a read on one service changes state on another, and a condition
// that one obeys another ignores. It is a bit set where a Shape says which
// services it is for.
type Service uint8

// The services. Unknown is a host of which nothing is known: reads only.
const (
	Unknown Service = 0
	Blob    Service = 1 << iota
	File
	Queue
	Table
	DFS // blobs as directories and files
	Web // static pages, without signatures
)

// String returns the label that the service has in the names of hosts.
func (s Service) String() string {
	for label, known := range serviceLabels {
		if s == known {
			return label
		}
	}
	return "unknown"
}

// Host is a host and the service it is. A host given by the user, such as an
// emulator's, does not tell by its name. Who says Blob must be certain of it:
// what obeys a condition there is deleted elsewhere. In doubt say Unknown.
type Host struct {
	Name    string // "host" or "host:port"
	Service Service
}

var serviceLabels = map[string]Service{"blob": Blob, "file": File, "queue": Queue, "table": Table, "dfs": DFS, "web": Web}

// suffixes are the domains that only storage services have hosts in.
//
// Source: Azure storage documentation, "Storage account endpoints"; azcopy for
// the sovereign clouds.
var suffixes = []string{
	".core.windows.net",
	".core.chinacloudapi.cn",
	".core.usgovcloudapi.net",
	".core.cloudapi.de",
	".core.eaglex.ic.gov",
	".core.microsoft.scloud",
	".storage.azure.net",
	".fabric.microsoft.com",
}

// ServiceOf returns the service that host is by its name, and the account. It
// reports false for a host of no storage domain.
func ServiceOf(host string) (s Service, account string, ok bool) {
	name, _, ok := splitHost(host)
	if !ok {
		return Unknown, "", false
	}
	for _, suffix := range suffixes {
		front, found := strings.CutSuffix(name, suffix)
		if !found {
			continue
		}
		labels := strings.Split(front, ".")
		for _, l := range labels[1:] {
			if s, known := serviceLabels[l]; known && labels[0] != "" {
				return s, strings.TrimSuffix(labels[0], "-secondary") + suffix, true
			}
		}
	}
	return Unknown, "", false
}

// splitHost reads "host", "host:port" or "[v6]:port" in its one form: lower
// case, no dot at the end. It reports false for what is no plain ASCII host.
func splitHost(s string) (name, port string, ok bool) {
	name = s
	if strings.HasPrefix(s, "[") || strings.Count(s, ":") == 1 {
		var err error
		if strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]") {
			name = s[1 : len(s)-1]
		} else if name, port, err = net.SplitHostPort(s); err != nil || !isPort(port) {
			return "", "", false
		}
	}
	name = strings.TrimSuffix(strings.ToLower(name), ".")
	if ip, err := netip.ParseAddr(name); err == nil {
		return ip.Unmap().String(), port, ip.Zone() == ""
	}
	return name, port, isName(name)
}

// CheckHost fails if s is not of the form "host" or "host:port" that
// Options.AllowHosts takes; what is not of that form there allows nothing.
func CheckHost(s string) error {
	if _, _, ok := splitHost(s); !ok {
		return errors.New("read host: not of the form HOST or HOST:PORT")
	}
	return nil
}

func isPort(s string) bool {
	return len(s) > 0 && len(s) <= 5 && s[0] != '0' && strings.Trim(s, "0123456789") == ""
}

// isName reports whether s is a host name of letters, digits, hyphens and
// underscores: no user-info, path, percent sign or other script can hide in it.
func isName(s string) bool {
	if s == "" || len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 {
			return false
		}
		for i := range len(label) {
			b := label[i]
			if !('a' <= b && b <= 'z' || '0' <= b && b <= '9' || b == '-' || b == '_') {
				return false
			}
		}
	}
	return true
}

// joinHost is the reverse of splitHost.
func joinHost(name, port string) string {
	if port == "" {
		return name
	}
	return net.JoinHostPort(name, port)
}

// allowed reports whether the user named the host.
func (c *ReadOnly) allowed(name, port string) bool {
	return c.allow[name] || c.allow[joinHost(name, port)]
}

// site is a host with its port, shared by all doors that lead to it. Which
// service it is belongs to the door.
type site struct {
	name, port string
	free       bool // the user named it
	account    *account
	pace       pace
	pin        pin
	silent     atomic.Int64 // requests in a row that came to nothing
}

// hopeless is after how many requests in a row that came to nothing, each tried
// again and again, no more are sent to a host. A hundred thousand containers
// would else be waited for, one after the other.
const hopeless = 32

// heard counts a request that came to nothing, or begins anew after one that
// was answered.
func (s *site) heard(answered bool) {
	if answered {
		s.silent.Store(0)
		return
	}
	s.silent.Add(1)
}

// emulator reports whether the account stands first in the path: where the
// host is an address and cannot name it. What a real service answers to has a
// name.
func (s *site) emulator() bool {
	_, err := netip.ParseAddr(s.name)
	return err == nil || s.name == "localhost" || s.name == "host.docker.internal"
}

// bound is a site as a door knows it.
type bound struct {
	*site
	service Service
}

// Door sends to the hosts that one link names, and to no other. It is safe for
// concurrent use.
type Door struct {
	c     *ReadOnly
	hosts map[string]bound // by host:port
	sign  Signer
}

// Bind returns a door to hosts: those that the link names, and those of the
// same account that follow from them. The service of each is told by its name.
//
// It fails with ErrForeign for a host that is neither in a domain of a storage
// service nor in Options.AllowHosts, and with ErrPrivate for an address that is
// not in AllowHosts and not public.
func (c *ReadOnly) Bind(hosts ...string) (*Door, error) {
	known := make([]Host, len(hosts))
	for i, h := range hosts {
		s, _, _ := ServiceOf(h)
		known[i] = Host{Name: h, Service: s}
	}
	return c.BindHosts(known...)
}

// BindHosts is Bind for hosts of which the caller knows the service, where the
// name does not tell it. For a host in a domain of a storage service the name
// decides.
func (c *ReadOnly) BindHosts(hosts ...Host) (*Door, error) {
	d := &Door{c: c, hosts: map[string]bound{}}
	for _, h := range hosts {
		name, port, ok := splitHost(h.Name)
		if !ok {
			return nil, fmt.Errorf("bind host: %w", ErrForeign)
		}
		s, _, storage := ServiceOf(name)
		if !storage {
			s = h.Service
		}
		free := c.allowed(name, port)
		if ip, err := netip.ParseAddr(name); err == nil && !free {
			if err := publicAddress(ip); err != nil {
				return nil, fmt.Errorf("bind host: %w", err)
			}
		}
		if !free && (!storage || port != "" && port != "443") {
			return nil, fmt.Errorf("bind host %s: %w", joinHost(name, port), ErrForeign)
		}
		ports := []string{port}
		if port == "" && free {
			ports = []string{"443", "80"}
		} else if port == "" {
			ports = []string{"443"}
		}
		for _, p := range ports {
			site := c.site(name, p)
			d.hosts[joinHost(name, p)] = bound{site, s}
		}
	}
	if len(d.hosts) == 0 {
		return nil, fmt.Errorf("bind hosts: none given: %w", ErrForeign)
	}
	return d, nil
}

// Hosts returns what the door leads to, as host:port, in order.
func (d *Door) Hosts() []string {
	all := make([]string, 0, len(d.hosts))
	for h := range d.hosts {
		all = append(all, h)
	}
	slices.Sort(all)
	return all
}

// site returns the one site of a host and port.
func (c *ReadOnly) site(name, port string) *site {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := joinHost(name, port)
	if s := c.sites[key]; s != nil {
		return s
	}
	_, owner, ok := ServiceOf(name)
	if !ok {
		owner = key
	}
	a := c.accounts[owner]
	if a == nil {
		a = &account{}
		c.accounts[owner] = a
	}
	s := &site{name: name, port: port, free: c.allowed(name, port), account: a}
	s.pace.start(c.opt.PerHost)
	c.sites[key] = s
	return s
}

// lookup finds where a request may go. hostport is as it stands in its URL.
func (d *Door) lookup(scheme, hostport string) (bound, error) {
	name, port, ok := splitHost(hostport)
	if !ok {
		return bound{}, ErrForeign
	}
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[scheme]
	}
	b, ok := d.hosts[joinHost(name, port)]
	if !ok {
		return bound{}, ErrForeign
	}
	if scheme != "https" && !b.free {
		return bound{}, fmt.Errorf("%w: plain http would show the signature to everybody on the way", ErrRefused)
	}
	return b, nil
}
