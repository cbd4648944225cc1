package fake

import (
	"bytes"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Fault is one way in which the server fails or lies. The zero value of all
// but Do fits every request, every time.
type Fault struct {
	When  func(q *Request) bool // nil means any
	Every int64                 // of those that fit, every so manieth; 0 means each
	After int64                 // the first so many that fit go right
	Times int64                 // at most so often; 0 means no end
	Do    Change
}

// Change spoils a reply.
type Change func(q *Request, r *Reply)

func (f *Fault) fits(q *Request) bool { return f.When == nil || f.When(q) }

// now reports whether the n-th request that fits, from 1, is spoilt.
func (f *Fault) now(n int64) bool {
	n -= f.After
	if n <= 0 {
		return false
	}
	every := max(f.Every, 1)
	return n%every == 0 && (f.Times == 0 || n/every <= f.Times)
}

// Listing fits requests for lists of anything.
func Listing(q *Request) bool {
	return q.Query.Get("comp") == "list" || q.Query.Get("resource") != "" || q.Path == "/Tables"
}

// Reading fits requests for the bytes of objects.
func Reading(q *Request) bool {
	return q.Method == http.MethodGet && q.Query.Get("comp") == "" && q.Query.Get("restype") == "" && q.Query.Get("resource") == "" &&
		(q.Service == "blob" || q.Service == "file" || q.Service == "dfs") && q.rest() != ""
}

// Fail answers with a denial instead.
func Fail(d *Denial) Change {
	return func(q *Request, r *Reply) {
		*r = *refusal(q, d, time.Now())
	}
}

// Cut breaks the connection after n bytes of the body.
func Cut(n int64) Change { return func(_ *Request, r *Reply) { r.Cut = n } }

// CutHalf breaks the connection in the middle of the body.
func CutHalf(_ *Request, r *Reply) { r.Cut = max(r.size()/2, 1) }

// Trickle sends a few bytes at a time.
func Trickle(n int, pause time.Duration) Change {
	return func(_ *Request, r *Reply) { r.Chunk, r.Pause = n, pause }
}

// Hang never answers.
func Hang(_ *Request, r *Reply) { r.Hang = true }

// ClaimMore tells a Content-Length that is n bytes too long, and then breaks
// the connection.
func ClaimMore(n int64) Change {
	return func(_ *Request, r *Reply) { r.Claim = r.size() + n }
}

// ClaimLess tells a Content-Length that is n bytes too short.
func ClaimLess(n int64) Change {
	return func(_ *Request, r *Reply) {
		keep := max(r.size()-n, 0)
		if r.From != nil {
			r.Length = keep
		} else {
			r.Body = r.Body[:keep]
		}
	}
}

// WrongRange tells of another range than was asked for, and sends it as asked.
func WrongRange(_ *Request, r *Reply) {
	if r.Header.Get("Content-Range") != "" {
		r.Header.Set("Content-Range", "bytes 1-2/3")
	}
}

// IgnoreRange sends the whole object with status 200.
func IgnoreRange(_ *Request, r *Reply) {
	if r.Status == http.StatusPartialContent {
		_, whole, _ := strings.Cut(r.Header.Get("Content-Range"), "/")
		r.Status, r.Offset = http.StatusOK, 0
		r.Length, _ = strconv.ParseInt(whole, 10, 64) // the server itself wrote it
		r.Header.Del("Content-Range")
	}
}

// Changed answers as if the object had been replaced since it was listed.
func Changed(q *Request, r *Reply) {
	if q.Header.Get("If-Match") != "" {
		Fail(&Denial{Status: 412, Code: "ConditionNotMet", Message: "The condition specified using HTTP conditional header(s) is not met."})(q, r)
		return
	}
	r.Header.Set("Etag", `"0x8D1111111111111"`)
}

// HTML answers with a web page, as a proxy or a captive portal does.
func HTML(_ *Request, r *Reply) {
	*r = Reply{Status: http.StatusOK, Header: http.Header{"Content-Type": {"text/html; charset=utf-8"}}, Body: []byte("<!DOCTYPE html><html><head><title>Sign in</title></head><body><p>Please sign in & wait.<br></body></html>")}
}

// Bomb answers with XML that grows as it is read, for readers that expand
// entities, and that is deep for those that recurse.
func Bomb(_ *Request, r *Reply) {
	var b strings.Builder
	b.WriteString("<?xml version=\"1.0\"?><!DOCTYPE lolz [<!ENTITY a0 \"aaaaaaaaaa\">")
	for i := 1; i < 10; i++ {
		fmt.Fprintf(&b, "<!ENTITY a%d \"%s\">", i, strings.Repeat(fmt.Sprintf("&a%d;", i-1), 10))
	}
	b.WriteString("]><EnumerationResults><Blobs><Blob><Name>&a9;</Name>" + strings.Repeat("<x>", 100_000) + "</Blob></Blobs><NextMarker /></EnumerationResults>")
	*r = Reply{Status: http.StatusOK, Header: http.Header{"Content-Type": {xml}}, Body: []byte(b.String())}
}

// Huge answers with a list in which one name has n bytes.
func Huge(n int) Change {
	return func(_ *Request, r *Reply) {
		body := append([]byte(declaration), "<EnumerationResults><Blobs><Blob><Name>"...)
		body = append(body, bytes.Repeat([]byte{'n'}, n)...)
		*r = Reply{Status: http.StatusOK, Header: http.Header{"Content-Type": {xml}}, Body: append(body, "</Name><Properties /></Blob></Blobs><NextMarker /></EnumerationResults>"...)}
	}
}

// Redirect sends the client to another address.
func Redirect(to string) Change {
	return func(_ *Request, r *Reply) {
		*r = Reply{Status: http.StatusTemporaryRedirect, Header: http.Header{"Location": {to}}}
	}
}

// next replaces the marker that a list ends with, in the body or the head.
func next(r *Reply, to string) {
	if r.Header.Get("X-Ms-Continuation") != "" {
		r.Header.Set("X-Ms-Continuation", to)
		return
	}
	i := bytes.LastIndex(r.Body, []byte("<NextMarker"))
	if i < 0 {
		return
	}
	r.Body = append(r.Body[:i:i], "<NextMarker>"+to+"</NextMarker></EnumerationResults>"...)
}

// Repeat ends every page with the same marker, so that the listing goes round.
func Repeat(_ *Request, r *Reply) { next(r, "2!0!cmVwZWF0") }

// Endless ends every page with a new marker, which leads to the beginning.
func Endless(q *Request, r *Reply) { next(r, fmt.Sprintf("endless-%d", q.Number)) }

// between are the tags that the entries of lists stand in.
var between = []string{"Blobs", "Containers", "Entries", "Shares", "Queues"}

// Empty takes the entries out of a page: the next one, which the marker leads
// to, begins where this one should have.
func Empty(q *Request, r *Reply) {
	for _, tag := range between {
		i, j := bytes.Index(r.Body, []byte("<"+tag+">")), bytes.LastIndex(r.Body, []byte("</"+tag+">"))
		if i < 0 || j < 0 {
			continue
		}
		body := append([]byte(nil), r.Body[:i+len(tag)+2]...)
		r.Body = append(body, r.Body[j:]...)
		next(r, again(q))
		return
	}
}

// again returns a marker that leads to where the request's own page begins.
func again(q *Request) string {
	if m := q.Query.Get("marker"); m != "" {
		return m
	}
	return marker(max(q.Query.Get("prefix"), q.Query.Get("startFrom")), 0)
}

// Backwards turns the order of the blobs of a page round.
func Backwards(_ *Request, r *Reply) {
	start, end := bytes.Index(r.Body, []byte("<Blobs>")), bytes.LastIndex(r.Body, []byte("</Blobs>"))
	if start < 0 || end < 0 {
		return
	}
	start += len("<Blobs>")
	entries := bytes.SplitAfter(r.Body[start:end], []byte("</Blob>"))
	body := append([]byte(nil), r.Body[:start]...)
	for i := len(entries) - 1; i >= 0; i-- {
		body = append(body, entries[i]...)
	}
	r.Body = append(body, r.Body[end:]...)
}

// Above fits requests that come after n others within the same second.
func Above(n int64, now func() time.Time) func(*Request) bool {
	var mu sync.Mutex
	var second, count int64
	return func(*Request) bool {
		mu.Lock()
		defer mu.Unlock()
		if at := now().Unix(); at != second {
			second, count = at, 0
		}
		count++
		return count > n
	}
}

// Sizes tells another size of everything that is listed: text stands for the
// number.
func Sizes(text string) Change {
	return func(_ *Request, r *Reply) {
		r.Body = listedSize.ReplaceAll(r.Body, []byte("<Content-Length>"+text+"</Content-Length>"))
	}
}

var listedSize = regexp.MustCompile(`<Content-Length>\d+</Content-Length>`)
