package kind

import (
	"slices"
	"strings"
)

// elided stands where a value was.
const elided = "…"

// open are the parameters whose values may be shown. All others are elided.
var open = func() map[string]bool {
	all := map[string]bool{}
	for _, n := range strings.Fields(`sv ss srt sr sp st se sip spr si sdd tn spk srk epk erk ses
		skoid sktid skt ske sks skv saoid suoid scid sduoid skdutid rscc rscd rsce rscl rsct snapshot versionid
		sk skn api-version restype comp
		x-amz-algorithm x-amz-credential x-amz-date x-amz-expires x-amz-signedheaders x-amz-content-sha256
		x-amz-region-set x-amz-checksum-mode x-id awsaccesskeyid expires response-content-type
		response-content-disposition uploadid partnumber
		x-goog-algorithm x-goog-credential x-goog-date x-goog-expires x-goog-signedheaders googleaccessid generation
		ossaccesskeyid x-oss-signature-version x-oss-credential x-oss-date x-oss-expires x-oss-additional-headers
		x-oss-access-key-id x-oss-process
		q-sign-algorithm q-ak q-sign-time q-key-time q-header-list q-url-param-list
		key-pair-id cloudfront-key-pair-id cloudfront-expires alt
		defaultendpointsprotocol accountname endpointsuffix accountendpoint database apikind endpoint
		sharedaccesskeyname entitypath transporttype usedevelopmentemulator operationtimeout hostname deviceid
		moduleid gatewayhostname usedevelopmentstorage protocol containername`) {
		all[n] = true
	}
	return all
}()

// shown returns the value of p if it may be shown; a short number always may.
func shown(p param) string {
	if shows(p) || len(p.value) <= 4 && isNumber(p.value) {
		return p.value
	}
	return elided
}

// Redact returns text with the secret values of every link in it elided.
func Redact(text string) string {
	var b strings.Builder
	last := 0
	for s := range Find([]byte(text)) {
		b.WriteString(text[last:s.Start])
		if l, err := Parse(text[s.Start:s.End]); err == nil {
			b.WriteString(l.Redacted)
		} else {
			b.WriteString(text[s.Start:s.End])
		}
		last = s.End
	}
	b.WriteString(text[last:])
	return b.String()
}

// redact returns the text of r with every value elided that may be secret.
func redact(r *reading, s secret) string {
	cuts := append(r.strays(), r.at.cuts(r.base)...)
	for _, p := range r.query {
		if !shows(p) {
			cuts = append(cuts, trimmed(r.text, p.at))
		}
	}
	for _, p := range r.segments {
		cuts = append(cuts, r.segmentCuts(p)...)
	}
	for at := 0; len(s.raw) >= 8; {
		i := strings.Index(r.text[at:], s.raw)
		if i < 0 {
			break
		}
		cuts = append(cuts, Span{at + i, at + i + len(s.raw)})
		at += i + len(s.raw)
	}
	slices.SortFunc(cuts, func(a, b Span) int { return a.Start - b.Start })
	var b strings.Builder
	last := 0
	for _, c := range cuts {
		if c.Start < last {
			last = max(last, c.End)
			continue
		}
		b.WriteString(r.text[last:c.Start])
		b.WriteString(elided)
		last = c.End
	}
	b.WriteString(r.text[last:])
	return withoutSecret(b.String(), s)
}

// segmentCuts returns what may be secret of one segment.
func (r *reading) segmentCuts(p param) []Span {
	switch {
	case strings.HasSuffix(p.name, "endpoint"):
		text := p.raw
		if q := strings.IndexByte(p.raw, '?'); q >= 0 {
			text = p.raw[:q]
		}
		if looksSecret(unescape(text)) {
			return []Span{p.at}
		}
		cuts := readAddress(text).cuts(p.at.Start)
		if len(text) < len(p.raw) && !r.readFrom(p.at) {
			cuts = append(cuts, Span{p.at.Start + len(text), p.at.End})
		}
		return cuts
	case !shows(p) && !(p.name == "sharedaccesssignature" && r.readFrom(p.at)):
		return []Span{p.at}
	}
	return nil
}

// cuts returns what may be secret of an address that stands at base in a text:
// its login, and a path that has a secret in it.
func (a address) cuts(base int) []Span {
	var cuts []Span
	if a.login != (Span{}) {
		cuts = append(cuts, Span{base + a.login.Start, base + a.login.End})
	}
	if plain(a.path) != a.path {
		cuts = append(cuts, Span{base + a.route.Start, base + a.route.End})
	}
	return cuts
}

// withoutSecret elides what is left of the secret elsewhere in the text.
func withoutSecret(text string, s secret) string {
	for _, v := range []string{s.raw, s.text} {
		if len(v) >= 8 {
			text = strings.ReplaceAll(text, v, elided)
		}
	}
	return strings.TrimSpace(text)
}

// trimmed narrows s to what is not white space.
func trimmed(text string, s Span) Span {
	for s.Start < s.End && isSpace(text[s.Start]) {
		s.Start++
	}
	for s.End > s.Start && isSpace(text[s.End-1]) {
		s.End--
	}
	return s
}

// readFrom reports whether the parameters of r stand in s.
func (r *reading) readFrom(s Span) bool {
	return len(r.query) > 0 && s.Start <= r.query[0].at.Start && r.query[0].at.End <= s.End
}
