package fake

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Request is what came in.
type Request struct {
	Number  int64 // from 1
	Method  string
	Host    string
	Service string // blob, file, queue, table, dfs
	Account string
	Path    string // below the account, decoded
	Query   url.Values
	Header  http.Header
	Remote  string // address and port it came from
	Secure  bool   // over https
	Changes bool   // it would have changed something, had it not been refused

	escaped string // the whole path as it was sent
	length  int64  // of the body
}

// top and rest are the first segment of the path and what follows it.
func (q *Request) top() string {
	first, _, _ := strings.Cut(strings.TrimPrefix(q.Path, "/"), "/")
	return first
}

func (q *Request) rest() string {
	_, rest, _ := strings.Cut(strings.TrimPrefix(q.Path, "/"), "/")
	return rest
}

// reads reports whether the request cannot change anything by its nature.
func (q *Request) reads() bool {
	if q.Method != http.MethodGet && q.Method != http.MethodHead {
		return false
	}
	return !(q.Service == "queue" && strings.HasSuffix(q.Path, "/messages") && q.Query.Get("peekonly") != "true")
}

// maxLog is how many requests are kept; later ones are only counted.
const maxLog = 1 << 16

// record keeps what came in.
type record struct {
	mu     sync.Mutex
	all    []Request
	writes []Request
}

func (r *record) add(q Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.all) < maxLog {
		r.all = append(r.all, q)
	}
	if !q.reads() && len(r.writes) < maxLog {
		r.writes = append(r.writes, q)
	}
}

// Requests returns the first 65,536 requests that came in.
func (s *Server) Requests() []Request {
	s.kept.mu.Lock()
	defer s.kept.mu.Unlock()
	return append([]Request(nil), s.kept.all...)
}

// Writes returns the requests that were not of a kind that only reads, whether
// or not they could have changed anything.
func (s *Server) Writes() []Request {
	s.kept.mu.Lock()
	defer s.kept.mu.Unlock()
	return append([]Request(nil), s.kept.writes...)
}

// Violations returns the requests that would have changed something.
func (s *Server) Violations() []Request {
	var all []Request
	for _, q := range s.Writes() {
		if q.Changes {
			all = append(all, q)
		}
	}
	return all
}

// Count returns how many requests came in.
func (s *Server) Count() int64 { return s.served.Load() }

// Reply is an answer before it is sent. Faults change it.
type Reply struct {
	Status int
	Header http.Header
	Body   []byte      // sent as it is
	From   io.ReaderAt // sent if there is no Body: Length bytes from Offset
	Offset int64
	Length int64

	Claim int64 // Content-Length that is told instead of the true one; 0 for the true one
	Cut   int64 // bytes of the body after which the connection breaks; 0 for never
	Chunk int   // bytes sent at a time, with Pause between; 0 for all at once
	Pause time.Duration
	Hang  bool // nothing is sent until the client goes away

	run    *run // sent as it is rendered; no fault can change it
	pooled *[]byte
}

// size is the length of the body.
func (r *Reply) size() int64 {
	switch {
	case r.run != nil:
		return r.run.size()
	case r.From != nil:
		return r.Length
	}
	return int64(len(r.Body))
}

// door is the handler of one port.
type door struct {
	s       *Server
	service string
}

// ServeHTTP answers one request.
func (d door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s := d.s
	s.running.Add(1)
	defer s.running.Add(-1)
	q := Request{Number: s.served.Add(1), Method: r.Method, Host: r.Host, Query: r.URL.Query(), Header: r.Header, Remote: r.RemoteAddr, Secure: r.TLS != nil,
		escaped: r.URL.EscapedPath(), length: r.ContentLength}
	q.Service, q.Account, q.Path = s.place(d.service, r.Host, r.URL.Path)
	if r.Body != nil {
		_, _ = io.Copy(io.Discard, io.LimitReader(r.Body, 1<<20))
	}
	reply := s.answer(&q)
	s.kept.add(q)
	for i := range s.opt.Faults {
		if f := &s.opt.Faults[i]; f.fits(&q) && f.now(s.trips[i].Add(1)) {
			f.Do(&q, reply)
			break
		}
	}
	reply.send(w, r)
	if reply.pooled != nil {
		buffers.Put(reply.pooled)
	}
}

// send writes a reply. It breaks the connection where the reply says so.
func (r *Reply) send(w http.ResponseWriter, req *http.Request) {
	if r.Hang {
		<-req.Context().Done()
		return
	}
	h := w.Header()
	maps.Copy(h, r.Header)
	length := r.size()
	if r.Claim != 0 {
		length = r.Claim
	}
	if h.Get("Content-Length") == "" {
		h.Set("Content-Length", strconv.FormatInt(length, 10))
	}
	w.WriteHeader(r.Status)
	if req.Method == http.MethodHead {
		return
	}
	if r.run != nil {
		_, _ = r.run.WriteTo(w) // an error is a client that went away
		return
	}
	end := r.size()
	if r.Cut > 0 {
		end = min(end, r.Cut)
	}
	chunk := int64(r.Chunk)
	if chunk == 0 {
		chunk = max(end, 1)
	}
	for at := int64(0); at < end; at += chunk {
		if at > 0 && r.Pause > 0 {
			select {
			case <-req.Context().Done():
				return
			case <-time.After(r.Pause):
			}
		}
		if r.write(w, at, min(chunk, end-at)) != nil {
			return
		}
		if r.Chunk > 0 {
			_ = http.NewResponseController(w).Flush()
		}
	}
	if r.Cut > 0 && end < r.size() || r.Claim > r.size() {
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
}

// write sends n bytes of the body from at.
func (r *Reply) write(w io.Writer, at, n int64) error {
	if r.From == nil {
		_, err := w.Write(r.Body[at : at+n])
		return err
	}
	_, err := io.Copy(w, io.NewSectionReader(r.From, r.Offset+at, n))
	return err
}

// answer makes the reply that an honest server gives.
func (s *Server) answer(q *Request) *Reply {
	if q.Account != s.opt.Account && q.Account != s.opt.Account+"-secondary" {
		return s.refuse(q, &Denial{Status: 404, Code: "ResourceNotFound", Message: "The specified resource does not exist."})
	}
	if d := s.authorize(q); d != nil {
		return s.refuse(q, d)
	}
	if !q.reads() {
		return s.write(q)
	}
	var r *Reply
	switch q.Service {
	case "file":
		r = s.file(q)
	case "queue":
		r = s.queue(q)
	case "table":
		r = s.table(q)
	case "dfs":
		r = s.dfs(q)
	default:
		r = s.blob(q)
	}
	return r
}

// ok makes a reply of 200 with the headers that all answers have.
func (s *Server) ok(q *Request, media string, body []byte) *Reply {
	return &Reply{Status: http.StatusOK, Header: headers(q, media), Body: body}
}

// servers are what the services call themselves.
var servers = map[string]string{
	"blob": "Windows-Azure-Blob", "file": "Windows-Azure-File", "queue": "Windows-Azure-Queue", "table": "Windows-Azure-Table", "dfs": "Windows-Azure-HDFS",
}

func headers(q *Request, media string) http.Header {
	h := http.Header{
		"Server":          {servers[q.Service] + "/1.0 Microsoft-HTTPAPI/2.0"},
		"X-Ms-Request-Id": {fmt.Sprintf("%08x-001e-0000-0000-0000000000%02x", q.Number, q.Number&0xff)},
	}
	if v := q.Header.Get("X-Ms-Version"); v != "" {
		h["X-Ms-Version"] = []string{v}
	}
	if id := q.Header.Get("X-Ms-Client-Request-Id"); id != "" {
		h["X-Ms-Client-Request-Id"] = []string{id}
	}
	if media != "" {
		h["Content-Type"] = []string{media}
	}
	return h
}

// xml is the content type of most answers.
const xml = "application/xml"

// version returns the version of the service that a request is for.
func (q *Request) version() string {
	for _, v := range []string{q.Query.Get("api-version"), q.Header.Get("X-Ms-Version"), q.Query.Get("sv")} {
		if v != "" {
			return v
		}
	}
	return "2009-09-19"
}
