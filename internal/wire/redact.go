package wire

import (
	"net/url"
	"regexp"
	"strings"
)

// shown are the query names whose values say what was asked and hold no secret.
var shown = nameSet(
	"sv", "ss", "srt", "sp", "st", "se", "sip", "spr", "sr", "sdd", "skt", "ske", "sks", "skv",
	"api-version", "timeout", "snapshot", "versionid", "sharesnapshot",
	"comp", "restype", "resource", "action", "maxresults", "maxResults", "include", "showonly", "delimiter",
	"recursive", "upn", "peekonly", "numofmessages", "blocklisttype", "$top",
)

// named are the query names that may show where their values may not.
var named = func() map[string]bool {
	all := map[string]bool{}
	for name := range signature {
		all[name] = true
	}
	for i := range Azure {
		for _, p := range Azure[i].Query {
			all[p.Name] = true
		}
		for _, name := range Azure[i].May {
			all[name] = true
		}
	}
	return all
}()

// keyLike finds what is as long as a signature or a key.
var keyLike = regexp.MustCompile(`[A-Za-z0-9+/_%-]{40,}`)

const (
	maxShown = 128 // bytes of a value
	ellipsis = "…"
)

// Redact returns u as it may be shown: scheme, host, path, and of the query the
// values of an allow list of names. User-info and fragment are left out. What
// stands under an allowed name but looks like a key is hidden all the same.
func Redact(u *url.URL) string {
	if u == nil {
		return ""
	}
	text := target(u)
	if u.Host != "" {
		text = u.Host + text
		if u.Scheme != "" {
			text = u.Scheme + "://" + text
		}
	}
	return text
}

// target returns path and query of u as they may be shown.
func target(u *url.URL) string {
	if u.Opaque != "" {
		return ellipsis
	}
	path := u.EscapedPath()
	if u.RawQuery == "" {
		return path
	}
	var b strings.Builder
	b.WriteString(path)
	sep := byte('?')
	for part := range strings.SplitSeq(u.RawQuery, "&") {
		name, value, _ := strings.Cut(part, "=")
		if rest, dollar := strings.CutPrefix(name, "%24"); dollar {
			name = "$" + rest
		}
		b.WriteByte(sep)
		sep = '&'
		switch {
		case shown[name] && isQueryValue(value) && len(value) <= maxShown && !keyLike.MatchString(value):
			b.WriteString(name + "=" + value)
		case shown[name] || named[name]:
			b.WriteString(name + "=" + ellipsis)
		default:
			b.WriteString(ellipsis)
		}
	}
	return b.String()
}
