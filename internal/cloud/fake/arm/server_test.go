package arm_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	azarm "github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/storage/armstorage"

	"github.com/overgrant/overgrant/internal/cloud/fake/arm"
)

const (
	client = "99999999-7777-4888-9999-aaaaaaaaaaaa"
	group  = "storage-rg"
)

// sdk is the Azure SDK, as its users set it up, talking to the fake.
type sdk struct {
	*arm.Running
	accounts *armstorage.AccountsClient
	blobs    *armstorage.BlobServicesClient
	sub      string
	drive    *drive
}

// drive counts what it is told.
type drive struct {
	rotated []int
	err     error
}

func (d *drive) Rotate(n int) (string, error) {
	d.rotated = append(d.rotated, n)
	return fmt.Sprintf("key%d-%d", n, len(d.rotated)), d.err
}

func start(t *testing.T, secret string) *sdk {
	t.Helper()
	s := &sdk{sub: "0a000000-0000-4000-8000-000000000001", drive: &drive{}}
	server := arm.New(arm.Options{ClientID: client, Secret: "the secret", PageSize: 2})
	for i := range 5 {
		server.Add(arm.Account{Name: fmt.Sprintf("other%d", i)})
	}
	made := time.Date(2024, 3, 1, 0, 0, 0, 0, time.UTC)
	server.Add(arm.Account{Name: "contoso", Drive: s.drive, Made: [2]time.Time{made, made}, SoftDelete: 7, Versioning: true, Logging: true, Keys: [2]string{"one", "two"}})
	var err error
	if s.Running, err = arm.Start(server); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: s.Roots, MinVersion: tls.VersionTLS12}}
	t.Cleanup(transport.CloseIdleConnections)
	core := policy.ClientOptions{
		Transport: &http.Client{Transport: transport}, Retry: policy.RetryOptions{MaxRetries: -1},
		Cloud: cloud.Configuration{ActiveDirectoryAuthorityHost: s.Authority(), Services: map[cloud.ServiceName]cloud.ServiceConfiguration{
			cloud.ResourceManager: {Audience: arm.Management, Endpoint: s.URL()}}},
	}
	login, err := azidentity.NewClientSecretCredential(arm.DefaultTenant, client, secret, &azidentity.ClientSecretCredentialOptions{ClientOptions: core, DisableInstanceDiscovery: true})
	if err != nil {
		t.Fatal(err)
	}
	options := &azarm.ClientOptions{ClientOptions: core, DisableRPRegistration: true}
	if s.accounts, err = armstorage.NewAccountsClient(s.sub, login, options); err != nil {
		t.Fatal(err)
	}
	if s.blobs, err = armstorage.NewBlobServicesClient(s.sub, login, options); err != nil {
		t.Fatal(err)
	}
	return s
}

// code returns the error code of the resource manager.
func code(err error) string {
	var answer *azcore.ResponseError
	if errors.As(err, &answer) {
		return fmt.Sprint(answer.StatusCode, " ", answer.ErrorCode)
	}
	return ""
}

func TestTheSDKReadsAccounts(t *testing.T) {
	t.Parallel()
	s, ctx := start(t, "the secret"), t.Context()
	var names []string
	for pages := s.accounts.NewListPager(nil); pages.More(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range page.Value {
			names = append(names, *a.Name)
		}
	}
	if want := []string{"other0", "other1", "other2", "other3", "other4", "contoso"}; !slices.Equal(names, want) {
		t.Errorf("accounts %q; want %q", names, want)
	}
	got, err := s.accounts.GetProperties(ctx, group, "contoso", nil)
	if err != nil {
		t.Fatal(err)
	}
	p := got.Properties
	if *got.Location != "westeurope" || *got.Kind != armstorage.KindStorageV2 || !*p.AllowSharedKeyAccess || *p.AllowBlobPublicAccess || p.SasPolicy != nil || p.KeyCreationTime.Key2.Year() != 2024 {
		t.Errorf("account %+v", got.Account)
	}
	service, err := s.blobs.GetServiceProperties(ctx, group, "contoso", nil)
	if err != nil {
		t.Fatal(err)
	}
	if b := service.BlobServiceProperties.BlobServiceProperties; *b.DeleteRetentionPolicy.Days != 7 || !*b.IsVersioningEnabled {
		t.Errorf("blob service %+v", b)
	}
}

func TestTheSDKRotatesKeys(t *testing.T) {
	t.Parallel()
	s, ctx := start(t, "the secret"), t.Context()
	keys, err := s.accounts.ListKeys(ctx, group, "contoso", nil)
	if err != nil || len(keys.Keys) != 2 || *keys.Keys[0].Value != "one" || *keys.Keys[0].KeyName != "key1" || keys.Keys[1].CreationTime == nil {
		t.Fatalf("ListKeys = %+v, %v", keys.Keys, err)
	}
	after, err := s.accounts.RegenerateKey(ctx, group, "contoso", armstorage.AccountRegenerateKeyParameters{KeyName: to.Ptr("key2")}, nil)
	if err != nil || *after.Keys[0].Value != "one" || *after.Keys[1].Value != "key2-1" || !after.Keys[1].CreationTime.After(*keys.Keys[1].CreationTime) {
		t.Errorf("RegenerateKey = %+v, %v", after.Keys, err)
	}
	if !slices.Equal(s.drive.rotated, []int{2}) {
		t.Errorf("drove %v; want key 2", s.drive.rotated)
	}
	if _, err := s.accounts.RegenerateKey(ctx, group, "contoso", armstorage.AccountRegenerateKeyParameters{KeyName: to.Ptr("key3")}, nil); !strings.HasPrefix(code(err), "400") {
		t.Errorf("RegenerateKey(key3) = %v", err)
	}
	want := []arm.Call{{Name: "listKeys", Account: "contoso", Status: 200}, {Name: "regenerateKey", Account: "contoso", Status: 200, Detail: "key2"}, {Name: "regenerateKey", Account: "contoso", Status: 400}}
	if got := s.Calls(); !slices.Equal(got, want) {
		t.Errorf("calls %+v; want %+v", got, want)
	}
}

func TestTheSDKChangesSettings(t *testing.T) {
	t.Parallel()
	s, ctx := start(t, "the secret"), t.Context()
	set := func(p armstorage.AccountPropertiesUpdateParameters) (armstorage.Account, error) {
		got, err := s.accounts.Update(ctx, group, "contoso", armstorage.AccountUpdateParameters{Properties: &p}, nil)
		return got.Account, err
	}
	block := &armstorage.SasPolicy{SasExpirationPeriod: to.Ptr("7.00:00:00"), ExpirationAction: to.Ptr(armstorage.ExpirationActionBlock)}
	got, err := set(armstorage.AccountPropertiesUpdateParameters{AllowSharedKeyAccess: to.Ptr(false), SasPolicy: block})
	if err != nil || *got.Properties.AllowSharedKeyAccess || *got.Properties.SasPolicy.SasExpirationPeriod != "7.00:00:00" {
		t.Fatalf("Update = %+v, %v", got.Properties, err)
	}
	got, err = set(armstorage.AccountPropertiesUpdateParameters{SasPolicy: azcore.NullValue[*armstorage.SasPolicy](), AllowBlobPublicAccess: to.Ptr(true)})
	if err != nil || got.Properties.SasPolicy != nil || *got.Properties.AllowSharedKeyAccess || !*got.Properties.AllowBlobPublicAccess {
		t.Errorf("Update = %+v, %v; want the policy gone and keys still off", got.Properties, err)
	}
	if _, err := set(armstorage.AccountPropertiesUpdateParameters{SasPolicy: &armstorage.SasPolicy{SasExpirationPeriod: to.Ptr("a week"), ExpirationAction: block.ExpirationAction}}); !strings.HasPrefix(code(err), "400") {
		t.Errorf("Update with a bad period = %v", err)
	}
	a, _ := s.Account("contoso")
	a.Made[1] = time.Time{}
	s.Add(a)
	if _, err := set(armstorage.AccountPropertiesUpdateParameters{SasPolicy: block}); !strings.HasPrefix(code(err), "400") {
		t.Errorf("Update of an account with an old key = %v", err)
	}
	if _, err := s.accounts.RevokeUserDelegationKeys(ctx, group, "contoso", nil); err != nil {
		t.Errorf("RevokeUserDelegationKeys = %v", err)
	}
}

func TestRefusalsAreThoseOfTheRealOne(t *testing.T) {
	t.Parallel()
	keys := func(s *sdk, account string) error {
		_, err := s.accounts.ListKeys(context.Background(), group, account, nil)
		return err
	}
	s := start(t, "the secret")
	if err := keys(s, "nobody"); code(err) != "404 ResourceNotFound" {
		t.Errorf("an account that is not there: %v", err)
	}
	s.Deny("microsoft.storage/storageaccounts/LISTKEYS/action")
	if err := keys(s, "contoso"); code(err) != "403 AuthorizationFailed" || !strings.Contains(err.Error(), "perform action 'Microsoft.Storage/storageAccounts/listkeys/action' over scope '/subscriptions/"+s.sub+"/resourceGroups/storage-rg/providers/Microsoft.Storage/storageAccounts/contoso'") {
		t.Errorf("without the right: %v", err)
	}
	s.Allow("Microsoft.Storage/storageAccounts/listkeys/action")
	s.Lock("a", arm.CanNotDelete, "/subscriptions/"+s.sub)
	if err := keys(s, "contoso"); err != nil {
		t.Errorf("under a lock against deletion: %v", err)
	}
	s.Lock("b", arm.ReadOnly, "/subscriptions/"+s.sub+"/resourcegroups/STORAGE-RG")
	if err := keys(s, "contoso"); code(err) != "409 ScopeLocked" {
		t.Errorf("under a lock: %v", err)
	}
	if _, err := s.accounts.GetProperties(t.Context(), group, "contoso", nil); err != nil {
		t.Errorf("reading under a lock: %v", err)
	}
	s.Unlock("b")
	s.Break(arm.Fault{Name: "listKeys", Skip: 1, How: arm.Throttle, After: 3})
	if err := keys(s, "contoso"); err != nil {
		t.Errorf("before the fault: %v", err)
	}
	var answer *azcore.ResponseError
	if err := keys(s, "contoso"); !errors.As(err, &answer) || code(err) != "429 TooManyRequests" || answer.RawResponse.Header.Get("Retry-After") != "3" {
		t.Errorf("throttled: %v", err)
	}
	s.Break(arm.Fault{How: arm.CutBefore})
	if err := keys(s, "contoso"); err == nil || code(err) != "" {
		t.Errorf("cut: %v", err)
	}
	s.Break(arm.Fault{How: arm.Fail})
	if err := keys(s, "contoso"); code(err) != "500 InternalServerError" {
		t.Errorf("failing: %v", err)
	}
	s.drive.err = errors.New("no")
	if _, err := s.accounts.RegenerateKey(t.Context(), group, "contoso", armstorage.AccountRegenerateKeyParameters{KeyName: to.Ptr("key1")}, nil); code(err) != "500 InternalServerError" {
		t.Errorf("a drive that fails: %v", err)
	}
	if a, _ := s.Account("contoso"); a.Keys[0] != "one" {
		t.Error("a key changed that the drive did not change")
	}
}

func TestWrongLogin(t *testing.T) {
	t.Parallel()
	s := start(t, "another secret")
	_, err := s.accounts.ListKeys(t.Context(), group, "contoso", nil)
	var failed *azidentity.AuthenticationFailedError
	if !errors.As(err, &failed) || len(s.Calls()) != 0 {
		t.Errorf("ListKeys = %v; want that the login failed", err)
	}
}

// TestTokensAreLookedAt asks by hand with tokens for others, of another tenant,
// and none.
func TestTokensAreLookedAt(t *testing.T) {
	t.Parallel()
	s := start(t, "the secret")
	past := arm.New(arm.Options{Now: func() time.Time { return time.Now().Add(-2 * time.Hour) }})
	other := arm.New(arm.Options{Tenant: "22222222-2222-4333-8444-555555555555"})
	for name, tt := range map[string]struct {
		header, query string
		want          int
	}{
		"fine":          {"Bearer " + s.Token(arm.Management), "?api-version=2022-12-01", 200},
		"no_version":    {"Bearer " + s.Token(arm.Management), "", 400},
		"none":          {"", "?api-version=2022-12-01", 401},
		"for_storage":   {"Bearer " + s.Token(arm.Storage), "?api-version=2022-12-01", 401},
		"expired":       {"Bearer " + past.Token(arm.Management), "?api-version=2022-12-01", 401},
		"other_tenant":  {"Bearer " + other.Token(arm.Management), "?api-version=2022-12-01", 401},
		"not_a_token":   {"Bearer a.b.c", "?api-version=2022-12-01", 401},
		"another_realm": {"Basic YTpi", "?api-version=2022-12-01", 401},
	} {
		if status, _ := s.ask(t, http.MethodGet, s.URL()+"/subscriptions"+tt.query, tt.header); status != tt.want {
			t.Errorf("%s: %d; want %d", name, status, tt.want)
		}
	}
	token := "Bearer " + s.Token(arm.Management)
	if status, _ := s.ask(t, http.MethodDelete, s.URL()+"/subscriptions?api-version=2022-12-01", token); status != 405 {
		t.Errorf("DELETE: %d; want 405", status)
	}
	if status, _ := s.ask(t, http.MethodGet, s.URL()+"/tenants?api-version=2022-12-01", token); status != 404 {
		t.Errorf("unknown path: %d; want 404", status)
	}
}

func (s *sdk) ask(t *testing.T, method, address, authorization string) (status int, code string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: s.Roots, MinVersion: tls.VersionTLS12}, DisableKeepAlives: true}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode, resp.Header.Get("X-Ms-Error-Code")
}
