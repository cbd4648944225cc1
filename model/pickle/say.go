package pickle

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// textMax is how much of a text is read: no name of an import is longer.
const textMax = 512

// text returns a constant as text, at most textMax bytes of it; whole is false
// where there is more, or where it is no text.
func (m *machine) text(v slot) (text string, whole bool) {
	switch v.kind() {
	case kText, kEscaped, kQuoted, kBytes:
	default:
		return "", false
	}
	off, n := v.place()
	if s, ok := m.pinned[off]; ok {
		return s, n <= textMax
	}
	b := m.look(off, int(min(n, textMax)))
	return decode(v.kind(), b), n <= textMax
}

func decode(k kind, b []byte) string {
	switch k {
	case kEscaped:
		return unescape(string(b), "u")
	case kQuoted:
		if len(b) < 2 {
			return ""
		}
		return unescape(string(b[1:len(b)-1]), "x")
	}
	return string(b)
}

// unescape undoes the escapes of raw-unicode-escape (set "u") or of a quoted
// string of Python (set "x").
func unescape(s, set string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		c := s[i+1]
		if n := map[byte]int{'x': 2, 'u': 4, 'U': 8}[c]; n > 0 && (c == 'x') == (set == "x") && i+2+n <= len(s) {
			if v, err := strconv.ParseUint(s[i+2:i+2+n], 16, 32); err == nil {
				if c == 'x' {
					b.WriteByte(byte(v))
				} else {
					b.WriteRune(rune(v))
				}
				i += 1 + n
				continue
			}
		}
		if set == "u" {
			b.WriteByte('\\')
			continue
		}
		i += plainEscape(&b, s[i+1:])
	}
	return b.String()
}

// plainEscape writes what the escape in s, after its backslash, stands for and
// returns its length.
func plainEscape(b *strings.Builder, s string) int {
	if k := strings.IndexByte(`\'"abfnrtv`, s[0]); k >= 0 {
		b.WriteByte("\\'\"\a\b\f\n\r\t\v"[k])
		return 1
	}
	n := 0
	for n < 3 && n < len(s) && s[n] >= '0' && s[n] <= '7' {
		n++
	}
	if n == 0 {
		b.WriteByte('\\')
		return 0
	}
	v, _ := strconv.ParseUint(s[:n], 8, 16)
	b.WriteByte(byte(v))
	return n
}

// sayMax is how many bytes of a text are shown.
const sayMax = 80

// short cuts a text to n bytes and makes it fit to print.
func short(s string, n int) string {
	s = hide(s)
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "?")
	}
	cut := len(s) > n
	for cut && n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	if cut {
		s = s[:n]
	}
	s = strconv.Quote(s)
	s = s[1 : len(s)-1]
	s = strings.ReplaceAll(s, `\"`, `"`)
	if cut {
		s += "…"
	}
	return s
}

// secretMarks stand before something that is not to be shown.
var secretMarks = []string{"sig=", "AccountKey=", "SharedAccessKey=", "password=", "passwd=", "token=", "secret=", "Authorization:", "Bearer ", "X-Amz-Signature=", "PRIVATE KEY"}

// hide takes out what follows a mark of a secret, up to the end of the word.
func hide(s string) string {
	low := strings.ToLower(s)
	for _, mark := range secretMarks {
		k := strings.Index(low, strings.ToLower(mark))
		if k < 0 {
			continue
		}
		end := k + len(mark)
		for end < len(s) && s[end] == ' ' {
			end++
		}
		stop := len(s)
		if n := strings.IndexAny(s[end:], " &;'\"\n"); n >= 0 {
			stop = end + n
		}
		s = s[:end] + "…" + s[stop:]
		low = strings.ToLower(s)
	}
	return s
}

// say tells a value in words.
func (m *machine) say(v slot) string { return short(m.sayDeep(v, 3), 3*sayMax) }

func (m *machine) sayDeep(v slot, depth int) string {
	switch v.kind() {
	case kInt:
		return strconv.FormatInt(v.whole(), 10)
	case kText, kEscaped, kQuoted, kBytes:
		s, _ := m.text(v)
		quoted := "'" + short(s, sayMax) + "'"
		if v.kind() == kBytes {
			return "b" + quoted
		}
		return quoted
	case kTuple:
		items, n, ok := m.items(v)
		if !ok || depth == 0 {
			return "(…)"
		}
		return "(" + m.sayAll(items, n, depth-1) + ")"
	case kList:
		if depth == 0 {
			return "[…]"
		}
		items := m.stored(v)
		return "[" + m.sayAll(items, int64(len(items)), depth-1) + "]"
	case kDict:
		return "{…}"
	case kGlobal:
		return m.globals[v.payload()].String()
	case kObject:
		return m.globals[v.payload()].String() + "(…)"
	case kDerived:
		return m.derived[v.payload()].text
	case kPersist:
		return "<persistent>"
	}
	return "…"
}

func (m *machine) sayAll(items []slot, n int64, depth int) string {
	var b strings.Builder
	for i, v := range items {
		if i > 0 {
			b.WriteString(", ")
		}
		if i == 4 || b.Len() > 2*sayMax {
			break
		}
		b.WriteString(m.sayDeep(v, depth))
	}
	if n > 4 || n > int64(len(items)) {
		b.WriteString("…")
	}
	return b.String()
}

// opName is the name of an opcode in pickletools.
func opName(op byte) string {
	if n := opNames[op]; n != "" {
		return n
	}
	return fmt.Sprintf("0x%02x", op)
}

var opNames = [256]string{
	'(': "MARK", '.': "STOP", '0': "POP", '1': "POP_MARK", '2': "DUP", 'F': "FLOAT", 'I': "INT", 'J': "BININT", 'K': "BININT1", 'L': "LONG", 'M': "BININT2",
	'N': "NONE", 'P': "PERSID", 'Q': "BINPERSID", 'R': "REDUCE", 'S': "STRING", 'T': "BINSTRING", 'U': "SHORT_BINSTRING", 'V': "UNICODE", 'X': "BINUNICODE",
	'a': "APPEND", 'b': "BUILD", 'c': "GLOBAL", 'd': "DICT", '}': "EMPTY_DICT", 'e': "APPENDS", 'g': "GET", 'h': "BINGET", 'i': "INST", 'j': "LONG_BINGET",
	'l': "LIST", ']': "EMPTY_LIST", 'o': "OBJ", 'p': "PUT", 'q': "BINPUT", 'r': "LONG_BINPUT", 's': "SETITEM", 't': "TUPLE", ')': "EMPTY_TUPLE", 'u': "SETITEMS",
	'G': "BINFLOAT", 'B': "BINBYTES", 'C': "SHORT_BINBYTES", 0x80: "PROTO", 0x81: "NEWOBJ", 0x82: "EXT1", 0x83: "EXT2", 0x84: "EXT4", 0x85: "TUPLE1", 0x86: "TUPLE2",
	0x87: "TUPLE3", 0x88: "NEWTRUE", 0x89: "NEWFALSE", 0x8a: "LONG1", 0x8b: "LONG4", 0x8c: "SHORT_BINUNICODE", 0x8d: "BINUNICODE8", 0x8e: "BINBYTES8",
	0x8f: "EMPTY_SET", 0x90: "ADDITEMS", 0x91: "FROZENSET", 0x92: "NEWOBJ_EX", 0x93: "STACK_GLOBAL", 0x94: "MEMOIZE", 0x95: "FRAME", 0x96: "BYTEARRAY8",
	0x97: "NEXT_BUFFER", 0x98: "READONLY_BUFFER",
}
