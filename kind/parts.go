package kind

import (
	"strings"

	"github.com/overgrant/overgrant"
)

// Parts is what of a link a client needs to use it, as written. All of it may
// be secret. The zero value has nothing.
type Parts struct {
	Address  overgrant.Secret            // the URL before its query; empty in a bare token and in a key
	Query    overgrant.Secret            // name=value&… of the token; empty in a key
	Settings map[string]overgrant.Secret // of a connection string, by key in lower case; accountkey also of a bare key
}

// Take takes the text of l apart where Parse did. Percent signs stay as they
// are; the parameters of a dictionary are written as a query.
func Take(l overgrant.Link) Parts {
	r := read(l.Secret.Reveal())
	p := Parts{Address: r.addressText(), Query: overgrant.NewSecret(r.query.text())}
	if len(r.segments) > 0 {
		p.Settings = make(map[string]overgrant.Secret, len(r.segments))
	}
	for _, s := range r.segments {
		if _, twice := p.Settings[s.name]; !twice {
			p.Settings[s.name] = overgrant.NewSecret(s.raw)
		}
	}
	if l.Grant.Kind == "account_key" && r.segments == nil {
		p.Settings = map[string]overgrant.Secret{"accountkey": overgrant.NewSecret(strings.TrimSpace(r.text))}
	}
	return p
}

// addressText returns the URL of r before its query.
func (r *reading) addressText() overgrant.Secret {
	if r.at == (address{}) || r.base > len(r.text) {
		return overgrant.NewSecret("")
	}
	end := len(r.text)
	for _, s := range r.segments {
		if s.at.Start == r.base {
			end = s.at.End
		}
	}
	text, _, _ := strings.Cut(r.text[r.base:end], "?")
	return overgrant.NewSecret(strings.TrimSpace(text))
}

// text writes the parameters as a query.
func (ps params) text() string {
	var b strings.Builder
	for _, p := range ps {
		if b.Len() > 0 {
			b.WriteByte('&')
		}
		name := p.as
		if name == "" {
			name = p.name
		}
		b.WriteString(name)
		b.WriteByte('=')
		b.WriteString(strings.ReplaceAll(p.raw, "&", "%26"))
	}
	return b.String()
}
