package azure_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/cloud"
	"github.com/overgrant/overgrant/internal/cloud/azure"
	"github.com/overgrant/overgrant/internal/wire"
	"github.com/overgrant/overgrant/kind"
	"github.com/overgrant/overgrant/test/azurite"
)

func TestMintedLinksOpenWhatWasWished(t *testing.T) {
	t.Parallel()
	s := newOwned(t)
	s.PutContainer(t, "data", "")
	s.PutBlob(t, "data", "a b/ü+&=.txt", []byte("hello"))
	s.PutBlob(t, "data", "other.txt", []byte("hello"))
	s.SetPolicies(t, "blob", "data", "", azurite.Policy{ID: "readers", Permissions: "rl", Expiry: "2040-01-01T00:00:00Z"}, azurite.Policy{ID: "read & then", Permissions: "r"})
	soon := time.Now().Add(time.Hour)
	tests := []struct {
		name  string
		wish  cloud.Wish
		kind  string
		key   string
		opens [3]bool // the blob, the other one, the list
	}{
		{"delegated_blob", cloud.Wish{Container: "data", Path: "a b/ü+&=.txt", Permissions: "r", Expiry: soon}, "user_delegation_sas", "", [3]bool{true, false, false}},
		{"delegated_container", cloud.Wish{Container: "data", Permissions: "lr", Expiry: soon, IP: "127.0.0.1-127.0.0.9"}, "user_delegation_sas", "", [3]bool{true, true, true}},
		{"delegated_list", cloud.Wish{Container: "data", Permissions: "l", Expiry: soon, Start: time.Now().Add(-time.Minute)}, "user_delegation_sas", "", [3]bool{false, false, true}},
		{"saved_as", cloud.Wish{Container: "data", Path: "other.txt", Permissions: "r", Expiry: soon, FileName: `re"port.txt`}, "user_delegation_sas", "", [3]bool{false, true, false}},
		{"bound_container", cloud.Wish{Container: "data", Policy: "readers"}, "policy_sas", "key1", [3]bool{true, true, true}},
		{"bound_blob_second_key", cloud.Wish{Container: "data", Path: "other.txt", Policy: "readers", Key: cloud.Key2}, "policy_sas", "key2", [3]bool{false, true, false}},
		{"bound_in_part", cloud.Wish{Container: "data", Policy: "read & then", Expiry: soon}, "policy_sas", "key1", [3]bool{true, true, false}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			o := s.owner(t)
			m, err := o.Mint(t.Context(), tt.wish)
			if err != nil {
				t.Fatal(err)
			}
			g := m.Link.Grant
			if g.Kind != tt.kind || m.Key != tt.key || g.Account != s.Name || g.Container != "data" || strings.Join(g.Protocols, " ") != "https" || m.Link.ID == "" {
				t.Errorf("link %+v", m)
			}
			base, query, _ := strings.Cut(m.Link.Secret.Reveal(), "?")
			container := base[:strings.Index(base, "/data")] + "/data"
			for i, address := range []string{container + "/a%20b/%C3%BC%2B%26%3D.txt?" + query, container + "/other.txt?" + query, container + "?restype=container&comp=list&" + query} {
				if status, code := s.get(t, address); (status == http.StatusOK) != tt.opens[i] {
					t.Errorf("address %d: %d %s; want open: %v", i, status, code, tt.opens[i])
				}
			}
			if tt.key != "" {
				if got, err := o.SignedBy(t.Context(), m.Link); got != tt.key || err != nil {
					t.Errorf("SignedBy = %q, %v; want %s", got, err, tt.key)
				}
				if len(m.KeyHash) != 64 {
					t.Errorf("KeyHash %q", m.KeyHash)
				}
			}
			if tt.wish.Path != "" && g.Path != tt.wish.Path {
				t.Errorf("path %q; want %q", g.Path, tt.wish.Path)
			}
		})
	}
	s.silent(t)
}

// TestWhatTheEmulatorLacksIsSignedToo holds directories and correlation ids, which
// the emulator does not take, against the layouts of package kind.
func TestWhatTheEmulatorLacksIsSignedToo(t *testing.T) {
	t.Parallel()
	s := newOwned(t)
	s.PutContainer(t, "data", "")
	s.SetPolicies(t, "blob", "data", "", azurite.Policy{ID: "readers", Permissions: "rl", Expiry: "2040-01-01T00:00:00Z"})
	m, err := s.owner(t).Mint(t.Context(), cloud.Wish{Container: "data", Path: "models/v 2/", Directory: true, Policy: "readers"})
	if err != nil {
		t.Fatal(err)
	}
	if layout, ok := kind.Matches(m.Link, overgrant.NewSecret(s.Key(1))); !ok || layout != "blob 2020-12-06" || m.Link.Grant.Scope != "directory" || *m.Link.Grant.Depth != 2 {
		t.Errorf("layout %q, %v, grant %+v", layout, ok, m.Link.Grant)
	}
	o := s.owner(t)
	m, err = o.Mint(t.Context(), cloud.Wish{Container: "data", Path: "models", Directory: true, Permissions: "rl", Expiry: time.Now().Add(time.Hour), Correlation: "0f0f0f0f-1111-4222-8333-444444444444"})
	if err != nil {
		t.Fatal(err)
	}
	if layout, ok := kind.Matches(m.Link, azure.DelegationKey(o)); !ok || layout != "user delegation blob 2020-12-06" || !strings.Contains(m.Link.Secret.Reveal(), "&scid=0f0f0f0f-") {
		t.Errorf("layout %q, %v", layout, ok)
	}
}

func TestNoLinkIsMade(t *testing.T) {
	t.Parallel()
	s := newOwned(t)
	s.PutContainer(t, "data", "")
	s.SetPolicies(t, "blob", "data", "", azurite.Policy{ID: "readers", Permissions: "rl", Expiry: "2040-01-01T00:00:00Z"}, azurite.Policy{ID: "open", Permissions: "r"})
	o, soon := s.owner(t), time.Now().Add(time.Hour)
	for name, tt := range map[string]struct {
		wish cloud.Wish
		want error
	}{
		"no_such_policy":     {cloud.Wish{Container: "data", Policy: "gone"}, cloud.ErrNoPolicy},
		"said_twice":         {cloud.Wish{Container: "data", Policy: "readers", Permissions: "r"}, cloud.ErrBadStep},
		"no_end":             {cloud.Wish{Container: "data", Policy: "open"}, cloud.ErrBadStep},
		"no_container":       {cloud.Wish{Permissions: "r", Expiry: soon}, cloud.ErrBadStep},
		"no_permissions":     {cloud.Wish{Container: "data", Expiry: soon}, cloud.ErrBadStep},
		"unknown_permission": {cloud.Wish{Container: "data", Permissions: "rz", Expiry: soon}, cloud.ErrBadStep},
		"past":               {cloud.Wish{Container: "data", Permissions: "r", Expiry: time.Now().Add(-time.Hour)}, cloud.ErrBadStep},
		"eight_days":         {cloud.Wish{Container: "data", Permissions: "r", Expiry: time.Now().Add(8 * 24 * time.Hour)}, cloud.ErrBadStep},
		"queue":              {cloud.Wish{Service: cloud.Queue, Container: "jobs", Permissions: "r", Expiry: soon}, cloud.ErrBadStep},
		"delegated_share":    {cloud.Wish{Service: cloud.File, Container: "share", Permissions: "r", Expiry: soon}, cloud.ErrBadStep},
		"bad_address":        {cloud.Wish{Container: "data", Permissions: "r", Expiry: soon, IP: "10.0.0.9-10.0.0.1"}, cloud.ErrBadStep},
		"new_line":           {cloud.Wish{Container: "data", Path: "a\nb", Permissions: "r", Expiry: soon}, cloud.ErrBadStep},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := o.Mint(t.Context(), tt.wish)
			if !errors.Is(err, tt.want) || m.Link.ID != "" {
				t.Errorf("Mint = %v, %v; want %v", m.Link.Redacted, err, tt.want)
			}
		})
	}
	t.Run("clock_is_off", func(t *testing.T) {
		opt := s.opt
		opt.Now = func() time.Time { return time.Now().Add(-time.Hour) }
		o, err := azure.Own(s.at("/"), opt, handed{s.manager.Server})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := o.Mint(t.Context(), cloud.Wish{Container: "data", Permissions: "r", Expiry: soon}); !errors.Is(err, cloud.ErrClockSkew) {
			t.Errorf("Mint = %v; want %v", err, cloud.ErrClockSkew)
		}
	})
	t.Run("key_cannot_delegate", func(t *testing.T) {
		if _, err := s.keyOwner(t).Mint(t.Context(), cloud.Wish{Container: "data", Permissions: "r", Expiry: soon}); !errors.Is(err, cloud.ErrNotOurs) {
			t.Errorf("Mint = %v; want %v", err, cloud.ErrNotOurs)
		}
	})
}

func TestOwnNeedsACredentialAndAnAccount(t *testing.T) {
	t.Parallel()
	client := wire.NewOwner(wire.Options{})
	key := overgrant.NewSecret("c2VjcmV0")
	for name, tt := range map[string]struct {
		link string
		opt  cloud.OwnerOptions
		want error
	}{
		"no_credential":    {"https://contoso.blob.core.windows.net/c?sv=2022-11-02&sr=c&sp=r&se=2051-01-01&sig=c2VjcmV0", cloud.OwnerOptions{}, cloud.ErrNotOurs},
		"a_key_that_leaks": {"DefaultEndpointsProtocol=https;AccountName=contoso;AccountKey=" + strings.Repeat("QUFB", 21) + "QQ==;EndpointSuffix=core.windows.net", cloud.OwnerOptions{}, cloud.ErrNotOurs},
		"unknown_host":     {"https://files.example/c?sv=2022-11-02&sr=c&sp=r&se=2051-01-01&sig=c2VjcmV0", cloud.OwnerOptions{Keys: []overgrant.Secret{key}}, cloud.ErrHost},
		"no_account":       {"https://127.0.0.1:10000/?sv=2022-11-02&sr=c&sp=r&se=2051-01-01&sig=c2VjcmV0", cloud.OwnerOptions{Keys: []overgrant.Secret{key}, AllowHosts: []string{"127.0.0.1:10000"}}, cloud.ErrIncomplete},
	} {
		t.Run(name, func(t *testing.T) {
			l, err := kind.Parse(tt.link)
			if err != nil {
				t.Fatal(err)
			}
			tt.opt.Client, tt.opt.Now = client, time.Now
			if _, err := azure.OwnerDriver.Own(l, tt.opt); !errors.Is(err, tt.want) {
				t.Errorf("Own = %v; want %v", err, tt.want)
			}
		})
	}
	l, err := kind.Parse("https://contoso.blob.core.windows.net/c?sv=2022-11-02&sr=c&sp=r&se=2051-01-01&sig=c2VjcmV0")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := azure.OwnerDriver.Own(l, cloud.OwnerOptions{Client: client, Now: time.Now, Keys: []overgrant.Secret{key}}); err != nil {
		t.Errorf("Own with a key = %v", err)
	}
	stored := overgrant.Link{Grant: l.Grant} // as a store has it, without its secret
	if _, err := azure.OwnerDriver.Own(stored, cloud.OwnerOptions{Client: client, Now: time.Now, Keys: []overgrant.Secret{key}}); err != nil {
		t.Errorf("Own of a stored link = %v", err)
	}
}

// TestLoginOfTheEnvironment logs in as the command line does: with what the
// environment holds, at the service of tokens, through the one client.
func TestLoginOfTheEnvironment(t *testing.T) {
	s := newOwned(t)
	t.Setenv("AZURE_TENANT_ID", "11111111-2222-4333-8444-555555555555")
	t.Setenv("AZURE_CLIENT_ID", "99999999-7777-4888-9999-aaaaaaaaaaaa")
	t.Setenv("AZURE_CLIENT_SECRET", "a secret of the login")
	t.Setenv("AZURE_TOKEN_CREDENTIALS", "EnvironmentCredential")
	s.opt.Login = cloud.MachineLogin
	o, err := azure.OwnerDriver.Own(s.at("/"), s.opt)
	if err != nil {
		t.Fatal(err)
	}
	e, err := o.Estate(t.Context())
	if err != nil || e.SharedKey != cloud.On || len(e.Keys) != 2 || len(e.Unread) != 0 {
		t.Errorf("Estate = %+v, %v", e, err)
	}
	s.silent(t)
	if strings.Contains(s.record.String(), "a secret of the login") {
		t.Error("the record holds the secret of the login")
	}
}
