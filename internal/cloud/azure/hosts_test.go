package azure_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/overgrant/overgrant/internal/cloud"
	"github.com/overgrant/overgrant/internal/cloud/azure"
	"github.com/overgrant/overgrant/internal/wire"
	"github.com/overgrant/overgrant/kind"
)

// sig is a signature that nothing was signed with.
var sig = strings.Repeat("Ab3d", 10) + "Abc="

const accountToken = "sv=2022-11-02&ss=bfqt&srt=sco&sp=rl&se=2051-10-06&sig="
const containerToken = "sv=2022-11-02&sr=c&sp=rl&se=2051-10-06&sig="

func open(t *testing.T, text string, opt cloud.Options) (cloud.Reach, error) {
	t.Helper()
	l, err := kind.Parse(text)
	if err != nil {
		t.Skipf("no link to kind.Parse: %v", err)
	}
	opt.Client = wire.NewReadOnly(quick(opt.AllowHosts))
	t.Cleanup(opt.Client.Close)
	opt.Now = time.Now()
	return azure.Driver.Open(l, opt)
}

func TestHostsThatFollowFromALink(t *testing.T) {
	key := strings.Repeat("kL2z", 21) + "kA=="
	for _, tt := range []struct {
		name, text string
		allow      []string
		account    string
		hosts      string // some of those that must be there
		not        string // some of those that must not
	}{
		{"public", "https://contoso.blob.core.windows.net/?" + accountToken + sig, nil, "contoso",
			"https://contoso.blob.core.windows.net https://contoso.file.core.windows.net https://contoso.queue.core.windows.net https://contoso.table.core.windows.net https://contoso.dfs.core.windows.net https://contoso-secondary.blob.core.windows.net", ""},
		{"plain_http_is_not_spoken", "http://contoso.blob.core.windows.net/c?" + containerToken + sig, nil, "contoso", "https://contoso.blob.core.windows.net", "http://contoso"},
		{"secondary", "https://contoso-secondary.table.core.windows.net/?" + accountToken + sig, nil, "contoso", "https://contoso.table.core.windows.net", "contoso-secondary-secondary"},
		{"china", "https://contoso.blob.core.chinacloudapi.cn/c?" + containerToken + sig, nil, "contoso", "https://contoso.queue.core.chinacloudapi.cn", "windows.net"},
		{"dns_zone", "https://contoso.z12.blob.storage.azure.net/c?" + containerToken + sig, nil, "contoso", "https://contoso.z12.file.storage.azure.net https://contoso-secondary.z12.blob.storage.azure.net", ""},
		{"private_link", "https://contoso.privatelink.blob.core.windows.net/c?" + containerToken + sig, nil, "contoso", "https://contoso.blob.core.windows.net", "privatelink"},
		{"static_site", "https://contoso.z6.web.core.windows.net/c?" + containerToken + sig, nil, "contoso", "https://contoso.z6.blob.core.windows.net", ""},
		{"port_of_the_scheme", "https://contoso.blob.core.windows.net:443/c?" + containerToken + sig, nil, "contoso", "https://contoso.blob.core.windows.net", ":443"},
		{"dot_at_the_end", "https://contoso.blob.core.windows.net./c?" + containerToken + sig, nil, "contoso", "https://contoso.blob.core.windows.net", "net."},
		{"onelake", "https://onelake.blob.fabric.microsoft.com/workspace/item?sv=2022-11-02&sr=c&sp=rl&se=2051-10-06&skoid=aaaaaaaa-0000-0000-0000-000000000000&sktid=b&skt=2051-10-01&ske=2051-10-06&sks=b&skv=2022-11-02&sig=" + sig, nil, "", "https://onelake.blob.fabric.microsoft.com https://onelake.dfs.fabric.microsoft.com", "queue"},
		{"hadoop", "abfss://data@contoso.dfs.core.windows.net/folder?" + containerToken + sig, nil, "contoso", "https://contoso.blob.core.windows.net", ""},
		{"emulator", "http://127.0.0.1:10000/devstoreaccount1?" + accountToken + sig, []string{"127.0.0.1"}, "devstoreaccount1",
			"http://127.0.0.1:10000/devstoreaccount1 http://127.0.0.1:10001/devstoreaccount1 http://127.0.0.1:10002/devstoreaccount1", ":10003"},
		{"emulator_one_port", "http://127.0.0.1:10000/devstoreaccount1?" + accountToken + sig, []string{"127.0.0.1:10000"}, "devstoreaccount1", "http://127.0.0.1:10000/devstoreaccount1", ":10001"},
		{"emulator_in_docker", "http://host.docker.internal:10000/contoso/c?" + containerToken + sig, []string{"host.docker.internal"}, "contoso", "http://host.docker.internal:10000/contoso", ""},
		{"emulator_by_name", "http://contoso.blob.localhost:10000/c?" + containerToken + sig, []string{"contoso.blob.localhost:10000"}, "contoso", "http://contoso.blob.localhost:10000", ""},
		{"custom_domain", "https://files.example.net/c?" + containerToken + sig, []string{"files.example.net"}, "", "https://files.example.net", "windows"},
		{"connection_string", "DefaultEndpointsProtocol=https;AccountName=contoso;AccountKey=" + key + ";EndpointSuffix=core.usgovcloudapi.net", nil, "contoso", "https://contoso.table.core.usgovcloudapi.net", "windows"},
		{"connection_string_with_endpoints", "BlobEndpoint=https://contoso.blob.core.windows.net/;QueueEndpoint=https://contoso.queue.core.windows.net/;SharedAccessSignature=" + accountToken + sig, nil, "contoso", "https://contoso.queue.core.windows.net https://contoso.blob.core.windows.net", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := open(t, tt.text, cloud.Options{AllowHosts: tt.allow})
			if err != nil {
				t.Fatalf("Open: %v", err)
			}
			account, all := azure.Endpoints(r)
			if account != tt.account {
				t.Errorf("account = %q; want %q", account, tt.account)
			}
			for _, want := range strings.Fields(tt.hosts) {
				if !slices.Contains(all, want) {
					t.Errorf("endpoints = %v; want %s", all, want)
				}
			}
			if tt.not != "" && strings.Contains(strings.Join(all, " "), tt.not) {
				t.Errorf("endpoints = %v; want none with %s", all, tt.not)
			}
		})
	}
}

func TestHostsThatNobodyAsks(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		allow      []string
		want       error
	}{
		{"suffix_of_another", "https://contoso.blob.core.windows.net.evil.example/c?", nil, cloud.ErrHost},
		{"fragment", "https://evil.example#.blob.core.windows.net/c?", nil, cloud.ErrHost},
		{"user_info", "https://contoso.blob.core.windows.net@evil.example/c?", nil, cloud.ErrHost},
		{"user_info_before_the_right_host", "https://user:word@contoso.blob.core.windows.net/c?", nil, cloud.ErrHost},
		{"backslash", `https://evil.example\.blob.core.windows.net/c?`, nil, cloud.ErrHost},
		{"escaped_slash", "https://evil.example%2f.blob.core.windows.net/c?", nil, cloud.ErrHost},
		{"escaped_dot", "https://contoso%2eblob.core.windows.net/c?", nil, cloud.ErrHost},
		{"punycode", "https://xn--contos-jua.blob.core.windows.net/c?", nil, cloud.ErrHost},
		{"another_script", "https://соntoso.blob.core.windows.net/c?", nil, cloud.ErrHost},
		{"labels_between", "https://a.b.c.blob.core.windows.net/c?", nil, cloud.ErrHost},
		{"another_port", "https://contoso.blob.core.windows.net:8443/c?", nil, cloud.ErrHost},
		{"no_such_service", "https://contoso.redis.core.windows.net/c?", nil, cloud.ErrHost},
		{"custom_domain", "https://files.example.net/c?", nil, cloud.ErrHost},
		{"emulator", "http://127.0.0.1:10000/devstoreaccount1/c?", nil, cloud.ErrHost},
		{"metadata", "http://169.254.169.254/contoso/c?", nil, cloud.ErrHost},
		{"localhost", "http://contoso.blob.localhost/c?", nil, cloud.ErrHost},
		{"bare_token", "?", nil, cloud.ErrIncomplete},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := tt.text + containerToken + sig
			_, err := open(t, text, cloud.Options{AllowHosts: tt.allow})
			if !errors.Is(err, tt.want) {
				t.Errorf("Open = %v; want %v", err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), sig) {
				t.Errorf("Open = %v; it tells the signature", err)
			}
		})
	}
}

func TestCustomDomainNeedsTheAccountToSign(t *testing.T) {
	key := strings.Repeat("kL2z", 21) + "kA=="
	text := "BlobEndpoint=https://files.example.net/;AccountKey=" + key
	_, err := open(t, text, cloud.Options{AllowHosts: []string{"files.example.net"}})
	if !errors.Is(err, cloud.ErrIncomplete) {
		t.Errorf("Open = %v; want %v", err, cloud.ErrIncomplete)
	}
	if _, err = open(t, text, cloud.Options{AllowHosts: []string{"files.example.net"}, Account: "contoso"}); err != nil {
		t.Errorf("Open with the name of the account: %v", err)
	}
}
