package judge

import (
	"encoding/binary"
	"net/netip"
	"strings"

	"github.com/overgrant/overgrant"
)

var noIPLimit = Rule{
	Code:     "no-ip-limit",
	Doc:      "The link works from any address.",
	Fix:      "Sign with sip= where the users have known addresses.",
	Severity: overgrant.Info,
	Advice:   true,
	Why: func(v View) string {
		if !v.sas() || !anyAddress(v.IP) {
			return ""
		}
		if v.IP != "" {
			return "The link names the addresses " + name(v.IP) + ", which is almost everywhere."
		}
		return "The link works from every address in the world."
	},
}

// anyAddress reports whether a signed range of addresses holds nobody off: it
// is empty, or spans 2^24 IPv4 addresses or more.
func anyAddress(signed string) bool {
	if signed == "" {
		return true
	}
	low, high, ok := strings.Cut(signed, "-")
	a, err := netip.ParseAddr(strings.TrimSpace(low))
	if !ok || err != nil || !a.Is4() {
		return false
	}
	b, err := netip.ParseAddr(strings.TrimSpace(high))
	if err != nil || !b.Is4() || b.Less(a) {
		return false
	}
	x, y := a.As4(), b.As4()
	return binary.BigEndian.Uint32(y[:])-binary.BigEndian.Uint32(x[:]) >= 1<<24-1
}
