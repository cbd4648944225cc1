package unpack

import (
	"strconv"
	"unicode"
	"unicode/utf8"
)

// longestName is how much of a name a path shows, in bytes; Beside has all.
const longestName = 1024

// printable makes any bytes valid UTF-8 that a terminal can show: bytes that
// are no UTF-8 and characters that cannot be printed are written \x2d, and what
// is longer than longestName ends in an ellipsis.
func printable(name []byte) string {
	if clean(name) {
		return string(name)
	}
	out := make([]byte, 0, len(name)+16)
	for i := 0; i < len(name); {
		if len(out) >= longestName {
			return string(append(out, "…"...))
		}
		r, n := utf8.DecodeRune(name[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			out = append(out, `\x`...)
			out = append(out, hexDigits[name[i]>>4], hexDigits[name[i]&15])
		case !unicode.IsPrint(r):
			quoted := strconv.QuoteRuneToASCII(r)
			out = append(out, quoted[1:len(quoted)-1]...)
		default:
			out = append(out, name[i:i+n]...)
		}
		i += n
	}
	return string(out)
}

const hexDigits = "0123456789abcdef"

func clean(name []byte) bool {
	if len(name) > longestName {
		return false
	}
	for _, c := range name {
		if c < ' ' || c >= 0x7f {
			return false
		}
	}
	return true
}
