package find

import (
	"bytes"
	"strconv"
)

// A decoder undoes one encoding once. It returns nil where there is nothing to
// undo.

var (
	ampersands  = setOf("&<\x01")
	backslashes = setOf("\\")
	percents    = setOf("%")
	carets      = setOf("^%")
	backticks   = setOf("`")
	equalSigns  = setOf("=")
)

// decodeHTML undoes character references, and drops tags that only break lines
// and characters that are not seen.
func decodeHTML(in *reading) *reading {
	return in.replace("html", &ampersands, func(text []byte, i int) (rune, int) {
		if text[i] == '&' {
			return entity(text[i:])
		}
		if n := invisible(text[i:]); n > 0 {
			return nothing, n
		}
		return 0, 0
	})
}

// entity reads a character reference. The semicolon may be missing where
// browsers do without it.
func entity(text []byte) (rune, int) {
	if len(text) < 3 {
		return 0, 0
	}
	if text[1] == '#' {
		return numericEntity(text)
	}
	if !isLetter(text[1]) {
		return 0, 0
	}
	for _, e := range entities {
		if e.name[0] != text[1] || !bytes.HasPrefix(text[1:], []byte(e.name)) {
			continue
		}
		n := 1 + len(e.name)
		if n < len(text) && text[n] == ';' {
			return e.ch, n + 1
		}
		if e.bare {
			return e.ch, n
		}
	}
	return 0, 0
}

// entities are the named references that stand in links. Source: the HTML
// Living Standard, "Named character references".
var entities = []struct {
	name string
	ch   rune
	bare bool // also without semicolon
}{
	{"amp", '&', true}, {"AMP", '&', true}, {"quot", '"', true}, {"apos", '\'', false},
	{"lt", '<', true}, {"gt", '>', true}, {"equals", '=', false}, {"quest", '?', false},
	{"percnt", '%', false}, {"sol", '/', false}, {"colon", ':', false}, {"semi", ';', false},
	{"period", '.', false}, {"plus", '+', false}, {"comma", ',', false}, {"num", '#', false},
	{"lowbar", '_', false}, {"UnderBar", '_', false}, {"commat", '@', false}, {"nbsp", ' ', true},
	{"Tab", '\t', false}, {"NewLine", '\n', false}, {"shy", nothing, true}, {"ZeroWidthSpace", nothing, false},
	{"bsol", '\\', false}, {"hyphen", '-', false}, {"dash", '-', false}, {"lpar", '(', false}, {"rpar", ')', false},
}

func numericEntity(text []byte) (rune, int) {
	i, radix := 2, 10
	if text[2]|0x20 == 'x' {
		i, radix = 3, 16
	}
	end := i
	for end < len(text) && end-i < 7 && (isDigit(text[end]) || radix == 16 && isHex(text[end])) {
		end++
	}
	v, err := strconv.ParseUint(string(text[i:end]), radix, 32)
	if err != nil || v == 0 || v > 0x10FFFF {
		return 0, 0
	}
	if end < len(text) && text[end] == ';' {
		end++
	}
	return rune(v), end
}

// invisibles are what breaks a line or a word without being part of it.
var invisibles = []string{
	"<br>", "<br/>", "<br />", "<wbr>", "<wbr/>", "<wbr />", "</wbr>", "<BR>", "<WBR>",
	"\u00AD", "\u200B", "\u200C", "\u200D", "\u2060", "\uFEFF",
}

// invisible returns how many bytes at the start of text are not seen.
func invisible(text []byte) int {
	if c := text[0]; c != '<' && c != 0xC2 && c != 0xE2 && c != 0xEF {
		return 0 // none of them starts so
	}
	if len(text) < 2 || text[0] == '<' && bytes.IndexByte([]byte("bBwW/"), text[1]) < 0 {
		return 0
	}
	for _, s := range invisibles {
		if bytes.HasPrefix(text, []byte(s)) {
			return len(s)
		}
	}
	return 0
}

// decodeJSON undoes the escapes of JSON, JavaScript and C strings.
func decodeJSON(in *reading) *reading {
	return in.replace("json", &backslashes, func(text []byte, i int) (rune, int) {
		return jsonEscape(text[i:])
	})
}

// jsonEscape reads one escape. Those of other languages (\&, \_) are none.
func jsonEscape(text []byte) (rune, int) {
	if len(text) < 2 {
		return 0, 0
	}
	switch c := text[1]; c {
	case '"', '\'', '\\', '/':
		return rune(c), 2
	case 'n':
		return '\n', 2
	case 't':
		return '\t', 2
	case 'r':
		return '\r', 2
	case 'u':
		if len(text) > 3 && text[2] == '{' {
			return bracedEscape(text)
		}
		return hexEscape(text, 2, 4)
	case 'U':
		return hexEscape(text, 2, 8)
	case 'x':
		return hexEscape(text, 2, 2)
	case '0', '1':
		if len(text) > 3 && isDigit(text[2]) && isDigit(text[3]) {
			v, err := strconv.ParseUint(string(text[1:4]), 8, 8)
			if err == nil && v >= ' ' {
				return rune(v), 4
			}
		}
	}
	return 0, 0
}

func hexEscape(text []byte, at, n int) (rune, int) {
	if len(text) < at+n {
		return 0, 0
	}
	v, err := strconv.ParseUint(string(text[at:at+n]), 16, 32)
	if err != nil || v > 0x10FFFF || v == 0 {
		return 0, 0
	}
	return rune(v), at + n
}

// bracedEscape reads \u{26}, as JavaScript, Rust, Swift and PHP write it.
func bracedEscape(text []byte) (rune, int) {
	end := bytes.IndexByte(text[:min(len(text), 12)], '}')
	if end < 4 {
		return 0, 0
	}
	v, err := strconv.ParseUint(string(text[3:end]), 16, 32)
	if err != nil || v > 0x10FFFF || v == 0 {
		return 0, 0
	}
	return rune(v), end + 1
}

// decodeBackslash undoes the escapes of Markdown and shells: a backslash before
// any sign, and one that continues the line.
func decodeBackslash(in *reading) *reading {
	return in.replace("backslash", &backslashes, func(text []byte, i int) (rune, int) {
		if i+1 < len(text) && isPunct(text[i+1]) {
			return rune(text[i+1]), 2
		}
		return 0, 0
	})
}

// decodePercent undoes one layer of percent-encoding.
func decodePercent(in *reading) *reading {
	return in.replace("percent", &percents, func(text []byte, i int) (rune, int) {
		if i+2 < len(text) && isHex(text[i+1]) && isHex(text[i+2]) {
			v := rune(unhex(text[i+1])<<4 | unhex(text[i+2]))
			if v >= 0x80 {
				v = nothing - v
			}
			return v, 3
		}
		return 0, 0
	})
}

// decodeCaret undoes what batch files need: ^ before a sign, %% for %.
func decodeCaret(in *reading) *reading {
	return in.replace("caret", &carets, func(text []byte, i int) (rune, int) {
		switch {
		case i+1 >= len(text):
		case text[i] == '%' && text[i+1] == '%':
			return '%', 2
		case text[i] == '^' && isPunct(text[i+1]):
			return rune(text[i+1]), 2
		}
		return 0, 0
	})
}

// decodeBacktick undoes the escapes of PowerShell.
func decodeBacktick(in *reading) *reading {
	return in.replace("backtick", &backticks, func(text []byte, i int) (rune, int) {
		if i+1 < len(text) && isPunct(text[i+1]) && text[i+1] != '`' {
			return rune(text[i+1]), 2
		}
		return 0, 0
	})
}

// decodeQuotedPrintable undoes the encoding of mail: =3D, and = at the end of a
// line.
func decodeQuotedPrintable(in *reading) *reading {
	return in.replace("quoted-printable", &equalSigns, func(text []byte, i int) (rune, int) {
		switch {
		case i+2 < len(text) && isQuotedHex(text[i+1]) && isQuotedHex(text[i+2]):
			switch v := unhex(text[i+1])<<4 | unhex(text[i+2]); {
			case v >= 0x80:
				return nothing - rune(v), 3
			case v >= ' ' && v < 0x7F:
				return rune(v), 3
			}
		case i+1 < len(text) && text[i+1] == '\n':
			return nothing, 2
		case i+2 < len(text) && text[i+1] == '\r' && text[i+2] == '\n':
			return nothing, 3
		}
		return 0, 0
	})
}

// isQuotedHex accepts the digits that quoted-printable uses: capitals only,
// RFC 2045 section 6.7.
func isQuotedHex(c byte) bool { return isDigit(c) || 'A' <= c && c <= 'F' }
