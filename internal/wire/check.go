package wire

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// checked is a request that is on the list, made anew from what was checked, so
// that nothing else can be in it.
type checked struct {
	out   *http.Request
	to    bound
	shape *Shape
	rng   span // what was asked of an object; zero if no range was
}

// span is a range of bytes, both ends included.
type span struct{ from, to int64 }

// check finds the shape that req has. Nothing leaves without one.
func (d *Door) check(req *http.Request, body []byte) (*checked, error) {
	u := req.URL
	if u == nil || u.Opaque != "" || u.User != nil || u.Fragment != "" || u.RawFragment != "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, fmt.Errorf("%w: URL is not plain", ErrRefused)
	}
	to, err := d.lookup(u.Scheme, u.Host)
	if err != nil {
		return nil, err
	}
	if req.Host != "" && !strings.EqualFold(req.Host, u.Host) || len(req.TransferEncoding) > 0 || len(req.Trailer) > 0 {
		return nil, fmt.Errorf("%w: host, encoding or trailer of its own", ErrRefused)
	}
	var room [32]pair
	query, err := parseQuery(u.RawQuery, room[:0])
	if err != nil {
		return nil, err
	}
	path, err := parsePath(u, to.site)
	if err != nil {
		return nil, err
	}
	header, err := checkHeader(req.Header, len(body))
	if err != nil {
		return nil, err
	}
	r := candidate{method: req.Method, path: path, query: query, header: header, body: len(body), service: to.service}
	shape := d.c.shapeOf(&r)
	if shape == nil {
		return nil, fmt.Errorf("%w: %.10q %.200s", ErrRefused, req.Method, target(u))
	}
	c := &checked{to: to, shape: shape}
	if v := header.Get("Range"); v != "" {
		c.rng, _ = parseRange(v)
	}
	c.out = &http.Request{
		Method: req.Method,
		URL:    &url.URL{Scheme: u.Scheme, Host: joinHost(to.name, to.port), Path: u.Path, RawPath: u.RawPath, RawQuery: u.RawQuery},
		Host:   hostHeader(u.Scheme, to.site),
		Header: header, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
	if len(body) > 0 {
		c.out.Body, c.out.ContentLength = readCloser{bytes.NewReader(body)}, int64(len(body))
	} else if req.Method == http.MethodPut || req.Method == http.MethodPost {
		c.out.Body = http.NoBody
	}
	return c, nil
}

// readCloser is a body in memory.
type readCloser struct{ *bytes.Reader }

func (readCloser) Close() error { return nil }

// hostHeader is what a server sees as its own name: no default port.
func hostHeader(scheme string, s *site) string {
	if scheme == "https" && s.port == "443" || scheme == "http" && s.port == "80" {
		if strings.Contains(s.name, ":") {
			return "[" + s.name + "]"
		}
		return s.name
	}
	return joinHost(s.name, s.port)
}

// checkHeader copies a header of plain form: each name once, in its canonical
// spelling.
func checkHeader(h http.Header, body int) (http.Header, error) {
	out := make(http.Header, len(h)+2)
	for name, values := range h {
		key := http.CanonicalHeaderKey(name)
		if len(values) != 1 || out[key] != nil {
			return nil, fmt.Errorf("%w: header %s more than once", ErrRefused, headerName(key))
		}
		if !isHeaderValue(values[0]) {
			return nil, fmt.Errorf("%w: header %s is not plain", ErrRefused, headerName(key))
		}
		switch key {
		case "Content-Length":
			if values[0] != strconv.Itoa(body) {
				return nil, fmt.Errorf("%w: length is not that of the body", ErrRefused)
			}
			continue
		case "Range":
			if _, ok := parseRange(values[0]); !ok {
				return nil, fmt.Errorf("%w: range is not of the form bytes=A-B", ErrRefused)
			}
		}
		out[key] = values
	}
	return out, nil
}

// headerName is a header's name for an error: what is long may be no name.
func headerName(key string) string {
	if len(key) > 40 {
		return "…"
	}
	return strconv.Quote(key)
}

const maxHeaderValue = 8 << 10 // a token of Entra may have some thousand bytes

func isHeaderValue(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return len(s) <= maxHeaderValue
}

// parseRange reads bytes=A-B.
func parseRange(s string) (span, bool) {
	rest, ok := strings.CutPrefix(s, "bytes=")
	a, b, cut := strings.Cut(rest, "-")
	from, err1 := strconv.ParseUint(a, 10, 63)
	to, err2 := strconv.ParseUint(b, 10, 63)
	return span{int64(from), int64(to)}, ok && cut && err1 == nil && err2 == nil && from <= to
}

// candidate is what shapes are compared with.
type candidate struct {
	method  string
	path    location
	query   []pair
	header  http.Header
	body    int
	service Service
}

// shapeOf returns the shape that r has, or nil.
func (c *ReadOnly) shapeOf(r *candidate) *Shape {
	for i := range Azure {
		s := &Azure[i]
		if c.open(s, r.service) && slices.Contains(s.Methods, r.method) && s.fits(r) {
			return s
		}
	}
	return nil
}

// open reports whether requests of s may leave for a service.
func (c *ReadOnly) open(s *Shape, service Service) bool {
	switch s.Level {
	case Read:
		return service == Unknown || s.On&service != 0
	case Write:
		return c.opt.Probes.Writes && s.On&service != 0
	case Conditional:
		return c.opt.Probes.Conditional && s.On&service != 0
	default:
		return false
	}
}

func (s *Shape) fits(r *candidate) bool {
	if s.Body >= 0 && r.body != s.Body || r.body > maxBody {
		return false
	}
	return s.fitsQuery(r) && s.fitsPath(r) && s.fitsHeader(r)
}

func (s *Shape) fitsQuery(r *candidate) bool {
	met := 0
	for _, p := range r.query {
		if i := slices.IndexFunc(s.Query, func(q Param) bool { return q.Name == p.name }); i >= 0 {
			if !s.Query[i].takes(p.value) {
				return false
			}
			met++
		} else if !signature[p.name] && !(s.Level == Read && past[p.name]) && !slices.Contains(s.May, p.name) {
			return false
		}
	}
	return met == len(s.Query)
}

// takes compares to the letter: a value that is escaped is another value.
func (p Param) takes(value string) bool {
	if len(p.Values) == 0 {
		return value != ""
	}
	return slices.Contains(p.Values, value)
}

func (s *Shape) fitsHeader(r *candidate) bool {
	met := 0
	for name, values := range r.header {
		if i := slices.IndexFunc(s.Must, func(p Param) bool { return p.Name == name }); i >= 0 {
			if !s.Must[i].takes(values[0]) {
				return false
			}
			met++
		} else if !plain[name] && !slices.Contains(s.Headers, name) {
			return false
		}
	}
	return met == len(s.Must)
}
