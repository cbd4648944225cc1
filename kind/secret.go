package kind

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/overgrant/overgrant"
)

// secret is the value that makes a link work, and what its form tells.
type secret struct {
	text  string // decoded, as the parameter has it
	raw   string // as written
	bytes []byte // nil if text is no encoding of bytes of the right number
	shape overgrant.Shape
	why   string // the rule behind any shape but whole
}

// id names the credential: the SHA-256 of the signature or key itself, so that
// one credential has one id however it is written. Without bytes it is the
// SHA-256 of the text.
func (s secret) id() string {
	b := s.bytes
	if b == nil {
		b = []byte(s.text)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// notation is how the bytes of a secret are written.
type notation int

const (
	inBase64 notation = iota
	inHex
)

// digest says which values a signature may have.
type digest struct {
	name   string // in words, for ShapeWhy
	form   notation
	sizes  []int // bytes; several where keys differ in size
	decode func(string) ([]byte, error)
}

// The signatures that links carry. RSA signatures are as long as the key: 1024,
// 2048, 3072 or 4096 bits.
var (
	hmac256Base64 = digest{name: "an HMAC-SHA256", sizes: []int{32}, decode: decodeBase64}
	hmac1Base64   = digest{name: "an HMAC-SHA1", sizes: []int{20}, decode: decodeBase64}
	hmac256Hex    = digest{name: "an HMAC-SHA256", form: inHex, sizes: []int{32}, decode: hex.DecodeString}
	hmac1Hex      = digest{name: "an HMAC-SHA1", form: inHex, sizes: []int{20}, decode: hex.DecodeString}
	rsaHex        = digest{name: "an RSA signature", form: inHex, sizes: []int{128, 256, 384, 512}, decode: hex.DecodeString}
	cloudfrontRSA = digest{name: "an RSA or ECDSA signature", sizes: []int{128, 256, 384, 512, 70, 71, 72}, decode: decodeCloudfront}
	storageKey    = digest{name: "an account key", sizes: []int{64}, decode: decodeBase64}
	busKey        = digest{name: "a key", sizes: []int{32, 64}, decode: decodeBase64}
)

// read reads p as a signature of this form.
func (d digest) read(p param) secret {
	s := secret{text: strings.TrimSpace(p.value), raw: p.raw}
	b, err := d.decode(s.text)
	whole := err == nil && slices.Contains(d.sizes, len(b))
	if whole {
		s.bytes = b
	}
	switch why := standIn(s.text, d.form); {
	case why != "":
		s.shape, s.why = overgrant.Placeholder, why
	case whole:
	case looseStandIn(s.text) != "":
		s.shape, s.why = overgrant.Placeholder, looseStandIn(s.text)
	case err != nil:
		s.shape, s.why = overgrant.Malformed, "the signature is neither base64 nor hexadecimal"
	default:
		s.shape = overgrant.Malformed
		s.why = fmt.Sprintf("the secret has %d bytes where %s has %s", len(b), d.name, oneOf(d.sizes))
	}
	return s
}

func oneOf(sizes []int) string {
	words := make([]string, len(sizes))
	for i, n := range sizes {
		words[i] = fmt.Sprint(n)
	}
	return strings.Join(words, " or ")
}

// decodeBase64 reads either alphabet, with padding or without. Bits beyond the
// last byte are ignored, as the services do.
func decodeBase64(s string) ([]byte, error) {
	s = strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(s, "="))
	return base64.RawStdEncoding.DecodeString(s)
}

// decodeCloudfront reads base64 with the characters that CloudFront puts in
// place of those which a URL cannot hold: + to -, = to _, / to ~. Source: "Create
// a signature for a signed URL" in the CloudFront developer guide.
func decodeCloudfront(s string) ([]byte, error) {
	s = strings.NewReplacer("-", "+", "~", "/").Replace(strings.TrimRight(s, "_="))
	return base64.RawStdEncoding.DecodeString(s)
}

// malformed marks a whole secret as part of a damaged link.
func (s secret) malformed(why string) secret {
	if s.shape == overgrant.Whole {
		s.shape, s.why = overgrant.Malformed, why
	}
	return s
}

// placeholder marks a whole secret as part of a link with a stand-in.
func (s secret) placeholder(why string) secret {
	if s.shape == overgrant.Whole || s.shape == overgrant.Malformed {
		s.shape, s.why = overgrant.Placeholder, why
	}
	return s
}
