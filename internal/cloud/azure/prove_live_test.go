package azure_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"errors"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/cloud"
	"github.com/overgrant/overgrant/internal/cloud/azure"
	"github.com/overgrant/overgrant/internal/wire"
	"github.com/overgrant/overgrant/kind"
)

// line is a canned answer.
type line struct {
	status       int
	code, detail string
	header       map[string]string
	body         string
}

// script answers as the live service would. who is what the request bears: the
// link's signature, another one, or none.
type script func(r *http.Request, who string) line

const (
	bearer   = "bearer"
	stranger = "stranger"
	anybody  = "anybody"
)

// live stands in for the hosts of the service, which the client finds by their
// real names.
type live struct {
	t       *testing.T
	sig     string
	script  script
	hosts   []string        // beginnings of the names that exist; empty for all
	address string          // what they resolve to; empty for a public one
	inside  bool            // the resolver knows no names of the world outside
	cut     bool            // nothing listens
	allow   []string        // hosts that the user named
	account string          // its name, as the user gave it
	ctx     context.Context // nil means the test's
	server  *httptest.Server
	roots   *x509.CertPool
}

func (l *live) start() {
	l.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		l.t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "storage"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	for _, s := range []string{"blob", "dfs", "file", "queue", "table"} {
		template.DNSNames = append(template.DNSNames, "*."+s+".core.windows.net", "*.z00."+s+".storage.azure.net")
	}
	template.DNSNames = append(template.DNSNames, "files.example")
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		l.t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		l.t.Fatal(err)
	}
	l.roots = x509.NewCertPool()
	l.roots.AddCert(cert)
	l.server = httptest.NewUnstartedServer(l)
	l.server.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	l.server.StartTLS()
	l.t.Cleanup(l.server.Close)
}

// ServeHTTP reads the script.
func (l *live) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	who := anybody
	switch sig := r.URL.Query().Get("sig"); {
	case sig == l.sig:
		who = bearer
	case sig != "" || r.Header.Get("Authorization") != "":
		who = stranger
	}
	a := l.script(r, who)
	h := w.Header()
	h.Set("Server", "Windows-Azure-Blob/1.0 Microsoft-HTTPAPI/2.0")
	h.Set("x-ms-request-id", "00000000-0000-0000-0000-000000000000")
	for name, value := range a.header {
		h.Set(name, value)
	}
	if a.code != "" {
		h.Set("x-ms-error-code", a.code)
		h.Set("Content-Type", "application/xml")
		a.body = `<?xml version="1.0" encoding="utf-8"?><Error><Code>` + a.code + `</Code><Message>Words.` + "\nRequestId:0\n" + `</Message>`
		if a.detail != "" {
			a.body += `<AuthenticationErrorDetail>` + a.detail + `</AuthenticationErrorDetail>`
		}
		a.body += `</Error>`
	}
	if a.header["Server"] == "-" { // not of the service at all
		h.Del("Server")
		h.Del("x-ms-request-id")
	}
	w.WriteHeader(a.status)
	if r.Method != http.MethodHead {
		_, _ = w.Write([]byte(a.body))
	}
}

func (l *live) resolve(_ context.Context, host string) ([]netip.Addr, error) {
	if strings.HasPrefix(host, "login.") && !l.inside {
		return []netip.Addr{netip.MustParseAddr("20.150.0.9")}, nil
	}
	for _, begin := range l.hosts {
		if !strings.HasPrefix(host, begin) {
			continue
		}
		return []netip.Addr{netip.MustParseAddr(l.address)}, nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
}

func (l *live) prove(link string, consent consent, keys ...string) overgrant.Proof {
	l.t.Helper()
	parsed, err := kind.Parse(link)
	if err != nil {
		l.t.Fatalf("Parse: %v", err)
	}
	return l.proveLink(parsed, consent, keys...)
}

func (l *live) proveLink(parsed overgrant.Link, consent consent, keys ...string) overgrant.Proof {
	l.t.Helper()
	link := parsed.Secret.Reveal()
	if l.address == "" {
		l.address = "20.150.0.4"
	}
	l.start()
	client := wire.NewReadOnly(wire.Options{Run: "test", RootCAs: l.roots, Tries: 2, Resolve: l.resolve, AllowHosts: l.allow,
		Wait: func(context.Context, time.Duration) error { return nil },
		Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			if l.cut {
				return nil, errors.New("connection refused")
			}
			return (&net.Dialer{}).DialContext(ctx, network, l.server.Listener.Addr().String())
		},
		Probes: wire.Probes{Writes: consent.writes, Conditional: consent.conditional}})
	defer client.Close()
	o := cloud.Options{Client: client, Now: time.Now(), AllowHosts: l.allow, Account: l.account}
	for _, k := range keys {
		o.Keys = append(o.Keys, overgrant.NewSecret(k))
	}
	r, err := azure.Driver.Open(parsed, o)
	if err != nil {
		l.t.Fatalf("Open: %v", err)
	}
	ctx := l.ctx
	if ctx == nil {
		ctx = l.t.Context()
	}
	p, err := r.Prove(ctx, cloud.Ask{Writes: cloud.Consent(consent.writes), Conditional: cloud.Consent(consent.conditional)})
	if !errors.Is(err, ctx.Err()) {
		l.t.Fatalf("Prove: %v", err)
	}
	checkSane(l.t, &p, link)
	return p
}

// signature returns one that no key made.
func signature() string {
	var b [32]byte
	rand.Read(b[:])
	return base64.StdEncoding.EncodeToString(b[:])
}

const (
	accountLink   = "https://contosomodels.blob.core.windows.net/?sv=2022-11-02&ss=bfqt&srt=sco&sp=rwdlacupx&se=2051-10-06T00:00:00Z&spr=https&sig="
	containerLink = "https://contosomodels.blob.core.windows.net/models?sv=2022-11-02&sr=c&sp=rwdl&se=2051-10-06T00:00:00Z&sig="
	policyLink    = "https://contosomodels.blob.core.windows.net/models?sv=2022-11-02&sr=c&si=readers&sig="
	queueLink     = "https://contosomodels.queue.core.windows.net/jobs?sv=2022-11-02&sp=rp&se=2051-10-06T00:00:00Z&sig="
	userLink      = "https://contosomodels.blob.core.windows.net/models?sv=2022-11-02&sr=c&sp=rwd&se=2051-10-06T00:00:00Z&skoid=11111111-2222-4333-8444-555555555555&sktid=11111111-2222-4333-8444-666666666666&skt=2026-01-01T00:00:00Z&ske=2051-01-02T00:00:00Z&sks=b&skv=2022-11-02&sig="
)

// always gives one answer to everybody.
func always(a line) script { return func(*http.Request, string) line { return a } }

// toLink gives one answer to the link, and to others what a private account
// does.
func toLink(a line) script {
	return func(_ *http.Request, who string) line {
		switch who {
		case bearer:
			return a
		case stranger:
			return line{status: 403, code: "AuthenticationFailed", detail: "Signature did not match. String to sign used was rwdl"}
		}
		return line{status: 404, code: "ResourceNotFound"}
	}
}

func TestProveVerdicts(t *testing.T) {
	failed := func(detail string) script {
		return toLink(line{status: 403, code: "AuthenticationFailed", detail: detail})
	}
	tests := []struct {
		name, link string
		script     script
		hosts      []string // nil for all
		address    string
		cut        bool
		state      overgrant.State
		cause      overgrant.Cause
		why        string // part of the sentence
		revives    bool
	}{
		{name: "expired", link: containerLink, script: failed("Signature not valid in the specified time frame: Start [Fri, 22 May 2020 18:45:17 GMT] - Expiry [Tue, 30 Jun 2020 18:45:00 GMT] - Current [Tue, 30 Jun 2020 19:27:39 GMT]"),
			state: overgrant.Dead, cause: overgrant.CauseExpired, why: "has expired"},
		{name: "not_yet", link: containerLink, script: failed("Signature not valid in the specified time frame: Start [Fri, 22 May 2020 18:45:17 GMT] - Expiry [Tue, 30 Jun 2020 18:45:00 GMT] - Current [Tue, 12 May 2020 19:27:39 GMT]"),
			state: overgrant.Dead, cause: overgrant.CauseNotYet, why: "does not work yet", revives: true},
		{name: "policy_expired", link: policyLink, script: failed("Signature not valid in the specified time frame: Start [Fri, 22 May 2020 18:45:17 GMT] - Expiry [Tue, 30 Jun 2020 18:45:00 GMT] - Current [Tue, 30 Jun 2020 19:27:39 GMT]"),
			state: overgrant.Dead, cause: overgrant.CauseExpired, why: "readers", revives: true},
		{name: "rotated", link: containerLink, script: failed("Signature did not match. String to sign used was rwdl"), state: overgrant.Dead, cause: overgrant.CauseKeyRotated, why: "replaced"},
		{name: "delegation_revoked", link: userLink, script: failed("Signature did not match. String to sign used was rwd"), state: overgrant.Dead, cause: overgrant.CauseKeyRotated, why: "delegation key"},
		{name: "policy_gone", link: policyLink, script: failed("SAS identifier cannot be found for specified signed identifier"), state: overgrant.Dead, cause: overgrant.CausePolicyGone, why: "removed", revives: true},
		{name: "policy_and_container_gone", link: policyLink, script: toLink(line{status: 404, code: "ContainerNotFound"}), state: overgrant.Dead, cause: overgrant.CauseTargetGone, why: "deleted", revives: true},
		{name: "malformed", link: containerLink, script: failed("Signature fields not well formed."), state: overgrant.Dead, cause: overgrant.CauseMalformed, why: "damaged"},
		{name: "keys_switched_off", link: containerLink, script: toLink(line{status: 403, code: "KeyBasedAuthenticationNotPermitted"}), state: overgrant.Dead, cause: overgrant.CauseForbidden, why: "forbids", revives: true},
		{name: "disabled", link: containerLink, script: toLink(line{status: 403, code: "AccountIsDisabled"}), state: overgrant.Dead, cause: overgrant.CauseAccountGone, why: "disabled", revives: true},
		{name: "no_reason", link: containerLink, script: failed(""), state: overgrant.Dead, cause: overgrant.CauseKeyRotated, why: "replaced"},
		{name: "firewall", link: containerLink, script: always(line{status: 403, code: "AuthorizationFailure"}), state: overgrant.Inconclusive, cause: overgrant.CauseFirewall, why: "firewall"},
		{name: "firewall_after_signature", link: containerLink, script: toLink(line{status: 403, code: "AuthorizationFailure"}), state: overgrant.Alive, why: "not from this network"},
		{name: "address", link: containerLink + "&sip=10.0.0.1-10.0.0.9", script: toLink(line{status: 403, code: "AuthorizationSourceIPMismatch"}), state: overgrant.Alive, why: "10.0.0.1-10.0.0.9"},
		{name: "throttled", link: containerLink, script: always(line{status: 503, code: "ServerBusy"}), state: overgrant.Inconclusive, cause: overgrant.CauseThrottled, why: "too busy"},
		{name: "fails", link: containerLink, script: always(line{status: 500, code: "InternalError"}), state: overgrant.Inconclusive, cause: overgrant.CauseUnclear},
		{name: "redirect", link: containerLink, script: always(line{status: 302, header: map[string]string{"Location": "https://elsewhere.example/"}}), state: overgrant.Inconclusive, cause: overgrant.CauseUnclear},
		{name: "page_of_a_portal", link: containerLink, script: always(line{status: 200, header: map[string]string{"Server": "-"}, body: "<html>log in"}), state: overgrant.Inconclusive, cause: overgrant.CauseUnclear},
		{name: "account_gone", link: accountLink, hosts: []string{"other"}, state: overgrant.Dead, cause: overgrant.CauseAccountGone, why: "anybody may take"},
		{name: "service_gone", link: queueLink, hosts: []string{"contosomodels.blob"}, script: always(line{status: 404, code: "ResourceNotFound"}), state: overgrant.Dead, cause: overgrant.CauseTargetGone, why: "service"},
		{name: "unreachable", link: containerLink, cut: true, state: overgrant.Inconclusive, cause: overgrant.CauseUnreachable, why: "cannot be reached"},
		{name: "private_address", link: containerLink, address: "10.1.2.3", state: overgrant.Inconclusive, cause: overgrant.CauseForeign, why: "private"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.hosts == nil {
				tt.hosts = []string{""}
			}
			l := &live{t: t, sig: signature(), script: tt.script, hosts: tt.hosts, address: tt.address, cut: tt.cut}
			link, rest, _ := strings.Cut(tt.link, "&sip=")
			link += url.QueryEscape(l.sig)
			if rest != "" {
				link += "&sip=" + rest
			}
			p := l.prove(link, consent{})
			if p.State != tt.state || p.Cause != tt.cause || !strings.Contains(p.Why, tt.why) || (p.Revives != "") != tt.revives {
				t.Errorf("Prove() = %s %q %q, revives %q; want %s %q %q\n%s", p.State, p.Cause, p.Why, p.Revives, tt.state, tt.cause, tt.why, shows(&p))
			}
			if free := p.NameFree != nil && *p.NameFree; free != (tt.name == "account_gone") {
				t.Errorf("NameFree = %t", free)
			}
			if testing.Verbose() {
				t.Log(p.Why)
			}
		})
	}
}

// wholeAccount answers an account SAS for everything, in an account with a copy
// in another region.
func wholeAccount(r *http.Request, who string) line {
	q := r.URL.Query()
	service := strings.Split(r.Host, ".")[1]
	switch {
	case who != bearer:
		return line{status: 409, code: "PublicAccessNotPermitted"}
	case q.Get("restype") == "account":
		return line{status: 200, header: map[string]string{"x-ms-sku-name": "Standard_RAGRS", "x-ms-account-kind": "StorageV2", "x-ms-is-hns-enabled": "false"}}
	case q.Get("restype") == "service":
		return line{status: 200, body: properties}
	case q.Get("include") == "deleted":
		return line{status: 200, body: "<EnumerationResults><Containers><Container><Name>a</Name><Deleted>true</Deleted></Container></Containers></EnumerationResults>"}
	case q.Get("include") == "versions":
		return line{status: 200, body: "<EnumerationResults><Blobs><Blob><Name>a</Name><VersionId>2026-01-01T00:00:00.0000000Z</VersionId></Blob></Blobs></EnumerationResults>"}
	case service == "queue":
		return line{status: 403, code: "AuthorizationFailure"}
	case q.Get("comp") == "list", q.Get("resource") == "account", strings.HasPrefix(r.URL.Path, "/Tables"):
		return line{status: 200}
	}
	return line{status: 404, code: "BlobNotFound"}
}

func TestProveWholeAccount(t *testing.T) {
	l := &live{t: t, sig: signature(), script: wholeAccount, hosts: []string{""}}
	link := strings.Replace(accountLink, "/?", "/models?", 1) + url.QueryEscape(l.sig)
	p := l.prove(link, consent{true, true})
	if p.State != overgrant.Alive || p.SKU != "Standard_RAGRS" || p.AccountKind != "StorageV2" || p.Hierarchy == nil || *p.Hierarchy || p.Public != "none" {
		t.Errorf("Prove() = %s %q %q %v %q\n%s", p.State, p.SKU, p.AccountKind, p.Hierarchy, p.Public, shows(&p))
	}
	if want := "add proven_by_signature, create proven_by_signature, delete proven_by_signature, delete_version proven_by_signature, list granted, process proven_by_signature, read granted, update proven_by_signature, write proven_by_signature"; standings(&p) != want {
		t.Errorf("permissions = %q; want %q", standings(&p), want)
	}
	var services []string
	for _, s := range p.Services {
		services = append(services, s.Service+" "+string(s.State))
		if s.Listing != (s.State == overgrant.Alive) {
			t.Errorf("service %s: listing %t", s.Service, s.Listing)
		}
	}
	if got, want := strings.Join(services, ", "), "blob alive, file alive, queue inconclusive, table alive, dfs alive, blob-secondary alive"; got != want {
		t.Errorf("services = %q; want %q", got, want)
	}
	r := p.Recovery
	if r == nil || !*r.SoftDelete || r.RetentionDays != 14 || !*r.Versioning || !*r.ContainerSoftDelete || !*r.AnyOrigin || !r.LinkSwitchesOff {
		t.Errorf("recovery = %+v", r)
	}
	for _, a := range p.Answers {
		if a.Method != http.MethodGet && a.Method != http.MethodHead {
			t.Errorf("%s %s: the signature proved it already", a.Method, a.Target)
		}
	}
}

// TestProveHeadWithoutReason repeats a question whose answer has no body.
func TestProveHeadWithoutReason(t *testing.T) {
	sig := signature()
	l := &live{t: t, sig: sig, hosts: []string{""}, script: func(r *http.Request, _ string) line {
		if r.URL.Query().Get("restype") == "account" {
			return line{status: 400, code: "UnsupportedHeader"}
		}
		return line{status: 403, code: "AuthenticationFailed", detail: "SAS identifier cannot be found for specified signed identifier"}
	}}
	link := "https://contosomodels.blob.core.windows.net/models/a.bin?sv=2022-11-02&sr=b&si=readers&sig=" + url.QueryEscape(sig)
	p := l.prove(link, consent{})
	if p.State != overgrant.Dead || p.Cause != overgrant.CausePolicyGone {
		t.Errorf("Prove() = %s %q; want dead, policy_gone\n%s", p.State, p.Cause, shows(&p))
	}
}

// TestProveUserRights: in an account with directories, that a name is not there
// may be said before the rights of the user are looked at.
func TestProveUserRights(t *testing.T) {
	script := toLink(line{status: 404, code: "BlobNotFound"})
	for name, tt := range map[string]struct{ extra, want string }{
		"signer":       {"", "delete granted, read granted, write granted"},
		"unauthorised": {"&suoid=11111111-2222-4333-8444-777777777777", ""},
	} {
		l := &live{t: t, sig: signature(), hosts: []string{""}, script: func(r *http.Request, who string) line {
			if r.URL.Query().Get("restype") == "account" && who == bearer {
				return line{status: 200, header: map[string]string{"x-ms-is-hns-enabled": "true"}}
			}
			return script(r, who)
		}}
		p := l.prove(strings.TrimSuffix(userLink, "&sig=")+tt.extra+"&sig="+url.QueryEscape(l.sig), consent{true, true})
		if p.State != overgrant.Alive || standings(&p) != tt.want || p.Hierarchy == nil || !*p.Hierarchy {
			t.Errorf("%s: %s %q; want alive %q\n%s", name, p.State, standings(&p), tt.want, shows(&p))
		}
	}
}

// TestProveAnonymous asks what anybody may see.
func TestProveAnonymous(t *testing.T) {
	public := func(r *http.Request, _ string) line {
		if strings.HasSuffix(r.URL.Path, "/models") {
			return line{status: 200}
		}
		return line{status: 404, code: "BlobNotFound"}
	}
	blobsOnly := func(r *http.Request, who string) line {
		if a := public(r, who); a.status != 200 {
			return a
		}
		return line{status: 404, code: "ResourceNotFound"}
	}
	tests := []struct {
		name   string
		script script
		state  overgrant.State
		cause  overgrant.Cause
		public string
		want   string
	}{
		{"container", public, overgrant.Alive, "", "container", "list granted, read granted"},
		{"blob", blobsOnly, overgrant.Alive, "", "blob", "list refused, read granted"},
		{"private", always(line{status: 404, code: "ResourceNotFound"}), overgrant.Dead, overgrant.CauseTargetGone, "none", ""},
		{"forbidden", always(line{status: 409, code: "PublicAccessNotPermitted"}), overgrant.Dead, overgrant.CauseForbidden, "none", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := &live{t: t, hosts: []string{""}, script: tt.script}
			p := l.proveLink(overgrant.Link{Secret: overgrant.NewSecret("https://contosomodels.blob.core.windows.net/models"),
				Grant: overgrant.Grant{Kind: "anonymous", Provider: "azure", Host: "contosomodels.blob.core.windows.net"}}, consent{})
			if p.State != tt.state || p.Cause != tt.cause || p.Public != tt.public || standings(&p) != tt.want {
				t.Errorf("Prove() = %s %q, public %q, %q; want %s %q, %q, %q\n%s", p.State, p.Cause, p.Public, standings(&p), tt.state, tt.cause, tt.public, tt.want, shows(&p))
			}
		})
	}
}

// TestProveCustomDomain believes a host that the user named only where it tells
// the link from a wrong one.
func TestProveCustomDomain(t *testing.T) {
	for name, tt := range map[string]struct {
		script script
		state  overgrant.State
	}{
		"tells_them_apart":     {toLink(line{status: 200}), overgrant.Alive},
		"answers_all_the_same": {always(line{status: 200}), overgrant.Inconclusive},
		"public_but_checks": {func(_ *http.Request, who string) line {
			if who == stranger {
				return line{status: 403, code: "AuthenticationFailed", detail: "Signature did not match."}
			}
			return line{status: 200}
		}, overgrant.Alive},
	} {
		l := &live{t: t, sig: signature(), hosts: []string{""}, script: tt.script, allow: []string{"files.example"}, account: "contosomodels"}
		p := l.prove("https://files.example/models?sv=2022-11-02&sr=c&sp=rl&se=2051-10-06T00:00:00Z&sig="+url.QueryEscape(l.sig), consent{})
		if p.State != tt.state {
			t.Errorf("%s: %s; want %s\n%s", name, p.State, tt.state, shows(&p))
		}
	}
}

// TestProveDisk reads one byte at most of an exported disk.
func TestProveDisk(t *testing.T) {
	l := &live{t: t, sig: signature(), hosts: []string{""}, script: toLink(line{status: 200})}
	p := l.prove("https://md-impexp-abc.z00.blob.storage.azure.net/def/abcd?sv=2018-03-28&sr=b&si=11111111-2222-4333-8444-555555555555&sig="+url.QueryEscape(l.sig), consent{true, true})
	if p.State != overgrant.Alive || standings(&p) != "read granted" {
		t.Errorf("Prove() = %s %q; want alive, read granted\n%s", p.State, standings(&p), shows(&p))
	}
}

// TestProveStandIns sends nothing for what is no link.
func TestProveStandIns(t *testing.T) {
	for name, link := range map[string]string{
		"stand_in":     containerLink + "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx%3D",
		"damaged":      containerLink + "c2hvcnQ%3D",
		"no_container": strings.Replace(policyLink, "/models", "/", 1) + url.QueryEscape(signature()),
	} {
		l := &live{t: t, hosts: []string{""}, script: func(r *http.Request, _ string) line {
			t.Errorf("%s: %s was asked", name, r.URL.Path)
			return line{status: 200}
		}}
		if p := l.prove(link, consent{}); p.State == overgrant.Alive || len(p.Answers) > 0 {
			t.Errorf("%s: %s", name, shows(&p))
		}
	}
}

// TestProveKeyRefused tells a key that was replaced, and keys switched off.
func TestProveKeyRefused(t *testing.T) {
	text := "DefaultEndpointsProtocol=https;AccountName=contosomodels;AccountKey=" + newKey() + ";EndpointSuffix=core.windows.net"
	for name, tt := range map[string]struct {
		answer line
		cause  overgrant.Cause
	}{
		"replaced":     {line{status: 403, code: "AuthenticationFailed", detail: "The MAC signature found in the HTTP request 'x' is not the same as any computed signature."}, overgrant.CauseKeyRotated},
		"switched_off": {line{status: 403, code: "KeyBasedAuthenticationNotPermitted"}, overgrant.CauseForbidden},
	} {
		l := &live{t: t, hosts: []string{""}, script: always(tt.answer)}
		if p := l.prove(text, consent{}); p.State != overgrant.Dead || p.Cause != tt.cause {
			t.Errorf("%s: %s %q; want dead, %q\n%s", name, p.State, p.Cause, tt.cause, shows(&p))
		}
	}
}

// TestProveEnds gives back what is known when it is broken off.
func TestProveEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	l := &live{t: t, sig: signature(), hosts: []string{""}, ctx: ctx, script: func(*http.Request, string) line {
		cancel()
		return line{status: 200}
	}}
	p := l.prove(containerLink+url.QueryEscape(l.sig), consent{})
	if len(p.Answers) != 1 {
		t.Errorf("asked %d questions; want one\n%s", len(p.Answers), shows(&p))
	}
}

// TestProveOffline tells with keys which one made a link, though nobody answers.
func TestProveOffline(t *testing.T) {
	keys := []string{newKey(), newKey(), newKey()}
	link := signAccount("contosomodels", keys[1])
	for name, tt := range map[string]struct {
		keys []string
		key  string
		why  string
	}{
		"made_by_one":   {keys[:2], "key2", "genuine"},
		"made_by_none":  {[]string{keys[0], keys[2]}, "none", "dead"},
		"none_is_known": {nil, "", "cannot be reached"},
	} {
		l := &live{t: t, hosts: []string{""}, cut: true}
		p := l.prove(link, consent{}, tt.keys...)
		if p.State != overgrant.Inconclusive || p.Key != tt.key || (p.KeyLayout == "") != (tt.key != "key2") || !strings.Contains(p.Why, tt.why) {
			t.Errorf("%s: %s by %q (%q): %q; want inconclusive by %q", name, p.State, p.Key, p.KeyLayout, p.Why, tt.key)
		}
	}
}

func newKey() string {
	var b [64]byte
	rand.Read(b[:])
	return base64.StdEncoding.EncodeToString(b[:])
}

// signAccount makes an account SAS.
func signAccount(account, key string) string {
	raw, _ := base64.StdEncoding.DecodeString(key)
	m := hmac.New(sha256.New, raw)
	m.Write([]byte(account + "\nrl\nb\nsco\n\n2051-10-06T00:00:00Z\n\nhttps\n2022-11-02\n\n"))
	return "https://" + account + ".blob.core.windows.net/?sv=2022-11-02&ss=b&srt=sco&sp=rl&se=2051-10-06T00:00:00Z&spr=https&sig=" +
		url.QueryEscape(base64.StdEncoding.EncodeToString(m.Sum(nil)))
}

// TestProveWithoutNames does not take an account for gone where no name of the
// cloud can be looked up.
func TestProveWithoutNames(t *testing.T) {
	l := &live{t: t, sig: signature(), hosts: []string{"nothing"}, inside: true}
	p := l.prove(accountLink+url.QueryEscape(l.sig), consent{})
	if p.State != overgrant.Inconclusive || p.Cause != overgrant.CauseUnreachable || p.NameFree != nil {
		t.Errorf("Prove() = %s %q; want inconclusive, unreachable\n%s", p.State, p.Cause, shows(&p))
	}
}

// TestProveSaysWhatIsThere says of a link that works that it leads to nothing,
// and of one that does not list that it does not.
func TestProveSaysWhatIsThere(t *testing.T) {
	for name, tt := range map[string]struct{ link, why string }{
		"blob_gone":     {"https://contosomodels.blob.core.windows.net/models/a.bin?sv=2022-11-02&sr=b&sp=r&se=2051-10-06T00:00:00Z&sig=", "not there any more"},
		"lists_nothing": {"https://contosomodels.blob.core.windows.net/models?sv=2022-11-02&sr=c&sp=r&se=2051-10-06T00:00:00Z&sig=", "reads what is named exactly, and lists nothing"},
	} {
		l := &live{t: t, sig: signature(), hosts: []string{""}, script: toLink(line{status: 404, code: "BlobNotFound"})}
		if p := l.prove(tt.link+url.QueryEscape(l.sig), consent{}); p.State != overgrant.Alive || !strings.Contains(p.Why, tt.why) {
			t.Errorf("%s: %s %q; want alive, %q\n%s", name, p.State, p.Why, tt.why, shows(&p))
		}
	}
}
