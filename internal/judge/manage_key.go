package judge

import (
	"slices"
	"strings"

	"github.com/overgrant/overgrant"
)

var manageKey = Rule{
	Code:     "manage-key",
	Doc:      "A key or token of the root policy of Service Bus, Event Hubs, Notification Hubs or IoT Hub. It carries the Manage right: it reads and sends everything and can change the service itself.",
	Fix:      "Regenerate the keys of the root policy, and give each client a policy of its own with only Send or only Listen.",
	Severity: overgrant.Critical,
	Covers:   []string{"shared-access-key", "policy-hidden", "lifetime-unknown"},
	Why: func(v View) string {
		if v.KeyName == "" || !slices.ContainsFunc(rootPolicies, func(p string) bool { return strings.EqualFold(p, v.KeyName) }) {
			return ""
		}
		if v.messagingKey() {
			return "The link is the key " + name(v.KeyName) + ": it can send, receive and manage everything in " +
				named("namespace", v.Account) + ", for ever, until the key is regenerated."
		}
		return "The token was signed with the root policy " + name(v.KeyName) +
			": it can send, receive and manage what it covers " + v.until() + "."
	},
}

// rootPolicies are the policies that a service makes by itself with all rights.
//
// Source: Azure documentation of Service Bus and Event Hubs ("Shared access
// authorization policies"), IoT Hub and its device provisioning service
// ("Control access"), Notification Hubs ("Security model").
var rootPolicies = []string{
	"RootManageSharedAccessKey", "iothubowner", "provisioningserviceowner", "DefaultFullSharedAccessSignature",
}
