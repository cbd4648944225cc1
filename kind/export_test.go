package kind

import "time"

// ReadTime opens readTime to tests.
func ReadTime(s string) (time.Time, bool) { return readTime(s) }

// StandIn opens standIn to tests.
func StandIn(s string) string { return standIn(s, inBase64) }

// StandInHex opens standIn to tests, for a value in hexadecimal.
func StandInHex(s string) string { return standIn(s, inHex) }

// SecretOf returns the secret of a link as it is written and as it is decoded.
func SecretOf(text string) (raw, decoded string) {
	r := read(text)
	for _, k := range All {
		if c, ok := k.claim(r); ok {
			return c.secret.raw, c.secret.text
		}
	}
	return "", ""
}
