package azure

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/cloud"
	"github.com/overgrant/overgrant/kind"
)

// account is a storage account as one link opens it. It is not changed once it
// is made.
type account struct {
	name  string // empty behind a custom domain that nobody told the name of
	grant overgrant.Grant
	token overgrant.Secret // the signature as a query; empty where a key signs, and for anybody
	key   *sharedKey       // nil where a signature stands in the link
	ends  map[string]endpoint
	heard map[string]string // which service a host is, as it said itself

	// What the address of the link names, beside the account.
	service   string
	container string
	path      string // decoded
}

// storageKinds are the kinds of links that lead to a storage account.
var storageKinds = []string{
	"account_sas", "service_sas", "policy_sas", "user_delegation_sas", "disk_export_sas",
	"account_key", "connection_string", anonymous,
}

// anonymous is the kind of an address without a signature: what anybody may see.
const anonymous = "anonymous"

// opens reports whether a link of this grant leads to a storage account.
func opens(g overgrant.Grant) bool {
	if g.Provider != "azure" && g.Provider != "" || !slices.Contains(storageKinds, g.Kind) {
		return false
	}
	if g.Kind == "connection_string" { // messaging services and databases have them too
		return slices.ContainsFunc(g.Services, func(s string) bool { return slices.Contains(allServices, s) })
	}
	return true
}

// readAccount works out where a link leads and what it holds. heard are hosts
// that have said which service they are, empty for those that have not.
func readAccount(l overgrant.Link, opt cloud.Options, heard map[string]string) (*account, error) {
	g := l.Grant
	a := &account{grant: g, ends: map[string]endpoint{}, heard: heard}
	parts := kind.Take(l)
	if g.Kind == anonymous && parts.Address.Reveal() == "" {
		parts.Address = overgrant.NewSecret(withoutQuery(l.Secret.Reveal()))
	}
	set := func(name string) string { return parts.Settings[name].Reveal() }
	a.token = overgrant.NewSecret(token(parts.Query.Reveal()))
	a.name = cmp.Or(set("accountname"), g.Account, opt.Account)
	if len(g.Services) == 1 && slices.Contains(allServices, g.Services[0]) {
		a.service = g.Services[0]
	}
	if err := a.locate(parts, opt); err != nil {
		return nil, err
	}
	if opt.Account != "" {
		a.name = opt.Account
	}
	if len(a.ends) == 0 && len(heard) == 0 {
		return nil, fmt.Errorf("%w: the text has no host and no account name; give the name with --account", cloud.ErrIncomplete)
	}
	return a, a.readKey(set("accountkey"), set("usedevelopmentstorage"))
}

// readKey takes the account key, where the link is one.
func (a *account) readKey(text, development string) error {
	if strings.EqualFold(development, "true") && text == "" && a.token.Reveal() == "" {
		text = emulatorKey
	}
	if a.token.Reveal() != "" || text == "" {
		if a.token.Reveal() == "" && a.grant.Kind != anonymous {
			return fmt.Errorf("%w: it has neither a signature nor a key", cloud.ErrIncomplete)
		}
		return nil
	}
	if a.name == "" {
		return fmt.Errorf("%w: a key signs with the name of its account, which a custom domain hides; give it with --account", cloud.ErrIncomplete)
	}
	key, err := readKey(text)
	if err != nil {
		return err
	}
	a.key = &sharedKey{account: a.name, key: key}
	return nil
}

// emulatorKey is the key of the account that the emulator has from the start,
// which its makers publish.
const emulatorKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="

// locate finds the hosts: in the address, in the endpoints of a connection
// string, or from the name of the account.
func (a *account) locate(parts kind.Parts, opt cloud.Options) error {
	if len(parts.Settings) > 0 {
		done, err := a.locateSettings(parts, opt)
		if done || err != nil {
			return err
		}
	}
	text := parts.Address.Reveal()
	switch {
	case text != "":
	case a.grant.Host != "":
		text = a.grant.Host
	case a.name != "":
		text = a.name + "." + blobs + ".core.windows.net"
	default:
		return nil
	}
	o, err := readOrigin(text)
	if err != nil {
		return err
	}
	if err := a.add(o, a.service, opt.AllowHosts); err != nil {
		return err
	}
	a.readPath(o)
	return nil
}

// endpointSettings are the keys of a connection string that name a host.
var endpointSettings = []struct{ key, service string }{
	{"blobendpoint", blobs}, {"dfsendpoint", dfs}, {"fileendpoint", files}, {"queueendpoint", queues}, {"tableendpoint", tables},
}

// locateSettings reads the hosts of a connection string. Endpoints that it
// names come before those that follow from the account's name. done is false if
// it has neither.
func (a *account) locateSettings(parts kind.Parts, opt cloud.Options) (done bool, err error) {
	set := func(name string) string { return parts.Settings[name].Reveal() }
	scheme := cmp.Or(strings.ToLower(set("defaultendpointsprotocol")), "https")
	for _, e := range endpointSettings {
		text := withoutQuery(set(e.key))
		if text == "" {
			continue
		}
		o, err := readOrigin(text)
		if err != nil {
			return false, err
		}
		if err := a.add(o, e.service, opt.AllowHosts); err != nil {
			return false, err
		}
		a.readPath(o)
		done = true
	}
	switch suffix := set("endpointsuffix"); {
	case done:
		return true, nil
	case strings.EqualFold(set("usedevelopmentstorage"), "true"):
		o := origin{scheme: "http", host: "127.0.0.1", port: "10000", path: "/" + emulatorAccount}
		return true, a.add(o, "", opt.AllowHosts)
	case suffix != "" && a.name != "":
		o, err := readOrigin(scheme + "://" + a.name + "." + blobs + "." + strings.TrimPrefix(suffix, "."))
		if err != nil {
			return false, err
		}
		return true, a.add(o, blobs, opt.AllowHosts)
	}
	return false, nil
}

// add takes up the endpoints that follow from one. Those that the link names
// itself take the place of those that follow from others.
func (a *account) add(o origin, service string, names []string) error {
	if service == "" {
		service = a.heard[o.address()]
	}
	name, ends, err := o.endpoints(service, names)
	if err != nil {
		return err
	}
	for s, e := range ends {
		if is, asked := a.heard[e.host]; asked && is != s {
			continue
		}
		if _, have := a.ends[s]; !have || s == service {
			a.ends[s] = e
		}
	}
	if name != "" {
		a.name = name
	}
	return nil
}

// readPath finds what the address names below the account.
func (a *account) readPath(o origin) {
	path, _, _ := strings.Cut(strings.TrimLeft(o.path, "/"), "?")
	if o.container != "" {
		path = o.container + "/" + path
	}
	if _, ok := o.pathAccount(); ok && a.ends[a.served(o)].prefix != "" {
		_, path, _ = strings.Cut(path, "/")
	}
	if a.service == "" {
		a.service = a.served(o)
	}
	first, rest, _ := strings.Cut(strings.Trim(path, "/"), "/")
	first, rest = unescape(first), unescape(rest)
	g := &a.grant
	switch {
	case a.service == queues:
		rest = ""
	case a.service == tables:
		first, _, _ = strings.Cut(first, "(")
		rest = ""
		if first == "Tables" {
			first = ""
		}
	case rest == "" && first != "" && strings.HasPrefix(g.Resource, "b"):
		first, rest = rootContainer, first
	}
	a.container, a.path = first, rest
}

// rootContainer holds the blobs whose path has one segment.
const rootContainer = "$root"

// served returns the service that answers at o.
func (a *account) served(o origin) string {
	if h, ok := readOfficial(o.host, append(suffixes, local)...); ok && h.service != dfs {
		return h.service
	}
	for s, e := range a.ends {
		if e.host == o.address() && s != dfs && !strings.HasSuffix(s, second) {
			return s
		}
	}
	return blobs
}

// target returns the container and the path that the link leads to: what its
// address says, else what was found near it.
func (a *account) target() (container, path string) {
	if a.container != "" {
		return a.container, a.path
	}
	if a.service == tables && a.grant.Table != "" {
		return a.grant.Table, ""
	}
	return a.grant.Container, a.grant.Path
}

func withoutQuery(text string) string {
	text, _, _ = strings.Cut(strings.TrimSpace(text), "?")
	return text
}
