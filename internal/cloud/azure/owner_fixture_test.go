package azure_test

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/cloud"
	"github.com/overgrant/overgrant/internal/cloud/azure"
	"github.com/overgrant/overgrant/internal/cloud/fake/arm"
	"github.com/overgrant/overgrant/internal/wire"
	"github.com/overgrant/overgrant/kind"
	"github.com/overgrant/overgrant/test/azurite"
)

// handed is a login to whom the fake hands out its tokens.
type handed struct{ from *arm.Server }

func (h handed) GetToken(_ context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	audience := strings.TrimSuffix(strings.TrimSuffix(o.Scopes[0], "/.default"), "/")
	return azcore.AccessToken{Token: h.from.Token(audience), ExpiresOn: time.Now().Add(time.Hour)}, nil
}

// owned is an account of the emulator behind the gate of a resource manager.
type owned struct {
	*azurite.Account
	manager *arm.Running
	gates   []string // blob, queue, table: host and port
	record  strings.Builder
	opt     cloud.OwnerOptions
}

// newOwned starts one. Both keys are known to have been made.
func newOwned(t *testing.T) *owned {
	t.Helper()
	s := &owned{Account: azurite.Shared(t).NewAccount(t)}
	made := time.Date(2024, 3, 1, 8, 0, 0, 0, time.UTC)
	server := arm.New(arm.Options{PageSize: 1}, "0a000000-0000-4000-8000-000000000001", "0a000000-0000-4000-8000-000000000002")
	server.Add(arm.Account{Name: "somebodyelse"})
	server.Add(arm.Account{
		Subscription: "0a000000-0000-4000-8000-000000000002", Name: s.Name, Keys: [2]string{s.Key(1), s.Key(2)}, Made: [2]time.Time{made, made},
		Public: true, SoftDelete: 7, Drive: s.Account,
	})
	var err error
	if s.manager, err = arm.Start(server); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.manager.Close)
	e := s.Server()
	if s.gates, err = s.manager.Gates(s.Name, e.Client.Transport, "https://"+e.Host("secure"), "https://"+e.Host("secure queue"), "https://"+e.Host("secure table")); err != nil {
		t.Fatal(err)
	}
	s.opt = cloud.OwnerOptions{
		Client: s.client(t, s.hosts()), Now: time.Now, AllowHosts: s.gates, Manager: s.manager.URL(), Authority: s.manager.Authority(),
	}
	return s
}

func (s *owned) hosts() []string { return slices.Concat(s.manager.Hosts(), s.gates) }

func (s *owned) client(t *testing.T, hosts []string) *wire.Owner {
	t.Helper()
	c := wire.NewOwner(wire.Options{AllowHosts: hosts, RootCAs: s.manager.Roots, Tries: 3, Record: &s.record,
		Wait: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }})
	t.Cleanup(c.Close)
	return c
}

// at is an address behind the gate, as a link without its signature.
func (s *owned) at(path string) overgrant.Link {
	return overgrant.Link{Secret: overgrant.NewSecret("https://" + s.gates[0] + "/" + s.Name + path), Grant: overgrant.Grant{Kind: "anonymous", Provider: "azure"}}
}

// owner opens the account for its owner, with a login that the manager knows.
func (s *owned) owner(t *testing.T) cloud.Owner {
	t.Helper()
	o, err := azure.Own(s.at("/"), s.opt, handed{s.manager.Server})
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// keyOwner opens the account with its keys and nothing else.
func (s *owned) keyOwner(t *testing.T) cloud.Owner {
	t.Helper()
	opt := s.opt
	opt.Keys = []overgrant.Secret{overgrant.NewSecret(s.Key(1)), overgrant.NewSecret(s.Key(2))}
	o, err := azure.OwnerDriver.Own(s.at("/"), opt)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// link parses a link that the emulator's account made, led through the gate.
func (s *owned) link(t *testing.T, service, container, blob, query string) overgrant.Link {
	t.Helper()
	l, err := kind.Parse(s.through(s.Link(service, container, blob, query)))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// through leads an address of the emulator through the gate.
func (s *owned) through(address string) string {
	u, _ := url.Parse(address)
	for i, service := range []string{"", "queue", "table"} {
		for _, name := range []string{strings.TrimSpace("secure " + service), map[string]string{"": "blob"}[service] + service} {
			if u.Host == s.Server().Host(name) {
				u.Scheme, u.Host = "https", s.gates[i]
				return u.String()
			}
		}
	}
	return address
}

// get asks for an address and returns the status and the code of the service.
func (s *owned) get(t *testing.T, address string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("x-ms-version", "2022-11-02")
	transport := &http.Transport{TLSClientConfig: tlsWith(s.manager.Roots), DisableKeepAlives: true}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode, resp.Header.Get("x-ms-error-code")
}

func (s *owned) opens(t *testing.T, l overgrant.Link) bool {
	t.Helper()
	status, _ := s.get(t, l.Secret.Reveal())
	return status == http.StatusOK
}
