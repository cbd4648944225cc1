package azure

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
)

// unneeded refuses a request that finding an account's keys does not need.
type unneeded struct{}

func (unneeded) Error() string {
	return "the request is not one that listing the keys of an account needs"
}

// NonRetriable tells the SDK that another try would be refused too.
func (unneeded) NonRetriable() {}

// only is a transport that lets through what KeysFromARM needs and nothing
// else, whatever the SDK may think of.
type only struct {
	next    http.RoundTripper
	manager string          // host of the resource manager
	logins  map[string]bool // hosts that hand out tokens
}

// loginHosts hand out tokens: those of the clouds, and what a machine in Azure
// asks for its own identity. Sources: "National clouds" of the Microsoft
// identity platform; "Azure Instance Metadata Service".
var loginHosts = []string{
	"login.microsoftonline.com", "login.microsoft.com", "login.windows.net", "sts.windows.net",
	"login.microsoftonline.us", "login.chinacloudapi.cn", "login.partner.microsoftonline.cn",
	"169.254.169.254",
}

func newOnly(opt ARM, of cloud.Configuration) only {
	o := only{next: opt.Transport, logins: map[string]bool{}}
	if o.next == nil {
		o.next = http.DefaultTransport
	}
	for _, h := range loginHosts {
		o.logins[h] = true
	}
	if u, err := url.Parse(of.Services[cloud.ResourceManager].Endpoint); err == nil {
		o.manager = u.Host
	}
	return o
}

// RoundTrip sends what is allowed.
func (o only) RoundTrip(r *http.Request) (*http.Response, error) {
	path := strings.ToLower(r.URL.Path)
	switch {
	case r.URL.Host == o.manager && r.URL.Scheme == "https" && r.Method == http.MethodGet && strings.HasPrefix(path, "/subscriptions"):
	case r.URL.Host == o.manager && r.URL.Scheme == "https" && r.Method == http.MethodPost && strings.HasPrefix(path, "/subscriptions/") && strings.HasSuffix(path, "/listkeys"):
	case o.logins[r.URL.Hostname()] && (r.URL.Scheme == "https" || r.URL.Host == "169.254.169.254"):
	default:
		return nil, unneeded{}
	}
	return o.next.RoundTrip(r)
}

// noRedirect keeps the client where it is.
func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
