package kind

// oss tries versions 1 and 4. Source: "Add signatures to URLs" and "V4
// signature" of Alibaba Cloud OSS.
func (t signed) oss() (string, bool) {
	if t.r.query.has("x-oss-credential") {
		return t.ossV4()
	}
	resource := "/" + t.g.Container + "/" + t.g.Path + t.subresource()
	for _, m := range methods {
		if t.is(hmac1Base64, "signature", mac1([]byte(t.key), m, "", "", t.g.ExpiryRaw, resource)) {
			return "OSS V1 " + m, true
		}
	}
	return "", false
}

func (t signed) ossV4() (string, bool) {
	headers := t.r.query.get("x-oss-additional-headers")
	if headers != "" && headers != "host" {
		return "", false
	}
	for _, m := range methods {
		request := []string{m, escapePath("/" + t.g.Container + "/" + t.g.Path), t.canonicalQuery(aliV4)}
		if headers == "host" {
			request = append(request, "host:"+t.r.at.host)
		}
		request = append(request, "", headers, aliV4.payload)
		if t.is(hmac256Hex, "x-oss-signature", t.sign(aliV4, request)) {
			return "OSS V4 " + m, true
		}
	}
	return "", false
}
