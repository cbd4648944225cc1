package kind

import (
	"crypto/sha1"
	"encoding/hex"
	"slices"
	"strings"
)

// cos tries each method. Source: "Request signature" of Tencent Cloud Object
// Storage: the key for one link is an HMAC of its times.
func (t signed) cos() (string, bool) {
	q := t.r.query
	headers := ""
	switch q.get("q-header-list") {
	case "":
	case "host":
		headers = "host=" + escape(t.r.at.host)
	default:
		return "", false
	}
	key := hex.EncodeToString(mac1([]byte(t.key), q.get("q-key-time")))
	for _, m := range methods {
		request := strings.ToLower(m) + "\n/" + t.r.at.path + "\n" + t.cosParameters() + "\n" + headers + "\n"
		sum := sha1.Sum([]byte(request))
		want := mac1([]byte(key), "sha1", q.get("q-sign-time"), hex.EncodeToString(sum[:]), "")
		if t.is(hmac1Hex, "q-signature", want) {
			return "COS " + m, true
		}
	}
	return "", false
}

// cosParameters writes the parameters that q-url-param-list names.
func (t signed) cosParameters() string {
	list := strings.Split(t.r.query.get("q-url-param-list"), ";")
	var parts []string
	for _, p := range t.r.query {
		if slices.Contains(list, p.name) {
			parts = append(parts, strings.ToLower(escape(p.as))+"="+escape(p.value))
		}
	}
	slices.Sort(parts)
	return strings.Join(parts, "&")
}
