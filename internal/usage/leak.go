package usage

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
)

// maxSignature is the longest text that can be a signature in a URI, in bytes:
// 44 characters, each as a percent sign and two digits.
const maxSignature = 132

// leak counts a signature that stands whole in the log, and names it as a case
// of it would be named. value is what follows "sig=".
func (c *Census) leak(t *token, value []byte) {
	value = value[:min(len(value), maxSignature+1)]
	if end := bytes.IndexAny(value, "&;\""); end >= 0 {
		value = value[:end]
	}
	if blanked(value) || len(value) > maxSignature {
		return
	}
	t.unblanked++
	c.leaks++
	if t.leakedID != "" {
		return
	}
	if raw, err := base64.StdEncoding.DecodeString(string(c.signatureText(value))); err == nil && len(raw) == sha256.Size {
		id := sha256.Sum256(raw)
		t.leakedID = hex.EncodeToString(id[:])
		c.matched(t)
	}
}

// signatureText undoes the percent signs of a signature. A plus sign is one.
func (c *Census) signatureText(value []byte) []byte {
	plain := c.decoded(value)
	if bytes.IndexByte(plain, ' ') >= 0 {
		plain = bytes.ReplaceAll(plain, []byte(" "), []byte("+"))
	}
	return plain
}

// signHash returns the hash of a signature as logs have it, in hex, upper case:
// the SHA-256 of its text in base64. It reports false for one that was blanked.
//
// What is hashed is told by users who tried it, in issues 112128 and 120884 of
// MicrosoftDocs/azure-docs and pull request 1245 of
// DataBiosphere/terra-workspace-manager; the reference says only "SHA 256 hash
// of the SAS token".
func (c *Census) signHash(value []byte) (sign [2 * sha256.Size]byte, ok bool) {
	if len(value) == 0 || len(value) > maxSignature {
		return sign, false
	}
	hash := sha256.Sum256(c.signatureText(value))
	hex.Encode(sign[:], hash[:])
	return sign, true
}
