package find

import "bytes"

// stands reports whether a mark stands where fingerprint f fits, at text[p]. It
// looks at no more than guard bytes to either side.
func (s *scanner) stands(text []byte, p int, f *fingerprint) bool {
	st, at := &s.stems[f.stem], p-f.skip
	inBase64 := func(low []byte, at int) bool { return st.standsBase64(low, at, f.inner, st.standsAt) }
	switch f.form {
	case utf16:
		return standsUTF16(text, at, st.standsAt)
	case wide64:
		return standsUTF16(text, at, inBase64)
	case base64:
		return st.standsBase64(text, at, f.phase, st.standsAt)
	case base16:
		return st.standsBase64(text, at, f.phase, func(low []byte, at int) bool { return standsUTF16(low, at, st.standsAt) })
	case twice:
		return st.standsBase64(text, at, f.phase, inBase64)
	}
	return st.standsAt(text, at)
}

// standsUTF16 checks what is written with two bytes for each character. stands
// judges what is decoded.
func standsUTF16(text []byte, at int, stands func(low []byte, at int) bool) bool {
	var low [128]byte
	before := min(32, at/2)
	n := 0
	for i := at - 2*before; i >= 0 && i < len(text) && n < len(low); i += 2 {
		low[n] = text[i]
		n++
	}
	return before <= n && stands(low[:n], before)
}

// cut stands in decoded text where a line or a string ends, so that nothing can
// be said of what follows.
//
// No text has this byte, in UTF-8 or in ASCII; a name before a NUL is common in
// binary data, and no sign of a value.
const cut = 0xFF

// standsBase64 decodes what lies around a stem in base64. at is where the first
// character stands that has bits of the stem alone, phase its place in its
// group. stands judges what is decoded.
func (st *stem) standsBase64(text []byte, at, phase int, stands func(low []byte, at int) bool) bool {
	group := at - phase
	start := group
	for start-4 >= 0 && group-start < 160 && isGroup(text[start-4:start]) {
		start -= 4
	}
	var low [192]byte
	n, before := 0, -1
	headless := false
	for i := start; i >= 0 && i < len(text) && n+4 <= len(low); i += 4 {
		p := text[i:min(len(text), i+4)]
		if i == group {
			before = n
			if len(p) == 4 && !isGroup(p) && phase > 0 { // a line ended inside the group
				p, headless = mended(p, phase), true
			}
		}
		n += decodeGroup(low[n:], p)
		if len(p) < 4 || !isGroup(p) {
			low[n] = cut
			n++
			break
		}
	}
	for lead := range 3 {
		if (8*lead+5)/6 != phase || before < 0 || before+lead >= n {
			continue
		}
		if headless && st.text != keyEnd {
			low[before+lead] = st.written[0]
		}
		return stands(low[:n], before+lead)
	}
	return false
}

// mended returns a group of which the first n characters may be something else.
func mended(p []byte, n int) []byte {
	p = bytes.Clone(p)
	for i := range n {
		p[i] = 'A'
	}
	return p
}

// standsAt reports whether one of the marks with this stem stands around
// text[at], where the stem should be.
func (st *stem) standsAt(text []byte, at int) bool {
	if at < 0 {
		return false
	}
	if st.text == keyEnd {
		return endsKey(text, at+1) // a digit stands before it
	}
	for _, w := range st.words {
		if start := at - w.offset; start >= 0 && w.stands(text, start) {
			return true
		}
	}
	return false
}

// stands reports whether the word stands at text[at], in any case, and, if it is
// the name of a parameter, whether a value follows.
func (w *word) stands(text []byte, at int) bool {
	if len(text)-at < len(w.name) || !equalFold(text[at:at+len(w.name)], w.name) {
		return false
	}
	if len(w.name) <= shortName && (inWord(text, at) || oddCase(text[at:at+len(w.name)])) {
		return false
	}
	return !w.value || hasValue(text, at+len(w.name), w.rest)
}

// oddCase reports whether a capital follows a small letter, as it does in noise.
func oddCase(name []byte) bool {
	for i := 1; i < len(name); i++ {
		if 'a' <= name[i-1] && name[i-1] <= 'z' && 'A' <= name[i] && name[i] <= 'Z' {
			return true
		}
	}
	return false
}

func equalFold(text []byte, lower string) bool {
	for i := range len(lower) {
		c := text[i]
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

// inWord reports whether the letter or digit before text[at] belongs to the
// same word. The last letter of an escape does not.
func inWord(text []byte, at int) bool {
	if at == 0 || !isLetter(text[at-1]) && !isDigit(text[at-1]) {
		return false
	}
	head := text[max(0, at-16):at]
	n := len(head)
	switch {
	case n >= 2 && head[n-2] == '\\' && bytes.IndexByte([]byte("nrtf"), head[n-1]) >= 0:
		return false
	case n < 3 || !isHex(head[n-1]) || !isHex(head[n-2]):
		return true
	}
	head = head[:n-2]
	for len(head) > 2 && bytes.HasSuffix(head, []byte("25")) {
		head = head[:len(head)-2]
	}
	for _, opening := range []string{"%", "=", `\x`, `5Cx`, `5cx`, `u00`, `\U000000`} {
		if bytes.HasSuffix(head, []byte(opening)) {
			return false
		}
	}
	return true
}

// sep is what a piece of text between a name and its value is.
type sep int

const (
	none   sep = iota // something else: no value follows
	filler            // quotes, space, brackets
	equals            // what separates a name from its value
)

// hasValue reports whether text[i:], which follows a name, separates it from a
// value. Directly behind a bare or quoted name any value will do, a stand-in
// too; with anything looser, as in source code, it has to look random. With rest
// the value has to begin with it.
func hasValue(text []byte, i int, rest string) bool {
	tight, quoted, listed := true, false, false
	for end := min(len(text), i+64); i < end; {
		if text[i] == cut {
			return true
		}
		kind, n := separator(text[i:])
		if kind == none {
			kind, n = nested(text[i:])
		}
		switch {
		case kind == none && listed && bytes.HasPrefix(text[i:], []byte("value")):
			n = len("value") // {"name": "sig", "value": "…"}
		case kind == none && listed:
			return looksRandom(text[i:])
		case kind == none && quoted && text[i] == ',':
			n, listed = 1, true // ("sig", "…")
		case kind == none && quoted && (text[i] == '@' || operators.has(text[i])):
			n = 1 // "sig" + "=…"
		case kind == none:
			return false
		case kind == equals:
			if rest != "" {
				return len(text)-i-n >= len(rest) && equalFold(text[i+n:i+n+len(rest)], rest)
			}
			return tight && !startsEmpty(text[i+n:]) || looksRandom(text[i+n:])
		case text[i] == '"' || text[i] == '\'':
			quoted = true
		case isSpace(text[i]):
			tight = false
		}
		i += n
	}
	return false
}

// startsEmpty reports whether the next parameter follows at once.
func startsEmpty(text []byte) bool {
	if len(text) == 0 {
		return false
	}
	ch, n := escaped(text)
	return ch == '&' || n == 0 && text[0] == '&'
}

// nested is separator for what was escaped several times over. It does not tell
// the length of a filler exactly, which does not matter.
func nested(text []byte) (sep, int) {
	var low [40]byte
	t := low[:copy(low[:], text)]
	for range 3 {
		ch, n := escaped(t)
		if n == 0 || ch != '\\' && ch != '&' && ch != '%' && ch != '=' {
			return none, 0
		}
		if ch == '=' {
			return equals, n
		}
		t = t[n-1:]
		t[0] = ch
		for i := 1; i < len(t); i++ { // what is behind it has the same layer
			if c, n := escaped(t[i:]); n > 1 && c > 0 && c < 0x80 {
				t[i] = c
				t = t[:i+1+copy(t[i+1:], t[i+n:])]
			}
		}
		if kind, _ := separator(t); kind != none {
			return kind, len(text[:min(len(text), len(low))]) - len(t) + 1
		}
	}
	return none, 0
}

// separator says what text starts with, and how many bytes that takes.
func separator(text []byte) (sep, int) {
	switch c := text[0]; c {
	case '=':
		if len(text) > 1 && text[1] == '=' {
			return none, 0
		}
		if len(text) > 2 && text[1] == '3' && text[2]|0x20 == 'd' {
			return equals, 3
		}
		return equals, 1
	case ':', '>':
		return equals, 1
	case '"', '\'', '`', ']', '^', '*', ' ', '\t', '\r', '\n':
		return filler, 1
	case '%', '\\', '&', '<', 0xC2, 0xE2:
		ch, n := escaped(text)
		switch {
		case n == 0:
			return none, 0
		case ch == '=' || ch == ':':
			return equals, n
		case ch == 0 || isSpace(ch) || ch == '"' || ch == '\'':
			return filler, n
		}
	}
	return none, 0
}

// escaped reads one escaped character in any of the encodings, n bytes long. A
// character of 0 stands for nothing at all, such as a soft hyphen.
func escaped(text []byte) (ch byte, n int) {
	switch text[0] {
	case '%':
		i := 1
		for i+4 <= len(text) && text[i] == '2' && text[i+1] == '5' {
			i += 2
		}
		if i+2 <= len(text) && isHex(text[i]) && isHex(text[i+1]) {
			return unhex(text[i])<<4 | unhex(text[i+1]), i + 2
		}
		if len(text) > 3 && text[1] == '%' && isHex(text[2]) && isHex(text[3]) {
			return unhex(text[2])<<4 | unhex(text[3]), 4
		}
	case '\\':
		if r, n := jsonEscape(text); n > 0 && r < 0x80 {
			return byte(r), n
		}
		if len(text) > 1 && (isPunct(text[1]) || text[1] == '\n' || text[1] == '\r') {
			return text[1], 2
		}
	case '&':
		if r, n := entity(text); n > 0 && r < 0x80 {
			return byte(r), n
		}
	default:
		if n := invisible(text); n > 0 {
			return 0, n
		}
	}
	return 0, 0
}

// looksRandom reports whether text starts, after quotes and line breaks, with a
// run that could be a signature or a key: long, and with digits or signs.
func looksRandom(text []byte) bool {
	i := 0
	for i < len(text) && i < 96 && !isLetter(text[i]) && !isDigit(text[i]) && text[i] != '%' {
		i++
	}
	if i+2 < len(text) && (text[i+1] == '"' || text[i+1] == '\'') { // f"…"
		i += 2
	}
	run, signs := 0, 0
	for ; i < len(text) && run < 40; i++ {
		c := text[i]
		switch {
		case isDigit(c) || c == '+' || c == '/' || c == '%':
			signs++
		case isLetter(c) || c == '-' || c == '_' || c == '=' || c == '\\':
		default:
			return signs > 0 && run >= 16
		}
		run++
	}
	return signs > 0 && run >= 16
}

// keyLength is how many base64 characters of a 64-byte account key stand before
// its padding.
const keyLength = 86

// endsKey reports whether text[at] may be the last character of an account key:
// padding follows, and with it there are 86 characters of base64, in one run or
// in several with line breaks and quotes between.
func endsKey(text []byte, at int) bool {
	if !padded(text, at+1) {
		return false
	}
	low := max(0, at+8-guard)
	count := 0
	for i := at + 1; ; {
		start, n := runBefore(text[low:i], keyLength+8-count)
		start += low
		newlineEscape := n > 0 && start > low && text[start-1] == '\\' && text[start] == 'n'
		if newlineEscape {
			start, n = start+1, n-1
		}
		if count += n; count >= keyLength || n == 0 {
			return count == keyLength && !bytes.HasSuffix(text[:start], []byte("sha512-"))
		}
		if i = seamBefore(text[low:start]) + low; i == start {
			return false
		}
	}
}

// runBefore returns where the run of base64 starts that text ends with, of limit
// characters at most, and how many they are. A character may be
// percent-encoded or follow a backslash.
func runBefore(text []byte, limit int) (start, n int) {
	i := len(text)
	for ; i > 0 && n < limit; n++ {
		c := text[i-1]
		if i >= 3 && text[i-3] == '%' && isHex(c) && isHex(text[i-2]) {
			if v := unhex(text[i-2])<<4 | unhex(c); v != '+' && v != '/' {
				break
			}
			i -= 3
			continue
		}
		if !isLetter(c) && !isDigit(c) && c != '+' && c != '/' {
			break
		}
		if i--; c == '/' && i > 0 && text[i-1] == '\\' {
			i--
		}
	}
	return i, n
}

// seamBefore returns where the quotes, operators and white space start that text
// ends with. Integrity digests and single words in quotes have none.
func seamBefore(text []byte) int {
	i := len(text)
	for i > 0 && len(text)-i < 64 && seams.has(text[i-1]) {
		i--
	}
	if i > 0 && i < len(text) && text[i] == 'n' && text[i-1] != '\\' {
		i++
	}
	return i
}

var seams = setOf(" \t\r\n\"'`\\+.&_,>#*n@$")

// padded reports whether text[i:] begins with == in any encoding.
func padded(text []byte, i int) bool {
	for range 2 {
		switch {
		case i >= len(text):
			return false
		case text[i] == '=' && (i+2 >= len(text) || text[i+1] != '3' || text[i+2] != 'D'):
			i++
			continue
		}
		if bytes.IndexByte([]byte("=%\\&"), text[i]) < 0 {
			return false
		}
		kind, n := separator(text[i:])
		if kind != equals {
			return false
		}
		i += n
	}
	return true
}
