package kind

import (
	"strings"
)

// standInWords make a value a stand-in wherever they occur in it. Each has seven
// letters or more: a random value of 86 characters holds one of them in either
// case with a probability below 1e-7.
var standInWords = []string{
	"example", "placeholder", "redacted", "signature", "changeme", "synthetic", "notreal", "notarealkey",
	"removed", "yourkey", "accountkey", "sanitized", "fakekey", "fakesig", "dummykey",
}

// looseWords make a stand-in of a value that has not the size of a secret.
var looseWords = []string{
	"sig", "key", "secret", "token", "fake", "dummy", "test", "sample", "your", "my", "xxx", "abc", "123", "mask",
	"sas", "hidden", "password", "value", "insert", "copy", "paste", "foo", "bar", "omitted", "here",
}

// standIn returns the rule by which text stands in the place of a secret, empty
// if it may be one. A random secret meets any of the rules with a probability
// below one in a million; standing in a document or a test is no rule.
func standIn(text string, form notation) string {
	switch {
	case text == "":
		return "the value is empty"
	case template(text):
		return "the value is a template expression"
	case strings.Contains(text, "***") || strings.Contains(text, "...") || strings.Contains(text, "…"):
		return "the value is masked or elided"
	}
	bare := strings.TrimRight(text, "=")
	if len(bare) < 16 {
		return ""
	}
	switch {
	case distinct(bare) <= 2:
		return "the value repeats one or two characters"
	case longestRun(bare, form):
		return "one character repeats too often for a random value"
	case threeRuns(bare) && form != inHex:
		return "three runs of one character stand in the value"
	case counts(bare):
		return "the value counts or spells the alphabet"
	case periodic(bare):
		return "a short piece is repeated over and over"
	}
	if form == inHex {
		return ""
	}
	if len(bare) >= 43 && oneCase(bare) {
		return "the value has letters of one case only"
	}
	low := strings.ToLower(bare)
	for _, w := range standInWords {
		if strings.Contains(low, w) {
			return "the value spells " + w
		}
	}
	if spelled(low) >= 2 {
		return "the value spells several words"
	}
	if len(bare) >= 80 && !strings.ContainsAny(bare, "0123456789+/-_") {
		return "the value has letters only"
	}
	if b, err := decodeBase64(bare); err == nil && len(b) >= 16 && printable(b) {
		return "the value is readable text in base64"
	}
	return ""
}

// shortWords make a stand-in of a value that holds two of them: at most
// (86·32⁻⁴·9)² ≈ 5e-7 by chance in a key, 1e-7 in a signature.
var shortWords = []string{"fake", "dummy", "sample", "secret", "token", "azure", "storage", "account", "shared"}

// spelled returns how many of the short words low holds.
func spelled(low string) int {
	n := 0
	for _, w := range shortWords {
		if strings.Contains(low, w) {
			n++
		}
	}
	return n
}

// looseStandIn returns the rule by which a text that has not the size of a
// secret is a stand-in rather than damaged.
func looseStandIn(text string) string {
	low := strings.ToLower(text)
	for _, w := range looseWords {
		if strings.Contains(low, w) {
			return "the value has not the size of a secret and spells " + w
		}
	}
	return ""
}

// template reports whether text holds characters that no encoding of bytes has
// and that mark where a value goes: <sig>, {SIG}, ${key}, [key], %s, $(sas).
func template(text string) bool {
	return strings.ContainsAny(text, "<>{}[]()$|") || strings.HasPrefix(text, "%s") || strings.Contains(text, "%%") ||
		len(text) > 2 && text[0] == '%' && strings.HasSuffix(text, "%") || strings.HasPrefix(text, "@")
}

func distinct(s string) int {
	var seen [256]bool
	n := 0
	for i := range len(s) {
		if !seen[s[i]] {
			seen[s[i]] = true
			n++
		}
	}
	return n
}

// longestRun reports a run of one character that is too long to be chance: six
// of base64 (86·64⁻⁵ ≈ 8e-8), eleven of hex (1024·16⁻¹⁰ ≈ 1e-9).
func longestRun(s string, form notation) bool {
	limit := 6
	if form == inHex {
		limit = 11
	}
	// A long RSA signature gets one character more: 683·64⁻⁶ ≈ 1e-8.
	if len(s) > 128 && form != inHex {
		limit = 7
	}
	run := 1
	for i := 1; i < len(s); i++ {
		if s[i] != s[i-1] {
			run = 1
		} else if run++; run >= limit {
			return true
		}
	}
	return false
}

// threeRuns reports three runs of three or more of the same character, as in
// a signature masked here and there: at most 86³/6·64·64⁻⁹ < 1e-9 by chance.
func threeRuns(s string) bool {
	if len(s) > 128 {
		return false
	}
	var runs [256]int
	run := 1
	for i := 1; i < len(s); i++ {
		if s[i] != s[i-1] {
			run = 1
			continue
		}
		if run++; run == 3 {
			if runs[s[i]]++; runs[s[i]] == 3 {
				return true
			}
		}
	}
	return false
}

// counts reports a sequence of ten characters each one above the one before:
// 0123456789, abcdefghij.
func counts(s string) bool {
	run := 1
	for i := 1; i < len(s); i++ {
		if s[i] == s[i-1]+1 || s[i] == '0' && s[i-1] == '9' {
			run++
		} else {
			run = 1
		}
		if run >= 10 {
			return true
		}
	}
	return false
}

// periodic reports that s is a piece of up to ten characters over and over.
func periodic(s string) bool {
	for p := 1; p <= 10 && 3*p <= len(s); p++ {
		same := true
		for i := p; i < len(s) && same; i++ {
			same = s[i] == s[i-p]
		}
		if same {
			return true
		}
	}
	return false
}

// oneCase reports that s has no upper-case or no lower-case letters: (38/64)⁴³
// ≈ 2e-10 by chance.
func oneCase(s string) bool { return s == strings.ToLower(s) || s == strings.ToUpper(s) }

func printable(b []byte) bool {
	for _, c := range b {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return true
}
