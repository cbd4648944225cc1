package kind

import (
	"strings"

	"github.com/overgrant/overgrant"
)

var serviceBusSAS = Kind{
	Name:  "servicebus_sas",
	Doc:   "Token of Service Bus, Event Hubs, Relay, Notification Hubs, IoT Hub or its provisioning service (SharedAccessSignature sr=…&sig=…).",
	Marks: append([]string{"SharedAccessSignature"}, sasMarks...),
	Find:  findSAS,
	claim: claimServiceBus,
}

// busSuffixes are the hosts of messaging services and what they serve. Sources:
// "Service Bus access control with shared access signatures", "Control access to
// IoT Hub by using shared access signatures".
var busSuffixes = []struct{ suffix, service string }{
	{".servicebus.windows.net", "servicebus"}, {".servicebus.chinacloudapi.cn", "servicebus"},
	{".servicebus.usgovcloudapi.net", "servicebus"}, {".servicebus.cloudapi.de", "servicebus"},
	{".azure-devices.net", "iothub"}, {".azure-devices.cn", "iothub"}, {".azure-devices.us", "iothub"},
	{".azure-devices-provisioning.net", "iotdps"}, {".azure-devices-provisioning.cn", "iotdps"},
}

// isBusToken reports whether r has the form of a messaging token: sr is the
// address of a resource, not a letter.
func isBusToken(r *reading) bool {
	q := r.query
	sr := q.get("sr")
	if !q.has("sr", "sig") || q.has("sv") || resources[sr] != "" && !r.header {
		return false
	}
	return r.header && (q.has("se") || sr != "") || strings.ContainsAny(sr, "./")
}

func claimServiceBus(r *reading) (claim, bool) {
	if !isBusToken(r) {
		return claim{}, false
	}
	q := r.query
	target := q.get("sr")
	if !strings.Contains(target, "://") {
		target = "sb://" + target
	}
	at := readAddress(target)
	g := overgrant.Grant{
		Provider: "azure", Host: at.host, Path: strings.TrimSuffix(at.path, "/"), Scope: "entity",
		KeyName: q.get("skn"), Signer: "shared_access_policy", Revocation: regeneratePolicyKey,
		ExpiryRaw: q.get("se"),
	}
	g.Account, g.Services = busService(at.host)
	g.Expiry, _ = readUnix(g.ExpiryRaw)
	g.Actions = []string{"read", "write"}
	if g.Path == "" {
		g.Scope = "service"
	}
	if g.KeyName == "" {
		g.Signer, g.Revocation = "device_key", regenerateDeviceKey
	}
	s := hmac256Base64.read(q.first("sig"))
	if g.ExpiryRaw != "" && g.Expiry.IsZero() {
		s = s.malformed("the expiry is no number of seconds")
	}
	return claim{grant: g, secret: s}, true
}

// busService names the namespace and the service of a host.
func busService(host string) (account string, services []string) {
	for _, s := range busSuffixes {
		if head, ok := strings.CutSuffix(host, s.suffix); ok {
			return head, []string{s.service}
		}
	}
	return "", nil
}
