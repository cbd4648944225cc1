package kind

import (
	"bytes"
	"strings"
)

// A link ends where its grammar ends. Every known parameter has an alphabet of
// its own, so that a bracket, a full stop or a quote after it is left alone; all
// others end at what usually ends a URL.

// alphabets names the characters of which known values consist, beside letters
// and digits. Percent-encoded they count the same.
var alphabets = map[string]string{
	"sv": "-.", "skv": "-.", "st": "-:.+#", "se": "-:.+#", "skt": "-:.+#", "ske": "-:.+#",
	"ss": "", "srt": "", "spr": ",", "sip": ".-:", "sdd": "", "sks": "", "si": "-_. ",
	"skoid": "-", "sktid": "-", "saoid": "-", "suoid": "-", "scid": "-", "sduoid": "-", "skdutid": "-",
	"skn": "-_. ", "sp": "/_-", "sk": "-_", "ses": "-_", "tn": "", "api-version": "-.",
	"snapshot": "-:.", "versionid": "-:.",

	"x-amz-algorithm": "-", "x-amz-credential": "/-_.@+=", "x-amz-date": "", "x-amz-expires": "",
	"x-amz-security-token": "+/=-_", "x-amz-content-sha256": "-", "x-amz-signedheaders": ";-_", "x-id": "",
	"x-amz-region-set": "-*,", "awsaccesskeyid": "", "expires": "",
	"x-goog-algorithm": "-", "x-goog-credential": "/-_.@", "x-goog-date": "", "x-goog-expires": "",
	"x-goog-signedheaders": ";-_", "googleaccessid": "-_.@",
	"ossaccesskeyid": "._", "security-token": "+/=-_", "x-oss-credential": "/-_.", "x-oss-date": "", "x-oss-expires": "",
	"x-oss-signature-version": "-", "x-oss-access-key-id": "._", "x-oss-security-token": "+/=-_", "x-oss-additional-headers": ";-_",
	"q-sign-algorithm": "", "q-ak": "-_", "q-sign-time": ";", "q-key-time": ";", "q-header-list": ";-_", "q-url-param-list": ";-_",
	"key-pair-id": "", "policy": "+/=-_~", "x-cos-security-token": "+/=-_", "token": "-_.", "alt": "", "authorization": "_-=",
}

// digests names the values that are signatures.
var digests = map[string]bool{
	"sig": true, "signature": true, "x-amz-signature": true, "x-goog-signature": true, "x-oss-signature": true,
	"q-signature": true, "cloudfront-signature": true,
}

// valueEnd returns where the value of the parameter name ends, which starts at
// text[at]. name is in lower case.
func valueEnd(text []byte, name string, at int) int {
	text = text[:min(len(text), at+reach)]
	if digests[name] {
		if end, whole := digestEnd(text, at); whole || !continues(text, at, end) {
			return end
		}
		return freeEnd(text, at)
	}
	if alphabet, ok := alphabets[name]; ok {
		end := at
		for {
			c, next := unit(text, end)
			if next == end || !isWord(c) && strings.IndexByte(alphabet, c) < 0 || c == ' ' && next == end+1 {
				break
			}
			end = next
		}
		if !continues(text, at, end) {
			return trimEnd(text, at, end)
		}
	}
	return freeEnd(text, at)
}

// digestEnd returns the end of a signature at text[at]: base64, base64url or
// hex, percent-encoded or not. Padding ends it. whole says that it has the
// length of an HMAC-SHA256, of which nothing can follow.
func digestEnd(text []byte, at int) (end int, whole bool) {
	n, pads := 0, 0
	for end = at; ; {
		c, next := unit(text, end)
		switch {
		case next == end:
		case c == '=' && pads < 2 && n > 1 && (n+pads)%4 != 0:
			pads++
			end = next
			continue
		case pads == 0 && isBase64(c):
			n++
			end = next
			continue
		}
		return end, n == 43 || pads > 0 && (n+pads)%4 == 0 && n > 20
	}
}

// continues reports whether a value that its grammar ends at end goes on, as
// stand-ins and templates do: sig=<signature>, se=${expiry}, sig=Xy...
func continues(text []byte, at, end int) bool {
	if end >= len(text) {
		return false
	}
	rest := text[end:]
	switch rest[0] {
	case '<', '[', '(':
		return end == at
	case '.':
		return bytes.HasPrefix(rest, []byte("..")) || len(rest) > 1 && isWord(rest[1])
	case '%':
		c, next := unit(text, end)
		return next == end || c == '<' || c == '{' || c == '*' || c == '['
	case '*':
		return bytes.HasPrefix(rest, []byte("***"))
	case '{', '$', '@', 0xE2:
		return true
	}
	return isWord(rest[0]) || rest[0] == '-' || rest[0] == '_'
}

// freeEnd returns the end of a value of which nothing is known: at white space,
// quotes and the other characters that usually follow a URL. Brackets that the
// value itself opens belong to it.
func freeEnd(text []byte, at int) int {
	end := at
	for end < len(text) {
		c := text[end]
		if closing := closer(c); closing != 0 {
			if n := bracketed(text[end:], closing); n > 0 && (c != '<' && c != '[' || end == at) {
				end += n
				continue
			}
		}
		if c == 0xE2 && bytes.HasPrefix(text[end:], []byte("…")) {
			end += len("…")
			continue
		}
		if c <= ' ' || c >= 0x7F || strings.IndexByte("\"'`<>&;,|\\)]}#", c) >= 0 {
			break
		}
		end++
	}
	return trimEnd(text, at, end)
}

// trimEnd drops punctuation that ends a sentence, not a value.
func trimEnd(text []byte, at, end int) int {
	if bytes.HasSuffix(text[at:end], []byte("..")) {
		return end
	}
	for end > at && strings.IndexByte(".,:!?#", text[end-1]) >= 0 {
		end--
	}
	return end
}

func closer(c byte) byte {
	switch c {
	case '{':
		return '}'
	case '(':
		return ')'
	case '<':
		return '>'
	case '[':
		return ']'
	}
	return 0
}

// bracketed returns the length of the bracket that text opens with, 0 if it
// does not close within 128 bytes of the same line.
func bracketed(text []byte, closing byte) int {
	text = text[:min(len(text), 128)]
	depth := 0
	for i, c := range text {
		switch c {
		case '\n':
			return 0
		case text[0]:
			depth++
		case closing:
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return 0
}
