package kind

import "strings"

// azureHost is what the name of a host tells of a storage account.
type azureHost struct {
	account  string // empty behind a custom domain
	service  string // blob, file, queue or table; dfs and web count as blob
	emulator bool
	proxy    bool // another service in front of the account
}

// storageSuffixes end the hosts of storage accounts, after the service. Sources:
// "Storage account overview" and the cloud environments of azcopy; the DNS-zone
// endpoints of "Azure DNS Zone endpoints".
var storageSuffixes = []string{
	".core.windows.net", ".core.chinacloudapi.cn", ".core.usgovcloudapi.net", ".core.cloudapi.de",
	".core.eaglex.ic.gov", ".core.microsoft.scloud", ".storage.azure.net", oneLake, ".localhost",
}

// oneLake ends the hosts of Microsoft Fabric. Source: "Connecting to Microsoft
// OneLake".
const oneLake = ".fabric.microsoft.com"

// hostServices are the labels between the account and the suffix.
var hostServices = map[string]string{
	"blob": "blob", "dfs": "blob", "web": "blob", "file": "file", "queue": "queue", "table": "table",
}

// emulatorAccount is the account of the storage emulator. Source: "Use the
// Azurite emulator for local Azure Storage development".
const emulatorAccount = "devstoreaccount1"

// emulatorPorts are where the emulator serves blobs, queues and tables.
var emulatorPorts = map[string]string{"10000": "blob", "10001": "queue", "10002": "table"}

// readStorageHost reads the host of a, and returns the path that remains for
// the container and below. ok is false if the host is no storage account's; the
// path of a custom domain says nothing certain.
func readStorageHost(a address) (h azureHost, path string, ok bool) {
	if containerFirst[a.scheme] && a.user != "" {
		a.path = a.user + "/" + a.path
	}
	first, rest := firstSegment(a.path)
	if service, is := emulatorPorts[a.port]; is || first == emulatorAccount || isLoopback(a.host) && isAccountName(first) {
		if h, ok := hostLabels(a.host); ok {
			h.emulator = true
			return h, a.path, true
		}
		if service == "" && first == emulatorAccount {
			service = "blob"
		}
		return azureHost{account: first, service: service, emulator: true}, rest, first != ""
	}
	h, ok = hostLabels(a.host)
	return h, a.path, ok
}

// isLoopback reports whether a host is this machine: what serves storage there
// names the account in the path, as the emulator does.
func isLoopback(host string) bool {
	return strings.HasPrefix(host, "127.") || host == "localhost" || host == "[::1]" || host == "::1" || host == "host.docker.internal"
}

// hostLabels reads account[-secondary][.zone][.privatelink].service.suffix.
func hostLabels(host string) (azureHost, bool) {
	for _, suffix := range storageSuffixes {
		head, ok := strings.CutSuffix(host, suffix)
		if !ok {
			continue
		}
		i := strings.LastIndexByte(head, '.')
		service, known := hostServices[head[i+1:]]
		if i <= 0 || !known {
			return azureHost{}, false
		}
		account, _, _ := strings.Cut(head[:i], ".")
		h := azureHost{
			account:  strings.TrimSuffix(account, "-secondary"),
			service:  service,
			emulator: suffix == ".localhost",
		}
		if suffix == oneLake {
			h.account = "" // all tenants share the host; the container is a workspace
		}
		return h, isAccountLabel(account)
	}
	return azureHost{}, false
}

// isAccountLabel accepts what may stand for an account in a host name. Managed
// disks have hyphens in theirs.
func isAccountLabel(s string) bool {
	for i := range len(s) {
		if c := s[i]; !isWord(c) && c != '-' {
			return false
		}
	}
	return s != ""
}

// proxiedHost reads account.service.rest of a gateway that keeps the shape of
// storage hosts in front of a long name of its own. A short name, such as
// hub.blob.example.net, is taken for a custom domain, which hides the account.
func proxiedHost(host string) (azureHost, bool) {
	labels := strings.Split(host, ".")
	if len(labels) < 5 {
		return azureHost{}, false
	}
	service, ok := hostServices[labels[1]]
	return azureHost{account: labels[0], service: service, proxy: true}, ok && isAccountName(labels[0])
}

// isAccountName reports whether s follows the rule for account names: 3 to 24
// lower-case letters and digits. Source: "Storage account overview".
func isAccountName(s string) bool {
	for i := range len(s) {
		if c := s[i]; !isDigit(c) && (c < 'a' || c > 'z') {
			return false
		}
	}
	return 3 <= len(s) && len(s) <= 24
}
