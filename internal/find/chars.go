package find

import "math/bits"

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
func isSpace(c byte) bool  { return c == ' ' || '\t' <= c && c <= '\r' }

func isHex(c byte) bool { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }

func unhex(c byte) byte {
	if isDigit(c) {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}

func isPunct(c byte) bool {
	return c > ' ' && c < 0x7F && !isLetter(c) && !isDigit(c)
}

// isNameByte reports whether c stands in names of parameters, which no encoding
// changes.
func isNameByte(c byte) bool { return isLetter(c) || isDigit(c) || c == '-' || c == '_' }

// isLinkByte reports whether c may stand inside a link or a token.
func isLinkByte(c byte) bool {
	return isNameByte(c) || c < 0x7F && urlSigns.has(c)
}

var urlSigns = setOf("%&=?/:;.,+~#@!$*()[]{}<>^\\'")

func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c | 0x20
		}
	}
	return string(b)
}

// asks reports whether the set has c, or 1 if c is 0x80 or above.
func (s *set) asks(c byte) bool {
	if c >= 0x80 {
		c = 1
	}
	return s[c>>6]>>(c&63)&1 != 0
}

// only returns the one byte that the set has, and false if it has none or more.
func (s *set) only() (c byte, ok bool) {
	switch {
	case bits.OnesCount64(s[0])+bits.OnesCount64(s[1]) != 1:
		return 0, false
	case s[0] != 0:
		return byte(bits.TrailingZeros64(s[0])), true
	}
	return byte(64 + bits.TrailingZeros64(s[1])), true
}

// members returns the bytes of the set, rising.
func (s *set) members() []byte {
	var all []byte
	for c := range 0x80 {
		if s.has(byte(c)) {
			all = append(all, byte(c))
		}
	}
	return all
}
