package kind

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/overgrant/overgrant"
)

var cloudfrontSigned = Kind{
	Name:  "cloudfront_signed",
	Doc:   "Signed URL or signed cookies of CloudFront, with a canned or a custom policy; a custom policy may open many paths.",
	Marks: []string{"Key-Pair-Id"},
	Find:  findSigned,
	claim: claimCloudfront,
}

func claimCloudfront(r *reading) (claim, bool) {
	q := r.query
	sig := q.first("signature")
	if sig.name == "" {
		sig = q.first("cloudfront-signature")
	}
	id := q.get("key-pair-id", "cloudfront-key-pair-id")
	if sig.name == "" || !q.any("key-pair-id", "cloudfront-key-pair-id") {
		return claim{}, false
	}
	g := overgrant.Grant{
		Provider: "aws", Host: r.at.host, Services: []string{"cloudfront"}, Scope: "object", Path: r.at.path,
		Actions: []string{"read"}, Method: "GET", Signer: "private_key", SignerID: id, Revocation: removePublicKey,
		ExpiryRaw: q.get("expires", "cloudfront-expires"),
	}
	g.Expiry, _ = readUnix(g.ExpiryRaw)
	if p, ok := readPolicy(q.get("policy", "cloudfront-policy")); ok {
		p.apply(&g)
	}
	return claim{grant: g, secret: judgeSigner(cloudfrontRSA.read(sig), id)}, true
}

// cloudfrontPolicy is a custom policy. Source: "Create a policy statement for a
// signed URL that uses a custom policy" in the CloudFront developer guide.
type cloudfrontPolicy struct {
	Statement []struct {
		Resource  string
		Condition struct {
			DateLessThan    epoch
			DateGreaterThan epoch
			IPAddress       struct {
				Source string `json:"AWS:SourceIp"`
			} `json:"IpAddress"`
		}
	}
}

type epoch struct {
	Time int64 `json:"AWS:EpochTime"`
}

// readPolicy reads the value of the parameter Policy.
func readPolicy(text string) (cloudfrontPolicy, bool) {
	var p cloudfrontPolicy
	b, err := decodeCloudfront(text)
	if err != nil || json.Unmarshal(b, &p) != nil || len(p.Statement) == 0 {
		return cloudfrontPolicy{}, false
	}
	return p, true
}

// apply fills in what the policy says.
func (p cloudfrontPolicy) apply(g *overgrant.Grant) {
	s := p.Statement[0]
	if g.Expiry.IsZero() && s.Condition.DateLessThan.Time > 0 {
		g.Expiry = clamp(time.Unix(min(s.Condition.DateLessThan.Time, lastTime.Unix()), 0))
	}
	if t := s.Condition.DateGreaterThan.Time; t > 0 {
		g.Start = clamp(time.Unix(min(t, lastTime.Unix()), 0))
	}
	if ip := s.Condition.IPAddress.Source; ip != "" && ip != "0.0.0.0/0" {
		g.IP = ip
	}
	if s.Resource == "" {
		return
	}
	g.Extra = append(g.Extra, overgrant.Param{Name: "resource", Value: withoutQuery(s.Resource)})
	if strings.ContainsAny(withoutQuery(s.Resource), "*?") {
		g.Scope = "prefix"
	}
	if a := readAddress(withoutQuery(s.Resource)); g.Host == "" {
		g.Host, g.Path = a.host, a.path
	}
}

func withoutQuery(s string) string {
	s, _, _ = strings.Cut(s, "?")
	return s
}
