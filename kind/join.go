package kind

import (
	"strings"

	"github.com/overgrant/overgrant"
)

// joinReach is how far from a link the names may stand that complete it, in
// bytes to either side.
const joinReach = 1024

// Join completes a link that does not say where it leads: a bare token, or a
// key. near is decoded text around the link and at the position in it where
// the link starts. Account, Host, Container, Path and Table are taken from the
// nearest storage URL, setting or variable, and their names noted in
// Grant.Joined. A link that says all by itself is left as it is.
//
// A name in the same statement beats one further away; an expression is no
// name; the host of another link counts only if it has the same signature.
func Join(l *overgrant.Link, near string, at int) {
	g := &l.Grant
	if !joinable(g) || at < 0 || at > len(near) {
		return
	}
	end := at
	if text := l.Secret.Reveal(); strings.HasPrefix(near[at:], text) {
		end += len(text)
	}
	low, high := max(0, at-joinReach), min(len(near), end+joinReach)
	n := neighbourhood{text: near[low:high], bytes: []byte(near[low:high]), link: Span{at - low, end - low}}
	if p, ok := signatureOf(l); ok {
		n.signature = p
	}
	n.apart = isDictionary(l.Secret.Reveal())
	if g.Host != "" && g.Account == "" {
		n.adjacent = true
	}
	n.complete(g)
	markEmulator(l)
}

// joinable reports whether something is missing that text nearby may tell.
func joinable(g *overgrant.Grant) bool {
	switch g.Kind {
	case "account_sas", "account_key":
		return g.Account == ""
	case "service_sas", "policy_sas", "user_delegation_sas":
		return g.Account == "" || g.Container == "" && g.Table == ""
	case "connection_string":
		return g.Account == "" && len(g.Services) == len(allServices)
	}
	return false
}

// signatureOf returns the signature of l as it is written.
func signatureOf(l *overgrant.Link) (string, bool) {
	p := read(l.Secret.Reveal()).query.first("sig")
	return p.raw, p.raw != ""
}

// neighbourhood is the text around a link.
type neighbourhood struct {
	text      string
	bytes     []byte // the same
	link      Span
	signature string // as written, empty for a key
	adjacent  bool   // only what touches the link counts: its host is a proxy's
	apart     bool   // the link is parameters only, to be put behind a URL
}

// complete fills in what g lacks.
func (n neighbourhood) complete(g *overgrant.Grant) {
	if n.inLogin(g) {
		return
	}
	hosts := n.hosts()
	account, ok := n.nearest(append(n.accounts(), hosts...), func(h hint) bool { return h.account != "" })
	if ok && g.Account == "" {
		join(g, "account", &g.Account, account.account)
		if account.host != "" && g.Host == "" {
			join(g, "host", &g.Host, account.host)
		}
	}
	if g.Account == "" {
		return
	}
	same := func(h hint) bool { return h.account == "" || h.account == g.Account }
	if g.Kind == "account_sas" || g.Kind == "account_key" || g.Kind == "connection_string" {
		// What opens the whole account is not narrowed by a container that is
		// named near it, but by a setting that is for this container only, and
		// by the URL that it is a part of.
		whole := func(h hint) bool { return h.container != "" && same(h) && (n.apart || h.spliced) }
		if ok && account.setting {
			join(g, "container", &g.Container, account.container)
		} else if h, ok := n.nearest(hosts, whole); ok {
			join(g, "container", &g.Container, h.container)
			join(g, "path", &g.Path, strings.Trim(h.path, "/"))
		}
		return
	}
	n.completeScope(g, hosts, same)
}

// inLogin reads azure://account:token@container/path, as Vector and Avalanche of
// Actian write it.
func (n neighbourhood) inLogin(g *overgrant.Grant) bool {
	before, ok := strings.CutSuffix(n.text[:n.link.Start], ":")
	i := strings.LastIndex(before, "://")
	if !ok || i < 0 || g.Account != "" || !strings.HasPrefix(n.text[n.link.End:], "@") || !isAccountName(before[i+3:]) {
		return false
	}
	at := n.link.End + 1
	container, path := firstSegment(n.text[at:n.urlEnd(at)])
	join(g, "account", &g.Account, before[i+3:])
	if hasContainerChars(container) {
		join(g, "container", &g.Container, container)
		join(g, "path", &g.Path, path)
	}
	return true
}

// completeScope fills in container, path or table of a link to one of them.
func (n neighbourhood) completeScope(g *overgrant.Grant, hosts []hint, same func(hint) bool) {
	if g.Scope == "table" {
		if t, ok := n.nearest(n.named(tableLabels, isTableName), same); ok {
			join(g, "table", &g.Table, t.value)
		}
		return
	}
	labels := containerLabels
	if len(g.Services) == 1 && g.Services[0] == "queue" {
		labels = queueLabels
	}
	all := append(n.named(labels, isContainerName), hosts...)
	c, ok := n.nearest(all, func(h hint) bool { return same(h) && (h.container != "" || h.value != "") })
	if !ok || g.Container != "" {
		return
	}
	if c.value != "" {
		join(g, "container", &g.Container, c.value)
		return
	}
	join(g, "container", &g.Container, c.container)
	if path := cutDepth(c.path, g.Depth); path != "" && (g.Scope == "object" || g.Scope == "directory" || g.Scope == "file") {
		join(g, "path", &g.Path, path)
	}
}

// cutDepth returns the first segments of path that a directory SAS covers.
func cutDepth(path string, depth *int) string {
	path = strings.Trim(path, "/")
	if depth == nil {
		return path
	}
	parts := strings.Split(path, "/")
	return strings.Join(parts[:min(len(parts), *depth)], "/")
}

// join sets one field and notes its name.
func join(g *overgrant.Grant, name string, field *string, value string) {
	if value != "" && *field == "" {
		*field = plain(value)
		g.Joined = append(g.Joined, name)
	}
}
