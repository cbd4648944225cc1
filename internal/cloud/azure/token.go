package azure

import (
	"net/url"
	"strings"
)

// tokenParams are the parameters of a shared access signature: those that are
// signed, the signature, and the overrides of response headers. What else stands
// in the query of a link is about one request and is not sent with another.
// Source: "Create an account SAS", "Create a service SAS", "Create a user
// delegation SAS".
var tokenParams = func() map[string]bool {
	all := map[string]bool{}
	for _, n := range strings.Fields(`sv ss srt sr sp st se sip spr si sdd tn spk srk epk erk ses
		skoid sktid skt ske sks skv saoid suoid scid sduoid skdutid srh srq rscc rscd rsce rscl rsct sig`) {
		all[n] = true
	}
	return all
}()

// token writes the shared access signature in a query as it is sent. Values are
// left as they were written, since they are signed, with two exceptions. The
// signature is encoded anew: as links are copied around, its plus signs lose
// their encoding, and a server would read a space. And where the signature is
// encoded more than once, the link stood in another URL, and so is all of it.
func token(query string) string {
	layers := 0
	for name, raw := range params(query) {
		if name == "sig" {
			for raw != unescape(raw) {
				raw = unescape(raw)
				layers++
			}
		}
	}
	var b strings.Builder
	seen := map[string]bool{}
	for name, raw := range params(query) {
		if !tokenParams[name] || seen[name] {
			continue
		}
		seen[name] = true
		if b.Len() > 0 {
			b.WriteByte('&')
		}
		b.WriteString(name)
		b.WriteByte('=')
		for range layers - 1 {
			raw = unescape(raw)
		}
		if name == "sig" {
			b.WriteString(url.QueryEscape(strings.ReplaceAll(unescape(raw), " ", "+")))
			continue
		}
		b.WriteString(legal(raw))
	}
	return b.String()
}

// params yields the parameters of a query, names in lower case, values as
// written.
func params(query string) func(yield func(name, raw string) bool) {
	return func(yield func(name, raw string) bool) {
		for part := range strings.SplitSeq(query, "&") {
			name, raw, ok := strings.Cut(part, "=")
			if ok && !yield(strings.ToLower(strings.TrimSpace(unescape(name))), strings.TrimSpace(raw)) {
				return
			}
		}
	}
}

// param returns the value of a parameter, decoded, "" if there is none.
func param(query, want string) string {
	for name, raw := range params(query) {
		if name == want {
			return unescape(raw)
		}
	}
	return ""
}

// unescape undoes percent-encoding once. A plus sign stays what it is, and so
// does what is no encoding.
func unescape(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && isEncoded(s[i:]) {
			out = append(out, unhex(s[i+1])<<4|unhex(s[i+2]))
			i += 2
			continue
		}
		out = append(out, s[i])
	}
	return string(out)
}

// legal encodes what may not stand in the value of a query as it is.
func legal(raw string) string {
	var b []byte
	for i := range len(raw) {
		c := raw[i]
		if c == '%' && isEncoded(raw[i:]) || c != '%' && isUnreserved(c) || strings.IndexByte("+,:@/?!$'()*=", c) >= 0 {
			b = append(b, c)
			continue
		}
		b = append(b, '%', upperHex[c>>4], upperHex[c&15])
	}
	return string(b)
}

const upperHex = "0123456789ABCDEF"

// isEncoded reports whether s starts with a percent sign and two hex digits.
func isEncoded(s string) bool {
	return len(s) >= 3 && strings.IndexByte(hexDigits, s[1]) >= 0 && strings.IndexByte(hexDigits, s[2]) >= 0
}

const hexDigits = "0123456789abcdefABCDEF"

func unhex(c byte) byte {
	i := strings.IndexByte(hexDigits, c)
	if i >= 16 {
		i -= 6
	}
	return byte(i)
}

// isUnreserved accepts what never needs encoding. Source: RFC 3986, section 2.3.
func isUnreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~'
}

// escapeName writes the name of a container or an object as a path. Slashes
// stay: to the service they are a part of the name. Everything else that could
// be taken for something else is encoded, dots that make up a whole segment too,
// which clients and proxies would resolve.
func escapeName(name string) string {
	b := make([]byte, 0, len(name)+16)
	for i := 0; i < len(name); i++ {
		switch c := name[i]; {
		case c == '/' || isUnreserved(c) && (c != '.' || !dotSegment(name, i)):
			b = append(b, c)
		default:
			b = append(b, '%', upperHex[c>>4], upperHex[c&15])
		}
	}
	return string(b)
}

// dotSegment reports whether the dot at name[i] is in a segment of dots only.
func dotSegment(name string, i int) bool {
	start := strings.LastIndexByte(name[:i], '/') + 1
	end := strings.IndexByte(name[i:], '/')
	if end < 0 {
		end = len(name)
	} else {
		end += i
	}
	segment := name[start:end]
	return segment == "." || segment == ".."
}

// escapeValue writes a value as it stands in a query.
func escapeValue(s string) string {
	b := make([]byte, 0, len(s)+16)
	for i := range len(s) {
		if c := s[i]; isUnreserved(c) {
			b = append(b, c)
		} else {
			b = append(b, '%', upperHex[c>>4], upperHex[c&15])
		}
	}
	return string(b)
}
