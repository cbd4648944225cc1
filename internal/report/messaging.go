package report

import (
	"cmp"
	"slices"
	"strings"

	"github.com/overgrant/overgrant"
)

// hubs are the services that hold messages, devices or rows instead of files:
// what people call one of them.
var hubs = map[string]string{
	"servicebus": "the messaging namespace ",
	"iothub":     "the IoT hub ",
	"iotdps":     "the device provisioning service ",
	"cosmosdb":   "the database account ",
}

// hubOf names the service of that sort that the link leads to; empty for
// storage.
func hubOf(g *overgrant.Grant) string {
	for _, s := range g.Services {
		if hub := hubs[s]; hub != "" {
			return hub + named(cmp.Or(g.Account, g.Host))
		}
	}
	if g.Kind == "servicebus_sas" {
		return hubs["servicebus"] + named(cmp.Or(g.Account, g.Host))
	}
	return ""
}

// hubDeed says what can be done with a messaging service or a hub.
func hubDeed(g *overgrant.Grant, hub string) string {
	what := hub
	if path := cmp.Or(g.Path, g.Container); path != "" {
		device, is := strings.CutPrefix(path, "devices/")
		if is && g.Signer == "device_key" {
			return "act as the device " + quote(device) + " of " + hub
		}
		what = quote(path) + " in " + hub
	}
	switch {
	case slices.Contains(g.Services, "cosmosdb"):
		return "read, change and delete everything in " + what
	case g.KeyName != "":
		return "do whatever the policy " + quote(g.KeyName) + " allows (read, send or manage) with " + what
	case g.Signer == "device_key":
		return "act as the device that it was made for at " + what
	}
	return "read from and send to " + what
}
