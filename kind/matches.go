package kind

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"hash"
	"strings"

	"github.com/overgrant/overgrant"
)

// Matches reports whether l was made with key, and by which layout of the
// string to sign. No request is made: the signature is computed again from
// what the link says and compared.
//
// key is the text of an account key or user delegation key in base64, of a
// shared access policy key, or of a secret access key. Links that are signed
// with a private key, and presigned URLs with signed headers beside the host,
// match no key: what they sign is not in the link. A bare token needs the
// account, and for anything but an account SAS the container and path, that
// Join adds.
func Matches(l overgrant.Link, key overgrant.Secret) (layout string, ok bool) {
	r := read(l.Secret.Reveal())
	t := signed{r: r, g: &l.Grant, key: key.Reveal()}
	switch l.Grant.Kind {
	case "account_sas", "service_sas", "policy_sas", "user_delegation_sas", "disk_export_sas":
		return t.azure()
	case "servicebus_sas":
		return t.bus()
	case "s3_presigned_v4", "gcs_v4":
		return t.sigV4()
	case "s3_presigned_v2":
		return t.sigV2()
	case "oss_presigned":
		return t.oss()
	case "cos_presigned":
		return t.cos()
	}
	return "", false
}

// signed is a link whose signature is to be computed again.
type signed struct {
	r   *reading
	g   *overgrant.Grant
	key string
}

// is reports whether the parameter name holds the signature want.
func (t signed) is(d digest, name string, want []byte) bool {
	got := d.read(t.r.query.first(name)).bytes
	return len(got) > 0 && hmac.Equal(got, want)
}

// mac returns the HMAC of lines joined by newlines.
func mac(h func() hash.Hash, key []byte, lines ...string) []byte {
	m := hmac.New(h, key)
	m.Write([]byte(strings.Join(lines, "\n")))
	return m.Sum(nil)
}

func mac256(key []byte, lines ...string) []byte { return mac(sha256.New, key, lines...) }
func mac1(key []byte, lines ...string) []byte   { return mac(sha1.New, key, lines...) }

// methods are those tried where the link does not say which was signed.
var methods = []string{"GET", "PUT", "HEAD", "DELETE", "POST"}
