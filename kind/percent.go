package kind

import "strings"

// maxDepth is how many times percent-encoding is undone.
const maxDepth = 6

// unescape undoes percent-encoding until nothing changes: a link inside another
// URL is encoded twice, often in part only. A plus sign stays a plus sign, as
// signatures hold it raw. Sequences that are no encoding stay.
func unescape(s string) string {
	for range maxDepth {
		next := unescapeOnce(s)
		if next == s {
			break
		}
		s = next
	}
	return s
}

// unescapeTimes undoes percent-encoding so many times.
func unescapeTimes(s string, times int) string {
	for range times {
		s = unescapeOnce(s)
	}
	return s
}

func unescapeOnce(s string) string {
	i := strings.IndexByte(s, '%')
	if i < 0 {
		return s
	}
	out := make([]byte, 0, len(s))
	for out = append(out, s[:i]...); i < len(s); {
		if s[i] == '%' && i+2 < len(s) && isHex(s[i+1]) && isHex(s[i+2]) {
			out = append(out, unhex(s[i+1])<<4|unhex(s[i+2]))
			i += 3
			continue
		}
		out = append(out, s[i])
		i++
	}
	return string(out)
}

// unit reads one character at text[at], percent-encoded any number of times or
// not at all. It returns the character and the position after it; at itself if
// there is none.
func unit(text []byte, at int) (byte, int) {
	if at >= len(text) {
		return 0, at
	}
	if text[at] != '%' {
		return text[at], at + 1
	}
	i := at + 1
	for i+4 <= len(text) && text[i] == '2' && text[i+1] == '5' && isHex(text[i+2]) && isHex(text[i+3]) {
		i += 2
	}
	if i+2 > len(text) || !isHex(text[i]) || !isHex(text[i+1]) {
		return 0, at
	}
	return unhex(text[i])<<4 | unhex(text[i+1]), i + 2
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func unhex(c byte) byte {
	switch {
	case c <= '9':
		return c - '0'
	case c <= 'F':
		return c - 'A' + 10
	}
	return c - 'a' + 10
}

func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
func isWord(c byte) bool   { return isLetter(c) || isDigit(c) }
func isSpace(c byte) bool  { return c == ' ' || '\t' <= c && c <= '\r' }

// isBase64 accepts the characters of both base64 alphabets, and the tilde that
// CloudFront puts in the place of a slash.
func isBase64(c byte) bool {
	return isWord(c) || c == '+' || c == '/' || c == '-' || c == '_' || c == '~'
}
