package kind

import (
	"strings"

	"github.com/overgrant/overgrant"
)

var cosPresigned = Kind{
	Name:  "cos_presigned",
	Doc:   "Signed request of Tencent Cloud Object Storage (q-signature), as a URL or a header: one method on one object.",
	Marks: []string{"q-signature"},
	Find:  findSigned,
	claim: claimCOS,
}

func claimCOS(r *reading) (claim, bool) {
	q := r.query
	if !q.has("q-signature") || !q.any("q-ak", "q-sign-algorithm") {
		return claim{}, false
	}
	g := overgrant.Grant{
		Provider: "tencent", Host: r.at.host, Services: []string{"cos"}, Scope: "object", Path: r.at.path,
		SignerID: q.get("q-ak"),
		Signer:   "access_key", Revocation: disableAccessKey, Temporary: q.has("x-cos-security-token"),
	}
	// Both times must hold; they are the same in every SDK.
	from, to, _ := strings.Cut(q.get("q-sign-time", "q-key-time"), ";")
	g.StartRaw, g.ExpiryRaw = from, to
	g.Start, _ = readUnix(from)
	g.Expiry, _ = readUnix(to)
	if g.Temporary {
		g.Revocation = endSession
	}
	if bucket, endpoint, ok := strings.Cut(r.at.host, ".cos"); ok && (strings.HasSuffix(endpoint, ".myqcloud.com") || strings.HasSuffix(endpoint, ".tencentcos.cn")) {
		g.Container = bucket
	} else if strings.HasPrefix(r.at.host, "cos.") {
		g.Container, g.Path = firstSegment(r.at.path)
	}
	g.Method, g.Actions = s3Method(q, g.Path)
	return claim{grant: g, secret: judgeSigner(hmac1Hex.read(q.first("q-signature")), g.SignerID)}, true
}
