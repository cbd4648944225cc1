package kind

import (
	"slices"
	"strings"
)

// subresources are parameters that belong to the resource which version 2
// signs. Source: "Signing and authenticating REST requests" in the Amazon S3
// API reference; "Add signatures to URLs" of Alibaba Cloud OSS.
var subresources = strings.Fields(`acl lifecycle location logging notification partNumber policy requestPayment
	uploadId uploads versionId versioning versions website cors tagging response-content-type
	response-content-language response-expires response-cache-control response-content-disposition
	response-content-encoding security-token x-oss-process`)

// sigV2 tries each method.
func (t signed) sigV2() (string, bool) {
	headers := ""
	if token := t.r.query.get("x-amz-security-token"); token != "" {
		headers = "x-amz-security-token:" + token + "\n"
	}
	resource := headers + "/" + t.g.Container + escapePath("/"+t.g.Path) + t.subresource()
	for _, m := range methods {
		want := mac1([]byte(t.key), m, "", "", t.g.ExpiryRaw, resource)
		if t.is(hmac1Base64, "signature", want) {
			return "HMAC-SHA1 " + m, true
		}
	}
	return "", false
}

// subresource writes the parameters that are signed with the resource.
func (t signed) subresource() string {
	var parts []string
	for _, p := range t.r.query {
		if !slices.Contains(subresources, p.as) {
			continue
		}
		if p.value == "" {
			parts = append(parts, p.as)
		} else {
			parts = append(parts, p.as+"="+p.value)
		}
	}
	if len(parts) == 0 {
		return ""
	}
	slices.Sort(parts)
	return "?" + strings.Join(parts, "&")
}
