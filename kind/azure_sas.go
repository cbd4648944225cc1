package kind

import (
	"strconv"
	"strings"

	"github.com/overgrant/overgrant"
)

// What all shared access signatures of Azure Storage have in common.

// sasMarks are the marks of every kind whose signature is the parameter sig.
var sasMarks = []string{"sig=", `sig"`, "sig'", "sig:", "sig>", "sig =", "sig`", `sig\`, "sig,", "sig |", "sig<"}

// resources are the values of sr and the scope each names. Source: "Create a
// service SAS", "Specify the signed resource".
var resources = map[string]string{
	"b": "object", "bv": "version", "bs": "snapshot", "c": "container", "d": "directory", "f": "file", "s": "share",
}

// firstVersion is the service version of links that name none. Source:
// "Previous Azure Storage service versions".
const firstVersion = "pre-2012-02-12"

// isStorageSAS reports whether r has the form of a shared access signature for
// storage: a signature and what only storage has beside it.
func isStorageSAS(r *reading) bool {
	q := r.query
	if r.segments != nil && !r.segments.any("sharedaccesssignature") && !q.has("sig") || !q.has("sig") || isWorkflow(r) || isBusToken(r) {
		return false
	}
	if q.has("ss", "srt") || q.has("skoid", "sktid") {
		return true
	}
	sv := q.get("sv")
	dated := sv == "" && !q.has("sv") || looksLikeVersion(sv)
	scoped := resources[q.get("sr")] != "" || q.get("tn") != "" || template(q.get("sr"))
	timed := isDate(q.get("se")) || q.get("si") != ""
	_, _, host := readStorageHost(r.at)
	switch {
	case host:
		return true
	case looksLikeVersion(sv):
		return scoped || timed || isPermissions(q.get("sp")) || q.any("ss", "srt", "sr") || len(q) == 2
	}
	return dated && scoped && (timed || isPermissions(q.get("sp")))
}

// looksLikeVersion accepts YYYY-MM-DD and stand-ins for it.
func looksLikeVersion(s string) bool {
	if template(s) || strings.Contains(s, "...") || strings.Contains(s, "xx") {
		return s != ""
	}
	_, ok := readDay(s)
	return ok || len(s) >= 4 && isNumber(s[:4]) && s[:2] == "20" && strings.Trim(s, "0123456789-") == ""
}

func isDate(s string) bool {
	_, ok := readTime(s)
	return ok || s != "" && template(s)
}

// isPermissions reports whether s has letters of sp only.
func isPermissions(s string) bool {
	return s != "" && len(s) <= 16 && strings.Trim(strings.ToLower(s), "racwdxyltfmeopiu") == ""
}

// readSAS fills in what shared access signatures of all kinds say alike.
func readSAS(r *reading) claim {
	q := r.query
	g := overgrant.Grant{
		Provider: "azure", Host: r.at.host,
		Permissions: q.get("sp"), IP: q.get("sip"), PolicyID: q.get("si"),
		SignedVersion: q.get("sv"), Resource: q.get("sr"),
		Signer: "account_key", Revocation: rotateAccountKey,
	}
	if !q.has("sv") {
		g.Extra = append(g.Extra, overgrant.Param{Name: "signed_version", Value: firstVersion})
	}
	if spr := q.get("spr"); spr != "" {
		g.Protocols = strings.Split(spr, ",")
	}
	g.StartRaw, g.ExpiryRaw = q.get("st"), q.get("se")
	g.Start, _ = readTime(g.StartRaw)
	g.Expiry, _ = readTime(g.ExpiryRaw)
	if d, err := strconv.Atoi(q.get("sdd")); err == nil && d >= 0 {
		g.Depth = &d
	}
	s := hmac256Base64.read(q.first("sig"))
	g.Extra = append(g.Extra, extras(q, sasExtras...)...)
	return claim{grant: g, secret: s}
}

// sasExtras are the parameters that are understood but have no field.
var sasExtras = strings.Fields("ses saoid suoid scid sduoid skdutid skt skv sks srh srq rscc rscd rsce rscl rsct sk api-version")

// extras returns those of the parameters that are there.
func extras(q params, names ...string) []overgrant.Param {
	var extra []overgrant.Param
	for _, n := range names {
		if v := q.get(n); v != "" {
			extra = append(extra, overgrant.Param{Name: n, Value: v})
		}
	}
	return extra
}

// locate fills in where a service SAS leads: account, container and path from
// the URL, and the scope from sr or the host.
func locate(g *overgrant.Grant, r *reading) azureHost {
	h, path, ok := readStorageHost(r.at)
	if !ok {
		if h, ok = proxiedHost(r.at.host); !ok {
			h = azureHost{}
		}
		path = ""
	}
	g.Account = h.account
	if h.account == "" {
		g.Account = r.segments.get("accountname")
	}
	if h.emulator && h.account == emulatorAccount {
		g.Extra = append(g.Extra, overgrant.Param{Name: "endpoint", Value: "emulator"})
	}
	splitPath(g, h.service, path)
	return h
}

// splitPath sets container and path, or the table, from the path of a URL.
func splitPath(g *overgrant.Grant, service, path string) {
	first, rest := firstSegment(strings.TrimSuffix(path, "/"))
	switch {
	case service == "table":
		g.Table, _, _ = strings.Cut(first, "(")
	case service == "queue":
		if g.Container = first; rest != "messages" {
			g.Path = strings.TrimPrefix(rest, "messages/")
		}
	case rest == "" && rootBlob(g.Resource) && first != "":
		g.Container, g.Path = "$root", first
	default:
		g.Container, g.Path = first, rest
	}
}

// rootBlob reports whether sr names a single blob: with one segment in the path
// it lies in the container $root.
func rootBlob(sr string) bool { return sr == "b" || sr == "bv" || sr == "bs" }

// first returns the first parameter of that name.
func (ps params) first(name string) param {
	for _, p := range ps {
		if p.name == name && p.value != "" {
			return p
		}
	}
	for _, p := range ps {
		if p.name == name {
			return p
		}
	}
	return param{}
}

// firstOf returns the first of the names that has a value.
func (ps params) firstOf(names ...string) param {
	for _, n := range names {
		if p := ps.first(n); p.value != "" {
			return p
		}
	}
	return param{}
}
