package kind

import (
	"strings"
	"time"

	"github.com/overgrant/overgrant"
)

var b2Authorization = Kind{
	Name:  "b2_authorization",
	Doc:   "Download authorisation of Backblaze B2, in a URL or alone: every file of a bucket whose name starts with a prefix, at most seven days.",
	Marks: []string{"Authorization=3_", "_dnld"},
	Find:  merged(findQueries, findGrantTokens),
	claim: claimB2,
}

func claimB2(r *reading) (claim, bool) {
	p := r.query.first("authorization")
	if p.name == "" {
		text := strings.Trim(r.text, " \t\r\n\"'")
		p = param{value: text, raw: text}
	}
	t, ok := readGrantToken(p.value)
	if !ok {
		return claim{}, false
	}
	g := overgrant.Grant{
		Provider: "backblaze", Host: r.at.host, Services: []string{"b2"}, Scope: "prefix",
		Start: t.start, StartRaw: t.startRaw, Expiry: t.expiry, ExpiryRaw: t.expiryRaw,
		Actions: []string{"read"}, Method: "GET", Signer: "application_key", SignerID: t.bucketID,
		Revocation: deleteApplicationKey,
	}
	if !t.start.IsZero() && t.expiry.After(t.start) {
		g.ExpiresIn = int64(t.expiry.Sub(t.start) / time.Second)
	}
	if rest, ok := strings.CutPrefix(r.at.path, "file/"); ok {
		g.Container, g.Path = firstSegment(rest)
	}
	s := secret{text: p.value, raw: p.raw}
	if why := standIn(p.value, inHex); why != "" {
		s.shape, s.why = overgrant.Placeholder, why
	}
	return claim{grant: g, secret: s}, true
}

// grantToken is a download authorisation, which tells its own times.
type grantToken struct {
	bucketID            string
	startRaw, expiryRaw string
	start, expiry       time.Time
}

// readGrantToken reads 3_start_key_hash_000_expiry_cluster_dnld. The form is
// not documented beyond the example of b2_get_download_authorization.
func readGrantToken(s string) (grantToken, bool) {
	parts := strings.Split(s, "_")
	if len(parts) < 7 || parts[0] != "3" || parts[len(parts)-1] != "dnld" {
		return grantToken{}, false
	}
	t := grantToken{bucketID: parts[2], startRaw: parts[1], expiryRaw: parts[len(parts)-3]}
	var a, b bool
	t.start, a = readStamp(t.startRaw)
	t.expiry, b = readStamp(t.expiryRaw)
	return t, a && b
}

// readStamp reads the fourteen digits of yyyymmddhhmmss.
func readStamp(s string) (time.Time, bool) {
	if len(s) != 14 || !isNumber(s) {
		return time.Time{}, false
	}
	return readTime(s[:8] + "T" + s[8:])
}
