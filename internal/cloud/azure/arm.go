package azure

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/storage/armstorage"

	"github.com/overgrant/overgrant"
)

// Errors of KeysFromARM.
var (
	ErrNoLogin   = errors.New("no Azure login is present")
	ErrNoAccount = errors.New("no storage account of that name in the subscriptions that the login sees")
)

// ARM says where the keys of an account are asked for. The zero value means the
// public cloud, with the login that the machine has: of the environment, a
// managed identity, the command-line tools.
type ARM struct {
	Host       string                 // of the link; tells the cloud by its ending
	Credential azcore.TokenCredential // nil means azidentity's default
	Endpoint   string                 // of the resource manager; empty means the cloud's own
	Transport  http.RoundTripper      // nil means http.DefaultTransport
}

// Bounds of the search for an account.
const (
	maxSubscriptions = 1000
	maxAccounts      = 100_000
	armTimeout       = 5 * time.Minute
)

// KeysFromARM returns the keys of a storage account, key1 first, as its owner
// may: it looks for the account in every subscription that the login sees and
// asks the resource manager for its keys, which the account's activity log
// notes. Nothing else is sent, and only to the resource manager, to the login
// service and to the identity service of the machine.
//
// It fails with ErrNoLogin and ErrNoAccount.
func KeysFromARM(ctx context.Context, account string, opt ARM) ([]overgrant.Secret, error) {
	if !isAccountName(account) {
		return nil, fmt.Errorf("find the keys of account: %w", ErrNoAccount)
	}
	ctx, cancel := context.WithTimeout(ctx, armTimeout)
	defer cancel()
	m, err := newManager(opt)
	if err != nil {
		return nil, err
	}
	subscriptions, err := m.subscriptions(ctx)
	if err != nil {
		return nil, fmt.Errorf("list subscriptions: %w", loginError(err))
	}
	var unread error
	for _, s := range subscriptions {
		client, err := armstorage.NewAccountsClient(s, m.credential, m.options)
		if err != nil {
			return nil, fmt.Errorf("open subscription: %w", err)
		}
		group, err := groupOf(ctx, client, account)
		switch {
		case ctx.Err() != nil:
			return nil, fmt.Errorf("find the keys of account %s: %w", account, ctx.Err())
		case err != nil:
			unread = errors.Join(unread, fmt.Errorf("list the storage accounts of subscription %s: %w", s, plainError(err)))
		case group != "":
			return listKeys(ctx, client, group, account)
		}
	}
	return nil, errors.Join(fmt.Errorf("find the keys of account %s: %w", account, ErrNoAccount), unread)
}

// manager asks the resource manager of one cloud.
type manager struct {
	credential azcore.TokenCredential
	options    *arm.ClientOptions
	client     *arm.Client
}

func newManager(opt ARM) (*manager, error) {
	of := cloudOf(opt.Host)
	if opt.Endpoint != "" {
		audience := of.Services[cloud.ResourceManager].Audience
		of.Services = map[cloud.ServiceName]cloud.ServiceConfiguration{cloud.ResourceManager: {Audience: audience, Endpoint: opt.Endpoint}}
	}
	core := policy.ClientOptions{
		Cloud:     of,
		Telemetry: policy.TelemetryOptions{ApplicationID: "overgrant"},
		Transport: &http.Client{Transport: newOnly(opt, of), CheckRedirect: noRedirect},
	}
	m := &manager{credential: opt.Credential,
		// To register a resource provider would change the subscription.
		options: &arm.ClientOptions{ClientOptions: core, DisableRPRegistration: true}}
	if m.credential == nil {
		c, err := azidentity.NewDefaultAzureCredential(&azidentity.DefaultAzureCredentialOptions{ClientOptions: core})
		if err != nil {
			return nil, fmt.Errorf("log in to Azure: %w", ErrNoLogin)
		}
		m.credential = c
	}
	var err error
	if m.client, err = arm.NewClient("overgrant", "v1.0.0", m.credential, m.options); err != nil {
		return nil, fmt.Errorf("open the resource manager: %w", err)
	}
	return m, nil
}

// cloudOf tells by the host of an account in which cloud it lies.
func cloudOf(host string) cloud.Configuration {
	switch {
	case strings.HasSuffix(host, ".chinacloudapi.cn"):
		return cloud.AzureChina
	case strings.HasSuffix(host, ".usgovcloudapi.net"):
		return cloud.AzureGovernment
	}
	return cloud.AzurePublic
}

// subscriptions returns the ids of those that the login sees.
func (m *manager) subscriptions(ctx context.Context) ([]string, error) {
	var ids []string
	for next := runtime.JoinPaths(m.client.Endpoint(), "/subscriptions") + "?api-version=2022-12-01"; next != "" && len(ids) < maxSubscriptions; {
		page, err := m.subscriptionPage(ctx, next)
		if err != nil {
			return nil, err
		}
		for _, s := range page.Value {
			ids = append(ids, s.ID)
		}
		next = page.NextLink
	}
	return ids, nil
}

// subscriptionPage is a part of the list of subscriptions.
//
// Source: Azure resource manager REST reference, "Subscriptions - List".
type subscriptionPage struct {
	Value []struct {
		ID string `json:"subscriptionId"`
	} `json:"value"`
	NextLink string `json:"nextLink"`
}

func (m *manager) subscriptionPage(ctx context.Context, address string) (page subscriptionPage, err error) {
	req, err := runtime.NewRequest(ctx, http.MethodGet, address)
	if err != nil {
		return page, err
	}
	answer, err := m.client.Pipeline().Do(req)
	if err != nil {
		return page, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return page, runtime.NewResponseError(answer)
	}
	err = runtime.UnmarshalAsJSON(answer, &page)
	return page, err
}

// groupOf returns the resource group of an account, empty if it is not in the
// subscription. Names of accounts are unique in a cloud.
func groupOf(ctx context.Context, client *armstorage.AccountsClient, account string) (string, error) {
	seen := 0
	for pages := client.NewListPager(nil); pages.More() && seen < maxAccounts; {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return "", err
		}
		for _, a := range page.Value {
			if seen++; a.Name == nil || a.ID == nil || *a.Name != account {
				continue
			}
			id, err := arm.ParseResourceID(*a.ID)
			if err != nil {
				return "", err
			}
			return id.ResourceGroupName, nil
		}
	}
	return "", nil
}

// listKeys asks for the keys.
func listKeys(ctx context.Context, client *armstorage.AccountsClient, group, account string) ([]overgrant.Secret, error) {
	answer, err := client.ListKeys(ctx, group, account, nil)
	if err != nil {
		return nil, fmt.Errorf("list the keys of account %s: %w", account, plainError(err))
	}
	found := slices.DeleteFunc(answer.Keys, func(k *armstorage.AccountKey) bool {
		return k == nil || k.KeyName == nil || k.Value == nil || *k.Value == ""
	})
	slices.SortFunc(found, func(a, b *armstorage.AccountKey) int { return cmp.Compare(*a.KeyName, *b.KeyName) })
	var keys []overgrant.Secret
	for _, k := range found {
		if *k.KeyName == "key1" || *k.KeyName == "key2" {
			keys = append(keys, overgrant.NewSecret(*k.Value))
		}
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("list the keys of account %s: the answer holds none", account)
	}
	return keys, nil
}

// loginError tells a missing login from other failures.
func loginError(err error) error {
	var failed *azidentity.AuthenticationFailedError
	if errors.As(err, &failed) || strings.Contains(err.Error(), "DefaultAzureCredential: failed to acquire a token") {
		return ErrNoLogin
	}
	return plainError(err)
}

// plainError shortens an error of the SDK, which repeats the whole answer and
// its URL, to its status and code.
func plainError(err error) error {
	var answer *azcore.ResponseError
	if errors.As(err, &answer) {
		return fmt.Errorf("answer %d %s", answer.StatusCode, answer.ErrorCode)
	}
	return err
}
