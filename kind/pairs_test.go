package kind_test

import (
	"strings"
	"testing"
)

// However the parameters stand, all of them are read, the first too.
func TestParse_reads_every_pair(t *testing.T) {
	n := 0
	for _, v := range vectorsOf(t, "service_sas", 17) {
		if !v.Find || strings.Contains(v.Text, "sig=") && !strings.Contains(v.Text, "sig='") || strings.Contains(v.Text, "http") {
			continue
		}
		n++
		l, _ := one(t, v.Text)
		if g := l.Grant; g.SignedVersion == "" || g.Resource == "" || g.ExpiryRaw == "" || g.Shape != "" {
			t.Errorf("Parse(%q) = version %q, resource %q, expiry %q, shape %q", v.Text, g.SignedVersion, g.Resource, g.ExpiryRaw, g.Shape)
		}
	}
	if n < 15 {
		t.Errorf("%d forms; want at least 15", n)
	}
}
