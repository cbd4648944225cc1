package report

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/overgrant/overgrant"
)

// Sheet writes to w, as text, everything that is known of one case, and what is
// not known. Options.Now is the moment to which it speaks; All and FailOn do
// not matter. It fails only if w does.
func Sheet(w io.Writer, c *overgrant.Case, o Options) error {
	b := bufio.NewWriterSize(w, 16<<10)
	p := newPage(b, o)
	kept := *c
	kept.Link = sane(overgrant.Message{Found: &overgrant.Found{Link: c.Link}}).Found.Link
	if c.Proof != nil {
		kept.Proof = &sane(overgrant.Message{Proven: &overgrant.Proven{Proof: *c.Proof}}).Proven.Proof
	}
	if c.Reach != nil {
		e := saneExposure(*c.Reach)
		kept.Reach = &e
	}
	if kept.Status == "" {
		kept.Status = kept.Link.Grant.Status(o.Now)
	}
	c = &kept
	writeCase(p, c, o, detail{manyRepositories([]*overgrant.Case{c}), allReasons})
	section(p, "What it is")
	p.paragraph(2, "", nameOf(&c.Link.Grant).about)
	p.paragraph(2, "", statusWhy(c, o.Now))
	writeLetters(p, &c.Link.Grant)
	writeParameters(p, c)
	writeAnswers(p, c)
	section(p, "What is not known")
	for _, s := range unknowns(c) {
		p.item("  -", 4, "", s)
	}
	if !c.Status.Quiet() {
		writeEnd(p, &c.Link.Grant)
	}
	if err := b.Flush(); err != nil {
		return fmt.Errorf("write sheet: %w", err)
	}
	return nil
}

func section(p *page, title string) {
	p.line()
	p.line(p.paint(bold, " "+title))
}

// writeLetters decodes the permissions letter by letter.
func writeLetters(p *page, g *overgrant.Grant) {
	if g.Permissions == "" {
		return
	}
	section(p, "Permissions, one by one")
	for _, l := range letters(g) {
		p.item("  "+clean(l.letter), max(labelWidth, columns(l.letter)+4), bold, l.meaning)
	}
}

// writeParameters lists what the link says, field by field.
func writeParameters(p *page, c *overgrant.Case) {
	g := &c.Link.Grant
	section(p, "What the link says")
	pairs := [][2]string{
		{"kind", g.Kind}, {"provider", g.Provider}, {"account", g.Account}, {"host", g.Host}, {"services", strings.Join(g.Services, ", ")},
		{"scope", g.Scope}, {"container", g.Container}, {"path", g.Path}, {"table", g.Table}, {"key range", g.KeyRange},
		{"resource types", g.ResourceTypes}, {"resource", g.Resource}, {"directory depth", depth(g)}, {"version", g.Version}, {"snapshot", g.Snapshot},
		{"method", g.Method}, {"permissions", g.Permissions}, {"start", raw(g.StartRaw, stamp(g.Start))}, {"expiry", raw(g.ExpiryRaw, stamp(g.Expiry))},
		{"expires in", seconds(g.ExpiresIn)}, {"address", g.IP}, {"protocols", strings.Join(g.Protocols, ", ")}, {"policy", g.PolicyID},
		{"signed version", g.SignedVersion}, {"signer", g.Signer}, {"signer id", g.SignerID}, {"tenant", g.TenantID},
		{"key expiry", stamp(g.KeyExpiry)}, {"key name", g.KeyName},
	}
	for _, e := range g.Extra {
		pairs = append(pairs, [2]string{e.Name, e.Value})
	}
	for _, e := range g.Unknown {
		pairs = append(pairs, [2]string{e.Name, e.Value + "  (not understood)"})
	}
	wide := labelWidth
	for _, kv := range pairs {
		if kv[1] != "" {
			wide = max(wide, min(columns(clean(kv[0])), 24)+4)
		}
	}
	for _, kv := range pairs {
		if kv[1] != "" {
			p.item("  "+clean(shorten(kv[0], 24)), wide, faint, clean(shorten(kv[1], 400)))
		}
	}
	p.unbroken("  case", wide, clean(c.Link.ID))
}

func depth(g *overgrant.Grant) string {
	if g.Depth == nil {
		return ""
	}
	return fmt.Sprint(*g.Depth)
}

func seconds(n int64) string {
	if n == 0 {
		return ""
	}
	return plural(n, "second")
}

// raw shows a time as it was written, and as it was read where that differs.
func raw(written, read string) string {
	switch {
	case written == "" || written == read:
		return read
	case read == "":
		return written + "  (no date that can be read)"
	}
	return written + "  (" + read + ")"
}

// writeEnd says how the link is made to stop.
func writeEnd(p *page, g *overgrant.Grant) {
	section(p, "How to make it stop")
	r := routeOf(g)
	if r == "" {
		r = "no way to revoke it is known"
	}
	p.paragraph(2, "", "The narrowest way: "+r+".")
	if g.Revocation.Collateral != "" && g.Revocation.Route != "none" {
		p.paragraph(2, "", "What else stops: "+clean(g.Revocation.Collateral)+".")
	}
	p.paragraph(2, "", "Taking the text out of a file or a history does not make it stop: whoever has copied it keeps it.")
}

// unknowns lists what cannot be read from the link, and would matter.
func unknowns(c *overgrant.Case) []string {
	g := &c.Link.Grant
	var u []string
	add := func(is bool, s string) {
		if is {
			u = append(u, s)
		}
	}
	asked := c.Proof != nil && c.Proof.State != overgrant.Inconclusive
	add(!c.Status.Quiet() && !asked, "Whether the secret is genuine and still accepted: "+askedText(c.Proof))
	add(g.Account == "" && g.Container == "" && g.Host == "" && g.Kind != "", "Which account it belongs to: neither the link nor the text near it names one.")
	add(len(g.Joined) > 0, "Whether it belongs to the "+clean(and(g.Joined))+" named near it: that is where the text puts it, the link does not say so.")
	add(!asked && g.Provider == "azure" && (g.Account != "" || g.Host != ""), "Whether the account still exists.")
	add((c.Proof == nil || c.Proof.Key == "") && g.Signer == "account_key" && g.Kind != "account_key" && g.Kind != "connection_string", "Which of the account's two keys signed it.")
	add(g.PolicyID != "", "What the stored access policy "+quote(g.PolicyID)+" adds, or whether it still exists: a policy may hold rights and expiry, and may change after the link was made.")
	add(g.Signer == "user_delegation_key", "What the user who lent the key may do: the link can do no more than that.")
	add(slices.Contains([]string{"access_key", "service_account"}, g.Signer), "What the policy of the signing identity allows: the link can do no more than that, and stops when the identity loses the right.")
	add(g.Temporary, "When the session that signed it ends: the link stops with it, even before its own expiry.")
	add(g.IP == "" && g.Provider == "azure", "Whether the account's firewall narrows it: the link sets no address of its own.")
	add(len(g.Unknown) > 0, "What the parameters marked as not understood do.")
	add(g.Start.IsZero() && !g.Endless, "When it was made: it sets no start.")
	add(!c.Status.Quiet() && c.Reach == nil, "What lies behind it: how many files, how large, how sensitive.")
	add(!c.Status.Quiet(), "Who has used it.")
	return u
}

func askedText(p *overgrant.Proof) string {
	if p == nil {
		return "nothing was asked of the service."
	}
	return "the service was asked, and its answers do not tell."
}
