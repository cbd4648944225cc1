package kind

var s3PresignedV2 = Kind{
	Name:  "s3_presigned_v2",
	Doc:   "Presigned URL of Amazon S3 or a service that speaks its protocol, signature version 2 (AWSAccessKeyId, Signature): no upper limit on its life.",
	Marks: []string{"AWSAccessKeyId"},
	Find:  findSigned,
	claim: claimS3V2,
}

func claimS3V2(r *reading) (claim, bool) {
	q := r.query
	// Requests to other services of Amazon name the version of the signature.
	if !q.has("awsaccesskeyid", "signature") || q.any("signatureversion", "signaturemethod", "action") {
		return claim{}, false
	}
	g := s3Grant(r)
	g.SignerID, g.ExpiryRaw = q.get("awsaccesskeyid"), q.get("expires")
	g.Expiry, _ = readUnix(g.ExpiryRaw)
	s := hmac1Base64.read(q.first("signature"))
	if g.ExpiryRaw == "" {
		s = s.malformed("the expiry is missing")
	}
	return claim{grant: g, secret: judgeAmazon(s, &g)}, true
}
