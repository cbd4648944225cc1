package kind

import (
	"strings"

	"github.com/overgrant/overgrant"
)

var gcsV4 = Kind{
	Name:  "gcs_v4",
	Doc:   "Signed URL of Google Cloud Storage, version 4 (X-Goog-Signature): one method on one object, at most seven days.",
	Marks: []string{"X-Goog-Signature"},
	Find:  findSigned,
	claim: claimGCSV4,
}

func claimGCSV4(r *reading) (claim, bool) {
	q := r.query
	if !q.has("x-goog-signature") || !q.any("x-goog-credential", "x-goog-algorithm", "x-goog-date") {
		return claim{}, false
	}
	g := gcsGrant(r)
	g.SignerID, _, _ = strings.Cut(q.get("x-goog-credential"), "/")
	g.StartRaw, g.ExpiryRaw = q.get("x-goog-date"), q.get("x-goog-expires")
	limit(&g)
	g.Extra = append(g.Extra, extras(q, "x-goog-algorithm", "x-goog-signedheaders")...)
	d := rsaHex
	if strings.Contains(strings.ToUpper(q.get("x-goog-algorithm")), "HMAC") {
		d = hmac256Hex
		g.Signer, g.Revocation = "access_key", deactivateHMACKey
	}
	s := d.read(q.first("x-goog-signature"))
	if q.get("x-goog-credential") == "" {
		s = s.malformed("the credential is missing")
	}
	return claim{grant: g, secret: judgeSigner(s, g.SignerID)}, true
}

// gcsGrant fills in what signed URLs of both versions have in common.
func gcsGrant(r *reading) overgrant.Grant {
	q := r.query
	g := overgrant.Grant{
		Provider: "gcp", Host: r.at.host, Services: []string{"gcs"}, Scope: "object",
		Version: q.get("generation"), Signer: "service_account", Revocation: deleteServiceAccountKey,
	}
	g.Container, g.Path = readGCSHost(r.at)
	if g.Path == "" && g.Container != "" {
		g.Scope = "container"
	}
	g.Method, g.Actions = s3Method(q, g.Path)
	return g
}
