package azure_test

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/overgrant/overgrant/internal/cloud"
	"github.com/overgrant/overgrant/internal/cloud/azure"
	"github.com/overgrant/overgrant/internal/wire"
)

// login hands out a token without asking anybody, or fails.
type login struct{ err error }

func (l login) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: "a token", ExpiresOn: time.Now().Add(time.Hour)}, l.err
}

// noLogin fails as azidentity's default does.
type noLogin struct{}

func (noLogin) Error() string { return "DefaultAzureCredential: failed to acquire a token" }
func (noLogin) NonRetriable() {}

// manager answers as the resource manager does: two pages of subscriptions, the
// second subscription closed to us, the account in the third.
type manager struct {
	mu     sync.Mutex
	asked  []string
	keys   string
	status int // of listKeys; 0 means 200
	next   string
}

func (m *manager) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	m.asked = append(m.asked, r.Method+" "+r.URL.Path)
	m.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	here := "https://" + r.Host
	if m.next != "" {
		here = m.next
	}
	switch path := r.URL.Path; {
	case r.Header.Get("Authorization") != "Bearer a token":
		w.WriteHeader(http.StatusUnauthorized)
	case path == "/subscriptions" && r.URL.Query().Get("page") == "":
		fmt.Fprintf(w, `{"value":[{"subscriptionId":"one","state":"Enabled"},{"subscriptionId":"two","state":"Enabled"}],"nextLink":"%s/subscriptions?page=2&api-version=2022-12-01"}`, here)
	case path == "/subscriptions":
		fmt.Fprint(w, `{"value":[{"subscriptionId":"three","state":"Enabled"}]}`)
	case path == "/subscriptions/one/providers/Microsoft.Storage/storageAccounts":
		fmt.Fprint(w, `{"value":[{"name":"contosologs","id":"/subscriptions/one/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/contosologs"}]}`)
	case path == "/subscriptions/two/providers/Microsoft.Storage/storageAccounts":
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, `{"error":{"code":"AuthorizationFailed","message":"no"}}`)
	case path == "/subscriptions/three/providers/Microsoft.Storage/storageAccounts":
		fmt.Fprint(w, `{"value":[{"name":"contosomodels","id":"/subscriptions/three/resourceGroups/models-rg/providers/Microsoft.Storage/storageAccounts/contosomodels"}]}`)
	case r.Method == http.MethodPost && path == "/subscriptions/three/resourceGroups/models-rg/providers/Microsoft.Storage/storageAccounts/contosomodels/listKeys":
		if m.status != 0 {
			w.WriteHeader(m.status)
			fmt.Fprint(w, `{"error":{"code":"ScopeLocked","message":"no"}}`)
			return
		}
		fmt.Fprint(w, m.keys)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func start(t *testing.T, m *manager) azure.ARM {
	t.Helper()
	s := httptest.NewTLSServer(m)
	t.Cleanup(s.Close)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	client := wire.NewOwner(wire.Options{AllowHosts: []string{s.Listener.Addr().String()}, RootCAs: roots, Tries: 1})
	t.Cleanup(client.Close)
	return azure.ARM{Client: client, Host: "contosomodels.blob.core.windows.net", Credential: login{}, Endpoint: s.URL}
}

func TestKeysFromARM(t *testing.T) {
	m := &manager{keys: `{"keys":[{"keyName":"key2","value":"c2Vjb25k","permissions":"FULL"},{"keyName":"key1","value":"Zmlyc3Q=","permissions":"FULL"}]}`}
	opt := start(t, m)
	keys, err := azure.KeysFromARM(t.Context(), "contosomodels", opt)
	if err != nil {
		t.Fatal(err)
	}
	if len(keys) != 2 || keys[0].Reveal() != "Zmlyc3Q=" || keys[1].Reveal() != "c2Vjb25k" {
		t.Errorf("KeysFromARM() = %v; want key1, then key2", keys)
	}
	posts := 0
	for _, a := range m.asked {
		if strings.HasPrefix(a, "POST") {
			posts++
		}
	}
	if posts != 1 {
		t.Errorf("asked %q; want one POST", m.asked)
	}
}

func TestKeysFromARMFails(t *testing.T) {
	for name, tt := range map[string]struct {
		account string
		m       *manager
		login   login
		is      error
		says    string
	}{
		"unknown_account": {account: "contosogone", is: cloud.ErrNoAccount, says: "subscription two: answer 403 AuthorizationFailed"},
		"no_name":         {account: "../x", is: cloud.ErrNoAccount},
		"not_allowed":     {account: "contosomodels", m: &manager{status: 409}, is: cloud.ErrLocked, says: "remove the lock"},
		"no_keys":         {account: "contosomodels", m: &manager{keys: `{"keys":[]}`}, says: "holds none"},
		"no_login":        {account: "contosomodels", login: login{noLogin{}}, is: cloud.ErrNoLogin},
		"sent_elsewhere":  {account: "contosomodels", m: &manager{next: "https://elsewhere.example"}, is: wire.ErrForeign},
	} {
		t.Run(name, func(t *testing.T) {
			opt := start(t, cmp.Or(tt.m, &manager{}))
			opt.Credential = tt.login
			keys, err := azure.KeysFromARM(t.Context(), tt.account, opt)
			if err == nil || keys != nil || tt.is != nil && !errors.Is(err, tt.is) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("KeysFromARM() = %v, %v; want %v, %q", keys, err, tt.is, tt.says)
			}
		})
	}
}
