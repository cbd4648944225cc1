package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
)

// Get is a range of an object to read.
type Get struct {
	URL    *url.URL    // with its signature
	Header http.Header // more headers, such as x-ms-version; may be nil
	Off, N int64       // first byte, and how many; N must be positive
	ETag   string      // what the object must still be; empty for whatever it is now
	Into   []byte      // room for the bytes; used if it is large enough
}

// Got is what came of a Get.
type Got struct {
	Body []byte // fewer than N bytes only at the end of the object
	ETag string // of what was read
	Size int64  // of the whole object; -1 if the service did not say
}

// maxIgnored is how many bytes before a range are read and thrown away when a
// server does not heed it.
const maxIgnored = 1 << 20

// enough is the progress, in bytes, after which a broken body does not count as
// a try.
const enough = 64 << 10

// Range reads a part of an object. A body that breaks is resumed where it broke,
// and only from the same object: what was read is of one ETag.
//
// It fails with a *StatusError for an answer that is no bytes, with io.EOF if
// Off is behind the end, with ErrChanged if the object is no longer what it was,
// with ErrBroken if the answers fit neither the request nor each other, and as
// Do does.
func (d *Door) Range(ctx context.Context, g Get) (Got, error) {
	if g.N <= 0 || g.Off < 0 || g.Off+g.N < 0 {
		return Got{}, fmt.Errorf("read range: %w: %d bytes at %d", ErrRefused, g.N, g.Off)
	}
	got := Got{Body: g.Into[:0], ETag: g.ETag, Size: -1}
	for tries := 1; ; tries++ {
		had := len(got.Body)
		err := d.part(ctx, &g, &got)
		if err == nil {
			return got, nil
		}
		if len(got.Body)-had >= enough {
			tries = 0
		}
		if tries >= d.c.opt.Tries || !resumable(err) || ctx.Err() != nil {
			return got, fmt.Errorf("read range: %w", err)
		}
		if got.ETag == "" {
			got.Body = got.Body[:0] // nothing says that the rest is of the same object
		}
		if tries > 0 {
			if err := d.c.wait(ctx, pauseAfter(tries)); err != nil {
				return got, fmt.Errorf("read range: %w", err)
			}
		}
		d.c.retries.Add(1)
	}
}

// errCut is a body that ended before its length. It says something about the
// object: the host was there, and gave no more of it.
var errCut error = short{fmt.Errorf("answer was cut short: %w", ErrUnreachable)}

// short is an error that no other time makes good, whatever it wraps.
type short struct{ error }

func (s short) Unwrap() error { return s.error }

// Later reports that what failed is not worth another try.
func (short) Later() bool { return false }

// resumable reports whether a body broke on the way.
func resumable(err error) bool {
	return errors.Is(err, errCut)
}

// part reads on behind what is there.
func (d *Door) part(ctx context.Context, g *Get, got *Got) error {
	from, to := g.Off+int64(len(got.Body)), g.Off+g.N-1
	req := (&http.Request{Method: http.MethodGet, URL: g.URL, Header: g.Header.Clone()}).WithContext(ctx)
	if req.Header == nil {
		req.Header = http.Header{}
	}
	req.Header.Set("Range", "bytes="+strconv.FormatInt(from, 10)+"-"+strconv.FormatInt(to, 10))
	if got.ETag != "" {
		req.Header.Set("If-Match", got.ETag)
	}
	resp, err := d.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	n, err := got.accept(resp, from, to)
	if err != nil {
		return err
	}
	return got.fill(resp.Body, n, g)
}

// accept reads the head of an answer, goes to the first byte asked for, and
// returns how many bytes there are to read.
func (got *Got) accept(resp *http.Response, from, to int64) (int64, error) {
	switch resp.StatusCode {
	case http.StatusPartialContent, http.StatusOK:
	case http.StatusPreconditionFailed:
		return 0, ErrChanged
	case http.StatusRequestedRangeNotSatisfiable:
		if _, _, size, ok := contentRange(resp.Header.Get("Content-Range")); ok {
			got.Size = size
		}
		return 0, io.EOF
	default:
		e := &StatusError{Status: resp.StatusCode}
		e.Code, e.Message, e.Detail = ErrorBody(resp)
		return 0, e
	}
	etag := resp.Header.Get("ETag")
	if got.ETag != "" && etag != "" && etag != got.ETag {
		return 0, ErrChanged
	}
	if len(etag) < 200 && isHeaderValue(etag) && got.ETag == "" {
		got.ETag = etag
	}
	if resp.StatusCode == http.StatusOK {
		return got.whole(resp, from, to)
	}
	a, b, size, ok := contentRange(resp.Header.Get("Content-Range"))
	if !ok || a != from || b < a || b > to || size >= 0 && b >= size || b < to && size >= 0 && b != size-1 ||
		got.Size >= 0 && size >= 0 && size != got.Size {
		return 0, fmt.Errorf("%w: other bytes than were asked for", ErrBroken)
	}
	if size >= 0 {
		got.Size = size
	}
	return b - a + 1, nil
}

// whole goes to from in an answer that did not heed the range.
func (got *Got) whole(resp *http.Response, from, to int64) (int64, error) {
	size := resp.ContentLength
	if got.Size >= 0 && size >= 0 && size != got.Size {
		return 0, fmt.Errorf("%w: another size than before", ErrBroken)
	}
	if from > maxIgnored {
		return 0, fmt.Errorf("%w: range is not heeded", ErrBroken)
	}
	got.Size = size
	if size >= 0 && from >= size {
		return 0, io.EOF
	}
	if _, err := io.CopyN(io.Discard, resp.Body, from); err != nil {
		return 0, cut(err)
	}
	if size >= 0 {
		to = min(to, size-1)
	}
	return to - from + 1, nil
}

// fill reads n bytes of body.
func (got *Got) fill(body io.Reader, n int64, g *Get) error {
	have := len(got.Body)
	if int64(cap(got.Body)-have) < n {
		grown := make([]byte, have, int64(have)+n)
		copy(grown, got.Body)
		got.Body = grown
	}
	into := got.Body[have : int64(have)+n]
	read, err := io.ReadFull(body, into)
	got.Body = got.Body[:have+read]
	if err != nil {
		return cut(err)
	}
	_, err = io.CopyN(io.Discard, body, 1) // lets the connection be used again
	if errors.Is(err, ErrBudget) {
		return nil
	}
	return nil
}

// cut tells a body that broke from one that was stopped on purpose.
func cut(err error) error {
	if errors.Is(err, ErrBudget) || errors.Is(err, ErrBroken) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return fmt.Errorf("%w: %w", errCut, err)
}

// contentRange reads "bytes A-B/SIZE" and "bytes */SIZE". A size of * is -1.
func contentRange(s string) (from, to, size int64, ok bool) {
	rest, ok := strings.CutPrefix(s, "bytes ")
	rng, total, cut := strings.Cut(rest, "/")
	if !ok || !cut {
		return 0, 0, 0, false
	}
	if size = -1; total != "*" {
		n, err := strconv.ParseUint(total, 10, 63)
		if err != nil {
			return 0, 0, 0, false
		}
		size = int64(n)
	}
	if rng == "*" {
		return 0, -1, size, true
	}
	r, ok := parseRange("bytes=" + rng)
	return r.from, r.to, size, ok
}

// ReaderAt reads one object by ranges, each read a request: put a cache before
// it. All reads are of one ETag: the one given, or that of the first answer. It
// is safe for concurrent use.
type ReaderAt struct {
	ctx  context.Context // that of the one who opened it; io.ReaderAt has no room for another
	door *Door
	get  Get
	size int64
	etag atomic.Pointer[string]
}

// ReaderAt returns a reader of the object of g, which has size bytes. Off, N and
// Into of g do not count. The reader ends with ctx.
func (d *Door) ReaderAt(ctx context.Context, g Get, size int64) *ReaderAt {
	r := &ReaderAt{ctx: ctx, door: d, get: g, size: size}
	if g.ETag != "" {
		r.etag.Store(&g.ETag)
	}
	return r
}

// Size returns the size of the object, in bytes.
func (r *ReaderAt) Size() int64 { return r.size }

// ReadAt reads len(p) bytes at off. It fails as Range does.
func (r *ReaderAt) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, fmt.Errorf("read object: %w: before its start", ErrRefused)
	}
	if off >= r.size {
		return 0, io.EOF
	}
	want := min(int64(len(p)), r.size-off)
	if want == 0 {
		return 0, nil
	}
	g := r.get
	g.Off, g.N, g.Into = off, want, p
	if pinned := r.etag.Load(); pinned != nil {
		g.ETag = *pinned
	}
	got, err := r.door.Range(r.ctx, g)
	n := len(got.Body)
	if err != nil {
		return n, err
	}
	if got.ETag != "" && !r.etag.CompareAndSwap(nil, &got.ETag) && *r.etag.Load() != got.ETag {
		return 0, fmt.Errorf("read object: %w", ErrChanged)
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}
