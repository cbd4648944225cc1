package azure

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/overgrant/overgrant/internal/source"
)

// maxDirectories bounds how deep directories of a share lie. Source: "Naming and
// referencing shares, directories, files, and metadata".
const maxDirectories = 256

// level is a directory of a share that a walk is in: the page of it that was
// yielded last, and how many of the directories in that page were walked.
type level struct {
	dir    string // with a slash at its end; empty for the root
	marker string
	done   int

	dirs []string // of the page; nil until it is there
	next string   // where the directory goes on
}

// walk lists a directory of a share and all below it. Each page is part of one
// directory; those in it follow behind. The service lists a directory at a time.
func (r *reach) walk(ctx context.Context, at source.Range, yield yielder) error {
	w := walker{r: r, at: at, yield: yield}
	if mark(at) == walkMark {
		if err := w.resume(at.Marker[1:]); err != nil {
			return err
		}
	} else if err := w.enter(ctx, directory(at.Prefix)); err != nil {
		return err
	}
	for len(w.levels) > 0 {
		if err := w.step(ctx); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// directory writes the name of a directory with a slash at its end.
func directory(name string) string {
	if name = strings.Trim(name, "/"); name == "" {
		return ""
	}
	return name + "/"
}

// walker is a walk under way.
type walker struct {
	r       *reach
	at      source.Range
	yield   yielder
	levels  []level
	listing listing
	body    []byte
	names   []byte
	idle    int
	odd     bool  // that a size makes no sense is told
	bytes   int64 // of pages that were not yielded
}

// enter begins a directory.
func (w *walker) enter(ctx context.Context, dir string) error {
	if len(w.levels) >= maxDirectories {
		return fmt.Errorf("%w: directories lie more than %d deep", errLies, maxDirectories)
	}
	w.levels = append(w.levels, level{dir: dir})
	return w.show(ctx)
}

// step goes on in the deepest directory: into the next one in it, to its next
// page, or out of it.
func (w *walker) step(ctx context.Context) error {
	top := &w.levels[len(w.levels)-1]
	if top.dirs == nil {
		if err := w.load(ctx, top); err != nil {
			return err
		}
	}
	switch {
	case top.done < len(top.dirs):
		dir := top.dir + top.dirs[top.done] + "/"
		top.done++
		return w.enter(ctx, dir)
	case top.next != "":
		if top.next == top.marker {
			return fmt.Errorf("%w: a page leads to itself", errLies)
		}
		*top = level{dir: top.dir, marker: top.next}
		return w.show(ctx)
	}
	w.levels = w.levels[:len(w.levels)-1]
	return nil
}

// show yields the page of the deepest directory.
func (w *walker) show(ctx context.Context) error {
	top := &w.levels[len(w.levels)-1]
	if err := w.load(ctx, top); err != nil {
		if statusOf(err) == 0 || len(w.levels) == 1 {
			return err
		}
		at := w.at
		at.Prefix = top.dir
		w.levels = w.levels[:len(w.levels)-1]
		if !w.yield(nil, w.r.gapOr(at, err)) {
			return errStopped
		}
		return nil
	}
	if w.idle++; len(w.listing.objects) > 0 {
		w.idle = 0
	}
	if w.idle > maxIdle && top.next != "" {
		return fmt.Errorf("%w: %d pages brought no name", errLies, maxIdle)
	}
	w.bytes += int64(len(w.body))
	if len(w.listing.objects) == 0 && top.next != "" && top.next != top.marker {
		return nil // an empty page that leads on is not worth a stop
	}
	page := &source.Page{Objects: w.full(top.dir), Bytes: w.bytes, Next: w.rest()}
	w.bytes = 0
	if w.listing.unsized > 0 && !w.odd {
		at := w.at
		at.Prefix = strings.TrimSuffix(top.dir, "/")
		if w.odd = true; !w.yield(nil, w.r.unsized(at, w.listing.unsized)) {
			return errStopped
		}
	}
	if !w.yield(page, nil) {
		return errStopped
	}
	return nil
}

// load reads the page of a directory.
func (w *walker) load(ctx context.Context, l *level) error {
	path := "/" + escapeName(w.at.Container)
	if l.dir != "" {
		path += "/" + escapeName(strings.TrimSuffix(l.dir, "/"))
	}
	q := "restype=directory&comp=list&maxresults=" + strconv.Itoa(perPage) + "&include=Timestamps,Etag"
	if l.marker != "" {
		q += "&marker=" + escapeValue(l.marker)
	}
	var err error
	w.body, err = w.r.body(ctx, request{service: files, path: path, query: q, header: extendedInfo}, w.body)
	if err != nil {
		return err
	}
	if err := w.listing.parse(w.body); err != nil {
		return err
	}
	l.dirs = make([]string, 0, 8)
	for _, o := range w.listing.objects {
		if name := string(o.Name); o.State == source.Folder && !strings.Contains(name, "/") && name != "." && name != ".." {
			l.dirs = append(l.dirs, name)
		}
	}
	l.next = string(w.listing.marker)
	return nil
}

// extendedInfo asks for times and ETags in a list of files.
var extendedInfo = map[string][]string{"X-Ms-File-Extended-Info": {"true"}}

// full returns the objects of the page with their whole names.
func (w *walker) full(dir string) []source.Object {
	objects := w.listing.objects
	size := 0
	for i := range objects {
		size += len(dir) + len(objects[i].Name) + 1
	}
	w.names = slices.Grow(w.names[:0], size)
	for i := range objects {
		start := len(w.names)
		w.names = append(append(w.names, dir...), objects[i].Name...)
		objects[i].Name = w.names[start:len(w.names):len(w.names)]
	}
	return objects
}

// rest returns the range that goes on from here. The levels are written down
// with the names of their directories within each other.
func (w *walker) rest() source.Range {
	var b strings.Builder
	b.WriteByte(walkMark)
	more := false
	for i, l := range w.levels {
		if i > 0 {
			b.WriteByte('!')
		}
		above := ""
		if i > 0 {
			above = w.levels[i-1].dir
		}
		fmt.Fprintf(&b, "%s,%s,%d", escapeValue(strings.TrimPrefix(l.dir, above)), escapeValue(l.marker), l.done)
		more = more || l.done < len(l.dirs) || l.dirs == nil || l.next != ""
	}
	if !more {
		return source.Range{}
	}
	next := w.at
	next.Marker = b.String()
	return next
}

// resume reads what rest wrote.
func (w *walker) resume(text string) error {
	above := ""
	for part := range strings.SplitSeq(text, "!") {
		f := strings.Split(part, ",")
		if len(f) != 3 || len(w.levels) >= maxDirectories {
			return fmt.Errorf("go on in a share: %w", errMarker)
		}
		done, err := strconv.Atoi(f[2])
		if err != nil || done < 0 {
			return fmt.Errorf("go on in a share: %w", errMarker)
		}
		above += unescape(f[0])
		w.levels = append(w.levels, level{dir: above, marker: unescape(f[1]), done: done})
	}
	return nil
}
