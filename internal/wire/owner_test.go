package wire_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/overgrant/overgrant/internal/wire"
)

// The premises of the tests: an account of the public cloud, and one of an
// emulator, whose paths begin with the account.
const (
	contoso    = "contoso.blob.core.windows.net"
	manager    = "https://management.azure.com"
	storage    = manager + "/subscriptions/0a000000-0000-4000-8000-000000000001/resourceGroups/My_Group-(1)/providers/Microsoft.Storage/storageAccounts/contoso"
	onEmulator = "127.0.0.1:10000"
	acl        = "<SignedIdentifiers><SignedIdentifier><Id>a</Id></SignedIdentifier></SignedIdentifiers>"
)

func premises() wire.Premises {
	return wire.Premises{
		Account: "contoso", Manager: "management.azure.com", Authority: "login.microsoftonline.com",
		Hosts: []wire.Host{{Name: contoso, Service: wire.Blob}, {Name: "contoso.file.core.windows.net", Service: wire.File},
			{Name: "contoso.queue.core.windows.net", Service: wire.Queue}, {Name: "contoso.table.core.windows.net", Service: wire.Table}, {Name: onEmulator, Service: wire.Blob}, {Name: "data.example", Service: wire.Blob}},
	}
}

func ownerDoor(t testing.TB, opt wire.Options) *wire.OwnerDoor {
	t.Helper()
	opt.AllowHosts = append(opt.AllowHosts, onEmulator, "data.example")
	c := wire.NewOwner(opt)
	t.Cleanup(c.Close)
	d, err := c.Bind(premises())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// send is a request in short: method, address, body, headers.
type send struct {
	method, address, body string
	header                []string
}

func (s send) request(t testing.TB) *http.Request {
	t.Helper()
	req := request(t, s.method, s.address, s.header...)
	if s.body != "" {
		req.Body, req.ContentLength = io.NopCloser(strings.NewReader(s.body)), int64(len(s.body))
	}
	return req
}

// allowed is one request of each act.
var allowed = map[string]send{
	"subscriptions":          {"GET", manager + "/subscriptions?api-version=2022-12-01&$skiptoken=2", "", nil},
	"accounts":               {"GET", manager + "/subscriptions/0a/providers/Microsoft.Storage/storageAccounts?api-version=2024-01-01", "", nil},
	"account":                {"GET", storage + "?api-version=2024-01-01", "", []string{"Authorization", "Bearer x"}},
	"blob service settings":  {"GET", storage + "/blobServices/default?api-version=2024-01-01", "", nil},
	"logging settings":       {"GET", storage + "/blobServices/default/providers/Microsoft.Insights/diagnosticSettings?api-version=2021-05-01-preview", "", nil},
	"locks":                  {"GET", storage + "/providers/Microsoft.Authorization/locks?api-version=2016-09-01", "", nil},
	"list keys":              {"POST", storage + "/listKeys?api-version=2024-01-01", "", nil},
	"regenerate key":         {"POST", storage + "/regenerateKey?api-version=2024-01-01", `{"keyName":"key2"}`, nil},
	"revoke delegation keys": {"POST", storage + "/revokeUserDelegationKeys?api-version=2024-01-01", "", nil},
	"change settings":        {"PATCH", storage + "?api-version=2024-01-01", `{"properties":{"allowSharedKeyAccess":false,"sasPolicy":{"sasExpirationPeriod":"1.00:00:00","expirationAction":"Block"}}}`, nil},
	"containers":             {"GET", "https://contoso.queue.core.windows.net/?comp=list&marker=a", "", nil},
	"tables":                 {"GET", "https://contoso.table.core.windows.net/Tables", "", nil},
	"container policies":     {"GET", "http://" + onEmulator + "/contoso/$web?restype=container&comp=acl", "", nil},
	"share policies":         {"GET", "https://contoso.file.core.windows.net/share?restype=share&comp=acl", "", []string{"x-ms-file-request-intent", "backup"}},
	"queue policies":         {"GET", "https://contoso.queue.core.windows.net/jobs?comp=acl", "", nil},
	"table policies":         {"GET", "https://contoso.table.core.windows.net/People?comp=acl", "", nil},
	"set container policies": {"PUT", "https://" + contoso + "/data?restype=container&comp=acl", acl, []string{"x-ms-blob-public-access", "blob", "If-Unmodified-Since", "x"}},
	"set share policies":     {"PUT", "https://contoso.file.core.windows.net/share?restype=share&comp=acl", acl, nil},
	"set queue policies":     {"PUT", "https://contoso.queue.core.windows.net/jobs?comp=acl", acl, nil},
	"set table policies":     {"PUT", "https://contoso.table.core.windows.net/People?comp=acl", acl, nil},
	"delegation key":         {"POST", "https://" + contoso + "/?restype=service&comp=userdelegationkey", "<KeyInfo><Start>a</Start><Expiry>b</Expiry></KeyInfo>", nil},
	"service properties":     {"GET", "https://" + contoso + "/?restype=service&comp=properties", "", nil},
	"authority":              {"GET", "https://login.microsoftonline.com/common/discovery/instance?api-version=1.1&authorization_endpoint=https%3A%2F%2Fx", "", nil},
	"token":                  {"POST", "https://login.microsoftonline.com/11111111-2222-4333-8444-555555555555/oauth2/v2.0/token", "client_id=a&client_secret=b", []string{"x-client-sku", "MSAL.Go"}},
	"machine token":          {"GET", "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=x&client_id=y", "", []string{"Metadata", "true"}},
}

func TestOwnerMaySendEachAct(t *testing.T) {
	t.Parallel()
	d := ownerDoor(t, wire.Options{})
	for _, act := range wire.Acts {
		s, ok := allowed[act.Name]
		if !ok || act.Doc == "" || act.To == 0 || act.Path == nil || len(act.Methods) == 0 {
			t.Errorf("act %q: no example, doc, party, path or method", act.Name)
			continue
		}
		if got, err := d.Fits(s.request(t)); err != nil || got != act.Name {
			t.Errorf("%s %s = %q, %v; want %q", s.method, s.address, got, err, act.Name)
		}
	}
	if len(allowed) != len(wire.Acts) {
		t.Errorf("%d examples for %d acts", len(allowed), len(wire.Acts))
	}
}

func TestOwnerMaySendNothingElse(t *testing.T) {
	t.Parallel()
	d := ownerDoor(t, wire.Options{})
	blob := "https://" + contoso
	tests := map[string]send{
		"read_a_blob":              {"GET", blob + "/data/a.txt", "", nil},
		"list_blobs":               {"GET", blob + "/data?restype=container&comp=list", "", nil},
		"write_a_blob":             {"PUT", blob + "/data/a.txt", "x", []string{"x-ms-blob-type", "BlockBlob"}},
		"delete_a_blob":            {"DELETE", blob + "/data/a.txt", "", nil},
		"delete_a_container":       {"DELETE", blob + "/data?restype=container", "", nil},
		"make_a_container":         {"PUT", blob + "/data?restype=container", "", nil},
		"policies_of_a_blob":       {"PUT", blob + "/data/a?restype=container&comp=acl", acl, nil},
		"policies_as_a_lease":      {"PUT", blob + "/data?restype=container&comp=lease", "", nil},
		"service_properties":       {"PUT", blob + "/?restype=service&comp=properties", "<StorageServiceProperties/>", nil},
		"six_policies":             {"PUT", blob + "/data?restype=container&comp=acl", "<SignedIdentifiers>" + strings.Repeat("<SignedIdentifier><Id>a</Id></SignedIdentifier>", 6) + "</SignedIdentifiers>", nil},
		"no_policies_at_all":       {"PUT", blob + "/data?restype=container&comp=acl", "<other/>", nil},
		"a_lease_by_header":        {"PUT", blob + "/data?restype=container&comp=acl", acl, []string{"x-ms-lease-id", "a"}},
		"queue_policies_on_blobs":  {"PUT", blob + "/data?comp=acl", acl, nil},
		"signature_of_a_link":      {"GET", blob + "/data?restype=container&comp=acl&sv=2022-11-02&sig=a", "", nil},
		"other_account":            {"GET", "https://fabrikam.blob.core.windows.net/?comp=list", "", nil},
		"other_emulated_account":   {"GET", "http://" + onEmulator + "/fabrikam/data?restype=container&comp=acl", "", nil},
		"emulated_without_account": {"GET", "http://" + onEmulator + "/data?restype=container&comp=acl", "", nil},
		"prefix_of_the_account":    {"GET", "http://" + onEmulator + "/contosos/data?restype=container&comp=acl", "", nil},
		"plain_http":               {"GET", "http://" + contoso + "/?comp=list", "", nil},
		"plain_http_to_manager":    {"GET", "http://management.azure.com/subscriptions?api-version=2022-12-01", "", nil},

		"token_to_a_custom_domain": {"GET", "https://data.example/?comp=list", "", []string{"Authorization", "Bearer x"}},
		"make_an_account":          {"PUT", storage + "?api-version=2024-01-01", `{"location":"x"}`, nil},
		"delete_the_account":       {"DELETE", storage + "?api-version=2024-01-01", "", nil},
		"keys_of_another":          {"POST", strings.Replace(storage, "/contoso", "/fabrikam", 1) + "/listKeys?api-version=2024-01-01", "", nil},
		"settings_of_another":      {"PATCH", strings.Replace(storage, "/contoso", "/fabrikam", 1) + "?api-version=2024-01-01", `{"properties":{"allowSharedKeyAccess":false}}`, nil},
		"sign_by_the_manager":      {"POST", storage + "/ListAccountSas?api-version=2024-01-01", "{}", nil},
		"failover":                 {"POST", storage + "/failover?api-version=2024-01-01", "", nil},
		"a_lock":                   {"PUT", storage + "/providers/Microsoft.Authorization/locks/a?api-version=2016-09-01", "{}", nil},
		"a_role":                   {"PUT", storage + "/providers/Microsoft.Authorization/roleAssignments/a?api-version=2022-04-01", "{}", nil},
		"blob_settings":            {"PUT", storage + "/blobServices/default?api-version=2024-01-01", "{}", nil},
		"dots":                     {"GET", storage + "/../contoso?api-version=2024-01-01", "", nil},
		"escapes":                  {"POST", storage + "/%6cistKeys?api-version=2024-01-01", "", nil},
		"third_key":                {"POST", storage + "/regenerateKey?api-version=2024-01-01", `{"keyName":"kerb1"}`, nil},
		"two_keys":                 {"POST", storage + "/regenerateKey?api-version=2024-01-01", `{"keyName":"key1"}{"keyName":"key2"}`, nil},
		"no_key":                   {"POST", storage + "/regenerateKey?api-version=2024-01-01", "", nil},
		"tags":                     {"PATCH", storage + "?api-version=2024-01-01", `{"tags":{}}`, nil},
		"network":                  {"PATCH", storage + "?api-version=2024-01-01", `{"properties":{"publicNetworkAccess":"Enabled"}}`, nil},
		"empty_object":             {"PATCH", storage + "?api-version=2024-01-01", `{"properties":{"allowSharedKeyAccess":{}}}`, nil},
		"said_twice":               {"PATCH", storage + "?api-version=2024-01-01", `{"properties":{"networkAcls":null},"properties":{"allowSharedKeyAccess":false}}`, nil},
		"behind_a_name":            {"PATCH", storage + "?api-version=2024-01-01", `{"properties":{"sasPolicy":{"networkAcls":1}}}`, nil},
		"a_list":                   {"PATCH", storage + "?api-version=2024-01-01", `[{"properties":{}}]`, nil},
		"a_body_where_none_is":     {"POST", storage + "/listKeys?api-version=2024-01-01", `{"a":1}`, nil},
		"no_version":               {"POST", storage + "/listKeys", "", nil},
		"another_manager":          {"GET", "https://management.chinacloudapi.cn/subscriptions?api-version=2022-12-01", "", nil},
		"manager_at_login":         {"GET", "https://login.microsoftonline.com/subscriptions?api-version=2022-12-01", "", nil},
		"token_at_manager":         {"POST", manager + "/11111111-2222-4333-8444-555555555555/oauth2/v2.0/token", "client_secret=a", nil},
		"token_of_a_neighbour":     {"GET", "http://169.254.169.254/metadata/instance?api-version=2018-02-01", "", []string{"Metadata", "true"}},
		"machine_over_https":       {"GET", "https://169.254.169.254/metadata/identity/oauth2/token?resource=x", "", nil},
		"a_method_by_header":       {"POST", storage + "/listKeys?api-version=2024-01-01", "", []string{"X-HTTP-Method-Override", "DELETE"}},
		"a_user_in_the_address":    {"GET", "https://a:b@management.azure.com/subscriptions?api-version=2022-12-01", "", nil},
		"a_copy_source":            {"PUT", blob + "/data?restype=container&comp=acl", acl, []string{"x-ms-copy-source", "https://x/"}},
		"a_public_level_on_queue":  {"PUT", "https://contoso.queue.core.windows.net/jobs?comp=acl", acl, []string{"x-ms-blob-public-access", "blob"}},
	}
	for name, s := range tests {
		t.Run(name, func(t *testing.T) {
			if act, err := d.Fits(s.request(t)); !errors.Is(err, wire.ErrRefused) && !errors.Is(err, wire.ErrForeign) {
				t.Errorf("%s %s = %q, %v; want it refused", s.method, s.address, act, err)
			}
		})
	}
}

// TestReadersMaySendNoneOfIt gives every write of an owner to the client of those
// who scan.
func TestReadersMaySendNoneOfIt(t *testing.T) {
	t.Parallel()
	c := wire.NewReadOnly(wire.Options{AllowHosts: []string{"management.azure.com", "login.microsoftonline.com", "169.254.169.254", onEmulator}, Probes: everything})
	d := bind(t, c, contoso, "contoso.file.core.windows.net", "contoso.queue.core.windows.net", "contoso.table.core.windows.net", onEmulator, "management.azure.com", "login.microsoftonline.com", "169.254.169.254")
	for name, s := range allowed {
		if s.method == http.MethodGet {
			continue
		}
		if shape, err := d.Fits(s.request(t)); err == nil {
			t.Errorf("%s leaves as %q", name, shape)
		}
	}
}

func TestOwnerIsBoundToPremises(t *testing.T) {
	t.Parallel()
	c := wire.NewOwner(wire.Options{AllowHosts: []string{"127.0.0.1:9"}})
	for name, p := range map[string]wire.Premises{
		"nothing":         {},
		"manager":         {Manager: "management.example"},
		"manager_port":    {Manager: "management.azure.com:8443"},
		"authority":       {Authority: "login.example"},
		"private_manager": {Manager: "10.0.0.1"},
		"unknown_host":    {Hosts: []wire.Host{{Name: "files.example"}}},
		"one_for_two":     {Manager: "127.0.0.1:9", Authority: "127.0.0.1:9"},
	} {
		if _, err := c.Bind(p); !errors.Is(err, wire.ErrForeign) {
			t.Errorf("Bind(%s) = %v; want %v", name, err, wire.ErrForeign)
		}
	}
	if _, err := c.Bind(wire.Premises{Manager: "127.0.0.1:9"}); err != nil {
		t.Errorf("Bind of a host that the user named = %v", err)
	}
}

func TestOwnerSendsAgainWhatMayBeDoneTwice(t *testing.T) {
	t.Parallel()
	tests := []struct {
		act    string
		status []int // of each answer; 0 cuts the connection
		asked  int64
	}{
		{"account", []int{503, 500, 0, 200}, 4},
		{"list keys", []int{0, 200}, 2},
		{"change settings", []int{500, 200}, 2},
		{"regenerate key", []int{429, 200}, 2},
		{"regenerate key", []int{503}, 1},
		{"regenerate key", []int{500}, 1},
		{"regenerate key", []int{0}, 1},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt.act, tt.status), func(t *testing.T) {
			t.Parallel()
			var n atomic.Int64
			w := serve(t, func(rw http.ResponseWriter, _ *http.Request) {
				s := tt.status[min(int(n.Add(1)), len(tt.status))-1]
				if s == 0 {
					panic(http.ErrAbortHandler)
				}
				rw.WriteHeader(s)
			})
			d, _ := w.owner(t, io.Discard)
			resp, err := d.Do(w.led(t, allowed[tt.act]))
			if err == nil {
				read(t, resp)
			}
			if last := tt.status[len(tt.status)-1]; (err == nil) != (last != 0 && last != 503) || w.asked.Load() != tt.asked {
				t.Errorf("Do = %v, asked %d times; want %d", err, w.asked.Load(), tt.asked)
			}
		})
	}
}

// owner returns a door whose manager is the server.
func (w *world) owner(t testing.TB, record io.Writer) (*wire.OwnerDoor, *wire.Owner) {
	t.Helper()
	c := wire.NewOwner(wire.Options{
		Run: "r1", AllowHosts: []string{w.Listener.Addr().String()}, RootCAs: w.roots, Record: record, Wait: w.client(t, wire.Options{}).Waits(),
	})
	t.Cleanup(c.Close)
	d, err := c.Bind(wire.Premises{Account: "contoso", Manager: w.Listener.Addr().String()})
	if err != nil {
		t.Fatal(err)
	}
	return d, c
}

// led leads a request for the manager to the server.
func (w *world) led(t testing.TB, s send) *http.Request {
	t.Helper()
	req := s.request(t)
	req.URL.Host, req.Host = w.Listener.Addr().String(), ""
	return req
}

func TestOwnerKeepsSecretsToItself(t *testing.T) {
	t.Parallel()
	const secret = "eyJhbGciOiJub25lIn0.a-token-of-the-owner"
	const key = "QSBrZXkgb2YgdGhlIGFjY291bnQgdGhhdCBub2JvZHkgaXMgdG8gc2Vl"
	w := serve(t, func(rw http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+secret || r.Header.Get("x-ms-client-request-id") != "overgrant-r1-1" || r.Header.Get("Accept-Encoding") != "" {
			t.Errorf("header %v", r.Header)
		}
		fmt.Fprint(rw, `{"keys":[{"value":"`+key+`"}]}`)
	})
	var record strings.Builder
	d, c := w.owner(t, &record)
	s := allowed["list keys"]
	s.header = []string{"Authorization", "Bearer " + secret, "Accept-Encoding", "gzip"}
	resp, err := d.Do(w.led(t, s))
	if err != nil {
		t.Fatal(err)
	}
	if got := read(t, resp); !strings.Contains(got, key) {
		t.Errorf("answer %q", got)
	}
	if resp.Request == nil || resp.Request.Header.Get("Authorization") != "" || resp.Request.URL.RawQuery != "" {
		t.Errorf("the answer holds its request: %v", resp.Request)
	}
	if text := record.String(); strings.Contains(text, secret) || strings.Contains(text, key) || !strings.Contains(text, `"method":"POST"`) || !strings.Contains(text, "/listKeys?api-version=2024-01-01") {
		t.Errorf("record %s", text)
	}
	if got := c.Spent(); got.Requests != 1 || c.Run() != "r1" {
		t.Errorf("Spent = %+v of %s", got, c.Run())
	}
}

func TestOwnerFollowsNoRedirect(t *testing.T) {
	t.Parallel()
	w := serve(t, func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Location", "https://evil.example/listKeys")
		rw.WriteHeader(http.StatusPermanentRedirect)
	})
	d, _ := w.owner(t, io.Discard)
	_, err := d.Do(w.led(t, allowed["list keys"])) //nolint:bodyclose // there is none
	if !errors.Is(err, wire.ErrRedirect) || w.asked.Load() != 1 {
		t.Errorf("Do = %v, asked %d times; want %v, once", err, w.asked.Load(), wire.ErrRedirect)
	}
}

// harmless holds what leaves through an owner's door against what it must never
// be, without the list.
func harmless(req *http.Request) string {
	host, path := req.URL.Hostname(), strings.ToLower(req.URL.Path)
	switch {
	case req.Method == http.MethodDelete:
		return "it deletes"
	case strings.Contains(path, "..") || strings.Contains(path, "//"):
		return "its path can be read in two ways"
	case strings.HasSuffix(host, ".core.windows.net") && strings.Count(strings.Trim(path, "/"), "/") > 0:
		return "it names an object"
	case host == "management.azure.com" && req.Method != http.MethodGet && !strings.Contains(path, "/storageaccounts/contoso"):
		return "it changes another account"
	case host == "management.azure.com" && req.Method == http.MethodPut:
		return "it makes something"
	}
	return ""
}

func FuzzOwnerCheck(f *testing.F) {
	for _, s := range allowed {
		u, err := url.Parse(s.address)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(s.method, u.Host, u.Path, u.RawQuery, s.body)
	}
	f.Add("DELETE", contoso, "/data", "restype=container&comp=acl", acl)
	f.Add("PATCH", "management.azure.com", "/subscriptions/a/../b", "api-version=1", `{"properties":{"properties":{}}}`)
	d := ownerDoor(f, wire.Options{Now: func() time.Time { return time.Time{} }})
	f.Fuzz(func(t *testing.T, method, host, path, query, body string) {
		req := &http.Request{Method: method, URL: &url.URL{Scheme: "https", Host: host, Path: path, RawQuery: query}, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
		act, err := d.Fits(req)
		if err != nil {
			if !errors.Is(err, wire.ErrRefused) && !errors.Is(err, wire.ErrForeign) {
				t.Fatalf("error %v is no refusal", err)
			}
			return
		}
		if why := harmless(req); why != "" {
			t.Fatalf("%s %s?%s left as %q: %s", method, path, query, act, why)
		}
	})
}
