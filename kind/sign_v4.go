package kind

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// dialect is one of the services that sign as Amazon's version 4 does, each
// with its own words.
type dialect struct {
	prefix    string // of parameters: x-amz-
	algorithm string
	start     string // what stands before the secret in the first key
	payload   string // of the hash of a body that is not signed
}

var (
	amazonV4 = dialect{"x-amz-", "AWS4-HMAC-SHA256", "AWS4", "UNSIGNED-PAYLOAD"}
	googleV4 = dialect{"x-goog-", "GOOG4-HMAC-SHA256", "GOOG4", "UNSIGNED-PAYLOAD"}
	aliV4    = dialect{"x-oss-", "OSS4-HMAC-SHA256", "aliyun_v4", "UNSIGNED-PAYLOAD"}
)

// sigV4 tries each method. Source: "Create a signed AWS API request", "V4
// signing process" of Google Cloud Storage.
func (t signed) sigV4() (string, bool) {
	d := amazonV4
	if t.g.Kind == "gcs_v4" {
		d = googleV4
	}
	if t.r.query.get(d.prefix+"signedheaders") != "host" || t.r.query.get(d.prefix+"algorithm") != d.algorithm {
		return "", false
	}
	host := t.r.at.host
	if p := t.r.at.port; p != "" && p != "443" && p != "80" {
		host += ":" + p
	}
	payload := d.payload
	if h := t.r.query.get(d.prefix + "content-sha256"); h != "" {
		payload = h
	}
	for _, m := range methods {
		request := []string{m, escapePath("/" + t.r.at.path), t.canonicalQuery(d), "host:" + host, "", "host", payload}
		if t.is(hmac256Hex, d.prefix+"signature", t.sign(d, request)) {
			return fmt.Sprintf("%s %s", d.algorithm, m), true
		}
	}
	return "", false
}

// sign returns the signature of a canonical request.
func (t signed) sign(d dialect, request []string) []byte {
	q := t.r.query
	_, scope, _ := strings.Cut(q.get(d.prefix+"credential"), "/")
	key := []byte(d.start + t.key)
	for _, part := range strings.Split(scope, "/") {
		key = mac256(key, part)
	}
	sum := sha256.Sum256([]byte(strings.Join(request, "\n")))
	return mac256(key, d.algorithm, q.get(d.prefix+"date"), scope, hex.EncodeToString(sum[:]))
}

// canonicalQuery writes all parameters but the signature, sorted.
func (t signed) canonicalQuery(d dialect) string {
	var parts []string
	for _, p := range t.r.query {
		if p.name == d.prefix+"signature" {
			continue
		}
		part := escape(p.as) + "=" + escape(p.value)
		if d == aliV4 {
			part = strings.TrimSuffix(part, "=")
		}
		parts = append(parts, part)
	}
	slices.Sort(parts)
	return strings.Join(parts, "&")
}

// escapePath percent-encodes all but what RFC 3986 leaves alone, and slashes.
func escapePath(s string) string { return strings.ReplaceAll(escape(s), "%2F", "/") }

func escape(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if c := s[i]; isWord(c) || strings.IndexByte("-_.~", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
