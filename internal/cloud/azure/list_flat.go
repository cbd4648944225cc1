package azure

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/maphash"

	"github.com/overgrant/overgrant/internal/source"
)

// yielder takes a page, or what could not be listed.
type yielder = func(*source.Page, error) bool

// flat lists the blobs of a container that begin with the prefix of the range.
func (r *reach) flat(ctx context.Context, at source.Range, yield yielder) error {
	f := &flatList{r: r, at: at, yield: yield, past: at.From, asked: r.include(), seed: maphash.MakeSeed(), ends: map[uint64]struct{}{}}
	if mark(at) == flatMark {
		f.marker = at.Marker[1:]
	}
	own, cancel := context.WithCancel(context.WithoutCancel(ctx))
	if p := r.parking.take(parkKey(at)); p != nil {
		f.l, f.coming, f.asked = p.l, p.coming, p.asked
		stop := cancel
		cancel = func() { stop(); p.cancel() }
	} else {
		f.l = listers.Get().(*lister)
	}
	detach := context.AfterFunc(ctx, cancel)
	err := f.run(own, ctx.Err)
	if ctx.Err() != nil && !errors.Is(err, errStopped) {
		err = ctx.Err()
	}
	page := &parked{key: parkKey(f.rest), l: f.l, coming: f.coming, cancel: cancel, asked: f.asked}
	if detach() && f.coming != nil && errors.Is(err, errStopped) && f.rest != (source.Range{}) {
		r.parking.put(page)
	} else {
		page.drop()
	}
	return err
}

// flatList is a listing under way.
type flatList struct {
	r      *reach
	l      *lister
	at     source.Range
	yield  yielder
	coming <-chan arrival // the next page

	marker string       // of the page that is asked for
	asked  string       // what it includes besides current blobs
	less   bool         // that is less than was asked for at first
	past   string       // last name of the page before
	bytes  int64        // of pages that were not yielded, since they are empty
	idle   int          // pages in a row that brought no new name
	stuck  int          // those of them that led to themselves
	odd    bool         // that a size makes no sense is told
	said   bool         // that not everything is listed
	rest   source.Range // behind the page that was yielded last
	seed   maphash.Seed
	ends   map[uint64]struct{} // hashes of the last names of all pages
}

// run yields page after page, until the caller has ended it: the cancelling of
// ctx follows a moment later.
func (f *flatList) run(ctx context.Context, ended func() error) error {
	if f.coming == nil {
		f.ask(ctx)
	}
	for first := true; ; first = false {
		if err := ended(); err != nil {
			return err
		}
		a := <-f.coming
		f.coming = nil
		if a.err != nil {
			var ok bool
			if f.asked, ok = includeLess(f.asked, a.err); !ok {
				return a.err
			}
			f.less = true
			f.ask(ctx)
			continue
		}
		if f.less {
			f.less = false
			f.r.includeNoMore(f.asked)
		}
		if f.asked != includes[0] && f.r.opt.Versions != "" && !f.said {
			f.said = true
			if !f.yield(nil, f.r.unseen(f.at, f.asked)) {
				return errStopped
			}
		}
		done, err := f.page(ctx, a.body, first)
		if done || err != nil {
			return err
		}
	}
}

// ask sends for the page at the marker.
func (f *flatList) ask(ctx context.Context) {
	f.coming = f.l.fetch(ctx, f.r, f.r.blobQuery(f.at, f.marker, f.asked))
}

// page reads a page that arrived and yields it. The next is sent for before, or
// as soon as it is known that it is wanted.
func (f *flatList) page(ctx context.Context, body []byte, first bool) (done bool, err error) {
	early, ok := nextMarker(body)
	if ok = ok && f.at.To == "" && early != f.marker; ok {
		this := f.marker
		f.marker = early
		f.ask(ctx)
		f.marker = this
	}
	if err := f.l.parse(body); err != nil {
		return true, err
	}
	next := string(f.l.marker)
	if ok && next != early {
		return true, fmt.Errorf("%w: a page names two places to go on", errLies)
	}
	if next != "" && next == f.marker {
		if f.stuck++; f.stuck > maxStuck || len(f.l.objects) > 0 {
			return true, fmt.Errorf("%w: a page leads to itself", errLies)
		}
	} else {
		f.stuck = 0
	}
	if first && f.marker == "" {
		f.learn()
	}
	last, err := f.advance()
	if err != nil {
		return true, err
	}
	cut := f.trim()
	f.marker = next
	done = next == "" || cut
	if !done && !ok {
		f.ask(ctx)
	}
	if !done && mark(f.at) != flatMark && last < f.at.From {
		return false, nil // the service does not heed where to begin
	}
	f.bytes += int64(len(body))
	if !done && len(f.l.objects) == 0 {
		return false, nil // who goes on behind each page would not see that nothing ever comes
	}
	page := &source.Page{Objects: f.l.objects, Bytes: f.bytes}
	f.bytes = 0
	if !done {
		page.Next = f.at
		page.Next.From, page.Next.Marker = last, string(flatMark)+next
	}
	f.rest = page.Next
	if f.l.unsized > 0 && !f.odd {
		f.odd = true
		if !f.yield(nil, f.r.unsized(f.at, f.l.unsized)) {
			return true, errStopped
		}
	}
	if !f.yield(page, nil) {
		return true, errStopped
	}
	return done, nil
}

// learn notes what the first page shows of the account.
func (f *flatList) learn() {
	if len(f.l.objects) == 0 {
		return
	}
	if f.at.From > f.at.Prefix && f.r.startsFrom() {
		f.r.traits.startFrom.set(!before(f.l.objects[0].Name, f.at.From))
	}
}

// advance checks that a page goes on behind the one before, and returns its last
// name. The order is that of the service, of which little is known: a page may
// end on the name of the one before, since versions have the name of their blob.
func (f *flatList) advance() (last string, err error) {
	if n := len(f.l.objects); n > 0 {
		name := f.l.objects[n-1].Name
		if f.past != "" && f.marker != "" && (!behind(f.l.objects[0].Name, f.past) || !behind(name, f.past)) {
			return "", fmt.Errorf("%w: a page lies before the one that leads to it", errLies)
		}
		if string(name) != f.past {
			f.past, f.idle = string(name), 0
			return f.past, f.once(name)
		}
		if f.asked == "" && f.marker != "" {
			return "", fmt.Errorf("%w: a page ends where the one before did", errLies)
		}
	}
	if f.idle++; f.idle > maxIdle {
		return "", fmt.Errorf("%w: %d pages brought no new name", errLies, maxIdle)
	}
	return f.past, nil
}

// maxEnds bounds the ends of pages that are kept to see a listing go round: so
// many pages hold five thousand million blobs.
const maxEnds = 1 << 20

// once fails if a page has ended on the name before.
func (f *flatList) once(name []byte) error {
	h := maphash.Bytes(f.seed, name)
	if _, seen := f.ends[h]; seen {
		return fmt.Errorf("%w: it goes round", errLies)
	}
	if len(f.ends) < maxEnds {
		f.ends[h] = struct{}{}
	}
	return nil
}

// trim takes out of a page what is not in the range. cut is true if the range
// ends in it.
func (f *flatList) trim() (cut bool) {
	objects := f.l.objects
	if len(objects) == 0 {
		return false
	}
	to, from := f.at.To, f.at.From
	tail := to != "" && !before(objects[len(objects)-1].Name, to)
	head := from > f.at.Prefix && mark(f.at) != flatMark && before(objects[0].Name, from)
	stray := !bytes.HasPrefix(objects[0].Name, []byte(f.at.Prefix)) || !bytes.HasPrefix(objects[len(objects)-1].Name, []byte(f.at.Prefix))
	if !tail && !head && !stray {
		return false
	}
	kept := objects[:0]
	for _, o := range objects {
		if (!tail || before(o.Name, to)) && (!head || !before(o.Name, from)) && (!stray || bytes.HasPrefix(o.Name, []byte(f.at.Prefix))) {
			kept = append(kept, o)
		}
	}
	f.l.objects = kept
	return tail
}

// before compares a name with a bound of a range, byte by byte. Bounds are
// chosen so that all orders in which a service may list agree on them.
func before(name []byte, bound string) bool { return string(name) < bound }

// behind reports whether name comes behind past in any order that a service may
// list in: by bytes, by UTF-16 units, or with all that is in a directory right
// behind its name.
func behind(name []byte, past string) bool {
	if string(name) >= past {
		return true
	}
	i := 0
	for i < len(name) && i < len(past) && name[i] == past[i] {
		i++
	}
	if i == len(name) || i == len(past) {
		return i == len(past)
	}
	a, b := name[i], past[i]
	// Beyond the basic plane, where UTF-8 begins with 0xf0, UTF-16 comes before
	// what begins with 0xee and 0xef.
	return b == '/' || a >= 0xee && b >= 0xf0
}
