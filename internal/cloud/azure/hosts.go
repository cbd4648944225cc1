package azure

import (
	"cmp"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/overgrant/overgrant/internal/cloud"
)

// The services of a storage account, and the words for them in a Range.
const (
	blobs  = "blob"
	files  = "file"
	queues = "queue"
	tables = "table"
	dfs    = "dfs" // the blobs of an account with real directories, by another door
)

// allServices are those that hold anything of their own.
var allServices = []string{blobs, files, queues, tables}

// endpoint is where a service of an account answers.
type endpoint struct {
	scheme string
	host   string // with the port, if it is not that of the scheme
	prefix string // /account where paths start with it, as in an emulator

	guessed bool // which service it is follows from a habit only: it is asked before it is used
}

// at returns the URL of a path, which is escaped, with a query, which is too.
func (e endpoint) at(path, query string) *url.URL {
	full := e.prefix + path
	plain, err := url.PathUnescape(full)
	if err != nil {
		plain = full
	}
	return &url.URL{Scheme: e.scheme, Host: e.host, Path: plain, RawPath: full, RawQuery: query}
}

// suffixes end the hosts of storage accounts, after the service. Sources:
// "Storage account overview"; the cloud environments of azcopy; "Azure DNS Zone
// endpoints"; "Connecting to Microsoft OneLake".
var suffixes = []string{
	".core.windows.net", ".core.chinacloudapi.cn", ".core.usgovcloudapi.net", ".core.cloudapi.de",
	".core.eaglex.ic.gov", ".core.microsoft.scloud", ".storage.azure.net", oneLake,
}

// oneLake ends the hosts that all accounts of Microsoft Fabric share.
const oneLake = ".fabric.microsoft.com"

// local ends host names that an emulator serves on this machine.
const local = ".localhost"

// emulatorPorts are where the emulator serves blobs, queues and tables unless it
// is told otherwise. Source: "Use the Azurite emulator for local Azure Storage
// development".
var emulatorPorts = map[string]string{"10000": blobs, "10001": queues, "10002": tables}

// origin is an address that was taken apart, and is well formed.
type origin struct {
	scheme    string // https or http; empty if the text has none
	host      string // lower case, no port
	port      string
	path      string // escaped as written, with the leading slash
	container string // that stood before the @, as Hadoop writes it
}

// schemes that addresses of storage have, and what is spoken to them. Those of
// Hadoop carry the container before the @.
var schemes = map[string]struct {
	speak  string
	hadoop bool
}{
	"https": {"https", false}, "http": {"http", false}, "azure": {"https", false}, "": {"", false},
	"abfss": {"https", true}, "abfs": {"https", true}, "wasbs": {"https", true}, "wasb": {"https", true},
}

// readOrigin takes an address apart, and takes none that two readers could
// understand in two ways: it comes from text that anybody may have written.
func readOrigin(text string) (origin, error) {
	var o origin
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok {
		scheme, rest = "", strings.TrimPrefix(text, "//")
	}
	s, known := schemes[strings.ToLower(scheme)]
	if !known {
		return o, foreign("the address has a scheme that storage does not have")
	}
	o.scheme = s.speak
	authority := rest
	if i := strings.IndexAny(rest, "/?#\\"); i >= 0 {
		authority, o.path = rest[:i], rest[i:]
		if o.path[0] != '/' {
			return o, foreign("its host ends in a character that hides where it leads")
		}
	}
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		if !s.hadoop || strings.ContainsAny(authority[:i], "@:") {
			return o, foreign("a user name stands before its host")
		}
		o.container, authority = authority[:i], authority[i+1:]
	}
	return o, o.readHost(authority)
}

// readHost reads host[:port].
func (o *origin) readHost(authority string) error {
	o.host = strings.ToLower(authority)
	if i := strings.LastIndexByte(o.host, ':'); i > strings.LastIndexByte(o.host, ']') {
		o.host, o.port = o.host[:i], o.host[i+1:]
		if n, err := strconv.ParseUint(o.port, 10, 16); err != nil || n == 0 {
			return foreign("its port is no number")
		}
	}
	if o.scheme == "https" && o.port == "443" || o.scheme == "http" && o.port == "80" {
		o.port = ""
	}
	if six, ok := strings.CutPrefix(o.host, "["); ok {
		if a, err := netip.ParseAddr(strings.TrimSuffix(six, "]")); err != nil || a.Zone() != "" {
			return foreign("its host is not written as a host is")
		}
		return nil
	}
	o.host = strings.TrimSuffix(o.host, ".")
	if !isHostName(o.host) {
		return foreign("its host is not written as a host is")
	}
	return nil
}

// isHostName accepts labels of letters, digits and hyphens. A host in another
// alphabet is refused: it may look like one that it is not.
func isHostName(host string) bool {
	if len(host) > 253 {
		return false
	}
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || strings.HasPrefix(label, "xn--") || strings.Trim(label, labelLetters) != "" {
			return false
		}
	}
	return true
}

const labelLetters = "abcdefghijklmnopqrstuvwxyz0123456789-_"

// address returns host[:port].
func (o origin) address() string {
	if o.port == "" {
		return o.host
	}
	return o.host + ":" + o.port
}

// isIP reports whether the host is an address by number.
func (o origin) isIP() bool {
	_, err := netip.ParseAddr(strings.Trim(o.host, "[]"))
	return err == nil
}

// foreign says why an address is not asked.
func foreign(why string) error { return fmt.Errorf("%w: %s", cloud.ErrHost, why) }

// allowed reports whether the user named the host. A name without a port stands
// for every port.
func allowed(o origin, names []string) bool {
	return slices.ContainsFunc(names, func(n string) bool {
		n = strings.ToLower(n)
		return n == o.address() || n == o.host || o.port == "" && (n == o.host+":443" || n == o.host+":80")
	})
}

// official is a host of the service itself, taken apart:
// account[-secondary][.zone][.privatelink].service.suffix.
type official struct {
	account string // empty in OneLake
	service string
	label   string // the account with the zone: what the hosts of all services start with
	suffix  string
}

// readOfficial reads the name of a host. ok is false if it is not one of the
// service's own. The name for a private network becomes the public one.
func readOfficial(host string, suffixes ...string) (official, bool) {
	for _, suffix := range suffixes {
		head, ok := strings.CutSuffix(host, suffix)
		if !ok {
			continue
		}
		labels := strings.Split(head, ".")
		o := official{suffix: suffix, service: labels[len(labels)-1]}
		if o.service == "web" {
			o.service = blobs
		}
		if len(labels) < 2 || !slices.Contains(append(allServices, dfs), o.service) {
			return official{}, false
		}
		o.account = strings.TrimSuffix(labels[0], "-secondary")
		o.label = o.account
		for _, middle := range labels[1 : len(labels)-1] {
			switch {
			case isZone(middle) && o.label == o.account:
				o.label += "." + middle
			case middle != "privatelink":
				return official{}, false
			}
		}
		if suffix == oneLake {
			ok = strings.HasSuffix(o.account, "onelake")
			o.account = ""
		}
		return o, ok && len(o.label) > 0 && !strings.ContainsRune(o.label, '_')
	}
	return official{}, false
}

// isZone reports whether s is z and a number, as in the names of accounts that
// lie in a DNS zone of their own.
func isZone(s string) bool {
	return len(s) >= 2 && len(s) <= 4 && s[0] == 'z' && strings.Trim(s[1:], "0123456789") == ""
}

// host returns the name of the host of one service, or of its copy in another
// region.
func (o official) host(service string, copied replica) string {
	label := o.label
	if copied == secondary {
		account, zone, zoned := strings.Cut(label, ".")
		if label = account + "-secondary"; zoned {
			label += "." + zone
		}
	}
	return label + "." + service + o.suffix
}

// replica tells the copies of an account.
type replica bool

const (
	primary   replica = false
	secondary replica = true
)

// endpoints returns where the services of the account answer whose host is o.
// Everywhere but at the service's own hosts, the user must have named them.
func (o origin) endpoints(service string, names []string) (account string, all map[string]endpoint, err error) {
	if h, ok := readOfficial(o.host, suffixes...); ok && (o.port == "" || o.port == "443" || o.port == "80") {
		all = map[string]endpoint{}
		for _, s := range append(allServices, dfs) {
			if h.suffix == oneLake && s != blobs && s != dfs {
				continue
			}
			all[s] = endpoint{scheme: "https", host: h.host(s, primary)}
			if h.suffix != oneLake {
				all[s+second] = endpoint{scheme: "https", host: h.host(s, secondary)}
			}
		}
		return h.account, all, nil
	}
	if !allowed(o, names) {
		return "", nil, fmt.Errorf("%w: if you know that %s stands for it, say so with --allow-host %s", cloud.ErrHost, o.host, o.address())
	}
	if h, ok := readOfficial(o.host, append(suffixes, local)...); ok {
		return h.account, o.named(h, names), nil
	}
	if account, ok := o.pathAccount(); ok {
		return account, o.emulator(account, service, names), nil
	}
	return "", map[string]endpoint{cmp.Or(service, unknown): {scheme: o.speaks(), host: o.address()}}, nil
}

// named returns the endpoints of an account that the user named, one by one.
func (o origin) named(h official, names []string) map[string]endpoint {
	all := map[string]endpoint{}
	for _, s := range append(allServices, dfs) {
		for suffix, copied := range map[string]replica{"": primary, second: secondary} {
			near := o
			near.host = h.host(s, copied)
			if allowed(near, names) {
				all[s+suffix] = endpoint{scheme: o.speaks(), host: near.address()}
			}
		}
	}
	return all
}

// second is added to the word for a service to name its copy in another region.
const second = "-secondary"

// speaks returns the scheme: a link without one means the safe one.
func (o origin) speaks() string {
	if o.scheme == "" {
		return "https"
	}
	return o.scheme
}

// pathAccount returns the account where the path starts with it: behind an
// address by number, and on the ports of the emulator.
func (o origin) pathAccount() (string, bool) {
	first, _, _ := strings.Cut(strings.TrimPrefix(o.path, "/"), "/")
	_, port := emulatorPorts[o.port]
	if !o.isIP() && !port && first != emulatorAccount {
		return "", false
	}
	return first, isAccountName(strings.TrimSuffix(first, second))
}

// emulatorAccount is the account that the emulator has from the start.
const emulatorAccount = "devstoreaccount1"

// emulatorOffsets are how far from the port for blobs the others lie. Files and
// dfs have no port of their own in Azurite; a server that has them uses those
// after the others.
var emulatorOffsets = map[string]int{blobs: 0, queues: 1, tables: 2, files: 3, dfs: 4}

// emulator returns the endpoints of an emulator: that of the link, and those on
// the ports beside it that the user named.
func (o origin) emulator(account, service string, names []string) map[string]endpoint {
	account = strings.TrimSuffix(account, second)
	if at, ok := emulatorPorts[o.port]; ok && service != files && service != dfs {
		service = at
	}
	service = cmp.Or(service, unknown)
	all := map[string]endpoint{service: {scheme: o.speaks(), host: o.address(), prefix: "/" + account}}
	if service == unknown {
		return all
	}
	port, _ := strconv.Atoi(o.port)
	for other, offset := range emulatorOffsets {
		near := o
		near.port = strconv.Itoa(port + offset - emulatorOffsets[service])
		exact := slices.Contains(names, near.address())
		_, usual := emulatorPorts[near.port]
		if other != service && port > 0 && (exact || usual && allowed(near, names)) {
			all[other] = endpoint{scheme: o.speaks(), host: near.address(), prefix: "/" + account, guessed: emulatorPorts[near.port] != other}
		}
	}
	return all
}

// isAccountName reports whether s follows the rule for account names: 3 to 24
// lower-case letters and digits. Source: "Storage account overview".
func isAccountName(s string) bool {
	return 3 <= len(s) && len(s) <= 24 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789") == ""
}
