package disk

import (
	"encoding/binary"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// longestName is how much of a name is shown, in bytes.
const longestName = 1024

// printable makes any bytes valid UTF-8 that a terminal can show: bytes that
// are no UTF-8 and characters that cannot be printed are written \x2d, and what
// is longer than longestName ends in an ellipsis.
func printable(name string) string { return escaped(name, false) }

// element makes one element of a path of any bytes: printable, without a slash,
// and none of those that lead elsewhere.
func element(name string) string {
	switch name {
	case "":
		return `\x00`
	case ".":
		return `\x2e`
	case "..":
		return `\x2e\x2e`
	}
	return escaped(name, true)
}

func escaped(name string, slash bool) string {
	if clean(name, slash) {
		return name
	}
	var out strings.Builder
	for i := 0; i < len(name); {
		if out.Len() >= longestName {
			out.WriteString("…")
			break
		}
		r, n := utf8.DecodeRuneInString(name[i:])
		switch {
		case r == utf8.RuneError && n == 1, slash && r == '/':
			out.WriteString(`\x`)
			out.WriteByte(hexDigits[name[i]>>4])
			out.WriteByte(hexDigits[name[i]&15])
		case !unicode.IsPrint(r):
			quoted := strconv.QuoteRuneToASCII(r)
			out.WriteString(quoted[1 : len(quoted)-1])
		default:
			out.WriteString(name[i : i+n])
		}
		i += n
	}
	return out.String()
}

const hexDigits = "0123456789abcdef"

func clean(name string, slash bool) bool {
	if len(name) > longestName {
		return false
	}
	for i := range len(name) {
		if c := name[i]; c < ' ' || c >= 0x7f || slash && c == '/' {
			return false
		}
	}
	return true
}

// utf16Text decodes UTF-16 in the given order of bytes, up to a NUL.
func utf16Text(b []byte, order binary.ByteOrder) string {
	units := make([]uint16, 0, len(b)/2)
	for ; len(b) >= 2; b = b[2:] {
		u := order.Uint16(b)
		if u == 0 {
			break
		}
		units = append(units, u)
	}
	return string(utf16.Decode(units))
}
