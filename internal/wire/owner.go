package wire

import (
	"fmt"
	"strings"
)

// Owner is the client of an account's owner. It sends what is on its own list
// ([Deeds]) and nothing else: the few requests that close what stands open and
// that make links, to the hosts of one account, to the resource manager of its
// cloud, and to where tokens come from. It shares no connection and no list with
// a ReadOnly client. It is safe for concurrent use.
type Owner struct {
	// engine holds connections, addresses, pace, budget and record. Its own gate
	// is not used and nobody else can reach it: what leaves is checked here.
	engine *ReadOnly
	own    *site // where the machine asks for its own identity
}

// NewOwner returns a client. Of the options, Probes means nothing.
func NewOwner(opt Options) *Owner {
	opt.Probes = Probes{}
	c := NewReadOnly(opt)
	// The one address of its kind that is asked, and over plain http: by design
	// of the service, and under the name of no account.
	own := &site{name: machine, port: "80", free: true, account: &account{}}
	own.pace.start(c.opt.PerHost)
	c.sites[joinHost(machine, "80")] = own
	return &Owner{engine: c, own: own}
}

// Run returns the id of the run, as the owner finds it in the logs.
func (o *Owner) Run() string { return o.engine.run }

// Spent returns what was spent so far.
func (o *Owner) Spent() Spent { return o.engine.Spent() }

// Close lets go of idle connections. Doors stay usable.
func (o *Owner) Close() { o.engine.Close() }

// Party is who a request of an owner goes to.
type Party uint8

// The parties. Manager is the resource manager, Authority hands out tokens,
// Machine hands out those of the machine itself, Data is the account.
const (
	Manager Party = iota + 1
	Authority
	Machine
	Data
)

// Premises are the hosts that an owner's door leads to.
type Premises struct {
	Account   string // name of the storage account; requests about another are refused
	Hosts     []Host // of its services
	Manager   string // "host" or "host:port" of the resource manager; empty for none
	Authority string // "host" or "host:port" that hands out tokens; empty for none
}

// managers are the hosts of resource managers.
//
// Source: Azure SDK for Go, azcore/cloud.
var managers = nameSet("management.azure.com", "management.chinacloudapi.cn", "management.usgovcloudapi.net")

// authorities hand out tokens.
//
// Source: Microsoft identity platform, "National clouds".
var authorities = nameSet(
	"login.microsoftonline.com", "login.microsoft.com", "login.windows.net", "sts.windows.net",
	"login.microsoftonline.us", "login.chinacloudapi.cn", "login.partner.microsoftonline.cn",
)

// machine is where a machine in Azure asks for its own identity.
//
// Source: "Azure Instance Metadata Service".
const machine = "169.254.169.254"

// place is a site as an owner's door knows it.
type place struct {
	*site
	party   Party
	service Service
}

// trusted reports whether a token may be shown there: in the domains of storage
// services, and in an emulator. A custom domain leads wherever its owner likes.
func (p place) trusted() bool {
	_, _, storage := ServiceOf(p.name)
	return storage || p.emulator()
}

// TakesTokens reports whether requests to a host of the account may carry a
// token.
func (d *OwnerDoor) TakesTokens(scheme, hostport string) bool {
	p, err := d.lookup(scheme, hostport)
	return err == nil && scheme == "https" && p.party == Data && p.trusted()
}

// OwnerDoor sends to the premises of one account, and nowhere else. It is safe
// for concurrent use.
type OwnerDoor struct {
	o       *Owner
	account string
	places  map[string]place // by host:port
	sign    Signer
}

// Bind returns a door to premises. With an Authority it also leads to the other
// hosts of the cloud that hand out tokens, and to the machine's own.
//
// It fails with ErrForeign for a host that is neither what it claims to be by
// its name nor in Options.AllowHosts, and with ErrPrivate for an address that is
// not in AllowHosts and not public.
func (o *Owner) Bind(p Premises) (*OwnerDoor, error) {
	c := o.engine
	within, err := c.BindHosts(p.Hosts...)
	if err != nil && len(p.Hosts) > 0 {
		return nil, err
	}
	d := &OwnerDoor{o: o, account: p.Account, places: map[string]place{}}
	if within != nil {
		for key, b := range within.hosts {
			d.places[key] = place{b.site, Data, b.service}
		}
	}
	if err := d.add(p.Manager, Manager, managers); err != nil {
		return nil, fmt.Errorf("bind the resource manager: %w", err)
	}
	if err := d.add(p.Authority, Authority, authorities); err != nil {
		return nil, fmt.Errorf("bind the host of tokens: %w", err)
	}
	if p.Authority != "" {
		for name := range authorities {
			d.places[joinHost(name, "443")] = place{c.site(name, "443"), Authority, Unknown}
		}
		d.places[joinHost(machine, "80")] = place{o.own, Machine, Unknown}
	}
	if len(d.places) == 0 {
		return nil, fmt.Errorf("bind hosts: none given: %w", ErrForeign)
	}
	return d, nil
}

// add takes up a host that is not the account's.
func (d *OwnerDoor) add(host string, party Party, known map[string]bool) error {
	if host == "" {
		return nil
	}
	name, port, ok := splitHost(host)
	if !ok {
		return ErrForeign
	}
	if port == "" {
		port = "443"
	}
	if c := d.o.engine; !c.allowed(name, port) && (!known[name] || port != "443") {
		return fmt.Errorf("%s: %w", joinHost(name, port), ErrForeign)
	}
	key := joinHost(name, port)
	if d.places[key].site != nil {
		return fmt.Errorf("%s: it is a host of the account: %w", key, ErrForeign)
	}
	d.places[key] = place{d.o.engine.site(name, port), party, Unknown}
	return nil
}

// Signed returns a door to the same premises that signs what goes through it to
// the account's hosts.
func (d *OwnerDoor) Signed(sign Signer) *OwnerDoor {
	signed := *d
	signed.sign = sign
	return &signed
}

// lookup finds where a request may go. Only the machine's own identity and hosts
// of the account that the user named are asked over plain http.
func (d *OwnerDoor) lookup(scheme, hostport string) (place, error) {
	name, port, ok := splitHost(hostport)
	if !ok {
		return place{}, ErrForeign
	}
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[scheme]
	}
	p, ok := d.places[joinHost(name, port)]
	if !ok {
		return place{}, ErrForeign
	}
	if scheme != "https" && !(p.free && (p.party == Data || p.party == Machine)) {
		return place{}, fmt.Errorf("%w: plain http would show the token to everybody on the way", ErrRefused)
	}
	return p, nil
}

// emulatorPath takes the account off the front of a path that an emulator
// serves, and reports whether it is the account of the door.
func (d *OwnerDoor) emulatorPath(p place, path string) (string, bool) {
	if p.party != Data || !p.emulator() {
		return path, true
	}
	rest, ok := strings.CutPrefix(path, "/"+d.account)
	if !ok || d.account == "" || rest != "" && rest[0] != '/' {
		return "", false
	}
	return rest, true
}
