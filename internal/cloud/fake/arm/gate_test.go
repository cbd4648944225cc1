package arm_test

import (
	"crypto/tls"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/overgrant/overgrant/internal/cloud/fake/arm"
)

// behind starts a gate before a server that answers everything with what it was
// asked.
func behind(t *testing.T, s *sdk) string {
	t.Helper()
	emulator := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Asked", r.Method+" "+r.RequestURI)
		_, _ = w.Write(body)
	}))
	t.Cleanup(emulator.Close)
	gates, err := s.Gates("contoso", http.DefaultTransport, emulator.URL, emulator.URL, emulator.URL)
	if err != nil {
		t.Fatal(err)
	}
	return "https://" + gates[0] + "/contoso"
}

func TestGateEnforcesSettings(t *testing.T) {
	t.Parallel()
	const (
		short     = "/c/b?sp=r&sv=2022-11-02&st=2024-01-01&se=2024-01-02T00:00:00Z&sig=x"
		long      = "/c/b?sp=r&sv=2022-11-02&st=2024-01-01T00:00Z&se=2051-01-01&sig=x"
		unstarted = "/c/b?sp=r&sv=2022-11-02&se=2024-01-02&sig=x"
		stored    = "/c/b?si=p&sv=2022-11-02&sig=x"
		delegated = "/c/b?sp=r&se=2051-01-01&skoid=o&skt=a&ske=b&sig=x"
		anonymous = "/c/b"
	)
	const keys, bearer = "SharedKey contoso:x", "Bearer x"
	tests := []struct {
		name  string
		is    arm.Account
		path  string
		token string
		code  string // empty where it goes through
	}{
		{"nothing_set", arm.Account{}, long, "", ""},
		{"keys_off_signature", arm.Account{KeysOff: true}, short, "", "KeyBasedAuthenticationNotPermitted"},
		{"keys_off_key", arm.Account{KeysOff: true}, anonymous, keys, "KeyBasedAuthenticationNotPermitted"},
		{"keys_off_lite", arm.Account{KeysOff: true}, anonymous, "SharedKeyLite contoso:x", "KeyBasedAuthenticationNotPermitted"},
		{"keys_off_token", arm.Account{KeysOff: true}, anonymous, bearer, ""},
		{"keys_off_delegated", arm.Account{KeysOff: true}, delegated, "", ""},
		{"private", arm.Account{}, anonymous, "", "PublicAccessNotPermitted"},
		{"public", arm.Account{Public: true}, anonymous, "", ""},
		{"block_long", arm.Account{Period: "1.00:00:00", Action: "Block"}, long, "", "AuthenticationFailed"},
		{"block_unstarted", arm.Account{Period: "1.00:00:00", Action: "Block"}, unstarted, "", "AuthenticationFailed"},
		{"block_short", arm.Account{Period: "1.00:00:00", Action: "Block"}, short, "", ""},
		{"block_stored", arm.Account{Period: "1.00:00:00", Action: "Block"}, stored, "", ""},
		{"block_delegated", arm.Account{Period: "1.00:00:00", Action: "Block"}, delegated, "", ""},
		{"block_key", arm.Account{Period: "1.00:00:00", Action: "Block"}, anonymous, keys, ""},
		{"log_long", arm.Account{Period: "1.00:00:00", Action: "Log"}, long, "", ""},
	}
	s := start(t, "the secret")
	base := behind(t, s)
	for _, tt := range tests {
		tt.is.Name = "contoso"
		s.Add(tt.is)
		status, code := s.ask(t, http.MethodGet, base+tt.path, tt.token)
		if code != tt.code || (status == http.StatusOK) != (tt.code == "") {
			t.Errorf("%s: %d %s; want %s", tt.name, status, code, tt.code)
		}
	}
	if status, code := s.ask(t, http.MethodGet, strings.Replace(base, "/contoso", "/other1", 1)+long, ""); status != http.StatusNotFound {
		t.Errorf("another account: %d %s", status, code)
	}
}

// TestGateLetsPathsThroughAsTheyAre sends what a proxy might write anew.
func TestGateLetsPathsThroughAsTheyAre(t *testing.T) {
	t.Parallel()
	s := start(t, "the secret")
	base := behind(t, s)
	for _, path := range []string{"/c/a%20b%2Fc%2B%25.txt?sig=a%2Bb%3D&x=1;2&y", "/c//d/?sig=%C3%BC+"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		header, _ := s.round(t, req)
		if got, want := header.Get("X-Asked"), "GET /contoso"+path; got != want {
			t.Errorf("asked %q; want %q", got, want)
		}
	}
}

// round sends a request and returns the header and the body of the answer.
func (s *sdk) round(t *testing.T, req *http.Request) (http.Header, []byte) {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: s.Roots, MinVersion: tls.VersionTLS12}, DisableKeepAlives: true}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.Header, body
}

// TestRevokedDelegationKeysStayRevoked asks for keys of the same times before and
// after a revocation.
func TestRevokedDelegationKeysStayRevoked(t *testing.T) {
	t.Parallel()
	s := start(t, "the secret")
	base := behind(t, s)
	ask := func() (start, expiry string) {
		body := "<KeyInfo><Start>2026-01-01T00:00:00Z</Start><Expiry>2026-01-02T00:00:00Z</Expiry></KeyInfo>"
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/?restype=service&comp=userdelegationkey", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer x")
		var k struct{ Start, Expiry string }
		_, answer := s.round(t, req)
		if err := xml.Unmarshal(answer, &k); err != nil {
			t.Fatal(err)
		}
		return k.Start, k.Expiry
	}
	works := func(start, expiry string) bool {
		status, _ := s.ask(t, http.MethodGet, fmt.Sprintf("%s/c/b?skoid=o&skt=%s&ske=%s&sig=x", base, start, expiry), "")
		return status == http.StatusOK
	}
	firstStart, firstExpiry := ask()
	if start, _ := ask(); start != firstStart || !works(firstStart, firstExpiry) {
		t.Errorf("a key for the same times starts %s; want %s, alive", start, firstStart)
	}
	for range 2 {
		if _, err := s.accounts.RevokeUserDelegationKeys(t.Context(), group, "contoso", nil); err != nil {
			t.Fatal(err)
		}
		start, expiry := ask()
		if start == firstStart || !works(start, expiry) || works(firstStart, firstExpiry) || works("unknown", "key") {
			t.Errorf("after a revocation a key starts %s; alive %v, the first alive %v", start, works(start, expiry), works(firstStart, firstExpiry))
		}
	}
}
