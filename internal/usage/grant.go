package usage

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/kind"
)

// maxSample is the longest URI that is kept of a token, in bytes.
const maxSample = 4 << 10

// sample returns a URI without its signature and without what is no part of it,
// to read the grant from later.
func (c *Census) sample(uri []byte) string {
	address, query, _ := bytes.Cut(uri[:min(len(uri), maxSample)], []byte("?"))
	if rest := afterScheme(address); len(rest) > 0 {
		at, _, _ := bytes.Cut(rest, []byte("/"))
		address = address[:len(address)-len(rest)+len(at)]
	}
	var b strings.Builder
	b.Write(bytes.TrimSuffix(bytes.TrimSuffix(address, []byte(":443")), []byte(":80")))
	sep := byte('?')
	for part := range bytes.SplitSeq(query, []byte("&")) {
		if name, _, _ := bytes.Cut(part, []byte("=")); signedParam(name) {
			b.WriteByte(sep)
			b.Write(part)
			sep = '&'
		}
	}
	return text([]byte(b.String()))
}

// grant reads what a token claims, with the reader of links: in the place of the
// signature stands the hash of it, which has the same form and opens nothing.
func (t *token) grant() overgrant.Grant {
	g := overgrant.Grant{Provider: "azure", Account: t.account, Services: []string{t.service}}
	switch t.sort {
	case byKey:
		g.Kind, g.Scope, g.Signer, g.Services = "account_key", "account", "account_key", nil
	case byOAuth:
		g.Kind = "oauth"
	case byNobody:
		g.Kind = "anonymous"
	case byOther:
		g.Kind = "other"
	default:
		g.Kind = "sas"
		if l, err := kind.Parse(t.link()); err == nil {
			g = l.Grant
			g.Shape, g.ShapeWhy = overgrant.Whole, ""
			if g.Account == "" {
				g.Account = t.account
			}
		}
	}
	return g
}

// inQuery escapes what base64 has and a query may not have.
var inQuery = strings.NewReplacer("+", "%2B", "/", "%2F", "=", "%3D")

// link writes the token as a link, with a stand-in for its signature.
func (t *token) link() string {
	if t.params == 0 {
		return ""
	}
	stand := t.sign
	if !t.signed {
		stand = sha256.Sum256([]byte(t.id()))
	}
	address, query, _ := strings.Cut(t.uri, "?")
	path := ""
	if t.target != "" {
		path = "/" + t.target
	}
	return address + path + "?" + query + "&sig=" + inQuery.Replace(base64.StdEncoding.EncodeToString(stand[:]))
}
