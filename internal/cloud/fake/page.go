package fake

import (
	"encoding/base64"
	"io"
	"strconv"
	"strings"
	"sync"
)

// ask is a request for a page of blobs.
type ask struct {
	prefix, delimiter string
	marker            string // as sent, to echo it
	from              string // first name
	skip              int    // entries of that name to leave out
	before            string // end of names; empty for none
	most              int
	shown             [Folder + 1]bool // which states are listed
	only              string           // showonly: deleted, files, directories
	ids               bool             // include=versions: current ones tell theirs
}

// maxPage is how many entries a page has at most.
const maxPage = 5000

// buffers hold rendered pages.
var buffers = sync.Pool{New: func() any {
	b := make([]byte, 0, maxPage*800)
	return &b
}}

// page renders one page of blobs.
//
// Source: Azure Storage REST reference, "List Blobs".
func (c *container) page(dst []byte, endpoint string, a *ask) []byte {
	dst = c.pageHead(dst, endpoint, a)
	w := walk{c: c, a: a, i: c.seek(a.from), e: c.seekObject(a.from)}
	return pageTail(w.run(dst), w.next)
}

func (c *container) pageHead(dst []byte, endpoint string, a *ask) []byte {
	dst = append(dst, declaration+"<EnumerationResults ServiceEndpoint=\""...)
	dst = escapeXML(dst, endpoint)
	dst = append(dst, "\" ContainerName=\""...)
	dst = escapeXML(dst, c.Name)
	dst = append(dst, "\">"...)
	for _, e := range [...]struct{ name, value string }{{"Prefix", a.prefix}, {"Marker", a.marker}} {
		if e.value != "" {
			dst = element(dst, e.name, e.value)
		}
	}
	if a.most < maxPage {
		dst = element(dst, "MaxResults", strconv.Itoa(a.most))
	}
	if a.delimiter != "" {
		dst = element(dst, "Delimiter", a.delimiter)
	}
	return append(dst, "<Blobs>"...)
}

func pageTail(dst []byte, next string) []byte {
	dst = append(dst, "</Blobs>"...)
	dst = element(dst, "NextMarker", next)
	return append(dst, "</EnumerationResults>"...)
}

// run is a page of blobs made by rule, with nothing between them: its length is
// known before it is rendered, so it can be sent as it comes.
type run struct {
	c           *container
	first, stop int64
	head, tail  []byte
}

// asRun returns the page as a run, if it is one.
func (c *container) asRun(endpoint string, a *ask) (*run, bool) {
	w := walk{c: c, a: a, i: c.seek(a.from), e: c.seekObject(a.from)}
	if !w.plain() {
		return nil, false
	}
	r := &run{c: c, first: w.i, stop: w.stop(), head: c.pageHead(nil, endpoint, a)}
	r.tail = pageTail(nil, w.next)
	return r, true
}

// size is the length of the page in bytes.
func (r *run) size() int64 {
	n := int64(len(r.head) + len(r.tail))
	if r.first < r.stop {
		n += r.c.cycle.before(r.stop) - r.c.cycle.before(r.first)
	}
	return n
}

// step is how many blobs are rendered before they are sent: as much as fits the
// cache that is nearest.
const step = 160

// steps hold what is rendered of a run.
var steps = sync.Pool{New: func() any {
	b := make([]byte, 0, step*1000)
	return &b
}}

// WriteTo renders the page and sends it.
func (r *run) WriteTo(w io.Writer) (int64, error) {
	buffer := steps.Get().(*[]byte)
	defer steps.Put(buffer)
	sent := int64(0)
	dst := (*buffer)[:0]
	dst = append(dst, r.head...)
	for i := r.first; i < r.stop; i += step {
		dst = r.c.blobs(dst, i, min(i+step, r.stop))
		n, err := w.Write(dst)
		if sent += int64(n); err != nil {
			return sent, err
		}
		dst = dst[:0]
	}
	dst = append(dst, r.tail...)
	n, err := w.Write(dst)
	*buffer = dst
	return sent + int64(n), err
}

// walk goes through the entries of a container in order.
type walk struct {
	c    *container
	a    *ask
	i    int64 // next blob made by rule
	e    int   // next named object
	n    int   // entries written
	next string
}

// plain reports whether there is nothing but blobs made by rule.
func (w *walk) plain() bool {
	if w.a.delimiter != "" || w.a.only != "" || w.a.ids || w.a.skip != 0 || w.e < len(w.c.objects) {
		return false
	}
	for s := range w.c.extras() {
		if w.a.shown[s] {
			return false
		}
	}
	return true
}

func (w *walk) run(dst []byte) []byte {
	if w.plain() {
		return w.c.blobs(dst, w.i, w.stop())
	}
	return w.slow(dst)
}

// stop returns where a page of blobs made by rule ends, and sets next.
func (w *walk) stop() int64 {
	c := w.c
	end := c.count
	if top := above(w.a.prefix); top != "" {
		end = c.seek(top)
	}
	if w.a.before != "" {
		end = min(end, c.seek(w.a.before))
	}
	stop := min(end, w.i+int64(w.a.most))
	if stop < end {
		w.next = marker(string(c.cycle.shape.name(nil, stop)), 0)
	}
	return stop
}

// opening stands before every name.
const opening = "<Blob><Name>"

// blobs writes the entries from first to stop. It is what decides how many blobs
// a second can be served.
func (c *container) blobs(dst []byte, first, stop int64) []byte {
	at := first % c.cycle.period
	for i := first; i < stop; i++ {
		dst = append(dst, opening...)
		dst = c.cycle.shape.name(dst, i)
		dst = c.row(dst, i, at)
		if at++; at == c.cycle.period {
			at = 0
		}
	}
	return dst
}

// row appends the row at a place of the cycle with the ETag and MD5 of index i.
func (c *container) row(dst []byte, i, at int64) []byte {
	r := &c.cycle.rows[at]
	base := len(dst)
	dst = append(dst, r.text...)
	h := mix(c.seed + uint64(i))
	putETag(dst[base+r.etag:], h)
	putMD5(dst[base+r.md5:], h)
	return dst
}

// slow writes whatever there is.
func (w *walk) slow(dst []byte) []byte {
	skip := w.a.skip
	for {
		name, ok := w.peek()
		if !ok || !strings.HasPrefix(name, w.a.prefix) || w.a.before != "" && name >= w.a.before {
			return dst
		}
		if w.a.delimiter != "" {
			if k := strings.Index(name[len(w.a.prefix):], w.a.delimiter); k >= 0 {
				if w.n == w.a.most {
					w.next = marker(name, 0)
					return dst
				}
				dst = w.folder(dst, name[:len(w.a.prefix)+k+len(w.a.delimiter)])
				continue
			}
		}
		for k, o := range w.take(name) {
			if k < skip {
				continue
			}
			if w.n == w.a.most {
				w.next = marker(name, k)
				return dst
			}
			if w.a.ids || o.State != Current {
				dst = o.line(dst)
			} else {
				o.Stamp = ""
				dst = o.line(dst)
			}
			w.n++
		}
		skip = 0
	}
}

// folder writes what stands for all names that begin with prefix, and goes on
// behind them.
func (w *walk) folder(dst []byte, prefix string) []byte {
	dst = append(dst, "<BlobPrefix>"...)
	dst = openName(dst, prefix)
	dst = append(dst, "</Name></BlobPrefix>"...)
	w.n++
	next := above(prefix)
	w.i, w.e = w.c.seek(next), w.c.seekObject(next)
	if next == "" {
		w.i, w.e = w.c.count, len(w.c.objects)
	}
	return dst
}

// peek returns the next name.
func (w *walk) peek() (string, bool) {
	var name string
	if w.i < w.c.count {
		name = string(w.c.cycle.shape.name(nil, w.i))
	}
	if w.e < len(w.c.objects) && (name == "" || w.c.objects[w.e].Name <= name) {
		name = w.c.objects[w.e].Name
	}
	return name, name != ""
}

// take returns the entries of the next name that are to be shown, in order, and
// goes on behind them.
func (w *walk) take(name string) []Object {
	var all []Object
	if w.i < w.c.count && string(w.c.cycle.shape.name(nil, w.i)) == name {
		for s := range w.c.extras() {
			if w.i%w.c.every(s) == 0 && w.a.shows(s) {
				all = append(all, w.c.object(w.i, s))
			}
		}
		if w.a.shows(Current) {
			all = append(all, w.c.object(w.i, Current))
		}
		w.i++
	}
	for ; w.e < len(w.c.objects) && w.c.objects[w.e].Name == name; w.e++ {
		if o := w.c.objects[w.e]; w.a.shows(o.State) {
			all = append(all, o)
		}
	}
	return all
}

// shows reports whether entries of a state are listed.
func (a *ask) shows(s State) bool {
	switch a.only {
	case "deleted":
		return s == Deleted
	case "files":
		return s != Folder && a.shown[s]
	case "directories":
		return s == Folder
	}
	return a.shown[s]
}

// above returns the first string behind all that begin with prefix; empty if
// there is none.
func above(prefix string) string {
	for i := len(prefix) - 1; i >= 0; i-- {
		if prefix[i] < 0xff {
			return prefix[:i] + string([]byte{prefix[i] + 1})
		}
	}
	return ""
}

// marker writes where a listing goes on: at which name, and how many of its
// entries were listed. To clients it is opaque.
func marker(name string, skip int) string {
	return "2!" + strconv.Itoa(skip) + "!" + base64.RawURLEncoding.EncodeToString([]byte(name))
}

// readMarker is the reverse of marker. What was not made by it stands for the
// beginning.
func readMarker(text string) (name string, skip int) {
	rest, ok := strings.CutPrefix(text, "2!")
	if !ok {
		return "", 0
	}
	number, coded, _ := strings.Cut(rest, "!")
	raw, err := base64.RawURLEncoding.DecodeString(coded)
	if skip, _ = strconv.Atoi(number); err != nil || skip < 0 {
		return "", 0
	}
	return string(raw), skip
}
