package azure

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/overgrant/overgrant/internal/source"
)

// delimiter ends the levels of names.
const delimiter = "/"

// tree lists a part of one level: From and To of the range are not names to be
// compared but entries of the level, a blob or what the names of others begin
// with, in the order of the service, whatever that is. What begins with such an
// entry is listed flat. This is how a container is shared out where it cannot be
// listed from any name on.
func (r *reach) tree(ctx context.Context, at source.Range, yield yielder) error {
	t := treeList{r: r, at: at, yield: yield, inside: at.From == ""}
	inner := at.Marker[1:]
	if strings.Contains(r.include(), "snapshots") && !yield(nil, r.unseen(at, "snapshots of the blobs that lie on one level")) {
		return errStopped
	}
	for e, err := range r.level(ctx, at) {
		if err != nil {
			return err
		}
		if !t.inside && e.name == at.From {
			t.inside = true
		}
		if !t.inside {
			continue
		}
		if at.To != "" && e.name == at.To {
			return t.flush(source.Range{})
		}
		if err := t.entry(ctx, e, inner); err != nil {
			return err
		}
		inner = ""
	}
	if !t.inside {
		return fmt.Errorf("go on behind an entry of a level: %w", errMarker)
	}
	return t.flush(source.Range{})
}

// entry is a blob of a level, or a prefix.
type entry struct {
	name    string
	folder  bool
	objects []source.Object // the blob, or the directory if it is one
}

// treeList is a listing under way. Blobs in a row make one page.
type treeList struct {
	r      *reach
	at     source.Range
	yield  yielder
	inside bool
	blobs  []source.Object
}

// from returns the range from an entry on.
func (t *treeList) from(name, inner string) source.Range {
	rest := t.at
	rest.From, rest.Marker = name, string(treeMark)+inner
	return rest
}

// What stands in the marker of a tree behind its letter: how far the entry From
// was listed.
const (
	treeBegun = "0" // the directory itself was yielded
	treeDone  = "1" // to its end
	treeInner = "2" // to where the marker that follows says
)

// entry lists one entry of the level.
func (t *treeList) entry(ctx context.Context, e entry, inner string) error {
	if !e.folder {
		if len(t.blobs) >= perPage {
			if err := t.flush(t.from(e.name, "")); err != nil {
				return err
			}
		}
		t.blobs = append(t.blobs, e.objects...)
		return nil
	}
	if err := t.flush(t.from(e.name, inner)); err != nil || inner == treeDone {
		return err
	}
	if inner == "" && len(e.objects) > 0 {
		t.blobs = append(t.blobs, e.objects...)
		if err := t.flush(t.from(e.name, treeBegun)); err != nil {
			return err
		}
	}
	below := source.Range{Service: t.at.Service, Container: t.at.Container, Prefix: e.name}
	if marker, ok := strings.CutPrefix(inner, treeInner); ok {
		below.Marker = string(flatMark) + marker
	}
	return t.r.flat(ctx, below, func(p *source.Page, err error) bool {
		if p == nil {
			return t.yield(nil, err)
		}
		if p.Next == (source.Range{}) { // where the level goes on is not known yet
			p.Next = t.from(e.name, treeDone)
		} else {
			p.Next = t.from(e.name, treeInner+p.Next.Marker[1:])
		}
		return t.yield(p, err)
	})
}

// flush yields the blobs that were gathered.
func (t *treeList) flush(next source.Range) error {
	if len(t.blobs) == 0 {
		return nil
	}
	ok := t.yield(&source.Page{Objects: t.blobs, Next: next}, nil)
	t.blobs = t.blobs[:0]
	if !ok {
		return errStopped
	}
	return nil
}

// levelQuery returns the question for a page of a level.
func (r *reach) levelQuery(at source.Range, marker string) request {
	q := "restype=container&comp=list&delimiter=%2F&maxresults=" + strconv.Itoa(perPage)
	if at.Prefix != "" {
		q += "&prefix=" + escapeValue(at.Prefix)
	}
	if marker != "" {
		q += "&marker=" + escapeValue(marker)
	}
	// Snapshots cannot be listed by level. Source: "List Blobs".
	if include := r.include(); include != "" && !bytes.Contains([]byte(include), []byte("snapshots")) {
		q += "&include=" + include
	}
	return request{service: blobs, path: "/" + escapeName(at.Container), query: q}
}

// level yields the entries of the level below the prefix of a range.
func (r *reach) level(ctx context.Context, at source.Range) func(yield func(entry, error) bool) {
	return func(yield func(entry, error) bool) {
		var l listing
		var body []byte
		past := ""
		for marker, pages := "", 0; ; pages++ {
			var err error
			if body, err = r.body(ctx, r.levelQuery(at, marker), body); err == nil {
				err = l.parse(body)
			}
			if err == nil && (pages > maxLevelPages || marker != "" && string(l.marker) == marker) {
				err = fmt.Errorf("%w: a level of names does not end", errLies)
			}
			if err != nil {
				yield(entry{}, err)
				return
			}
			next := string(l.marker)
			if past != "" && len(l.objects) > 0 && string(l.objects[0].Name) == past && r.opt.Versions == "" {
				yield(entry{}, fmt.Errorf("%w: a page repeats where the one before ended", errLies))
				return
			}
			for i := range l.objects {
				o := l.objects[i]
				past = string(o.Name)
				folder := o.State == source.Folder && bytes.HasSuffix(o.Name, []byte(delimiter))
				e := entry{name: past, folder: folder}
				if folder && o.Modified != 0 { // a directory of its own, not only a way to write names
					o.Name = o.Name[:len(o.Name)-len(delimiter)]
				}
				if !folder || o.Modified != 0 {
					e.objects = []source.Object{kept(o)}
				}
				if !yield(e, nil) {
					return
				}
			}
			if marker = next; marker == "" {
				return
			}
		}
	}
}

// maxLevelPages bounds a level that is listed to find where to share it out.
const maxLevelPages = 200

// kept copies an object out of the page that it stands in.
func kept(o source.Object) source.Object {
	for _, b := range []*[]byte{&o.Name, &o.Tag, &o.MD5, &o.Type, &o.Tier, &o.Version} {
		*b = bytes.Clone(*b)
	}
	return o
}
