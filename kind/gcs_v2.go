package kind

var gcsV2 = Kind{
	Name:  "gcs_v2",
	Doc:   "Signed URL of Google Cloud Storage, version 2 (GoogleAccessId, Signature): one object, no enforced limit on its life.",
	Marks: []string{"GoogleAccessId"},
	Find:  findSigned,
	claim: claimGCSV2,
}

// googleV2 is an RSA signature of a service account, or the HMAC-SHA1 of an
// interoperability key.
var googleV2 = digest{name: "a signature", sizes: []int{20, 128, 256, 384, 512}, decode: decodeBase64}

func claimGCSV2(r *reading) (claim, bool) {
	q := r.query
	if !q.has("googleaccessid", "signature") {
		return claim{}, false
	}
	g := gcsGrant(r)
	g.SignerID, g.ExpiryRaw = q.get("googleaccessid"), q.get("expires")
	g.Expiry, _ = readUnix(g.ExpiryRaw)
	s := googleV2.read(q.first("signature"))
	if len(s.bytes) == 20 {
		g.Signer, g.Revocation = "access_key", deactivateHMACKey
	}
	return claim{grant: g, secret: judgeSigner(s, g.SignerID)}, true
}
