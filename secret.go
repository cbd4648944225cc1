package overgrant

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
)

// Secret is text that must not be printed. Under every verb of fmt, in JSON and
// in slog it shows a short fingerprint in place of the text. The zero value
// holds nothing and shows "secret:none".
//
// The text sits behind a pointer because fmt reads unexported fields by
// reflection when a Secret is part of a larger struct.
type Secret struct{ text *string }

// NewSecret returns a Secret that holds text.
func NewSecret(text string) Secret { return Secret{text: &text} }

// Reveal returns the text itself. Only code that parses a link, talks to the
// cloud it names or seals it in the vault has a reason to call it.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// String returns the first 12 hex digits of the SHA-256 of the text.
func (s Secret) String() string {
	if s.text == nil {
		return "secret:none"
	}
	sum := sha256.Sum256([]byte(*s.text))
	return "secret:" + hex.EncodeToString(sum[:6])
}

// Keyed returns a number that depends on the text and on what it is for, and
// gives neither away: whoever does not have the text cannot compute it.
func (s Secret) Keyed(purpose string) uint64 {
	if s.text == nil {
		return 0
	}
	mac := hmac.New(sha256.New, []byte(*s.text))
	_, _ = io.WriteString(mac, purpose)
	return binary.LittleEndian.Uint64(mac.Sum(nil))
}

// GoString hides the text from %#v.
func (s Secret) GoString() string { return s.String() }

// Format hides the text from every verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// MarshalText hides the text from encoding/json and its kin.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue hides the text from slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }
