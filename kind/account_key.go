package kind

import (
	"strings"

	"github.com/overgrant/overgrant"
)

var accountKey = Kind{
	Name:  "account_key",
	Doc:   "Key of an Azure Storage account outside a connection string: 64 bytes in base64. It opens everything in the account and never expires.",
	Marks: append([]string{"+ASt"}, append(append([]string{}, keyLabels...), keyHosts...)...),
	Find:  findKeys,
	claim: claimAccountKey,
}

func claimAccountKey(r *reading) (claim, bool) {
	p := param{raw: strings.TrimSpace(r.text), value: unescape(strings.TrimSpace(r.text))}
	if len(r.segments) == 1 && r.segments.has("accountkey") {
		p = r.segments[0]
	} else if r.segments != nil || len(p.value) != keyChars+2 {
		return claim{}, false
	}
	s := storageKey.read(p)
	if s.bytes == nil && r.segments == nil {
		return claim{}, false
	}
	return claim{grant: keyGrant(), secret: emulated(s)}, true
}

// keyGrant is what an account key grants: everything, for ever.
func keyGrant() overgrant.Grant {
	return overgrant.Grant{
		Provider: "azure", Scope: "account", Services: append([]string(nil), allServices...),
		Actions: []string{"everything"}, Endless: true,
		Signer: "account_key", Revocation: rotateAccountKey,
	}
}
