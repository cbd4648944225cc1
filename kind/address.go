package kind

import "strings"

// address is where a link points. All of it may be empty.
type address struct {
	scheme string // in lower case
	user   string // before the @; the container of abfss: and wasbs:
	login  Span   // of user information in the text, empty if there is none
	host   string // in lower case, without port
	port   string
	path   string // percent-decoded, without the leading slash
	route  Span   // of the path in the text
}

// schemes that carry the container before the @, as Hadoop writes them:
// abfss://container@account.dfs.core.windows.net/path.
var containerFirst = map[string]bool{"abfs": true, "abfss": true, "wasb": true, "wasbs": true}

// readAddress splits text, a URL without its query. A text without a scheme is
// an address only if it starts with something like a host.
func readAddress(text string) address {
	var a address
	start := 0
	if i := strings.Index(text, "://"); i > 0 {
		a.scheme = strings.ToLower(text[:i])
		start = i + 3
	} else if strings.HasPrefix(text, "//") {
		start = 2
	} else if !looksLikeHost(text) {
		return a
	}
	rest := text[start:]
	authority, path := rest, ""
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		authority, path = rest[:i], rest[i+1:]
		a.route = Span{start + i + 1, len(text)}
	}
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		a.user = unescape(authority[:i])
		if !containerFirst[a.scheme] {
			a.login = Span{start, start + i}
		}
		authority = authority[i+1:]
	}
	if i := strings.LastIndexByte(authority, ':'); i >= 0 && isNumber(authority[i+1:]) {
		authority, a.port = authority[:i], authority[i+1:]
	}
	a.host = strings.ToLower(strings.TrimSuffix(unescape(authority), "."))
	a.path = strings.TrimLeft(unescape(path), "/")
	return a
}

// looksLikeHost reports whether text starts with host.name/ as links without a
// scheme do.
func looksLikeHost(text string) bool {
	host, _, _ := strings.Cut(text, "/")
	host, _, _ = strings.Cut(host, ":")
	if !strings.Contains(host, ".") || strings.HasPrefix(host, ".") {
		return false
	}
	for i := range len(host) {
		if c := host[i]; !isWord(c) && c != '.' && c != '-' {
			return false
		}
	}
	return true
}

func isNumber(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return s != ""
}

// firstSegment cuts path at its first slash.
func firstSegment(path string) (first, rest string) {
	first, rest, _ = strings.Cut(path, "/")
	return first, rest
}
