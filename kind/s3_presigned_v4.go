package kind

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/overgrant/overgrant"
)

var s3PresignedV4 = Kind{
	Name:  "s3_presigned_v4",
	Doc:   "Presigned URL of Amazon S3 or a service that speaks its protocol, signature version 4 or 4A (X-Amz-Signature): one method on one object, at most seven days.",
	Marks: []string{"X-Amz-Signature"},
	Find:  findSigned,
	claim: claimS3V4,
}

func claimS3V4(r *reading) (claim, bool) {
	q := r.query
	if !q.has("x-amz-signature") || !q.any("x-amz-credential", "x-amz-algorithm", "x-amz-date") || !forStorage(q.get("x-amz-credential")) {
		return claim{}, false
	}
	g := s3Grant(r)
	g.SignerID, _, _ = strings.Cut(q.get("x-amz-credential"), "/")
	g.StartRaw, g.ExpiryRaw = q.get("x-amz-date"), q.get("x-amz-expires")
	limit(&g)
	readPostPolicy(&g, q.get("policy"))
	g.Extra = append(g.Extra, extras(q, "x-amz-algorithm", "x-amz-region-set", "x-amz-signedheaders", "x-id")...)
	d := hmac256Hex
	if strings.Contains(strings.ToUpper(q.get("x-amz-algorithm")), "ECDSA") {
		d = ecdsaHex
	}
	s := d.read(q.first("x-amz-signature"))
	if q.get("x-amz-credential") == "" {
		s = s.malformed("the credential is missing")
	}
	return claim{grant: g, secret: judgeAmazon(s, &g)}, true
}

// forStorage reports whether a credential is for S3: other services of Amazon
// presign requests in the same way. A scope that is not whole leaves it open.
func forStorage(credential string) bool {
	parts := strings.Split(credential, "/")
	if len(parts) < 4 || parts[len(parts)-1] != "aws4_request" {
		return true
	}
	return strings.HasPrefix(parts[len(parts)-2], "s3")
}

// readPostPolicy reads the policy of a form upload, which has the expiry in it.
// Source: "Browser-based uploads using POST" in the Amazon S3 API reference.
func readPostPolicy(g *overgrant.Grant, text string) {
	if text == "" {
		return
	}
	g.Method, g.Actions, g.Scope = "POST", []string{"write"}, "prefix"
	var p struct{ Expiration string }
	if b, err := decodeBase64(text); err == nil && json.Unmarshal(b, &p) == nil {
		g.ExpiryRaw = p.Expiration
		g.Expiry, _ = readTime(p.Expiration)
	}
}

// ecdsaHex is a signature of version 4A: r and s in DER, 68 to 72 bytes.
var ecdsaHex = digest{name: "an ECDSA signature", form: inHex, sizes: []int{68, 69, 70, 71, 72}, decode: decodeDER}

func decodeDER(s string) ([]byte, error) {
	b, err := hex.DecodeString(s)
	if err == nil && (len(b) < 2 || b[0] != 0x30 || int(b[1]) != len(b)-2) {
		return nil, fmt.Errorf("read signature: not DER")
	}
	return b, err
}

// s3Grant fills in what links to S3 of both versions have in common.
func s3Grant(r *reading) overgrant.Grant {
	q := r.query
	h := readS3Host(r.at)
	g := overgrant.Grant{
		Provider: h.provider, Host: r.at.host, Services: []string{"s3"},
		Container: h.bucket, Path: h.key, Scope: "object",
		Version: q.get("versionid"), Signer: "access_key", Revocation: disableAccessKey,
		Temporary: q.any("x-amz-security-token", "x-amz-s3session-token"),
	}
	switch {
	case h.provider == "cloudflare":
		g.Revocation = revokeAPIToken
	case h.provider == "gcp":
		g.Revocation = deactivateHMACKey
	case h.provider == "backblaze":
		g.Revocation = deleteApplicationKey
	case g.Temporary:
		g.Revocation = endSession
	}
	if g.Path == "" && g.Container != "" {
		g.Scope = "container"
	}
	g.Method, g.Actions = s3Method(q, g.Path)
	return g
}

// s3Method tells the operation from parameters that the SDKs add. The method is
// signed but not written in the link: without a hint it is taken to read, as
// nearly all are.
func s3Method(q params, key string) (method string, actions []string) {
	operation := q.get("x-id")
	switch {
	case strings.HasPrefix(operation, "Put"), strings.HasPrefix(operation, "Upload"), q.has("uploadid"):
		return "PUT", []string{"write"}
	case strings.HasPrefix(operation, "Delete"):
		return "DELETE", []string{"delete"}
	case strings.HasPrefix(operation, "List"), key == "" && q.any("list-type", "prefix"):
		return "GET", []string{"list"}
	case operation != "", q.any("response-content-disposition", "response-content-type"):
		return "GET", []string{"read"}
	}
	return "", []string{"read"}
}

// limit works out start and expiry of a link that has a date and a length.
func limit(g *overgrant.Grant) {
	g.Start, _ = readTime(g.StartRaw)
	if n, ok := readSpan(g.ExpiryRaw); ok {
		g.ExpiresIn = n
		if !g.Start.IsZero() {
			g.Expiry = after(g.Start, n)
		}
	}
}

// judgeAmazon marks signatures of S3 itself whose key id has not the form of
// one: 16 to 128 letters, digits and underscores. Source: AccessKey in the IAM
// API reference.
func judgeAmazon(s secret, g *overgrant.Grant) secret {
	s = judgeSigner(s, g.SignerID)
	if g.Provider != "aws" || len(g.SignerID) >= 16 && len(g.SignerID) <= 128 && strings.Trim(strings.ToUpper(g.SignerID), "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == "" {
		return s
	}
	return s.malformed("the access key id has not the form of one")
}

// judgeSigner marks signatures whose key id is published or stands in for one.
func judgeSigner(s secret, id string) secret {
	switch {
	case publishedIDs[id] != "":
		if s.shape == overgrant.Whole || s.shape == overgrant.Malformed {
			s.shape, s.why = overgrant.PublishedExample, "the access key id is "+publishedIDs[id]
		}
	case template(id), strings.Contains(id, "***"), strings.Contains(id, "..."), strings.ContainsRune(id, '…'):
		s = s.placeholder("the access key id is masked or a template expression")
	case strings.Contains(strings.ToLower(id), "access-key"), strings.Contains(strings.ToLower(id), "accesskeyid"):
		s = s.placeholder("the access key id says what should stand there")
	}
	return s
}
