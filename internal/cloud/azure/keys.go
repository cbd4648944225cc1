package azure

import (
	"crypto/hmac"
	"encoding/base64"
	"fmt"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/kind"
)

// noKey is Proof.Key where none of the keys that were given made the link.
const noKey = "none"

// whichKey tells offline which of the keys made the link, as key1, key2 by
// their order, and by which layout of the string to sign; noKey if none did.
// Where the link is a key itself, own is that key. It is empty where keys say
// nothing: none was given, or the link was signed with a delegation key, which
// is none of the account's.
func whichKey(l overgrant.Link, own *sharedKey, keys []overgrant.Secret) (key, layout string) {
	for i, k := range keys {
		layout, ok := "", false
		if own != nil {
			ok = sameKey(own.key, k)
		} else {
			layout, ok = kind.Matches(l, k)
		}
		if ok {
			return fmt.Sprintf("key%d", i+1), layout
		}
	}
	if len(keys) > 0 && l.Grant.Signer == "account_key" {
		return noKey, ""
	}
	return "", ""
}

// sameKey reports whether two texts are the same key.
func sameKey(a, b overgrant.Secret) bool {
	a, errA := readKey(a.Reveal())
	b, errB := readKey(b.Reveal())
	if errA != nil || errB != nil {
		return false
	}
	x, _ := base64.StdEncoding.DecodeString(a.Reveal())
	y, _ := base64.StdEncoding.DecodeString(b.Reveal())
	return hmac.Equal(x, y)
}
