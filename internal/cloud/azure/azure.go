// Package azure opens links to Azure Storage: shared access signatures of every
// sort, account keys, connection strings and addresses that anybody may read.
//
// It speaks the REST dialects of the four services by itself, since what stands
// in a link must be sent as it stands, and since listings are read many times
// faster than the SDK does. Every request goes through a wire.Door, which is
// bound to the hosts that follow from the link.
//
// It does not judge, and it changes nothing.
package azure

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/cloud"
	"github.com/overgrant/overgrant/internal/wire"
)

// Driver opens links to Azure Storage.
var Driver = cloud.Driver{
	Name:  "azure",
	Doc:   "Azure Storage: shared access signatures, account keys, connection strings, disk export links and public containers.",
	Opens: opens,
	Open: func(l overgrant.Link, opt cloud.Options) (cloud.Reach, error) {
		return open(l, opt)
	},
}

// reach is what the bearer of one link sees. It is safe for concurrent use.
type reach struct {
	*account
	link   overgrant.Link
	opt    cloud.Options
	door   *wire.Door
	opened time.Time // by the clock of the machine, which goes on while Options.Now does not
	steps  sync.Map  // service to *atomic.Int32: how far down its versions had to be gone
	traits traits

	parking  parking // pages on their way that nobody waits for any more
	settling settling
}

// open binds the hosts of a link. Nothing is sent.
func open(l overgrant.Link, opt cloud.Options) (*reach, error) {
	a, err := readAccount(l, opt, nil)
	if err != nil {
		return nil, fmt.Errorf("open link: %w", err)
	}
	r := &reach{link: l, opt: opt, opened: time.Now()}
	if err = r.take(a); err != nil {
		if errors.Is(err, wire.ErrForeign) || errors.Is(err, wire.ErrPrivate) {
			err = fmt.Errorf("%w: %w", cloud.ErrHost, err)
		}
		return nil, fmt.Errorf("open link: %w", err)
	}
	return r, nil
}

// wireServices are the services as the client tells them apart.
var wireServices = map[string]wire.Service{
	blobs: wire.Blob, files: wire.File, queues: wire.Queue, tables: wire.Table, dfs: wire.DFS,
}

// bound returns the hosts of all endpoints.
func (a *account) bound() []wire.Host {
	var all []wire.Host
	for service, e := range a.ends {
		all = append(all, wire.Host{Name: e.host, Service: wireServices[strings.TrimSuffix(service, second)]})
	}
	slices.SortFunc(all, func(a, b wire.Host) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// sign signs a request with the key of the account.
func (r *reach) sign(req *http.Request) error {
	service := blobs
	for s, e := range r.ends {
		if e.host == req.URL.Host {
			service = strings.TrimSuffix(s, second)
		}
	}
	r.key.sign(req.Method, service, req.URL, req.Header, r.now())
	return nil
}

// now returns the time, as it has gone on since the link was opened.
func (r *reach) now() time.Time { return r.opt.Now.Add(time.Since(r.opened)) }

// request is one question to a service.
type request struct {
	method  string // empty for GET
	service string // as in account.ends: blob, table, blob-secondary
	path    string // escaped, from the slash after the account on
	query   string // escaped, without the signature
	header  http.Header
	body    []byte
	plain   bool   // without signature or key, as anybody may ask
	version string // of the service; empty for the newest that it takes
}

// errNoService says that the account has no such service, as far as the link
// and the hosts tell that may be asked.
var errNoService = errors.New("no host is known for the service that may be asked")

// url returns where a request goes.
func (r *reach) url(q request, version string) (*url.URL, error) {
	e, ok := r.ends[q.service]
	if !ok {
		return nil, fmt.Errorf("ask the %s service: %w", q.service, errNoService)
	}
	query := q.query
	if signature := r.token.Reveal(); signature != "" && !q.plain {
		query = join(query, signature)
		if version != "" && !strings.Contains(query, "api-version=") {
			query = join(query, "api-version="+version)
		}
	}
	return e.at(cmp.Or(q.path, "/"), query), nil
}

// join puts two queries behind each other.
func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "&" + b
}

// do sends a request and returns the answer, whatever its status. A version
// that the service does not know is replaced by an older one.
func (r *reach) do(ctx context.Context, q request) (*http.Response, error) {
	if q.version != "" {
		return r.try(ctx, q, q.version)
	}
	ladder := r.ladder(q.service)
	known := r.step(q.service)
	first := min(int(known.Load()), len(ladder)-1)
	for step := first; ; step++ {
		resp, err := r.try(ctx, q, ladder[step])
		if err != nil {
			return nil, err
		}
		if unknown := isUnknownVersion(resp); !unknown || step == len(ladder)-1 {
			if step > first && !unknown {
				known.CompareAndSwap(int32(first), int32(step))
			}
			return resp, nil
		}
		_ = resp.Body.Close()
	}
}

// try sends a request as one version of the service.
func (r *reach) try(ctx context.Context, q request, version string) (*http.Response, error) {
	u, err := r.url(q, version)
	if err != nil {
		return nil, err
	}
	req := (&http.Request{Method: cmp.Or(q.method, http.MethodGet), URL: u, Header: q.header.Clone()}).WithContext(ctx)
	if req.Header == nil {
		req.Header = http.Header{}
	}
	if version != "" {
		req.Header.Set("X-Ms-Version", version)
	}
	if len(q.body) > 0 {
		req.Body = io.NopCloser(strings.NewReader(string(q.body)))
		req.ContentLength = int64(len(q.body))
	}
	door := r.door
	if q.plain {
		door = door.Signed(nil)
	}
	return door.Do(req)
}

// versions are those of each service that requests are made for, the newest
// first. Blobs can be listed from a name on since 2026-02-06; older services,
// such as those of sovereign clouds and emulators, lag behind.
//
// Source: "List Blobs" and "Versioning for Azure Storage".
var versions = map[string][]string{
	blobs:  {startFromVersion, "2021-12-02", "2020-10-02", "2019-12-12"},
	dfs:    {"2023-11-03", "2020-10-02"},
	files:  {"2024-11-04", "2021-12-02", "2019-12-12"},
	queues: {"2021-12-02", "2019-02-02"},
	tables: {"2021-12-02", "2019-02-02"},
}

// startFromVersion is the first that lists blobs from a name on.
const startFromVersion = "2026-02-06"

// ladder returns the versions that requests to a service are made for, the first
// choice first. What is signed for a newer one is not for an older service.
func (r *reach) ladder(service string) []string {
	ladder := versions[strings.TrimSuffix(service, second)]
	if sv := r.grant.SignedVersion; isDay(sv) && sv > ladder[0] {
		return append([]string{sv}, ladder...)
	}
	return ladder
}

// version returns the version that the next request to a service is made for.
func (r *reach) version(service string) string {
	ladder := r.ladder(service)
	return ladder[min(int(r.step(service).Load()), len(ladder)-1)]
}

// step returns how far down its choices something had to be gone.
func (r *reach) step(what string) *atomic.Int32 {
	s, _ := r.steps.LoadOrStore(what, new(atomic.Int32))
	return s.(*atomic.Int32)
}

// isUnknownVersion reports whether an answer may say that the service does not
// know the version of the request.
func isUnknownVersion(resp *http.Response) bool {
	return resp.StatusCode == http.StatusBadRequest && slices.Contains(unknownVersion, resp.Header.Get("X-Ms-Error-Code"))
}

// unknownVersion are the codes of an answer to a version that the service does
// not know. They may mean something else in the request too.
var unknownVersion = []string{"InvalidHeaderValue", "UnsupportedHeader", "InvalidQueryParameterValue", "InvalidInput", "UnsupportedQueryParameter"}

// isDay reports whether s is written as a version is: 2021-12-02.
func isDay(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}

// failure is an answer of the service that is not what was asked for.
type failure struct {
	status                int
	code, message, detail string
}

// Error gives the status and the code of the service.
func (f *failure) Error() string {
	text := fmt.Sprintf("the service answered %d", f.status)
	if f.code != "" {
		return text + " " + f.code
	}
	if f.message != "" {
		return text + ": " + f.message
	}
	return text
}

// Later reports whether another try, at another time, may get what was asked
// for.
func (f *failure) Later() bool {
	return f.status >= http.StatusInternalServerError || f.status == http.StatusTooManyRequests || f.status == http.StatusRequestTimeout
}

// ask is do for an answer that must be a success; any other is a *failure.
func (r *reach) ask(ctx context.Context, q request) (*http.Response, error) {
	resp, err := r.do(ctx, q)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		f := &failure{status: resp.StatusCode}
		f.code, f.message, f.detail = wire.ErrorBody(resp)
		return nil, f
	}
	return resp, nil
}

// statusOf returns the status of an answer that err tells of, 0 if it is none.
func statusOf(err error) int {
	var f *failure
	if errors.As(err, &f) {
		return f.status
	}
	return 0
}
