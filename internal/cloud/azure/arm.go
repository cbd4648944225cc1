package azure

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	azcloud "github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/storage/armstorage"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/cloud"
	"github.com/overgrant/overgrant/internal/wire"
)

// Bounds of the search for an account.
const (
	maxSubscriptions = 1000
	maxAccounts      = 100_000
	armTimeout       = 5 * time.Minute
)

// cloudOf tells by the host of an account in which cloud it lies. With an
// address of its own for the resource manager or the tokens, that is taken.
func cloudOf(host string, opt cloud.OwnerOptions) azcloud.Configuration {
	of := azcloud.AzurePublic
	switch {
	case strings.HasSuffix(host, ".chinacloudapi.cn"):
		of = azcloud.AzureChina
	case strings.HasSuffix(host, ".usgovcloudapi.net"):
		of = azcloud.AzureGovernment
	}
	if opt.Manager != "" {
		audience := of.Services[azcloud.ResourceManager].Audience
		of.Services = map[azcloud.ServiceName]azcloud.ServiceConfiguration{azcloud.ResourceManager: {Audience: audience, Endpoint: opt.Manager}}
	}
	if opt.Authority != "" {
		of.ActiveDirectoryAuthorityHost = opt.Authority
	}
	return of
}

// hostOf returns host and port of an https address.
func hostOf(address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
		return "", errors.New("want an https address without user, such as https://management.azure.com")
	}
	return u.Host, nil
}

// manager asks the resource manager of one cloud about one account. It is safe
// for concurrent use.
type manager struct {
	credential azcore.TokenCredential
	options    *arm.ClientOptions
	client     *arm.Client
}

// newManager opens the resource manager behind a door. A nil credential is the
// login of the machine.
func newManager(of azcloud.Configuration, door policy.Transporter, opt cloud.OwnerOptions, credential azcore.TokenCredential) (*manager, error) {
	core := policy.ClientOptions{
		Cloud:     of,
		Telemetry: policy.TelemetryOptions{Disabled: true}, // the client names itself
		Retry:     policy.RetryOptions{MaxRetries: -1},     // the client tries again, or knows why not
		Transport: door,
	}
	m := &manager{credential: credential,
		// To register a resource provider would change the subscription.
		options: &arm.ClientOptions{ClientOptions: core, DisableRPRegistration: true}}
	if m.credential == nil {
		c, err := azidentity.NewDefaultAzureCredential(&azidentity.DefaultAzureCredentialOptions{
			ClientOptions: core, DisableInstanceDiscovery: opt.Authority != ""})
		if err != nil {
			return nil, fmt.Errorf("log in to Azure: %w", errNoLogin)
		}
		m.credential = c
	}
	var err error
	if m.client, err = arm.NewClient("overgrant", "v1.0.0", m.credential, m.options); err != nil {
		return nil, fmt.Errorf("open the resource manager: %w", err)
	}
	return m, nil
}

// errNoLogin says what to do.
var errNoLogin = fmt.Errorf("%w; log in with az login, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET", cloud.ErrNoLogin)

// armAccount is an account as the resource manager names it.
type armAccount struct {
	id           string
	subscription string
	group        string
	name         string
}

// find looks for an account in every subscription that the login sees. Names of
// accounts are unique in a cloud.
func (m *manager) find(ctx context.Context, account string) (armAccount, error) {
	if !isAccountName(account) {
		return armAccount{}, cloud.ErrNoAccount
	}
	subscriptions, err := m.subscriptions(ctx)
	if err != nil {
		return armAccount{}, fmt.Errorf("list subscriptions: %w", armError(err, ""))
	}
	var unread error
	for _, s := range subscriptions {
		h, err := m.findIn(ctx, s, account)
		switch {
		case ctx.Err() != nil:
			return armAccount{}, ctx.Err()
		case err != nil:
			unread = errors.Join(unread, fmt.Errorf("list the storage accounts of subscription %s: %w", s, plainError(err)))
		case h.group != "":
			return h, nil
		}
	}
	return armAccount{}, errors.Join(cloud.ErrNoAccount, unread)
}

// subscriptions returns the ids of those that the login sees.
func (m *manager) subscriptions(ctx context.Context) ([]string, error) {
	var ids []string
	for next := "/subscriptions?api-version=2022-12-01"; next != "" && len(ids) < maxSubscriptions; {
		var page listPage[struct {
			ID string `json:"subscriptionId"`
		}]
		if err := m.read(ctx, next, &page); err != nil {
			return nil, err
		}
		for _, s := range page.Value {
			ids = append(ids, s.ID)
		}
		next = page.NextLink
	}
	return ids, nil
}

// listPage is a part of a list of the resource manager.
type listPage[T any] struct {
	Value    []T    `json:"value"`
	NextLink string `json:"nextLink"`
}

// read gets what the SDK has no client for. where is a path, or the whole
// address that an answer named: the door sends it to the resource manager only.
func (m *manager) read(ctx context.Context, where string, into any) error {
	if strings.HasPrefix(where, "/") {
		where = strings.TrimSuffix(m.client.Endpoint(), "/") + where
	}
	req, err := runtime.NewRequest(ctx, http.MethodGet, where)
	if err != nil {
		return err
	}
	answer, err := m.client.Pipeline().Do(req)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return runtime.NewResponseError(answer)
	}
	return runtime.UnmarshalAsJSON(answer, into)
}

// findIn returns an account of a subscription; its group is empty if it is not
// there.
func (m *manager) findIn(ctx context.Context, subscription, account string) (armAccount, error) {
	client, err := m.accounts(subscription)
	if err != nil {
		return armAccount{}, err
	}
	seen := 0
	for pages := client.NewListPager(nil); pages.More() && seen < maxAccounts; {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return armAccount{}, err
		}
		for _, a := range page.Value {
			if seen++; a.Name == nil || a.ID == nil || *a.Name != account {
				continue
			}
			id, err := arm.ParseResourceID(*a.ID)
			if err != nil {
				return armAccount{}, err
			}
			return armAccount{*a.ID, subscription, id.ResourceGroupName, account}, nil
		}
	}
	return armAccount{}, nil
}

func (m *manager) accounts(subscription string) (*armstorage.AccountsClient, error) {
	return armstorage.NewAccountsClient(subscription, m.credential, m.options)
}

// armKey is one of an account's two keys.
type armKey struct {
	name    string // key1, key2
	secret  overgrant.Secret
	created time.Time
}

// keys asks for the keys of an account, key1 first. The account's activity log
// notes it.
func (m *manager) keys(ctx context.Context, h armAccount) ([]armKey, error) {
	client, err := m.accounts(h.subscription)
	if err != nil {
		return nil, err
	}
	answer, err := client.ListKeys(ctx, h.group, h.name, nil)
	if err != nil {
		return nil, fmt.Errorf("list the keys of account %s: %w", h.name, armError(err, "Microsoft.Storage/storageAccounts/listkeys/action"))
	}
	keys := readKeys(answer.Keys)
	if len(keys) == 0 {
		return nil, fmt.Errorf("list the keys of account %s: the answer holds none", h.name)
	}
	return keys, nil
}

func readKeys(all []*armstorage.AccountKey) []armKey {
	var keys []armKey
	for _, k := range all {
		if k == nil || k.KeyName == nil || k.Value == nil || *k.Value == "" || *k.KeyName != cloud.Key1 && *k.KeyName != cloud.Key2 {
			continue
		}
		one := armKey{name: *k.KeyName, secret: overgrant.NewSecret(*k.Value)}
		if k.CreationTime != nil {
			one.created = k.CreationTime.UTC()
		}
		keys = append(keys, one)
	}
	slices.SortFunc(keys, func(a, b armKey) int { return cmp.Compare(a.name, b.name) })
	return keys
}

// KeysFromARM returns the keys of a storage account, key1 first, as its owner
// may. Nothing else is sent, and only to the resource manager, to the login
// service and to the identity service of the machine.
//
// It fails with cloud.ErrNoLogin, cloud.ErrNoAccount and cloud.ErrNoRights.
func KeysFromARM(ctx context.Context, account string, opt ARM) ([]overgrant.Secret, error) {
	ctx, cancel := context.WithTimeout(ctx, armTimeout)
	defer cancel()
	options := cloud.OwnerOptions{Manager: opt.Endpoint, Authority: opt.Authority}
	of := cloudOf(opt.Host, options)
	door, err := bindOwner(opt.Client, of, wire.Premises{Account: account})
	if err != nil {
		return nil, err
	}
	m, err := newManager(of, door, options, opt.Credential)
	if err != nil {
		return nil, err
	}
	h, err := m.find(ctx, account)
	if err != nil {
		return nil, fmt.Errorf("find the keys of account %s: %w", shownAccount(account), err)
	}
	found, err := m.keys(ctx, h)
	if err != nil {
		return nil, err
	}
	keys := make([]overgrant.Secret, len(found))
	for i, k := range found {
		keys[i] = k.secret
	}
	return keys, nil
}

// ARM says where the keys of an account are asked for. Client must be set; the
// others' zero values mean the public cloud, with the login that the machine has.
type ARM struct {
	Client     *wire.Owner
	Host       string                 // of the link; tells the cloud by its ending
	Credential azcore.TokenCredential // nil means azidentity's default
	Endpoint   string                 // of the resource manager; empty means the cloud's own
	Authority  string                 // that hands out tokens; empty means the cloud's own
}

// shownAccount returns a name that is safe to show.
func shownAccount(name string) string {
	if !isAccountName(name) {
		return "of no such name"
	}
	return name
}

// bindOwner returns a door to an account and to the manager of its cloud.
func bindOwner(client *wire.Owner, of azcloud.Configuration, p wire.Premises) (*wire.OwnerDoor, error) {
	var err error
	if p.Manager, err = hostOf(of.Services[azcloud.ResourceManager].Endpoint); err != nil {
		return nil, fmt.Errorf("read the address of the resource manager: %w", err)
	}
	if p.Authority, err = hostOf(of.ActiveDirectoryAuthorityHost); err != nil {
		return nil, fmt.Errorf("read the address of the host of tokens: %w", err)
	}
	door, err := client.Bind(p)
	if errors.Is(err, wire.ErrForeign) {
		return nil, fmt.Errorf("%w; if you know the host, say so with --allow-host", err)
	}
	return door, err
}
