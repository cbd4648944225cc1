package kind

import (
	"strings"

	"github.com/overgrant/overgrant"
)

var connectionString = Kind{
	Name:  "connection_string",
	Doc:   "Connection string that holds a key: of a storage account, a Cosmos DB account, a Service Bus or Event Hubs namespace, an IoT Hub or a device.",
	Marks: []string{"AccountKey=", "SharedAccessKey="},
	Find:  findConnections,
	claim: claimConnectionString,
}

func claimConnectionString(r *reading) (claim, bool) {
	s := r.segments
	switch {
	case len(s) < 2:
		return claim{}, false
	case s.has("accountkey") && (s.has("accountendpoint") || strings.HasSuffix(r.at.host, ".documents.azure.com")):
		return cosmosString(r), true
	case s.has("accountkey"):
		return storageString(r), true
	case s.has("sharedaccesskey"):
		return busString(r), true
	}
	return claim{}, false
}

// storageString reads the connection string of a storage account.
func storageString(r *reading) claim {
	g := keyGrant()
	h, _, _ := readStorageHost(r.at)
	g.Account, g.Host = r.segments.get("accountname"), r.at.host
	if g.Account == "" {
		g.Account = h.account
	}
	if suffix := r.segments.get("endpointsuffix"); g.Host == "" && suffix != "" && isAccountLabel(g.Account) {
		g.Host = g.Account + ".blob." + suffix
	}
	if p := r.segments.get("defaultendpointsprotocol"); p != "" {
		g.Protocols = []string{p}
	}
	s := emulated(storageKey.read(r.segments.first("accountkey")))
	if template(g.Account) {
		s = s.placeholder("the account name is a template expression")
	}
	return claim{grant: g, secret: s}
}

// cosmosString reads the connection string of a database account.
func cosmosString(r *reading) claim {
	g := keyGrant()
	g.Services, g.Revocation = []string{"cosmosdb"}, rotateDatabaseKey
	g.Host = r.at.host
	g.Account, _, _ = strings.Cut(r.at.host, ".")
	return claim{grant: g, secret: emulated(storageKey.read(r.segments.first("accountkey")))}
}

// busString reads the connection string of a messaging service or a hub.
func busString(r *reading) claim {
	s := r.segments
	host := r.at.host
	if host == "" {
		host = strings.ToLower(s.get("hostname"))
	}
	g := overgrant.Grant{
		Provider: "azure", Host: host, Scope: "service", Actions: []string{"everything"}, Endless: true,
		KeyName: s.get("sharedaccesskeyname"), Path: s.get("entitypath"),
		Signer: "shared_access_policy", Revocation: regeneratePolicyKey,
	}
	if g.Account, g.Services = busService(host); g.Services == nil {
		g.Services = []string{"servicebus"}
		if s.any("hostname", "deviceid") {
			g.Services = []string{"iothub"}
		}
	}
	if g.Path != "" {
		g.Scope = "entity"
	}
	if id := s.get("deviceid"); id != "" {
		g.Path, g.Scope = "devices/"+id, "entity"
		if m := s.get("moduleid"); m != "" {
			g.Path += "/modules/" + m
		}
		g.Signer, g.Revocation = "device_key", regenerateDeviceKey
	}
	return claim{grant: g, secret: busKey.read(s.first("sharedaccesskey"))}
}
