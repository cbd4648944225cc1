package wire

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Act is a kind of request that may leave through an owner's door. A request
// fits an act if it has all that the act demands and nothing that it does not
// name.
type Act struct {
	Name    string // short and unique
	Doc     string // what it does, and what the owner needs it for
	To      Party
	On      Service // of Data: the services that it means this on
	Methods []string
	Path    func() *regexp.Regexp // of the whole path, in lower case but for Data; the account first, where it has one, is named account
	Query   []Param               // must be there
	May     []string              // query names that may be there
	Any     bool                  // the query may have other names besides: where the other side made the address
	Headers []string              // headers that may be there, besides those that every request may have
	Body    Body                  // what the body may say; nil means that there is none
	Once    bool                  // doing it twice is not as doing it once: it is not sent again when its answer is lost
}

// Body fails for a body that may not be sent.
type Body func([]byte) error

// maxActBody bounds the body of any request, in bytes. Tokens are asked for with
// certificates.
const maxActBody = 64 << 10

// ownerPlain are the headers that every request of an owner may have.
var ownerPlain = nameSet(
	"Accept", "Authorization", "Content-Length", "Content-Type", "Date", "User-Agent",
	"X-Ms-Client-Request-Id", "X-Ms-Date", "X-Ms-Version", "X-Ms-Return-Client-Request-Id",
)

// asked is a request as acts are compared with it.
type asked struct {
	method string
	to     place
	path   string // without the account that an emulator puts first
	query  []pair
	header http.Header
	body   []byte
}

// check finds the act that req is. Nothing leaves without one. The request that
// it returns is made anew from what was checked.
func (d *OwnerDoor) check(req *http.Request, body []byte) (*http.Request, place, *Act, error) {
	u := req.URL
	if u == nil || u.Opaque != "" || u.User != nil || u.Fragment != "" || u.RawFragment != "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, place{}, nil, fmt.Errorf("%w: URL is not plain", ErrRefused)
	}
	to, err := d.lookup(u.Scheme, u.Host)
	if err != nil {
		return nil, to, nil, err
	}
	if req.Host != "" && !strings.EqualFold(req.Host, u.Host) || len(req.TransferEncoding) > 0 || len(req.Trailer) > 0 {
		return nil, to, nil, fmt.Errorf("%w: host, encoding or trailer of its own", ErrRefused)
	}
	a, err := d.asked(req, to, body)
	if err != nil {
		return nil, to, nil, err
	}
	if to.party == Data && !to.trusted() && strings.HasPrefix(a.header.Get("Authorization"), "Bearer") {
		return nil, to, nil, fmt.Errorf("%w: a token opens all that its login may open, and %s is no host of a storage service", ErrRefused, to.name)
	}
	act, err := d.actOf(a)
	if err != nil {
		return nil, to, nil, err
	}
	if act == nil {
		return nil, to, nil, fmt.Errorf("%w: %.10q %.300s", ErrRefused, req.Method, u.Host+target(u))
	}
	out := &http.Request{
		Method: req.Method,
		URL:    &url.URL{Scheme: u.Scheme, Host: joinHost(to.name, to.port), Path: u.Path, RawPath: u.RawPath, RawQuery: u.RawQuery},
		Host:   hostHeader(u.Scheme, to.site),
		Header: a.header, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
	if len(body) > 0 {
		out.Body, out.ContentLength = readCloser{bytes.NewReader(body)}, int64(len(body))
	} else if req.Method != http.MethodGet && req.Method != http.MethodHead {
		out.Body = http.NoBody
	}
	return out, to, act, nil
}

// asked reads a request in the one way in which every server reads it.
func (d *OwnerDoor) asked(req *http.Request, to place, body []byte) (asked, error) {
	a := asked{method: req.Method, to: to, body: body}
	escaped := req.URL.EscapedPath()
	if escaped == "" {
		escaped = "/"
	}
	if escaped[0] != '/' || len(escaped) > maxQuery || strings.ContainsAny(escaped, "%;\\") || strings.Contains(escaped, "//") || slices.Contains(strings.Split(escaped, "/"), "..") {
		return a, fmt.Errorf("%w: path is not plain", ErrRefused)
	}
	var ok bool
	if a.path, ok = d.emulatorPath(to, escaped); !ok {
		return a, fmt.Errorf("%w: path of another account", ErrRefused)
	}
	if a.path == "" {
		a.path = "/"
	}
	var err error
	if to.party == Data || to.party == Manager {
		a.query, err = parseQuery(req.URL.RawQuery, nil)
	} else {
		a.query, err = looseQuery(req.URL.RawQuery)
	}
	if err != nil {
		return a, err
	}
	a.header, err = ownerHeader(req.Header, len(body))
	return a, err
}

// looseQuery reads a query whose names may have underscores, as those of token
// services do.
func looseQuery(raw string) ([]pair, error) {
	if len(raw) > maxQuery {
		return nil, fmt.Errorf("%w: query of %d bytes", ErrRefused, len(raw))
	}
	values, err := url.ParseQuery(raw)
	if err != nil || !isQueryValue(raw) {
		return nil, fmt.Errorf("%w: query is not plain", ErrRefused)
	}
	var all []pair
	for name, v := range values {
		if len(v) != 1 {
			return nil, fmt.Errorf("%w: query says a name twice", ErrRefused)
		}
		all = append(all, pair{name, v[0]})
	}
	return all, nil
}

// ownerHeader copies a header of plain form: each name once.
func ownerHeader(h http.Header, body int) (http.Header, error) {
	out := make(http.Header, len(h))
	for name, values := range h {
		key := http.CanonicalHeaderKey(name)
		if len(values) != 1 || out[key] != nil || !isHeaderValue(values[0]) {
			return nil, fmt.Errorf("%w: header %s is not plain", ErrRefused, headerName(key))
		}
		if key == "Content-Length" {
			if values[0] != strconv.Itoa(body) {
				return nil, fmt.Errorf("%w: length is not that of the body", ErrRefused)
			}
			continue
		}
		out[key] = values
	}
	return out, nil
}

// actOf returns the act that a request is, or nil. It fails where all but the
// body fits.
func (d *OwnerDoor) actOf(a asked) (*Act, error) {
	var refused error
	for i := range Acts {
		act := &Acts[i]
		if !act.fits(a, d.account) {
			continue
		}
		if act.Body == nil && len(a.body) > 0 {
			refused = fmt.Errorf("%w: %s has no body", ErrRefused, act.Name)
			continue
		}
		if act.Body != nil {
			if err := act.Body(a.body); err != nil {
				refused = fmt.Errorf("%w: body of %s: %w", ErrRefused, act.Name, err)
				continue
			}
		}
		return act, nil
	}
	return nil, refused
}

func (act *Act) fits(a asked, account string) bool {
	if act.To != a.to.party || act.On != 0 && act.On&a.to.service == 0 || !slices.Contains(act.Methods, a.method) {
		return false
	}
	return act.fitsPath(a.path, account) && act.fitsQuery(a.query) && act.fitsHeader(a.header)
}

func (act *Act) fitsPath(path, account string) bool {
	if act.To != Data {
		path = strings.ToLower(path)
	}
	expression := act.Path()
	m := expression.FindStringSubmatch(path)
	if m == nil {
		return false
	}
	i := expression.SubexpIndex("account")
	return i < 0 || account != "" && m[i] == strings.ToLower(account)
}

func (act *Act) fitsQuery(query []pair) bool {
	met := 0
	for _, p := range query {
		if i := slices.IndexFunc(act.Query, func(q Param) bool { return q.Name == p.name }); i >= 0 {
			if !act.Query[i].takes(p.value) {
				return false
			}
			met++
		} else if !act.Any && !slices.Contains(act.May, p.name) {
			return false
		}
	}
	return met == len(act.Query)
}

func (act *Act) fitsHeader(h http.Header) bool {
	for name := range h {
		if !ownerPlain[name] && !slices.Contains(act.Headers, name) {
			return false
		}
	}
	return true
}

// fields allows one JSON object whose leaves are of these paths, such as
// properties.a. Every name is looked at, also one that is said twice.
func fields(paths ...string) Body {
	return func(raw []byte) error {
		d := json.NewDecoder(bytes.NewReader(raw))
		if t, err := d.Token(); err != nil || t != json.Delim('{') {
			return errNoObject
		}
		if err := onlyFields(d, "", paths); err != nil {
			return err
		}
		if _, err := d.Token(); !errors.Is(err, io.EOF) {
			return errNoObject
		}
		return nil
	}
}

var errNoObject = errors.New("is not one JSON object")

// onlyFields reads an object whose brace has been read.
func onlyFields(d *json.Decoder, at string, paths []string) error {
	for {
		t, err := d.Token()
		name, isName := t.(string)
		switch {
		case err != nil:
			return errNoObject
		case !isName:
			return nil // the brace that ends it
		}
		t, err = d.Token()
		switch {
		case err != nil || t == json.Delim('['):
			return errNoObject
		case t == json.Delim('{') && leads(paths, at+name+"."):
			err = onlyFields(d, at+name+".", paths)
		case t == json.Delim('{') || !slices.Contains(paths, at+name):
			err = fmt.Errorf("holds %.60q, which is not among what may be changed", at+name)
		}
		if err != nil {
			return err
		}
	}
}

// leads reports whether a path begins so: an empty object in its place would
// empty what is there.
func leads(paths []string, start string) bool {
	return slices.ContainsFunc(paths, func(p string) bool { return strings.HasPrefix(p, start) })
}

// keyName allows {"keyName":"key1"} and no more: one key at a time.
func keyName(raw []byte) error {
	if err := fields("keyName")(raw); err != nil {
		return err
	}
	var v struct{ KeyName string }
	if err := json.Unmarshal(raw, &v); err != nil || v.KeyName != "key1" && v.KeyName != "key2" {
		return errors.New("names neither key1 nor key2")
	}
	return nil
}

// maxPolicies is how many stored access policies a container can have.
const maxPolicies = 5

// identifiers allows a list of stored access policies; without any the body is
// empty.
func identifiers(raw []byte) error {
	if len(raw) == 0 {
		return nil
	}
	var v struct {
		XMLName xml.Name `xml:"SignedIdentifiers"`
		All     []struct {
			ID string `xml:"Id"`
		} `xml:"SignedIdentifier"`
	}
	if len(raw) > maxQuery || xml.Unmarshal(raw, &v) != nil {
		return errors.New("is no list of stored access policies")
	}
	if len(v.All) > maxPolicies {
		return fmt.Errorf("holds %d policies; the service takes %d", len(v.All), maxPolicies)
	}
	for _, p := range v.All {
		if p.ID == "" {
			return errors.New("holds a policy without a name")
		}
	}
	return nil
}

// keyInfo allows the request for a user delegation key.
func keyInfo(raw []byte) error {
	var v struct {
		XMLName xml.Name `xml:"KeyInfo"`
	}
	if len(raw) > 1<<10 || xml.Unmarshal(raw, &v) != nil {
		return errors.New("is no KeyInfo")
	}
	return nil
}

// anyForm allows what asks for a token.
func anyForm([]byte) error { return nil }
