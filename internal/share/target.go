package share

import (
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"strings"

	"github.com/overgrant/overgrant"
)

// Address is where a container lies.
type Address struct {
	Account   string
	Base      string // URL of the account, without a slash at its end
	Container string
}

// URL returns the address of the container.
func (a Address) URL() string { return a.Base + "/" + a.Container }

// AddressOf returns where the container of a link of the ledger lies. The text is
// the link, redacted.
func AddressOf(text string, g overgrant.Grant) (Address, error) {
	text, _, _ = strings.Cut(text, "?")
	at, _, err := locate(text, g.Account)
	at.Container = g.Container
	return at, err
}

// Target is one thing that is to be shared.
type Target struct {
	Path  string // of an object; with Below what names begin with: it ends in a slash, or is empty for the whole container
	Below bool
}

// String returns the target as it was asked for.
func (t Target) String() string { return t.Path }

// Has reports whether an object is meant.
func (t Target) Has(name string) bool {
	return name == t.Path || t.Below && strings.HasPrefix(name, t.Path)
}

// MaxTargets bounds what one command may name.
const MaxTargets = 1000

var (
	accountName   = regexp.MustCompile(`^[a-z0-9]{3,24}$`)
	containerName = regexp.MustCompile(`^(?:[a-z0-9](?:-?[a-z0-9]){2,62}|\$web|\$root|\$logs)$`)
)

// ParseTargets reads what is to be shared: CONTAINER/PATH, CONTAINER/PREFIX/ or
// CONTAINER/, or the URLs of the same. All lie in one container, which is what
// one share is of. The account is needed where no URL names it.
//
// Source for names: "Naming and Referencing Containers, Blobs, and Metadata".
func ParseTargets(args []string, account string) (Address, []Target, error) {
	var at Address
	var all []Target
	if len(args) == 0 || len(args) > MaxTargets {
		return at, nil, fmt.Errorf("%w: give 1 to %d of CONTAINER/PATH or CONTAINER/PREFIX/", ErrTarget, MaxTargets)
	}
	seen := map[Target]bool{}
	for _, arg := range args {
		a, t, err := parseTarget(arg, account)
		if err != nil {
			return at, nil, err
		}
		if at == (Address{}) {
			at = a
		}
		if a != at {
			return at, nil, fmt.Errorf("%w: a share is of one container, and these are of %s and %s; share them one by one", ErrTarget, at.Container, a.Container)
		}
		if !seen[t] {
			seen[t] = true
			all = append(all, t)
		}
	}
	return at, all, nil
}

func parseTarget(arg, account string) (Address, Target, error) {
	at, rest, err := locate(arg, account)
	if err != nil {
		return at, Target{}, err
	}
	container, path, slash := strings.Cut(rest, "/")
	at.Container = container
	switch {
	case !containerName.MatchString(container):
		return at, Target{}, fmt.Errorf("%w: %.80q is no name of a container; want CONTAINER/PATH", ErrTarget, container)
	case !slash:
		return at, Target{}, fmt.Errorf("%w: %s is a container; for all of it write %s/", ErrTarget, container, container)
	case strings.HasPrefix(path, "/") || len(path) > 1024 || strings.ContainsFunc(path, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return at, Target{}, fmt.Errorf("%w: %.80q is no name of an object", ErrTarget, path)
	}
	return at, Target{Path: path, Below: path == "" || strings.HasSuffix(path, "/")}, nil
}

// locate tells the account from the rest of an argument.
func locate(arg, account string) (Address, string, error) {
	if !strings.Contains(arg, "://") {
		if account == "" {
			return Address{}, "", fmt.Errorf("%w: which storage account? give --account NAME, or the URL of what is shared", ErrTarget)
		}
		if !accountName.MatchString(account) {
			return Address{}, "", fmt.Errorf("%w: %.40q is no name of a storage account: want 3 to 24 small letters and digits", ErrTarget, account)
		}
		return Address{Account: account, Base: "https://" + account + ".blob.core.windows.net"}, arg, nil
	}
	u, err := url.Parse(arg)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
		return Address{}, "", fmt.Errorf("%w: not a URL that can be asked; want https://ACCOUNT.blob.core.windows.net/CONTAINER/PATH", ErrTarget)
	}
	if u.RawQuery != "" || u.Fragment != "" { // it may be a link; it is not repeated
		return Address{}, "", fmt.Errorf("%w: give the URL up to its question mark: what is shared, not a link to it", ErrTarget)
	}
	at := Address{Account: account, Base: u.Scheme + "://" + u.Host}
	rest := strings.TrimPrefix(u.Path, "/")
	first, after, _ := strings.Cut(rest, "/")
	if label, _, _ := strings.Cut(u.Hostname(), "."); account == "" && strings.Contains(u.Hostname(), ".blob.") {
		at.Account = label
	} else if isLocal(u.Hostname()) && (account == "" || account == first) {
		at.Account, at.Base, rest = first, at.Base+"/"+first, after
	}
	if !accountName.MatchString(at.Account) {
		return at, "", fmt.Errorf("%w: the host does not say which storage account it is; give --account NAME", ErrTarget)
	}
	return at, rest, nil
}

// isLocal reports whether a host has the account as the first part of its paths,
// as the emulator does.
func isLocal(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil || host == "localhost"
}
