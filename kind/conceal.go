package kind

import (
	"encoding/hex"
	"slices"
	"strings"

	"github.com/overgrant/overgrant"
)

// People put a secret where a name should stand: a key as the account's name, a
// token without a name, a second link inside the path. What has the form of a
// secret is elided wherever it is.

// secretSizes are the lengths in bytes of what is written in base64: HMAC-SHA1
// and its padding, secret access keys of Amazon (40 characters), HMAC-SHA256,
// account keys, ECDSA and RSA signatures.
var secretSizes = []int{20, 30, 32, 64, 70, 71, 72, 128, 256, 384, 512}

// shortestSecret is the length of the shortest of these, an HMAC-SHA1 without
// padding.
const shortestSecret = 27

// looksSecret reports whether s has the form of a signature or key: base64 of a
// usual size in letters of both cases, or 32 bytes and more in hexadecimal.
func looksSecret(s string) bool {
	if len(s) < shortestSecret || len(s) > 1024 {
		return false
	}
	if len(s) >= 64 {
		if _, err := hex.DecodeString(s); err == nil {
			return true
		}
	}
	if size := len(strings.TrimRight(s, "=")) * 3 / 4; !slices.Contains(secretSizes, size) || oneCase(s) {
		return false
	}
	_, err := decodeBase64(s)
	return err == nil && (strings.HasSuffix(s, "=") || strings.ContainsAny(s, "0123456789"))
}

// shows reports whether the value of p may be shown.
func shows(p param) bool {
	return open[p.name] && (p.name == "x-amz-content-sha256" || !hides(p.value))
}

// hides reports whether an open value has a secret in it: it is one or a list
// with one, a credential begins with one, or it holds a link.
func hides(value string) bool {
	if len(value) < shortestSecret {
		return plain(value) != value
	}
	parts := func(c rune) bool { return c == ';' || c == ',' || c == ' ' }
	if slices.ContainsFunc(strings.FieldsFunc(value, parts), looksSecret) || plain(value) != value {
		return true
	}
	id := value
	for range 4 { // a date, a region, a service and a constant follow the id
		i := strings.LastIndexByte(id, '/')
		if i < 0 {
			return false
		}
		id = id[:i]
	}
	return looksSecret(id)
}

// plain returns text, the path of a URL or a value, without the parameters of a
// link in it and without the login of a URL.
func plain(text string) string {
	if first := strings.IndexByte(text, '='); first >= 0 && hasAnchor(text) {
		text = text[:first+1] + elided
	}
	scheme := strings.Index(text, ":/")
	if at := strings.LastIndexByte(text, '@'); scheme >= 0 && at > scheme {
		text = text[:scheme] + "://" + elided + text[at:]
	}
	return text
}

// hasAnchor reports whether the name of a secret parameter stands in text.
func hasAnchor(text string) bool {
	b := []byte(text)
	for at, c := range b {
		if c != '=' {
			continue
		}
		if _, ok := anchorBefore(b, at); ok {
			return true
		}
	}
	return false
}

// conceal elides what has the form of a secret from the fields of g that were
// taken from the text of r.
func conceal(g *overgrant.Grant, r *reading, s secret) {
	var held []string
	if s.shape != overgrant.Placeholder { // a stand-in may well be the same for all
		held = append(held, s.text, s.raw)
	}
	for _, all := range []params{r.query, r.segments} {
		for _, p := range all {
			if open[p.name] && !shows(p) {
				held = append(held, p.value)
			}
		}
	}
	held = slices.DeleteFunc(held, func(v string) bool { return len(v) < 8 })
	for _, f := range []*string{
		&g.Account, &g.Host, &g.Container, &g.Table, &g.KeyRange, &g.ResourceTypes, &g.Resource, &g.Version, &g.Snapshot,
		&g.Permissions, &g.StartRaw, &g.ExpiryRaw, &g.IP, &g.PolicyID, &g.SignedVersion, &g.SignerID, &g.TenantID, &g.KeyName,
	} {
		*f = without(*f, held)
	}
	for i := range g.Protocols {
		g.Protocols[i] = without(g.Protocols[i], held)
	}
	for i := range g.Extra {
		g.Extra[i].Name = without(g.Extra[i].Name, held)
		g.Extra[i].Value = without(g.Extra[i].Value, held)
	}
	g.Path = plain(g.Path)
	for _, v := range held {
		g.Path = strings.ReplaceAll(g.Path, v, elided)
	}
}

// without returns a field without the values in held, elided as a whole if it
// is a part of one or has the form of a secret itself.
func without(field string, held []string) string {
	for _, v := range held {
		if len(field) >= 8 && strings.Contains(v, field) {
			return elided
		}
		field = strings.ReplaceAll(field, v, elided)
	}
	if looksSecret(field) {
		return elided
	}
	return plain(field)
}

// strays returns the parts of r that are neither name nor value of a parameter
// that is known: names that are secrets, parameters without a name, and what
// stands between the pairs of a dictionary.
func (r *reading) strays() []Span {
	if r.pairs {
		return r.straysOfPairs()
	}
	var all []Span
	end := r.from
	for _, p := range r.query {
		name := nameBefore(r.text, p.at.Start)
		if looksSecret(p.as) {
			all = append(all, name)
		}
		if gap := withoutAmpersands(r.text, Span{end, name.Start}); gap.Start < gap.End {
			all = append(all, gap)
		}
		end = p.at.End
	}
	return all
}

// withoutAmpersands narrows s, which lies between two parameters, to what has no
// name.
func withoutAmpersands(text string, s Span) Span {
	for s.Start < s.End && strings.IndexByte("& \t\r\n", text[s.Start]) >= 0 {
		s.Start++
	}
	if rest, ok := strings.CutPrefix(text[min(s.Start, len(text)):max(s.Start, s.End)], "amp;"); ok {
		s.Start = s.End - len(rest)
	}
	for s.End > s.Start && strings.IndexByte("& \t\r\n", text[s.End-1]) >= 0 {
		s.End--
	}
	return s
}

// nameBefore returns the name of the parameter whose value starts at text[at].
func nameBefore(text string, at int) Span {
	end := max(0, at-1)
	return Span{strings.LastIndexAny(text[:end], "&?; \t\n") + 1, end}
}

func (r *reading) straysOfPairs() []Span {
	var all []Span
	end := -1
	text := []byte(r.text)
	for _, p := range pairsIn(text, 0) {
		if end >= 0 && hasWords(r.text[end:max(end, p.all.Start)]) {
			all = append(all, Span{end, p.all.Start})
		}
		between := Span{p.name.End, p.value.Start}
		if p.value.Start < p.name.Start {
			between = Span{p.value.End, p.name.Start}
		}
		if hasWords(r.text[between.Start:between.End]) {
			all = append(all, between)
		}
		end = max(end, p.all.End, p.value.End)
	}
	return all
}

// hasWords reports whether text has words other than those that tell the form
// of a pair.
func hasWords(text string) bool {
	words := strings.FieldsFunc(text, func(c rune) bool { return c < 0x80 && !isWord(byte(c)) })
	return slices.ContainsFunc(words, func(w string) bool {
		return !slices.Contains([]string{"name", "key", "value", "string", "td", "tr", "th", "dt", "dd", "n", "r", "t"}, strings.ToLower(w))
	})
}
