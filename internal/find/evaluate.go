package find

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/kind"
)

// Margin is how many bytes before and after a mark may have a say in what is
// found there. Nothing farther away is ever looked at, so that a text can be
// searched in pieces.
const Margin = 4096

// near is how many bytes are looked at first; most links need no more.
const near = 1024

// candidate is a link as one reading shows it.
type candidate struct {
	link       overgrant.Link
	start, end int // in the window
	score      int
	r          *reading
	at         int // where it stands in the text of the reading
	length     int
}

// evaluate finds the links whose marks stand in win[low:high]. pos are the
// positions of the marks, rising.
func (f *Finder) evaluate(win []byte, pos []int) []candidate {
	low, high := pos[0], pos[len(pos)-1]
	a, b := max(0, low-near), min(len(win), high+near)
	if a > 0 || b < len(win) {
		found, enough := f.look(win[a:b], shifted(pos, -a))
		if enough && !touches(found, b-a, a > 0, b < len(win)) {
			return moved(found, a)
		}
		if len(found) == 0 && !runsOn(win, a, b, low, high) {
			return nil
		}
	}
	found, _ := f.look(win, pos)
	return found
}

func shifted(pos []int, by int) []int {
	out := make([]int, len(pos))
	for i, p := range pos {
		out[i] = p + by
	}
	return out
}

func moved(found []candidate, by int) []candidate {
	for i := range found {
		found[i].start += by
		found[i].end += by
	}
	return found
}

// touches reports whether a link may go on beyond an end of the window that is
// not an end of the text.
func touches(found []candidate, size int, before, behind bool) bool {
	const close = 16
	for i := range found {
		if before && found[i].start < close || behind && found[i].end > size-close {
			return true
		}
	}
	return false
}

// runsOn reports whether the text goes on from the marks to an end of the small
// window without anything that a link or a string does not have, as long links
// and minified text do.
func runsOn(win []byte, a, b, low, high int) bool {
	return a > 0 && unbroken(win[a:low]) || b < len(win) && unbroken(win[high:b])
}

func unbroken(text []byte) bool {
	for _, c := range text {
		if !isLinkByte(c) && c != '"' && c != '`' && c != '|' {
			return false
		}
	}
	return true
}

// look reads win in all ways and keeps the best links. enough says that every
// mark is explained by a link that needs nothing from farther away.
func (f *Finder) look(win []byte, pos []int) (best []candidate, enough bool) {
	var all []candidate
	f.each(win, func(r *reading) verdict {
		for s := range kind.Find(r.text) {
			if c, ok := readAt(r, s, pos); ok {
				all = append(all, c)
			}
		}
		switch {
		case len(all) == 0 || !covered(all, pos, (*candidate).known):
			return unexplained
		case !covered(all, pos, (*candidate).alone):
			return explained
		}
		return finished
	})
	best = pick(all)
	for i := range best {
		best[i].join(win)
	}
	return best, covered(best, pos, (*candidate).known)
}

// readAt parses one span of a reading, if a mark of pos lies in it.
func readAt(r *reading, s kind.Span, pos []int) (candidate, bool) {
	start, end := r.span(s.Start, s.End)
	if r.run[1] > r.run[0] {
		start, end = min(start, int(r.run[0])), max(end, int(r.run[1]))
	}
	if start < 0 || !marked(pos, start-2, end+2) {
		return candidate{}, false
	}
	link, err := kind.Parse(string(r.text[s.Start:s.End]))
	if err != nil || link.ID == "" {
		return candidate{}, false
	}
	c := candidate{link: link, start: start, end: end, r: r, at: s.Start, length: s.End - s.Start}
	c.score = score(&link.Grant) - r.cost - leftovers(r.text[s.Start:s.End])
	return c, true
}

func marked(pos []int, start, end int) bool {
	i, _ := slices.BinarySearch(pos, start)
	return i < len(pos) && pos[i] < end
}

// covered reports whether each mark stands in a link of which good holds.
func covered(all []candidate, pos []int, good func(*candidate) bool) bool {
	for _, p := range pos {
		if !slices.ContainsFunc(all, func(c candidate) bool {
			return c.start <= p+width && p < c.end && good(&c)
		}) {
			return false
		}
	}
	return true
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

// pick keeps the best of the candidates that overlap, in order of their start.
func pick(all []candidate) []candidate {
	slices.SortStableFunc(all, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.start, b.start), cmp.Compare(b.end, a.end))
	})
	var best []candidate
	for _, c := range all {
		if !slices.ContainsFunc(best, func(b candidate) bool { return c.start < b.end && b.start < c.end }) {
			best = append(best, c)
		}
	}
	slices.SortFunc(best, func(a, b candidate) int { return cmp.Compare(a.start, b.start) })
	return best
}

// join completes the link from the text around it: as it was read, and where
// that is only a run of base64, as the window has it.
func (c *candidate) join(win []byte) {
	if c.link.Grant.Host != "" && c.link.Grant.Account != "" {
		return
	}
	kind.Join(&c.link, string(c.r.text), c.at)
	if c.r.run[1] > c.r.run[0] && c.link.Grant.Account == "" && c.link.Grant.Host == "" {
		kind.Join(&c.link, string(win), c.start)
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
