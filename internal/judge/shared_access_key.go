package judge

import (
	"github.com/overgrant/overgrant"
)

var sharedAccessKey = Rule{
	Code:     "shared-access-key",
	Doc:      "A key of Service Bus, Event Hubs or IoT Hub stands in a connection string. A key never expires, and signs tokens of any length.",
	Fix:      "Regenerate the key of this policy or device, and hand out short-lived tokens or use Microsoft Entra ID.",
	Severity: overgrant.High,
	Covers:   []string{"never-expires", "lifetime-unknown", "policy-hidden"},
	Why: func(v View) string {
		if !v.messagingKey() {
			return ""
		}
		who := "a device"
		if v.KeyName != "" {
			who = "the policy " + name(v.KeyName)
		}
		return "The connection string holds the key of " + who + " in " + named("namespace", v.Account) +
			": it works for ever, until the key is regenerated."
	},
}
