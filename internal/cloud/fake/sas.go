package fake

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"strings"
)

// Policy is a stored access policy of a container, share, queue or table.
type Policy struct {
	Service     string // blob, file, queue, table
	Container   string
	ID          string
	Permissions string
	Start       string
	Expiry      string
}

// Delegation is a user delegation key.
type Delegation struct {
	Object, Tenant, Start, Expiry, Service, Version string
	Key                                             string // base64
}

// Sign returns the query of a link to a path of a service ("/container/name",
// "/" for the account), with all parameters given and the signature: by key 1
// or 2, or, if the parameters have skoid, by the delegation key.
func (s *Server) Sign(service, path string, params url.Values, key int) string {
	secret := ""
	if params.Get("skoid") != "" {
		secret = s.opt.Delegation.Key
	} else {
		secret = s.opt.Keys[key-1]
	}
	out := url.Values{}
	for name, values := range params {
		out[name] = values
	}
	out.Set("sig", mac(secret, stringToSign(s.opt.Account, service, path, params)))
	return out.Encode()
}

// stringToSign builds what a signature covers.
//
// Source: Azure Storage REST reference, "Create an account SAS", "Create a
// service SAS", "Create a user delegation SAS".
func stringToSign(account, service, path string, p url.Values) string {
	sv := p.Get("sv")
	if p.Get("ss") != "" || p.Get("srt") != "" {
		text := account + "\n" + joined(p, "sp", "ss", "srt", "st", "se", "sip", "spr", "sv") + "\n"
		if sv >= "2020-12-06" {
			text += p.Get("ses") + "\n"
		}
		return text
	}
	text := joined(p, "sp", "st", "se") + "\n" + resource(account, service, path, p) + "\n"
	delegated := p.Get("skoid") != ""
	switch {
	case !delegated:
		text += p.Get("si") + "\n"
	case sv >= "2025-07-05":
		text += joined(p, "skoid", "sktid", "skt", "ske", "sks", "skv", "saoid", "suoid", "scid", "skdutid", "sduoid") + "\n"
	case sv >= "2020-02-10":
		text += joined(p, "skoid", "sktid", "skt", "ske", "sks", "skv", "saoid", "suoid", "scid") + "\n"
	default:
		text += joined(p, "skoid", "sktid", "skt", "ske", "sks", "skv") + "\n"
	}
	text += joined(p, "sip", "spr", "sv")
	switch service {
	case "queue":
		return text
	case "table":
		return text + "\n" + joined(p, "spk", "srk", "epk", "erk")
	case "file":
		return text + "\n" + joined(p, "rscc", "rscd", "rsce", "rscl", "rsct")
	}
	if sv >= "2018-11-09" {
		text += "\n" + p.Get("sr") + "\n" + p.Get("snapshot") + p.Get("versionid")
	}
	if sv >= "2020-12-06" {
		text += "\n" + p.Get("ses")
	}
	if delegated && sv >= "2026-04-06" {
		text += "\n\n"
	}
	return text + "\n" + joined(p, "rscc", "rscd", "rsce", "rscl", "rsct")
}

func joined(p url.Values, names ...string) string {
	values := make([]string, len(names))
	for i, name := range names {
		values[i] = p.Get(name)
	}
	return strings.Join(values, "\n")
}

// resource returns the canonical resource that a link is for, of which path is
// or lies in it.
func resource(account, service, path string, p url.Values) string {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	keep := len(parts)
	switch p.Get("sr") {
	case "c", "s":
		keep = 1
	case "d":
		depth := 0
		for _, b := range []byte(p.Get("sdd")) {
			depth = depth*10 + int(b-'0')
		}
		keep = min(keep, 1+max(depth, 0))
	}
	switch service {
	case "queue":
		keep = 1
	case "table":
		parts, keep = []string{strings.ToLower(p.Get("tn"))}, 1
	case "dfs":
		service = "blob"
	}
	return "/" + service + "/" + account + "/" + strings.Join(parts[:keep], "/")
}

// mac returns the base64 of the HMAC-SHA256 of text.
func mac(key, text string) string {
	raw, err := base64.StdEncoding.DecodeString(key)
	if err != nil {
		panic("fake: a key that is no base64")
	}
	h := hmac.New(sha256.New, raw)
	h.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}
