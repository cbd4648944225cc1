package kind

import "github.com/overgrant/overgrant"

// Parse reads a link of any kind: the text of one span that Find yields, or a
// link by itself. It fails with ErrNotMine if text is none.
func Parse(text string) (overgrant.Link, error) {
	r := read(text)
	for _, k := range All {
		if l, ok := k.link(r); ok {
			return l, nil
		}
	}
	return overgrant.Link{}, ErrNotMine
}

// link reads r as a link of this kind.
func (k Kind) link(r *reading) (overgrant.Link, bool) {
	c, ok := k.claim(r)
	if !ok {
		return overgrant.Link{}, false
	}
	g := c.grant
	g.Kind = k.Name
	g.Shape, g.ShapeWhy = c.secret.shape, c.secret.why
	addUnknown(&g, r)
	conceal(&g, r, c.secret)
	l := overgrant.Link{
		ID:       c.secret.id(),
		Redacted: redact(r, c.secret),
		Secret:   overgrant.NewSecret(r.text),
		Grant:    g,
	}
	markEmulator(&l)
	return l, true
}

// addUnknown lists the parameters that were not understood, and those that
// occur more than once.
func addUnknown(g *overgrant.Grant, r *reading) {
	for _, p := range r.query {
		if !known[p.name] && p.name != "" {
			name := p.name
			if looksSecret(p.as) {
				name = elided
			}
			g.Unknown = append(g.Unknown, overgrant.Param{Name: name, Value: shown(p)})
		}
	}
	for _, name := range r.query.repeated() {
		g.Extra = append(g.Extra, overgrant.Param{Name: name, Value: "given more than once; the first is read"})
	}
	if r.at.login != (Span{}) {
		g.Extra = append(g.Extra, overgrant.Param{Name: "user", Value: "the URL carries a user name before the host"})
	}
}
