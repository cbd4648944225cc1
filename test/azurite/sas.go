package azurite

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// SAS is what a link shall say. Zero fields are left out of it; a zero Version
// is 2022-11-02, a zero Key is key 1.
//
// Source of the layouts: Azure Storage REST reference, "Create an account SAS",
// "Create a service SAS", "Create a user delegation SAS".
type SAS struct {
	Version     string
	Permissions string
	Start       string // the literal text, as it is signed
	Expiry      string
	IP          string
	Protocol    string // https or https,http
	Policy      string // name of a stored access policy
	Services    string // of an account SAS: b, f, q, t
	Types       string // of an account SAS: s, c, o
	Container   string // of a service SAS: container, queue or table
	Blob        string // with a container: the link is for this blob alone
	Snapshot    string // with a blob: the link is for this snapshot alone
	Directory   string // with a container: the link is for this directory; the emulator refuses it
	Encryption  string // encryption scope
	Type        string // overrides the content type of answers
	Disposition string // overrides their content disposition
	Keys        [4]string
	Key         int
}

// defaultVersion is the version that most tools of today sign with.
const defaultVersion = "2022-11-02"

// field is a parameter of a link, in the order it is written.
type field struct{ name, value string }

// write joins the fields that are not empty, in order, and the signature.
func write(sig string, fields ...field) string {
	var b strings.Builder
	for _, f := range append(fields, field{"sig", sig}) {
		if f.value == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('&')
		}
		b.WriteString(f.name + "=" + url.QueryEscape(f.value))
	}
	return b.String()
}

func (a *Account) key(s SAS) string { return a.keys[max(s.Key, 1)-1] }

// AccountSAS returns the query of an account SAS.
func (a *Account) AccountSAS(s SAS) string {
	sv := cmp.Or(s.Version, defaultVersion)
	text := []string{a.Name, s.Permissions, s.Services, s.Types, s.Start, s.Expiry, s.IP, s.Protocol, sv, ""}
	if sv >= "2020-12-06" {
		text[9] = s.Encryption
		text = append(text, "")
	}
	return write(mac(a.key(s), strings.Join(text, "\n")),
		field{"sv", sv}, field{"ss", s.Services}, field{"srt", s.Types}, field{"sp", s.Permissions}, field{"se", s.Expiry},
		field{"st", s.Start}, field{"spr", s.Protocol}, field{"sip", s.IP}, field{"ses", s.Encryption})
}

// resource returns sr, the canonical resource and the directory's depth.
func (a *Account) resource(s SAS, sv string) (sr, path, depth string) {
	path = "/blob/" + a.Name + "/" + s.Container
	if sv < "2015-02-21" {
		path = "/" + a.Name + "/" + s.Container
	}
	switch {
	case s.Directory != "":
		return "d", path + "/" + s.Directory, fmt.Sprint(1 + strings.Count(s.Directory, "/"))
	case s.Blob == "":
		return "c", path, ""
	case s.Snapshot != "":
		return "bs", path + "/" + s.Blob, ""
	}
	return "b", path + "/" + s.Blob, ""
}

// BlobSAS returns the query of a service SAS for a container, a directory, a
// blob or a snapshot, as the fields say.
func (a *Account) BlobSAS(s SAS) string {
	sv := cmp.Or(s.Version, defaultVersion)
	sr, path, depth := a.resource(s, sv)
	text := []string{s.Permissions, s.Start, s.Expiry, path, s.Policy}
	if sv >= "2015-04-05" {
		text = append(text, s.IP, s.Protocol)
	}
	text = append(text, sv)
	if sv >= "2018-11-09" {
		text = append(text, sr, s.Snapshot)
	}
	if sv >= "2020-12-06" {
		text = append(text, s.Encryption)
	}
	text = append(text, "", s.Disposition, "", "", s.Type)
	return write(mac(a.key(s), strings.Join(text, "\n")), blobFields(s, sv, sr, depth)...)
}

func blobFields(s SAS, sv, sr, depth string) []field {
	f := []field{{"sp", s.Permissions}, {"st", s.Start}, {"se", s.Expiry}, {"si", s.Policy}, {"spr", s.Protocol}, {"sip", s.IP},
		{"sv", sv}, {"sr", sr}, {"sdd", depth}, {"ses", s.Encryption}, {"rscd", s.Disposition}, {"rsct", s.Type}}
	if s.Snapshot != "" {
		f = append(f, field{"snapshot", s.Snapshot})
	}
	return f
}

// QueueSAS returns the query of a service SAS for the queue Container.
func (a *Account) QueueSAS(s SAS) string {
	sv := cmp.Or(s.Version, defaultVersion)
	text := []string{s.Permissions, s.Start, s.Expiry, "/queue/" + a.Name + "/" + s.Container, s.Policy, s.IP, s.Protocol, sv}
	return write(mac(a.key(s), strings.Join(text, "\n")),
		field{"sp", s.Permissions}, field{"st", s.Start}, field{"se", s.Expiry}, field{"si", s.Policy}, field{"spr", s.Protocol}, field{"sip", s.IP}, field{"sv", sv})
}

// TableSAS returns the query of a service SAS for the table Container. Keys are
// the first partition and row key, and the last.
func (a *Account) TableSAS(s SAS) string {
	sv := cmp.Or(s.Version, "2019-02-02")
	text := []string{s.Permissions, s.Start, s.Expiry, "/table/" + a.Name + "/" + strings.ToLower(s.Container), s.Policy, s.IP, s.Protocol, sv}
	text = append(text, s.Keys[:]...)
	return write(mac(a.key(s), strings.Join(text, "\n")),
		field{"sp", s.Permissions}, field{"st", s.Start}, field{"se", s.Expiry}, field{"si", s.Policy}, field{"spr", s.Protocol}, field{"sip", s.IP}, field{"sv", sv},
		field{"tn", s.Container}, field{"spk", s.Keys[0]}, field{"srk", s.Keys[1]}, field{"epk", s.Keys[2]}, field{"erk", s.Keys[3]})
}

// DelegationKey signs links in the name of a user.
type DelegationKey struct {
	Object  string `xml:"SignedOid"`
	Tenant  string `xml:"SignedTid"`
	Start   string `xml:"SignedStart"`
	Expiry  string `xml:"SignedExpiry"`
	Service string `xml:"SignedService"`
	Version string `xml:"SignedVersion"`
	Value   string // the key, base64
}

// Tenant and object of the user in whose name delegation keys are made.
const (
	tenant = "11111111-2222-4333-8444-555555555555"
	user   = "66666666-7777-4888-9999-aaaaaaaaaaaa"
)

// Delegate asks the emulator for a user delegation key.
func (a *Account) Delegate(t testing.TB, from, until time.Time) DelegationKey {
	t.Helper()
	body := "<?xml version=\"1.0\" encoding=\"utf-8\"?><KeyInfo><Start>" + Stamp(from) + "</Start><Expiry>" + Stamp(until) + "</Expiry></KeyInfo>"
	address := a.URL("secure") + "/?restype=service&comp=userdelegationkey"
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, address, strings.NewReader(body))
	if err != nil {
		t.Fatalf("ask for a delegation key: %v", err)
	}
	req.Header.Set("Authorization", "Bearer "+Token(time.Now()))
	req.Header.Set("x-ms-version", version)
	resp, err := a.server.Client.Do(req)
	if err != nil {
		t.Fatalf("ask for a delegation key: %v", err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	var key DelegationKey
	if err != nil || resp.StatusCode != http.StatusOK || xml.Unmarshal(answer, &key) != nil {
		t.Fatalf("ask for a delegation key: %s: %s (%v)", resp.Status, answer, err)
	}
	return key
}

// Token returns an access token for storage that nobody signed, which the
// emulator takes for an hour from now on.
func Token(now time.Time) string {
	part := func(v any) string {
		text, _ := json.Marshal(v) // maps of strings and numbers do not fail
		return base64.RawURLEncoding.EncodeToString(text)
	}
	return part(map[string]string{"alg": "none", "typ": "JWT"}) + "." + part(map[string]any{
		"aud": "https://storage.azure.com", "iss": "https://sts.windows.net/" + tenant + "/",
		"iat": now.Add(-time.Minute).Unix(), "nbf": now.Add(-time.Minute).Unix(), "exp": now.Add(time.Hour).Unix(),
		"oid": user, "tid": tenant, "sub": user,
	}) + "."
}

// DelegationSAS returns the query of a user delegation SAS, in the layout of
// s.Version, which is at least 2018-11-09.
func (a *Account) DelegationSAS(k DelegationKey, s SAS) string {
	sv := cmp.Or(s.Version, defaultVersion)
	sr, path, depth := a.resource(s, sv)
	text := []string{s.Permissions, s.Start, s.Expiry, path, k.Object, k.Tenant, k.Start, k.Expiry, k.Service, k.Version}
	if sv >= "2020-02-10" {
		text = append(text, "", "", "")
	}
	if sv >= "2025-07-05" {
		text = append(text, "", "")
	}
	text = append(text, s.IP, s.Protocol, sv, sr, s.Snapshot)
	if sv >= "2020-12-06" {
		text = append(text, s.Encryption)
	}
	if sv >= "2026-04-06" {
		text = append(text, "", "")
	}
	text = append(text, "", s.Disposition, "", "", s.Type)
	fields := append(blobFields(s, sv, sr, depth), field{"skoid", k.Object}, field{"sktid", k.Tenant}, field{"skt", k.Start},
		field{"ske", k.Expiry}, field{"sks", k.Service}, field{"skv", k.Version})
	return write(mac(k.Value, strings.Join(text, "\n")), fields...)
}

// Link returns a whole link: a service, the container, queue or table that it
// points at, a blob in it (either may be empty), and the query.
func (a *Account) Link(service, container, blob, query string) string {
	path := "/"
	switch {
	case blob != "":
		path = blobPath(container, blob)
	case container != "":
		path = "/" + container
	}
	return a.URL(service) + path + "?" + query
}
