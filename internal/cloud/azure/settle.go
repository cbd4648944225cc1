package azure

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/wire"
)

// unknown stands for the service of a host that neither the link nor the host's
// name tells. Such a host is asked which one it is before anything else: what
// reads a blob takes the messages out of an emulator's queue.
const unknown = "unknown"

// errUnsettled says that a host does not tell which service it is.
var errUnsettled = errors.New("the host does not say which service it is")

// settling makes sure which services the hosts are that were guessed.
type settling struct {
	mu   sync.Mutex
	done atomic.Bool
	told []told
}

// told is what a host was asked, and what came of it.
type told struct {
	question
	finding
	host string
}

// settle asks hosts that were guessed which service they are, once, and takes up
// the account as it is then known. It asks what changes nothing on any service.
// What could not be told because no answer came is asked again by the next call.
func (r *reach) settle(ctx context.Context) error {
	if r.settling.done.Load() {
		return nil
	}
	r.settling.mu.Lock()
	defer r.settling.mu.Unlock()
	if r.settling.done.Load() {
		return nil
	}
	r.settling.told = nil
	heard := map[string]string{}
	for {
		host, e, ok := r.guessed(heard)
		if !ok {
			break
		}
		service, err := r.introduce(ctx, host, e)
		if ctx.Err() != nil || err != nil && e.service == unknown {
			return err
		}
		heard[e.host] = service
		a, err := readAccount(r.link, r.opt, heard)
		if err != nil {
			return err
		}
		if err := r.take(a); err != nil {
			return err
		}
	}
	r.settling.done.Store(true)
	return nil
}

// guess is an endpoint that nobody vouches for.
type guess struct {
	endpoint
	service string
}

// guessed returns a host that is still to be asked, the same one every time.
func (r *reach) guessed(heard map[string]string) (string, guess, bool) {
	for _, service := range slices.Sorted(maps.Keys(r.ends)) {
		e := r.ends[service]
		if _, asked := heard[e.host]; asked || service != unknown && !(e.guessed && r.uses(service)) {
			continue
		}
		return e.host, guess{e, service}, true
	}
	return "", guess{}, false
}

// uses reports whether anything but the service of the link itself is asked.
func (r *reach) uses(service string) bool {
	return service == dfs || r.wholeAccount() && slices.Contains(r.granted(), strings.TrimSuffix(service, second))
}

// take binds the hosts of an account.
func (r *reach) take(a *account) error {
	door, err := r.opt.Client.BindHosts(a.bound()...)
	if err != nil && len(a.ends) > 0 {
		return err
	}
	if r.account, r.door = a, door; a.key != nil && door != nil {
		r.door = door.Signed(r.sign)
	}
	return nil
}

// introduce asks a host which service it is. It fails if no answer came, or none
// that tells.
func (r *reach) introduce(ctx context.Context, host string, e guess) (string, error) {
	door, err := r.opt.Client.BindHosts(wire.Host{Name: host, Service: wire.Unknown})
	if err != nil {
		return "", err
	}
	a := *r.account
	a.ends = map[string]endpoint{unknown: e.endpoint}
	asker := &reach{account: &a, link: r.link, opt: r.opt, opened: r.opened, door: door}
	if a.key != nil {
		asker.door = door.Signed(asker.sign)
	}
	last := errUnsettled
	for _, query := range []string{"restype=account&comp=properties", "comp=list&maxresults=1"} {
		q := question{asked: "see which service the host is", request: request{service: unknown, query: query, version: introducing}}
		t := told{question: q, host: host, finding: finding{reply: reply{service: e.service}}}
		resp, err := asker.do(ctx, q.request)
		if err != nil {
			t.meaning = readError(err, &t.reply)
			r.settling.told = append(r.settling.told, t)
			return "", fmt.Errorf("ask which service %s is: %w", host, err)
		}
		service := serviceBy(resp)
		t.status, t.code = resp.StatusCode, resp.Header.Get("X-Ms-Error-Code")
		t.meaning = meaning{silent, overgrant.CauseForeign, "it does not say"}
		if service != "" {
			t.shows = "it is the " + service + " service"
		}
		r.settling.told = append(r.settling.told, t)
		if service != "" {
			return service, nil
		}
	}
	return "", last
}

// introducing is a version that every service knows.
const introducing = "2019-02-02"

// servers are what the services call themselves in the head of every answer.
// Source: the REST reference of each; src of Azurite.
var servers = map[string]string{
	"azurite-blob": blobs, "azurite-queue": queues, "azurite-table": tables,
	"windows-azure-blob": blobs, "windows-azure-queue": queues, "windows-azure-table": tables, "windows-azure-file": files, "windows-azure-hdfs": dfs,
}

// serviceBy reads from an answer which service gives it, empty if it does not
// tell. The answer is closed.
func serviceBy(resp *http.Response) string {
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxReply))
	_ = resp.Body.Close()
	name, _, _ := strings.Cut(strings.ToLower(resp.Header.Get("Server")), "/")
	if s, ok := servers[name]; ok {
		return s
	}
	for _, lists := range []struct{ element, service string }{{"<Containers", blobs}, {"<Queues", queues}, {"<Shares", files}} {
		if resp.StatusCode == http.StatusOK && bytes.Contains(body, []byte("<EnumerationResults")) && bytes.Contains(body, []byte(lists.element)) {
			return lists.service
		}
	}
	return ""
}
