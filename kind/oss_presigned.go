package kind

import (
	"strings"

	"github.com/overgrant/overgrant"
)

var ossPresigned = Kind{
	Name:  "oss_presigned",
	Doc:   "Signed URL of Alibaba Cloud Object Storage Service, version 1 (OSSAccessKeyId), 2 or 4 (x-oss-signature).",
	Marks: []string{"OSSAccessKeyId", "x-oss-signature"},
	Find:  findSigned,
	claim: claimOSS,
}

func claimOSS(r *reading) (claim, bool) {
	q := r.query
	g := overgrant.Grant{
		Provider: "alibaba", Host: r.at.host, Services: []string{"oss"}, Scope: "object",
		Version: q.get("versionid"), Signer: "access_key", Revocation: disableAccessKey,
		Temporary: q.any("security-token", "x-oss-security-token"),
	}
	var s secret
	switch {
	case q.has("ossaccesskeyid", "signature"):
		g.SignerID, g.ExpiryRaw = q.get("ossaccesskeyid"), q.get("expires")
		g.Expiry, _ = readUnix(g.ExpiryRaw)
		s = hmac1Base64.read(q.first("signature"))
	case q.has("x-oss-signature", "x-oss-credential"):
		g.SignerID, _, _ = strings.Cut(q.get("x-oss-credential"), "/")
		g.StartRaw, g.ExpiryRaw = q.get("x-oss-date"), q.get("x-oss-expires")
		limit(&g)
		s = hmac256Hex.read(q.first("x-oss-signature"))
	case q.has("x-oss-signature", "x-oss-access-key-id"):
		g.SignerID, g.ExpiryRaw = q.get("x-oss-access-key-id"), q.get("x-oss-expires")
		g.Expiry, _ = readUnix(g.ExpiryRaw)
		s = hmac256Base64.read(q.first("x-oss-signature"))
	default:
		return claim{}, false
	}
	if g.Temporary {
		g.Revocation = endSession
	}
	g.Container, g.Path = readOSSHost(r.at)
	g.Method, g.Actions = s3Method(q, g.Path)
	return claim{grant: g, secret: judgeSigner(s, g.SignerID)}, true
}

// readOSSHost reads bucket.oss-region.aliyuncs.com and path style. Behind a
// domain of its own the bucket is not known. Source: "Regions and endpoints" of
// the OSS documentation.
func readOSSHost(a address) (bucket, object string) {
	head, ok := strings.CutSuffix(a.host, ".aliyuncs.com")
	if !ok {
		return "", a.path
	}
	bucket, endpoint, virtual := strings.Cut(head, ".")
	if virtual && strings.HasPrefix(endpoint, "oss-") {
		return bucket, a.path
	}
	return firstSegment(a.path)
}
