package azure

import (
	"context"
	"net/http"
	"strings"

	"github.com/overgrant/overgrant/internal/source"
)

// Split cuts a range of blobs into at most n. Where the service lists from a name
// on, it is asked for the first name behind a few keys; where it does not, and
// where directories are real and the order is that of the tree, the range is cut
// between the entries of its first level. Other services are not cut.
func (r *reach) Split(ctx context.Context, at source.Range, n int) ([]source.Range, error) {
	alone := []source.Range{at}
	m := mark(at)
	if n < 2 || at.Container == "" || at.Service != blobs || m != 0 && m != flatMark {
		return alone, nil
	}
	if err := r.settle(ctx); err != nil {
		return nil, err
	}
	if r.startsFrom() && !r.hierarchical(ctx) {
		p := prober{r: r, at: at, left: 3 * n}
		cuts, err := p.cuts(ctx, n-1)
		if err == nil && !r.traits.startFrom.not() {
			return cutAt(at, cuts), nil
		}
		if err != nil && statusOf(err) == 0 {
			return nil, err
		}
	}
	if at.To != "" {
		return alone, nil
	}
	parts, err := r.branches(ctx, at, n)
	if err != nil && statusOf(err) == 0 && ctx.Err() != nil {
		return nil, err
	}
	if err != nil || len(parts) == 0 {
		return alone, nil
	}
	return parts, nil
}

// cutAt cuts a range at keys, which are in order.
func cutAt(at source.Range, keys []string) []source.Range {
	parts := make([]source.Range, 0, len(keys)+1)
	for _, key := range keys {
		part := at
		part.To = key
		parts = append(parts, part)
		at.From, at.Marker = key, ""
	}
	return append(parts, at)
}

// hierarchical reports whether directories of the account are real, which it
// asks once. An account that does not tell is taken for a flat one.
func (r *reach) hierarchical(ctx context.Context) bool {
	if !r.traits.hierarchy.is() && !r.traits.hierarchy.not() {
		q := request{method: http.MethodHead, service: blobs, query: "restype=account&comp=properties"}
		if container, _ := r.target(); container != "" && r.grant.Scope != "account" {
			q.path = "/" + escapeName(container)
		}
		resp, err := r.ask(ctx, q)
		if err == nil {
			_ = resp.Body.Close()
			r.traits.hierarchy.set(strings.EqualFold(resp.Header.Get("X-Ms-Is-Hns-Enabled"), "true"))
		} else if statusOf(err) != 0 {
			r.traits.hierarchy.set(false)
		}
	}
	return r.traits.hierarchy.is()
}

// prober finds names to cut a range at. It asks for the first name that is not
// before a key; names that are nowhere near cost nothing that way.
type prober struct {
	r    *reach
	at   source.Range
	left int // questions that may still be asked
}

// letters are the bytes that names consist of, mostly, in order. Keys are made
// of them, so that every order in which a service may list agrees on them.
const letters = " !#$%&'()+,-./0123456789;=@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{}~"

// first returns the first name of the range that is not before key.
func (p *prober) first(ctx context.Context, key string) (name string, ok bool, err error) {
	if p.left--; p.left < 0 {
		return "", false, nil
	}
	at := p.at
	at.From = key
	q := p.r.blobQuery(at, "", p.r.include())
	q.query = strings.Replace(q.query, "maxresults=5000", "maxresults=1", 1)
	for marker, pages := "", 0; pages < 8; pages++ {
		ask := q
		if marker != "" {
			ask.query += "&marker=" + escapeValue(marker)
		}
		body, err := p.r.body(ctx, ask, nil)
		if err != nil {
			return "", false, err
		}
		var l listing
		if err := l.parse(body); err != nil {
			return "", false, err
		}
		if len(l.objects) > 0 {
			name = string(l.objects[0].Name)
			if name < key {
				p.r.traits.startFrom.set(false)
			}
			return name, strings.HasPrefix(name, at.Prefix) && (at.To == "" || name < at.To), nil
		}
		if marker = string(l.marker); marker == "" {
			break
		}
	}
	return "", false, nil
}

// group is the names from one on, to where the next group begins.
type group struct {
	first string
	from  int // where they may differ: before it all begin with the same
}

// cuts returns at most n keys of the range.
//
// The folders of names tell most with one question each. Where a folder holds
// too much to be seen at a glance, keys are tried in it.
func (p *prober) cuts(ctx context.Context, n int) ([]string, error) {
	start := max(p.at.From, p.at.Prefix)
	keys, large, err := p.folders(ctx, start, n)
	if err != nil || len(keys) >= n || len(large) == 0 {
		return ordered(keys, n), err
	}
	p.left = max(p.left, 2*n)
	var todo []group
	for _, prefix := range large {
		lo, ok, err := p.first(ctx, max(start, prefix))
		if err != nil || p.r.traits.startFrom.not() {
			return nil, err
		}
		if ok && strings.HasPrefix(lo, prefix) {
			todo = append(todo, group{lo, len(prefix)})
		}
	}
	for len(todo) > 0 && len(keys) < n && p.left > 0 {
		more, err := p.divide(ctx, todo[0], n-len(keys))
		if err != nil {
			return nil, err
		}
		todo = append(todo[1:], more...)
		for _, m := range more[min(len(more), 1):] {
			if m.first > start && cuttable(m.first) {
				keys = append(keys, m.first)
			}
		}
	}
	return ordered(keys, n), nil
}

// perKey is how many blobs of one folder lie between two keys.
const perKey = 500

// folders goes down the folders of names, level by level, until they are enough
// to cut between. large are those that one page does not hold.
func (p *prober) folders(ctx context.Context, start string, n int) (keys, large []string, err error) {
	todo := []string{p.at.Prefix}
	for len(todo) > 0 && len(keys) < n && p.left > 0 {
		prefix := todo[0]
		todo = todo[1:]
		p.left--
		below := source.Range{Service: blobs, Container: p.at.Container, Prefix: prefix}
		body, err := p.r.body(ctx, p.r.levelQuery(below, ""), nil)
		if err != nil {
			return nil, nil, err
		}
		var l listing
		if err := l.parse(body); err != nil {
			return nil, nil, err
		}
		if len(l.marker) > 0 {
			large = append(large, prefix)
			continue
		}
		inside, singles := 0, 0
		for i := range l.objects {
			name := string(l.objects[i].Name)
			folder := l.objects[i].State == source.Folder && strings.HasSuffix(name, delimiter)
			if p.at.To != "" && name >= p.at.To || name < start && !(folder && strings.HasPrefix(start, name)) {
				continue
			}
			// The first entry begins where the folder does, which is a key already.
			if inside++; inside > 1 && name > start && cuttable(name) && (folder || singles%perKey == perKey-1) {
				keys = append(keys, name)
			}
			if folder {
				todo = append(todo, name)
			} else {
				singles++
			}
		}
	}
	return keys, large, nil
}

// divide finds where the names of a group begin to differ, and the groups that
// they fall into there, at most n and the first.
func (p *prober) divide(ctx context.Context, g group, n int) ([]group, error) {
	// The longest beginning that all share, from g.first to the end of its group:
	// behind the last name with a longer one there is no other.
	if g.from >= len(g.first) {
		return nil, nil
	}
	end := g.first[:g.from]
	inside := func(name string, ok bool) bool { return ok && strings.HasPrefix(name, end) }
	low, high := g.from, len(g.first)
	if i := strings.Index(g.first[g.from:], delimiter); i > 0 {
		high = g.from + i // names differ in the entry of the folder, mostly
	}
	top := high
	for low < high && p.left > 0 {
		mid := (low + high) / 2
		name, ok, err := p.first(ctx, after(g.first[:mid+1]))
		if err != nil {
			return nil, err
		}
		if inside(name, ok) {
			high = mid
		} else {
			low = mid + 1
		}
	}
	shared := g.first[:low]
	if low == top && top < len(g.first) && p.left > 0 { // all lie in one folder
		return []group{{g.first, top + 1}}, nil
	}
	if low == len(g.first) { // all that follow begin with the first, as in a folder with a blob of its name
		name, ok, err := p.first(ctx, g.first+letters[:1])
		if !inside(name, ok) {
			return nil, err
		}
		return []group{{g.first, low}, {name, low}}, err
	}
	if p.left <= 0 {
		return nil, nil
	}
	last, err := p.last(ctx, shared, g.first[low])
	if err != nil {
		return nil, err
	}
	groups := []group{{g.first, low + 1}}
	steps := strings.Index(letters, string(last)) - strings.IndexByte(letters, near(g.first[low]))
	for i := 1; i <= min(n, steps) && p.left > 0; i++ {
		at := strings.IndexByte(letters, near(g.first[low])) + (i*steps+min(n, steps)-1)/min(n, steps)
		key := shared + letters[at:at+1]
		if key <= groups[len(groups)-1].first {
			continue
		}
		name, ok, err := p.first(ctx, key)
		if err != nil || !ok || !strings.HasPrefix(name, shared) {
			return groups, err
		}
		if name > groups[len(groups)-1].first {
			groups = append(groups, group{name, low + 1})
		}
	}
	return groups, nil
}

// last returns the greatest letter that a name has behind what all share.
func (p *prober) last(ctx context.Context, shared string, least byte) (byte, error) {
	low, high := strings.IndexByte(letters, near(least)), len(letters)
	if '0' <= least && least <= '9' { // numbers, mostly
		high = strings.IndexByte(letters, ';')
		name, ok, err := p.first(ctx, shared+";")
		if err != nil {
			return 0, err
		}
		if ok && strings.HasPrefix(name, shared) {
			low, high = strings.IndexByte(letters, near(name[min(len(shared), len(name)-1)])), len(letters)
		}
	}
	for high-low > 1 && p.left > 0 {
		mid := (low + high) / 2
		name, ok, err := p.first(ctx, shared+letters[mid:mid+1])
		if err != nil {
			return 0, err
		}
		if ok && strings.HasPrefix(name, shared) {
			low = max(mid, strings.IndexByte(letters, near(name[min(len(shared), len(name)-1)])))
		} else {
			high = mid
		}
	}
	return letters[low], nil
}

// near returns the letter of a key that is not behind c.
func near(c byte) byte {
	i := len(letters) - 1
	for i > 0 && letters[i] > c {
		i--
	}
	return letters[i]
}

// after returns the least key that is behind all names which begin with s.
func after(s string) string {
	for i := len(s) - 1; i >= 0; i-- {
		if s[i] < 0x7e {
			return s[:i] + string(rune(s[i]+1))
		}
	}
	return s + "\U0010ffff"
}

// cuttable reports whether all orders in which a service may list agree on what
// is before name.
func cuttable(name string) bool {
	for i := range len(name) {
		if name[i] >= 0xed {
			return false
		}
	}
	return name != ""
}
