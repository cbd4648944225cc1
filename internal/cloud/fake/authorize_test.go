package fake_test

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/overgrant/overgrant/internal/cloud/fake"
)

// keys are no account's.
var keys = []string{
	base64.StdEncoding.EncodeToString([]byte(strings.Repeat("1", 64))),
	base64.StdEncoding.EncodeToString([]byte(strings.Repeat("2", 64))),
}

var noon = time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)

func params(pairs ...string) url.Values {
	p := url.Values{"sv": {"2022-11-02"}, "se": {"2030-01-01T00:00:00Z"}}
	for i := 0; i < len(pairs); i += 2 {
		p.Set(pairs[i], pairs[i+1])
		if pairs[i+1] == "" {
			p.Del(pairs[i])
		}
	}
	return p
}

func TestAuthorize(t *testing.T) {
	s := serve(t, fake.Options{
		Keys: keys, Now: func() time.Time { return noon }, Client: netip.MustParseAddr("203.0.113.7"),
		Delegation: &fake.Delegation{Object: "o", Tenant: "t", Start: "2024-04-30T00:00:00Z", Expiry: "2024-05-06T00:00:00Z", Service: "b", Version: "2022-11-02", Key: keys[1]},
		Policies: []fake.Policy{
			{Service: "blob", Container: "data", ID: "readers", Permissions: "rl", Expiry: "2030-01-01"},
			{Service: "table", Container: "people", ID: "askers", Permissions: "r", Expiry: "2030-01-01"},
		},
		Containers: []fake.Container{
			{Name: "data", Objects: []fake.Object{{Name: "dir/sub/a.txt", Body: []byte("hello")}}},
			{Name: "open", Public: "container", Objects: []fake.Object{{Name: "a", Body: []byte("x")}}},
			{Name: "half", Public: "blob", Objects: []fake.Object{{Name: "a", Body: []byte("x")}}},
		},
		Shares: []fake.Share{{Name: "files", Named: []fake.Object{{Name: "a", Body: []byte("x")}}}},
		Queues: []fake.Queue{{Name: "jobs"}}, Tables: []fake.Table{{Name: "people", Rows: 2}},
	})
	account := func(pairs ...string) url.Values {
		return params(append([]string{"ss", "bfqt", "srt", "sco", "sp", "rl"}, pairs...)...)
	}
	blob, list, all := "/data/dir/sub/a.txt", "/data?restype=container&comp=list", "/?comp=list"
	const mismatch, authentication = "Mismatch", "AuthenticationFailed"
	for _, tt := range []struct {
		name, service, target string
		sign                  string // the path that is signed; empty for that of target
		params                url.Values
		key                   int
		want                  string // part of the body; empty for success
	}{
		{name: "account", service: "blob", target: all, params: account()},
		{name: "account_by_key_2", service: "blob", target: all, params: account(), key: 2},
		{name: "account_files", service: "file", target: all, params: account()},
		{name: "account_queues", service: "queue", target: all, params: account()},
		{name: "account_tables", service: "table", target: "/Tables", params: account()},
		{name: "account_paths", service: "dfs", target: "/data?resource=filesystem&recursive=true", params: account()},
		{name: "account_before_2020", service: "blob", target: all, params: account("sv", "2019-10-10")},
		{name: "not_this_service", service: "blob", target: all, params: account("ss", "f"), want: "AuthorizationService" + mismatch},
		{name: "not_this_type", service: "blob", target: all, params: account("srt", "o"), want: "AuthorizationResourceType" + mismatch},
		{name: "not_this_permission", service: "blob", target: all, params: account("sp", "r"), want: "AuthorizationPermission" + mismatch},
		{name: "expired", service: "blob", target: all, params: account("se", "2024-05-01T11:59Z"), want: "Signature not valid in the specified time frame"},
		{name: "not_yet", service: "blob", target: all, params: account("st", "2025-01-01"), want: "Signature not valid in the specified time frame"},
		{name: "from_elsewhere", service: "blob", target: all, params: account("sip", "10.0.0.0-10.0.0.9"), want: "AuthorizationSourceIP" + mismatch},
		{name: "from_here", service: "blob", target: all, params: account("sip", "203.0.113.0-203.0.113.9")},
		{name: "over_https_only", service: "blob", target: all, params: account("spr", "https"), want: "AuthorizationProtocol" + mismatch},
		{name: "altered", service: "blob", target: all + "&sp=rwl", params: account("sp", ""), want: "String to sign used was contoso"},
		{name: "any_permission_asks_for_the_account", service: "blob", target: "/?restype=account&comp=properties", params: account("sp", "t")},
		{name: "no_signature_asks_for_policies", service: "blob", target: "/data?restype=container&comp=acl", params: account(), want: "AuthorizationFailure"},

		{name: "container", service: "blob", target: list, params: params("sr", "c", "sp", "rl")},
		{name: "container_of_2015", service: "blob", target: list, params: params("sr", "c", "sp", "rl", "sv", "2015-04-05")},
		{name: "container_reads", service: "blob", target: blob, params: params("sr", "c", "sp", "rl")},
		{name: "container_lists_no_account", service: "blob", target: all, sign: "/data", params: params("sr", "c", "sp", "rl"), want: authentication},
		{name: "blob", service: "blob", target: blob, params: params("sr", "b", "sp", "r")},
		{name: "blob_lists_nothing", service: "blob", target: list, sign: blob, params: params("sr", "b", "sp", "rl"), want: authentication},
		{name: "directory", service: "blob", target: blob, params: params("sr", "d", "sdd", "2", "sp", "r")},
		{name: "directory_by_dfs", service: "dfs", target: blob, params: params("sr", "d", "sdd", "1", "sp", "r")},
		{name: "another_directory", service: "blob", target: blob, sign: "/data/other", params: params("sr", "d", "sdd", "1", "sp", "r"), want: "Signature did not match"},
		{name: "policy", service: "blob", target: list, params: params("sr", "c", "si", "readers", "se", "")},
		{name: "policy_gone", service: "blob", target: list, params: params("sr", "c", "si", "writers", "se", ""), want: "SAS identifier cannot be found"},
		{name: "said_twice", service: "blob", target: list, params: params("sr", "c", "si", "readers"), want: "Signature fields not well formed"},
		{name: "share", service: "file", target: "/files?restype=directory&comp=list", params: params("sr", "s", "sp", "rl")},
		{name: "file", service: "file", target: "/files/a", params: params("sr", "f", "sp", "r")},
		{name: "queue", service: "queue", target: "/jobs/messages?peekonly=true", params: params("sp", "r")},
		{name: "table", service: "table", target: "/people()", params: params("tn", "people", "sp", "r", "sv", "2019-02-02")},
		{name: "table_policy", service: "table", target: "/people()", params: params("tn", "People", "si", "askers", "se", ""), want: authentication},
		{name: "delegated", service: "blob", target: list, params: params("sr", "c", "sp", "rl", "skoid", "o", "sktid", "t", "skt", "2024-04-30T00:00:00Z", "ske", "2024-05-06T00:00:00Z", "sks", "b", "skv", "2022-11-02")},
		{name: "delegated_newest", service: "blob", target: list, params: params("sv", "2026-04-06", "sr", "c", "sp", "rl", "skoid", "o", "sktid", "t", "skt", "2024-04-30T00:00:00Z", "ske", "2024-05-06T00:00:00Z", "sks", "b", "skv", "2022-11-02")},
		{name: "delegated_by_another", service: "blob", target: list, params: params("sr", "c", "sp", "rl", "skoid", "x", "ske", "2024-05-06T00:00:00Z"), want: "Signature did not match"},

		{name: "anybody_lists_a_public_container", service: "blob", target: "/open?restype=container&comp=list"},
		{name: "anybody_reads_a_public_blob", service: "blob", target: "/half/a"},
		{name: "anybody_lists_no_half", service: "blob", target: "/half?restype=container&comp=list", want: "ResourceNotFound"},
		{name: "anybody_sees_nothing_private", service: "blob", target: blob, want: "ResourceNotFound"},
		{name: "anybody_lists_no_account", service: "blob", target: all, want: "ResourceNotFound"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			address := s.At(tt.service) + tt.target
			if tt.params != nil {
				path, _, _ := strings.Cut(tt.target, "?")
				if tt.sign != "" {
					path = tt.sign
				}
				query := s.Sign(tt.service, path, tt.params, max(tt.key, 1))
				if strings.Contains(address, "?") {
					address += "&" + query
				} else {
					address += "?" + query
				}
			}
			resp, body := fetch(t, address)
			if tt.want == "" && resp.StatusCode != http.StatusOK || tt.want != "" && (resp.StatusCode < 400 || !strings.Contains(string(body), tt.want)) {
				t.Errorf("%d %s; want %q", resp.StatusCode, body, tt.want)
			}
		})
	}
}

func TestDeny(t *testing.T) {
	s := serve(t, fake.Options{Deny: &fake.Denial{Status: 403, Code: "AuthorizationFailure", Message: "no", Detail: "a < b", Extended: "more"}})
	resp, body := fetch(t, s.URL+"/?comp=list", "x-ms-version", "2024-08-04")
	for _, want := range []string{"<Code>AuthorizationFailure</Code>", "<AuthenticationErrorDetail>a &lt; b</AuthenticationErrorDetail>", "<ExtendedErrorDetail>more</ExtendedErrorDetail>"} {
		if !strings.Contains(string(body), want) {
			t.Errorf("%s; want %s", body, want)
		}
	}
	if resp.StatusCode != http.StatusForbidden || resp.Header.Get("x-ms-error-code") != "AuthorizationFailure" {
		t.Errorf("%d %s", resp.StatusCode, resp.Header.Get("x-ms-error-code"))
	}
	if _, body := fetch(t, s.URL+"/?comp=list", "x-ms-version", "2022-11-02"); strings.Contains(string(body), "Extended") {
		t.Error("an old version is told of what it does not know")
	}
}

func TestHostNames(t *testing.T) {
	s := serve(t, fake.Options{Containers: []fake.Container{{Name: "data", Blobs: 3}}, Queues: []fake.Queue{{Name: "jobs"}}})
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: s.Roots}, DialContext: s.Dial}}
	t.Cleanup(client.CloseIdleConnections)
	for address, want := range map[string]string{
		"https://contoso.blob.core.windows.net/?comp=list":           "<Name>data</Name>",
		"https://contoso-secondary.blob.core.windows.net/?comp=list": "<Name>data</Name>",
		"https://contoso.z12.blob.storage.azure.net/?comp=list":      "<Name>data</Name>",
		"https://contoso.queue.core.windows.net/?comp=list":          "<Name>jobs</Name>",
		"https://contoso.dfs.core.windows.net/?resource=account":     `"name":"data"`,
		"https://other.blob.core.windows.net/?comp=list":             "ResourceNotFound",
		"http://contoso.blob.core.windows.net/?comp=list":            "<Name>data</Name>",
	} {
		resp, err := client.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if !strings.Contains(string(body), want) {
			t.Errorf("%s: %s; want %s", address, body, want)
		}
	}
	if _, err := s.Dial(context.Background(), "tcp", "no port"); err == nil {
		t.Error("Dial of no address: no error")
	}
	if all, err := s.Resolve(t.Context(), "contoso.blob.core.windows.net"); err != nil || len(all) != 1 || all[0].IsPrivate() || !all[0].IsGlobalUnicast() {
		t.Errorf("Resolve() = %v, %v; want one public address", all, err)
	}
	if _, _, err := net.SplitHostPort(s.Host("file")); err != nil {
		t.Error(err)
	}
}
