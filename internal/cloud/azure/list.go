package azure

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/source"
	"github.com/overgrant/overgrant/internal/wire"
)

// The first letter of Range.Marker says how a range is listed. Without a marker
// it is listed from its beginning on.
const (
	flatMark   = 's' // go on where the service says, which follows
	objectMark = 'o' // the range is the object that Prefix names
	treeMark   = 't' // level by level: see tree
	walkMark   = 'w' // directories of a share: see walk
	pathsMark  = 'd' // by the dfs service; where it says to go on follows
)

// errLies says that the pages of a listing do not fit each other.
var errLies = errors.New("the listing does not go on")

// The bounds of a listing that does not get anywhere.
const (
	maxIdle     = 1000 // pages in a row without a name, or with the same
	maxStuck    = 8    // how often an empty page may lead to itself
	maxAttempts = 6    // how often a page is asked for whose body breaks
)

// Pages lists a range. What the service refuses is yielded as a *source.Skip.
func (r *reach) Pages(ctx context.Context, at source.Range) iter.Seq2[*source.Page, error] {
	return func(yield func(*source.Page, error) bool) {
		var err error
		if err = r.settle(ctx); err != nil {
			yield(nil, r.gapOr(at, err))
			return
		}
		switch {
		case at.Container == "":
			err = errors.New("list a range: it names no container; expand it")
		case mark(at) == objectMark:
			err = r.single(ctx, at, yield)
		case at.Service == files:
			err = r.walk(ctx, at, yield)
		case at.Service == queues:
			err = r.messages(ctx, at, yield)
		case at.Service == tables:
			err = r.entities(ctx, at, yield)
		case mark(at) == treeMark:
			err = r.tree(ctx, at, yield)
		case mark(at) == pathsMark:
			err = r.paths(ctx, at, yield)
		default:
			if err = r.flat(ctx, at, yield); r.byPaths(at, err) {
				err = r.paths(ctx, at, yield)
			}
		}
		if err != nil && !errors.Is(err, errStopped) {
			yield(nil, r.gapOr(at, err))
		}
	}
}

// errStopped says that nobody wants the next page.
var errStopped = errors.New("stopped")

func mark(at source.Range) byte {
	if at.Marker == "" {
		return 0
	}
	return at.Marker[0]
}

// gapOr makes a *source.Skip of what the service refused for good, and leaves
// any other error what it is.
func (r *reach) gapOr(at source.Range, err error) error {
	where := strings.Trim(at.Container+"/"+at.Prefix, "/")
	var f *failure
	if errors.As(err, &f) && f.status >= 400 && f.status < 500 && f.status != http.StatusTooManyRequests {
		return &source.Skip{Skipped: overgrant.Skipped{
			Place: r.place(at, strings.Trim(at.Prefix, "/")), Reason: refusal(f), Detail: f.Error(),
		}}
	}
	return fmt.Errorf("list %s: %w", where, err)
}

// refusal says in a fixed phrase why nothing can be listed or read.
func refusal(f *failure) string {
	switch f.status {
	case http.StatusNotFound:
		return "not there"
	case http.StatusUnauthorized, http.StatusForbidden:
		return "refused"
	case http.StatusConflict:
		return "not in a state to be read"
	}
	return "not understood by the service"
}

// place says where something in a range is.
func (r *reach) place(at source.Range, name string) overgrant.Place {
	p := overgrant.Place{Source: Driver.Name, Path: strings.Trim(at.Container+"/"+name, "/")}
	if at.Service != "" && at.Service != blobs {
		p.Part = at.Service
	}
	return p
}

// lister reads the pages of one range. The next page is on its way while one is
// used: they take turns in two buffers.
type lister struct {
	listing
	bodies [2][]byte
	turn   int
}

// listers are used again, with their buffers of some megabytes.
var listers = sync.Pool{New: func() any { return new(lister) }}

// arrival is a page that came, or why none did.
type arrival struct {
	body []byte
	err  error
}

// fetch asks for a page and reads it into the buffer that is not in use.
func (l *lister) fetch(ctx context.Context, r *reach, q request) <-chan arrival {
	got := make(chan arrival, 1)
	l.turn = 1 - l.turn
	into := &l.bodies[l.turn]
	go func() {
		body, err := r.body(ctx, q, (*into)[:0])
		*into = body
		got <- arrival{body, err}
	}()
	return got
}

// body asks for a page, and again if its body breaks.
func (r *reach) body(ctx context.Context, q request, into []byte) ([]byte, error) {
	for attempt := 1; ; attempt++ {
		resp, err := r.ask(ctx, q) //nolint:bodyclose // readAll closes it
		if err != nil {
			return into, err
		}
		body, err := readAll(resp, into[:0])
		if err == nil && !whole(body) {
			err = fmt.Errorf("%w: %s", errListing, glimpse(body))
		}
		if err == nil || attempt == maxAttempts || !isCut(body) || ctx.Err() != nil || errors.Is(err, wire.ErrBudget) || errors.Is(err, errTooLong) {
			return body, err
		}
		into = body
		if err := pause(ctx, attempt); err != nil {
			return into, err
		}
	}
}

// errTooLong says that a page has more bytes than are read.
var errTooLong = fmt.Errorf("%w: it has more than %d bytes", errListing, maxPage)

// readAll reads a body into a buffer, which grows no more than the body needs.
func readAll(resp *http.Response, into []byte) ([]byte, error) {
	defer func() { _ = resp.Body.Close() }()
	if n := resp.ContentLength; n > int64(cap(into)) && n <= maxPage {
		into = make([]byte, 0, n+n/8+bytes.MinRead)
	}
	for {
		if cap(into)-len(into) < bytes.MinRead {
			into = append(into, make([]byte, max(bytes.MinRead, min(cap(into), maxPage)))...)[:len(into)]
		}
		n, err := resp.Body.Read(into[len(into):cap(into)])
		into = into[:len(into)+n]
		switch {
		case len(into) > maxPage:
			return into, errTooLong
		case err == io.EOF:
			return into, nil
		case err != nil:
			return into, fmt.Errorf("read the page: %w", err)
		}
	}
}

// whole reports whether a page ends as a listing does.
func whole(body []byte) bool {
	tail := bytes.TrimRight(body[max(0, len(body)-256):], " \t\r\n")
	return bytes.HasSuffix(tail, []byte("</EnumerationResults>")) || bytes.HasSuffix(tail, []byte("/>")) && bytes.Contains(tail, []byte("<EnumerationResults"))
}

// isCut reports whether a body begins as a listing does, or has nothing in it:
// then it broke off on the way.
func isCut(body []byte) bool {
	head := body[:min(len(body), 1024)]
	return len(bytes.TrimSpace(head)) == 0 || bytes.Contains(head, []byte("<EnumerationResults")) || len(head) < 64 && bytes.Contains(head, []byte("<?xml"))
}

// glimpse says what came in place of a listing.
func glimpse(body []byte) string {
	head := strings.ToLower(string(body[:min(len(body), 64)]))
	switch {
	case len(body) == 0:
		return "it is empty"
	case strings.Contains(head, "<html") || strings.Contains(head, "<!doctype"):
		return "it is an HTML page"
	case strings.Contains(head, "<enumerationresults"):
		return fmt.Sprintf("it is cut off after %d bytes", len(body))
	case strings.Contains(head, "<?xml"):
		return "it is another document, or cut off"
	}
	return "it is no XML"
}

// pause waits before a page is asked for again.
func pause(ctx context.Context, attempt int) error {
	if attempt == 1 {
		return ctx.Err()
	}
	return wait(ctx, 25*time.Millisecond<<min(attempt, 6))
}

// nextMarker finds where the service says to go on before the page is read: it
// stands at the end.
func nextMarker(body []byte) (string, bool) {
	tail := body[max(0, len(body)-8<<10):]
	i := bytes.LastIndex(tail, []byte("<NextMarker>"))
	if i < 0 {
		return "", false
	}
	text, _, ok := bytes.Cut(tail[i+len("<NextMarker>"):], []byte("</NextMarker>"))
	if !ok || bytes.IndexByte(text, '<') >= 0 {
		return "", false
	}
	plain, err := decode(nil, text)
	return string(plain), err == nil && len(plain) > 0
}

// perPage is how many entries the service is asked for, the most that it gives.
const perPage = 5000

// blobQuery returns the question for a page of a container.
func (r *reach) blobQuery(at source.Range, marker, include string) request {
	q := "restype=container&comp=list&maxresults=" + strconv.Itoa(perPage)
	if at.Prefix != "" {
		q += "&prefix=" + escapeValue(at.Prefix)
	}
	if include != "" {
		q += "&include=" + include
	}
	switch {
	case marker != "":
		q += "&marker=" + escapeValue(marker)
	case at.From > at.Prefix && r.startsFrom():
		q += "&startFrom=" + escapeValue(at.From)
	}
	return request{service: blobs, path: "/" + escapeName(at.Container), query: q}
}

// includes are what is listed besides current blobs, the most first. Not every
// account has versions, and not every link may see what was deleted.
var includes = []string{"snapshots,versions,deleted", "snapshots,deleted", "versions,deleted", "deleted", "snapshots", ""}

// include returns what is asked for besides current blobs, as far as is known to
// be listed.
func (r *reach) include() string {
	if r.opt.Versions == "" {
		return ""
	}
	return includes[min(int(r.step("include").Load()), len(includes)-1)]
}

// includeLess returns what may be asked for where the service refused what was
// asked. ok is false if that was not for what was included.
func includeLess(asked string, err error) (less string, ok bool) {
	status := statusOf(err)
	i := slices.Index(includes, asked)
	if asked == "" || i < 0 || status != http.StatusBadRequest && status != http.StatusForbidden && status != http.StatusConflict {
		return asked, false
	}
	return includes[i+1], true
}

// includeNoMore notes that the service lists less than was hoped for.
func (r *reach) includeNoMore(include string) {
	if i := slices.Index(includes, include); i > 0 && r.opt.Versions != "" {
		r.step("include").Store(int32(i))
	}
}

// startsFrom reports whether blobs can be listed from a name on, as far as is
// known.
func (r *reach) startsFrom() bool {
	return !r.traits.startFrom.not() && r.version(blobs) >= startFromVersion
}

// errMarker says that the marker of a range is none of ours.
var errMarker = errors.New("the marker of the range is damaged")
