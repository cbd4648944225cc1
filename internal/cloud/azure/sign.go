package azure

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/overgrant/overgrant"
)

// sharedKey signs requests with an account key.
type sharedKey struct {
	account string
	key     overgrant.Secret // in base64
}

// readKey checks that text is a key: base64 of either alphabet, of 64 bytes in
// accounts made so far.
func readKey(text string) (overgrant.Secret, error) {
	for text != unescape(text) {
		text = unescape(text)
	}
	text = strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimSpace(text))
	if b, err := base64.StdEncoding.DecodeString(text); err != nil || len(b) == 0 {
		return overgrant.Secret{}, fmt.Errorf("read the account key: it is not written in base64")
	}
	return overgrant.NewSecret(text), nil
}

// sign sets the date and the Authorization of a request. The headers must be
// complete: those that begin with x-ms- are signed.
//
// Source: "Authorize with Shared Key" in the Azure Storage REST reference.
func (k sharedKey) sign(method, service string, u *url.URL, h http.Header, now time.Time) {
	h.Set("X-Ms-Date", now.UTC().Format(http.TimeFormat))
	scheme, text := "SharedKey", k.text(method, u, h)
	if service == tables {
		scheme, text = "SharedKeyLite", h.Get("X-Ms-Date")+"\n"+k.tableResource(u)
	}
	h.Set("Authorization", scheme+" "+k.account+":"+k.mac(text))
}

// mac returns the signature of text, in base64.
func (k sharedKey) mac(text string) string {
	key, _ := base64.StdEncoding.DecodeString(k.key.Reveal())
	m := hmac.New(sha256.New, key)
	m.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(m.Sum(nil))
}

// signedHeaders are those that are signed by value, in this order. The Date is
// empty where x-ms-date is sent, the length where it is zero.
var signedHeaders = []string{
	"Content-Encoding", "Content-Language", "Content-Length", "Content-Md5", "Content-Type", "",
	"If-Modified-Since", "If-Match", "If-None-Match", "If-Unmodified-Since", "Range",
}

// text returns the string to sign of the services for blobs, files and queues.
func (k sharedKey) text(method string, u *url.URL, h http.Header) string {
	lines := []string{method}
	for _, name := range signedHeaders {
		value := h.Get(name)
		if name == "Content-Length" && value == "0" {
			value = ""
		}
		lines = append(lines, value)
	}
	var own []string
	for name, values := range h {
		if name = strings.ToLower(name); strings.HasPrefix(name, "x-ms-") {
			own = append(own, name+":"+strings.TrimSpace(strings.Join(values, ",")))
		}
	}
	slices.Sort(own)
	lines = append(lines, own...)
	return strings.Join(append(lines, k.resource(u)), "\n")
}

// resource returns the canonical name of what is asked for: the path as it is
// sent, and all parameters.
func (k sharedKey) resource(u *url.URL) string {
	lines := []string{"/" + k.account + sentPath(u)}
	query, _ := url.ParseQuery(u.RawQuery)
	byName := map[string][]string{}
	for name, values := range query {
		name = strings.ToLower(name)
		byName[name] = append(byName[name], values...)
	}
	var names []string
	for name, values := range byName {
		slices.Sort(values)
		names = append(names, name+":"+strings.Join(values, ","))
	}
	slices.Sort(names)
	return strings.Join(append(lines, names...), "\n")
}

// tableResource returns the canonical name in the table service, of which only
// comp is a part.
func (k sharedKey) tableResource(u *url.URL) string {
	name := "/" + k.account + sentPath(u)
	if comp := u.Query().Get("comp"); comp != "" {
		name += "?comp=" + comp
	}
	return name
}

// sentPath returns the path as it is sent.
func sentPath(u *url.URL) string {
	if p := u.EscapedPath(); p != "" {
		return p
	}
	return "/"
}
