package find

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/kind"
)

// candidate is a link as one reading shows it.
type candidate struct {
	link       *overgrant.Link // shared, and not to be changed
	start, end int             // in the window; of a link in base64 those of the whole run
	own        [2]int          // where in the window the link itself stands
	score      int
	r          *reading
	at         int // where it stands in the text of the reading
	length     int
}

// covered reports whether each mark stands in a link of which good holds.
func covered(all []candidate, pos []int, good func(*candidate) bool) bool {
	for _, p := range pos {
		if !explains(all, p, good) {
			return false
		}
	}
	return true
}

func explains(all []candidate, p int, good func(*candidate) bool) bool {
	for i := range all {
		if c := &all[i]; c.start <= p+width && p < c.end && good(c) {
			return true
		}
	}
	return false
}

// known reports whether the link needs nothing from elsewhere: it names its
// account or host, or it is no link that works and nothing goes on behind it.
func (c *candidate) known() bool {
	g := &c.link.Grant
	switch g.Shape {
	case overgrant.Whole:
		return g.Account != "" || g.Host != ""
	case overgrant.Malformed:
		return false
	}
	return len(c.r.chain) == 0 && c.ends() && leftovers(c.r.text[c.at:c.at+c.length]) == 0
}

// alone reports whether the link is known and no escape is left in it. One that
// was read through an encoding has to name its account or bucket too: a reading
// that undid things in another order may know more.
func (c *candidate) alone() bool {
	text := c.r.text[c.at : c.at+c.length]
	if !c.known() || !c.ends() || leftovers(text) > 0 || bytes.IndexByte(text, '\n') >= 0 || bytes.Contains(text, []byte("%25")) {
		return false
	}
	return len(c.r.chain) == 0 || c.link.Grant.Account != "" || c.link.Grant.Container != ""
}

// ends reports whether nothing goes on where the link ends.
func (c *candidate) ends() bool {
	rest := c.r.text[c.at+c.length:]
	if len(rest) > 0 && bytes.IndexByte([]byte("&%=\\"), rest[0]) >= 0 {
		return false
	}
	if len(rest) > 0 && (rest[0] == '\r' || rest[0] == '\n' || rest[0] == '<' || rest[0] >= 0x80) && c.link.Grant.Shape != overgrant.Whole {
		return false
	}
	for i := range min(3, len(rest)) {
		switch ch := rest[i]; {
		case ch == '"' || ch == '\'' || ch == '`':
			_, b := seam(rest[i:])
			return b != joined
		case isLetter(ch) || isDigit(ch):
			return true
		}
	}
	return true
}

// score orders readings of one credential. A link that some service may take
// comes before a damaged one; then the one that says more.
func score(g *overgrant.Grant) int {
	n := 0
	switch g.Shape {
	case overgrant.Malformed:
	case overgrant.Placeholder:
		n = 1 << 18
	default:
		n = 1 << 20
	}
	for _, s := range []string{
		g.Account, g.Host, g.Container, g.Path, g.Table, g.ResourceTypes, g.Resource, g.Permissions, g.StartRaw, g.ExpiryRaw,
		g.IP, g.PolicyID, g.SignedVersion, g.SignerID, g.TenantID, g.KeyName, g.Version, g.Snapshot,
	} {
		if s != "" {
			n += 8
		}
	}
	return n + 4*len(g.Protocols) + 4*len(g.Extra) - 5*len(g.Unknown)
}

// leftovers weighs the escapes in a link that nobody undid.
func leftovers(text []byte) int {
	n := bytes.Count(text, []byte{'\\'}) + bytes.Count(text, []byte{'^'}) + bytes.Count(text, []byte("&amp")) + bytes.Count(text, []byte("&#")) + bytes.Count(text, []byte("=3D"))
	return 6 * min(n, 20)
}

// pick appends to best the best of the candidates that overlap, in order of
// their start.
func pick(best, all []candidate) []candidate {
	slices.SortStableFunc(all, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.start, b.start), cmp.Compare(b.end, a.end))
	})
	for _, c := range all {
		if !slices.ContainsFunc(best, func(b candidate) bool { return c.own[0] < b.own[1] && b.own[0] < c.own[1] }) {
			best = append(best, c)
		}
	}
	best = slices.DeleteFunc(best, func(c candidate) bool { return c.repeats(all) })
	slices.SortFunc(best, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.own[0], b.own[0]))
	})
	return best
}

// repeats reports whether the link is a list of parameters that tells once more
// what a link among all says: the query beside the URL in a collection of
// requests.
func (c *candidate) repeats(all []candidate) bool {
	return c.listed() && slices.ContainsFunc(all, func(o candidate) bool {
		return o.link.ID == c.link.ID && o.score > c.score && !o.listed()
	})
}

// listed reports whether the parameters of the link are elements of a list.
func (c *candidate) listed() bool {
	return bytes.IndexByte(c.r.text[c.at:c.at+c.length], '"') >= 0
}

// join completes the link from the text around it: as it was read, and where
// that is only a run of base64, as the window has it.
func (c *candidate) join(win []byte) {
	if c.link.Grant.Host != "" && c.link.Grant.Account != "" {
		return
	}
	link := *c.link // others share it
	c.link = &link
	kind.Join(c.link, c.r.string(), c.at)
	if c.r.run[1] > c.r.run[0] && link.Grant.Account == "" && link.Grant.Host == "" {
		kind.Join(c.link, string(win), c.start)
	}
}

// encoding says what was undone, outermost first.
func (c *candidate) encoding(win []byte) []string {
	var names []string
	if h := win[:c.start]; bytes.HasSuffix(h, []byte("](")) || bytes.HasSuffix(h, []byte("](<")) {
		names = append(names, "markdown")
	}
	return append(names, c.r.chain...)
}
