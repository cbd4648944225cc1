package azure

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/cloud"
)

// Endpoints returns the account of a reach and the addresses of its services.
func Endpoints(c cloud.Reach) (account string, all []string) {
	r := c.(*reach)
	for _, e := range r.ends {
		all = append(all, e.scheme+"://"+e.host+e.prefix)
	}
	slices.Sort(all)
	return r.name, all
}

// Token is the query that is sent for the query of a link.
func Token(query string) string { return token(query) }

// EscapeName writes a name as a path.
func EscapeName(name string) string { return escapeName(name) }

// SignedText returns what is signed with a key for the service of blobs, and the
// header.
func SignedText(account, key, method, address string, h http.Header, now time.Time) (text, header string) {
	secret, err := readKey(key)
	if err != nil {
		return "", ""
	}
	u, _ := url.Parse(address)
	k := sharedKey{account: account, key: secret}
	service := blobs
	if strings.Contains(u.Host, ".table.") {
		service = tables
	}
	k.sign(method, service, u, h, now)
	if service == tables {
		return h.Get("X-Ms-Date") + "\n" + k.tableResource(u), h.Get("Authorization")
	}
	return k.text(method, u, h), h.Get("Authorization")
}

// DelegationKey is the user delegation key that an owner got last.
func DelegationKey(c cloud.Owner) overgrant.Secret { return c.(*owner).signer.key }

// RewriteIdentifiers reads stored access policies and writes them as they are
// put back.
func RewriteIdentifiers(body []byte) ([]byte, bool) {
	ids, err := readIdentifiers(body)
	return ids.write(), err == nil
}
