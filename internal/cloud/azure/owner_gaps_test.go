package azure_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/cloud"
	"github.com/overgrant/overgrant/internal/cloud/azure"
	"github.com/overgrant/overgrant/internal/cloud/fake/arm"
	"github.com/overgrant/overgrant/internal/wire"
	"github.com/overgrant/overgrant/kind"
	"github.com/overgrant/overgrant/test/azurite"
)

// TestEstateTellsItsGaps takes rights away one after the other: what is left is
// read, and what is not is said.
func TestEstateTellsItsGaps(t *testing.T) {
	t.Parallel()
	s := newOwned(t)
	s.PutContainer(t, "data", "")
	s.SetPolicies(t, "blob", "data", "", azurite.Policy{ID: "readers", Permissions: "r"})
	unread := func() []string {
		e, err := s.owner(t).Estate(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var what []string
		for _, u := range e.Unread {
			what = append(what, u.What)
			if !strings.Contains(u.Why, "may not do this") || !strings.Contains(u.Why, "Microsoft.") {
				t.Errorf("why %q; want the right that is missing", u.Why)
			}
		}
		if len(e.Policies) != 1 {
			t.Errorf("policies %+v", e.Policies)
		}
		return what
	}
	s.manager.Deny("Microsoft.Storage/storageAccounts/blobServices/containers/getAcl/action", "Microsoft.Storage/storageAccounts/blobServices/containers/read")
	if got := unread(); got != nil { // the keys serve where the login may not
		t.Errorf("unread %q", got)
	}
	s.manager.Allow("Microsoft.Storage/storageAccounts/blobServices/containers/getAcl/action", "Microsoft.Storage/storageAccounts/blobServices/containers/read")
	s.manager.Deny("Microsoft.Authorization/locks/read", "Microsoft.Insights/diagnosticSettings/read", "Microsoft.Storage/storageAccounts/listkeys/action", "Microsoft.Storage/storageAccounts/blobServices/read")
	if got, want := unread(), []string{"blob services", "logging", "locks", "keys"}; !slices.Equal(sorted(got), sorted(want)) {
		t.Errorf("unread %q; want %q", got, want)
	}
}

func sorted(s []string) []string { return slices.Sorted(slices.Values(s)) }

func TestAnAccountThatIsNotOurs(t *testing.T) {
	t.Parallel()
	s := newOwned(t)
	// The login sees other accounts, and the emulator takes its token for no
	// account but those it has.
	l := overgrant.Link{Secret: overgrant.NewSecret("https://" + s.gates[0] + "/notours/"), Grant: overgrant.Grant{Kind: "anonymous", Provider: "azure"}}
	o, err := azure.Own(l, s.opt, handed{s.manager.Server})
	if err != nil {
		t.Fatal(err)
	}
	if e, err := o.Estate(t.Context()); !errors.Is(err, cloud.ErrNotOurs) {
		t.Errorf("Estate = %+v, %v; want %v", e, err, cloud.ErrNotOurs)
	}
	if _, err := o.Do(t.Context(), overgrant.Step{Deed: overgrant.DisableSharedKey}); !errors.Is(err, cloud.ErrNoAccount) {
		t.Errorf("Do = %v; want %v", err, cloud.ErrNoAccount)
	}
}

func TestDelegationNeedsItsRight(t *testing.T) {
	t.Parallel()
	s := newOwned(t)
	s.PutContainer(t, "data", "")
	s.manager.Deny("Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action")
	_, err := s.owner(t).Mint(t.Context(), cloud.Wish{Container: "data", Permissions: "r", Expiry: time.Now().Add(time.Hour)})
	var rights *cloud.RightsError
	if !errors.As(err, &rights) || rights.Roles != "Storage Blob Delegator" {
		t.Errorf("Mint = %v; want the role that is missing", err)
	}
}

// TestKeysThatAreOffAreNotTriedForPolicies turns keys off: policies are changed
// with the login, and with keys alone the refusal says why.
func TestKeysThatAreOffAreNotTriedForPolicies(t *testing.T) {
	t.Parallel()
	s := newOwned(t)
	s.PutContainer(t, "data", "")
	do(t, s.owner(t), overgrant.Step{Deed: overgrant.DisableSharedKey})
	step := overgrant.Step{Deed: overgrant.AddPolicy, Container: "data", Policy: "a", Want: &overgrant.StoredPolicy{Permissions: "r", Expiry: never}}
	if _, err := s.keyOwner(t).Do(t.Context(), step); !errors.Is(err, cloud.ErrNoRights) || !strings.Contains(err.Error(), "takes no keys") {
		t.Errorf("with keys: %v", err)
	}
	if done := do(t, s.owner(t), step); done.Already {
		t.Errorf("with the login: %+v", done)
	}
}

// TestKeysThatSomebodyElseRotated rotates both keys behind the back of an owner
// that has read them.
func TestKeysThatSomebodyElseRotated(t *testing.T) {
	t.Parallel()
	s := newOwned(t)
	s.PutContainer(t, "data", "")
	s.SetPolicies(t, "blob", "data", "", azurite.Policy{ID: "readers", Permissions: "r", Expiry: "2040-01-01T00:00:00Z"})
	o, keyed := s.owner(t), s.keyOwner(t)
	hashes := [2]string{hashOf(t, o, "key1"), hashOf(t, o, "key2")}
	s.manager.Deny("Microsoft.Storage/storageAccounts/blobServices/containers/getAcl/action")
	for i, hash := range hashes {
		do(t, s.owner(t), overgrant.Step{Deed: overgrant.RotateKey, Key: fmt.Sprint("key", i+1), KeyHash: hash})
	}
	m, err := o.Mint(t.Context(), cloud.Wish{Container: "data", Policy: "readers"})
	if err != nil || m.KeyHash == hashes[0] {
		t.Errorf("Mint = %+v, %v; want it signed with a key of now", m, err)
	}
	if _, err := keyed.Mint(t.Context(), cloud.Wish{Container: "data", Policy: "readers"}); !errors.Is(err, cloud.ErrNoRights) {
		t.Errorf("Mint with an old key = %v; want %v", err, cloud.ErrNoRights)
	}
}

// share is a file service, which the emulator does not have, that keeps the
// policies of one share. With meddler set, somebody else writes after each write.
type share struct {
	body    string
	meddler bool
}

func (s *share) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Query().Get("restype") != "share" || r.URL.Query().Get("comp") != "acl" || !strings.HasPrefix(r.Header.Get("Authorization"), "SharedKey contoso:") {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if r.Method == http.MethodPut {
		var b strings.Builder
		_, _ = fmt.Fprint(&b, readAll(r))
		s.body = b.String()
		if s.meddler {
			s.body = "<SignedIdentifiers></SignedIdentifiers>"
		}
		return
	}
	_, _ = fmt.Fprint(w, s.body)
}

func readAll(r *http.Request) string {
	raw := make([]byte, r.ContentLength)
	for at := 0; at < len(raw); {
		n, err := r.Body.Read(raw[at:])
		if at += n; err != nil {
			break
		}
	}
	return string(raw)
}

func TestSharesHavePoliciesAndLinksToo(t *testing.T) {
	t.Parallel()
	service := &share{body: "\ufeff<?xml version=\"1.0\" encoding=\"utf-8\"?><SignedIdentifiers><SignedIdentifier><Id>old</Id></SignedIdentifier></SignedIdentifiers>"}
	server := httptest.NewServer(service)
	t.Cleanup(server.Close)
	host := server.Listener.Addr().String()
	client := wire.NewOwner(wire.Options{AllowHosts: []string{host}})
	t.Cleanup(client.Close)
	key := azurite.NewKey()
	l := overgrant.Link{Secret: overgrant.NewSecret("http://" + host + "/contoso/docs"), Grant: overgrant.Grant{Kind: "anonymous", Services: []string{"file"}}}
	o, err := azure.OwnerDriver.Own(l, cloud.OwnerOptions{Client: client, Now: time.Now, AllowHosts: []string{host}, Keys: []overgrant.Secret{overgrant.NewSecret(key)}})
	if err != nil {
		t.Fatal(err)
	}
	step := overgrant.Step{Deed: overgrant.AddPolicy, Service: "file", Container: "docs", Policy: "readers", Want: &overgrant.StoredPolicy{Permissions: "lr", Expiry: never}}
	do(t, o, step)
	if !strings.Contains(service.body, "<SignedIdentifier><Id>old</Id></SignedIdentifier>") || !strings.Contains(service.body, "<Permission>rl</Permission>") {
		t.Errorf("the service was told %s", service.body)
	}
	m, err := o.Mint(t.Context(), cloud.Wish{Service: "file", Container: "docs", Path: "a b/ü.txt", Policy: "readers"})
	if err != nil {
		t.Fatal(err)
	}
	if layout, ok := kind.Matches(m.Link, overgrant.NewSecret(key)); !ok || layout != "blob and file 2015-04-05" || m.Link.Grant.Scope != "file" {
		t.Errorf("layout %q, %v, grant %+v", layout, ok, m.Link.Grant)
	}
	service.meddler = true
	step.Policy = "others"
	if _, err := o.Do(t.Context(), step); !errors.Is(err, cloud.ErrConflict) {
		t.Errorf("Do = %v; want %v", err, cloud.ErrConflict)
	}
}

// TestThrottledManagerIsToldApart keeps a manager busy for longer than anybody
// waits.
func TestThrottledManagerIsToldApart(t *testing.T) {
	t.Parallel()
	s := newOwned(t)
	s.manager.Break(arm.Fault{How: arm.Throttle, Times: 100})
	if _, err := s.owner(t).Do(t.Context(), overgrant.Step{Deed: overgrant.DisableSharedKey}); !errors.Is(err, wire.ErrThrottled) {
		t.Errorf("Do = %v; want %v", err, wire.ErrThrottled)
	}
}

func FuzzIdentifiers(f *testing.F) {
	f.Add([]byte("<SignedIdentifiers><SignedIdentifier><Id>a &amp; b</Id><AccessPolicy><Start>2024-01-01T00:00:00.0000000Z</Start><Expiry>2024-01-01</Expiry><Permission>rl</Permission></AccessPolicy></SignedIdentifier></SignedIdentifiers>"))
	f.Add([]byte("<?xml version=\"1.0\"?><SignedIdentifiers/>"))
	f.Add([]byte("<SignedIdentifiers><SignedIdentifier><Id><![CDATA[x]]></Id><!-- --></SignedIdentifier>"))
	f.Fuzz(func(t *testing.T, body []byte) {
		first, ok := azure.RewriteIdentifiers(body)
		if !ok {
			return
		}
		if again, ok := azure.RewriteIdentifiers(first); !ok || string(again) != string(first) {
			t.Errorf("%q is written as %q, then as %q", body, first, again)
		}
	})
}

// TestKeysAreNamedByTheManager gives the second key alone, besides a login: the
// manager knows which of the two it is, and what the other one made.
func TestKeysAreNamedByTheManager(t *testing.T) {
	t.Parallel()
	s := newOwned(t)
	s.PutContainer(t, "data", "")
	opt := s.opt
	opt.Keys = []overgrant.Secret{overgrant.NewSecret(s.Key(2))}
	o, err := azure.Own(s.at("/"), opt, handed{s.manager.Server})
	if err != nil {
		t.Fatal(err)
	}
	for n, want := range map[int]string{1: cloud.Key1, 2: cloud.Key2} {
		l := s.link(t, "secure", "data", "", s.BlobSAS(azurite.SAS{Key: n, Permissions: "r", Expiry: "2040-01-01T00:00:00Z", Container: "data"}))
		if got, err := o.SignedBy(t.Context(), l); got != want || err != nil {
			t.Errorf("SignedBy of key %d = %q, %v; want %q", n, got, err, want)
		}
	}
}
