package azure_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/wire"
	"github.com/overgrant/overgrant/test/azurite"
)

// tap hears every byte that leaves over plain http.
type tap struct {
	mu    sync.Mutex
	conns []*tapped
}

// tapped is one connection of a tap.
type tapped struct {
	net.Conn
	tap  *tap
	sent bytes.Buffer
}

func (p *tap) dial(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	heard := &tapped{Conn: c, tap: p}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conns = append(p.conns, heard)
	return heard, nil
}

// Write sends and keeps a copy.
func (c *tapped) Write(b []byte) (int, error) {
	c.tap.mu.Lock()
	c.sent.Write(b)
	c.tap.mu.Unlock()
	return c.Conn.Write(b)
}

// requests returns all that was sent, but what went over https.
func (p *tap) requests(t *testing.T) []*http.Request {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []*http.Request
	for _, c := range p.conns {
		const handshake = 0x16
		if sent := c.sent.Bytes(); len(sent) == 0 || sent[0] == handshake {
			continue
		}
		for r := bufio.NewReader(bytes.NewReader(c.sent.Bytes())); ; {
			req, err := http.ReadRequest(r)
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("read what was sent: %v", err)
			}
			_, _ = io.Copy(io.Discard, req.Body)
			all = append(all, req)
		}
	}
	return all
}

// TestProveChangesNothing proves 200 links of all kinds, with every consent
// given, and compares all that the emulator holds before and after.
func TestProveChangesNothing(t *testing.T) {
	a := stage(t)
	a.SetPolicies(t, "blob", "private", "", azurite.Policy{ID: "all", Permissions: "racwdxyltmeopi", Expiry: far}, azurite.Policy{ID: "few", Permissions: "rl", Expiry: far},
		azurite.Policy{ID: "drop", Permissions: "d", Expiry: far}, azurite.Policy{ID: "over", Permissions: "rwd", Expiry: past})
	a.SetPolicies(t, "queue", "jobs", "", azurite.Policy{ID: "all", Permissions: "raup", Expiry: far})
	a.SetPolicies(t, "table", "people", "", azurite.Policy{ID: "all", Permissions: "raud", Start: "2020-01-01T00:00:00Z", Expiry: far})
	before, err := a.State(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var heard tap
	states := map[overgrant.State]int{}
	links := generate(t, a, 200)
	for i, l := range links {
		l.consent, l.tap = consent{true, true}, &heard
		if i%4 == 0 {
			l.keys = []string{a.Key(1), a.Key(2)}
		}
		p := prove(t, a.Server(), l.trial)
		states[p.State]++
		if (p.State == overgrant.Alive) != l.works {
			t.Errorf("link %d: %s; works: %t\n%s", i, p.State, l.works, shows(&p))
		}
	}
	after, err := a.State(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if before != after {
		t.Errorf("the emulator's state changed:\n%s\n---\n%s", before, after)
	}
	if states[overgrant.Alive] < 80 || states[overgrant.Dead] < 20 {
		t.Errorf("states = %v; want many links that work, and some that do not", states)
	}
	checkSent(t, heard.requests(t))
	t.Logf("%d links: %v", len(links), states)
}

// checkSent fails for a request that could change something for some link.
func checkSent(t *testing.T, all []*http.Request) {
	t.Helper()
	count := map[string]int{}
	for _, r := range all {
		count[r.Method]++
		name := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
		never := r.Header.Get("If-Match") == `"0x0"`
		switch {
		case len(r.Header.Values("If-None-Match")) > 0:
			t.Errorf("%s %s: bears If-None-Match", r.Method, r.URL.Path)
		case r.Method == http.MethodGet || r.Method == http.MethodHead:
			if strings.HasSuffix(r.URL.Path, "/messages") && r.URL.Query().Get("peekonly") != "true" {
				t.Errorf("%s %s: takes messages", r.Method, r.URL.Path)
			}
		case never && strings.HasPrefix(r.URL.Query().Get("comp"), "tag"), r.URL.Query().Get("comp") == "lease":
			t.Errorf("%s %s: ignores its condition", r.Method, r.URL.Path)
		case r.Method == http.MethodDelete && (never || wire.IsProbeName(name)):
		case r.Method == http.MethodPut && (never || wire.IsProbeName(name) && r.URL.Query().Get("comp") != ""):
		default:
			t.Errorf("%s %s: may change something", r.Method, r.URL.Path)
		}
	}
	if count[http.MethodPut] == 0 || count[http.MethodDelete] == 0 {
		t.Errorf("requests = %v; want probes that write among them", count)
	}
	t.Logf("requests: %v", count)
}

// made is a link of which it is known whether it works.
type made struct {
	trial
	works bool
}

// generate makes links of all kinds, the same ones in every run but for keys
// and times.
func generate(t *testing.T, a *azurite.Account, n int) []made {
	t.Helper()
	r := rand.New(rand.NewPCG(7, 11))
	udk := a.Delegate(t, time.Now().Add(-time.Hour), time.Now().Add(24*time.Hour))
	pick := func(all ...string) string { return all[r.IntN(len(all))] }
	some := func(letters string) string {
		out := ""
		for _, c := range letters {
			if r.IntN(2) == 0 {
				out += string(c)
			}
		}
		return pick(out+letters[:1], letters)
	}
	sas := func(letters string) azurite.SAS {
		s := azurite.SAS{Permissions: some(letters), Expiry: pick(far, far, far, past), Key: 1 + r.IntN(2), Protocol: pick("", "", "https,http", "https"),
			Version: pick("2018-11-09", "2020-12-06", "2022-11-02"), Container: pick("private", "listed", "named", "nowhere")}
		if r.IntN(8) == 0 {
			s.Start = soon
		}
		return s
	}
	works := func(s azurite.SAS) bool {
		return s.Expiry != past && s.Start != soon && s.Policy != "over" && s.Policy != "removed"
	}
	makers := []func() made{
		func() made {
			s := sas("rwdlacupitfx")
			s.Services, s.Types = some("bqt"), some("sco")
			return made{trial{text: a.Link("blob", pick("", "private"), "", a.AccountSAS(s))}, works(s)}
		},
		func() made {
			s := sas("racwdxltfi")
			return made{trial{text: a.Link("blob", s.Container, pick("", "folder/plan.txt"), a.BlobSAS(s))}, works(s)}
		},
		func() made {
			s := sas("racwd")
			s.Blob = pick("folder/plan.txt", "folder/none.txt")
			return made{trial{text: a.Link("blob", s.Container, s.Blob, a.BlobSAS(s))}, works(s)}
		},
		func() made {
			s := azurite.SAS{Container: "private", Policy: pick("all", "few", "drop", "over", "removed"), Blob: pick("", "", "folder/plan.txt")}
			return made{trial{text: a.Link("blob", "private", s.Blob, a.BlobSAS(s))}, works(s)}
		},
		func() made {
			s := sas("racwdl")
			s.Expiry, s.Container, s.Version = pick(soon, soon, past), "private", pick("2018-11-09", "2020-12-06", "2025-07-05")
			s.Blob = pick("", "folder/plan.txt")
			return made{trial{text: a.Link("secure", "private", s.Blob, a.DelegationSAS(udk, s))}, works(s)}
		},
		func() made {
			s := sas("raup")
			s.Container = "jobs"
			if r.IntN(3) == 0 {
				s = azurite.SAS{Container: "jobs", Policy: "all"}
			}
			return made{trial{text: a.Link("queue", "jobs", "", a.QueueSAS(s)), service: "queue"}, works(s)}
		},
		func() made {
			s := sas("raud")
			s.Container, s.Version = "people", "2019-02-02"
			if r.IntN(3) == 0 {
				s = azurite.SAS{Container: "people", Policy: "all"}
			}
			return made{trial{text: a.Link("table", "people", "", a.TableSAS(s)), service: "table"}, works(s)}
		},
		func() made { return made{trial{text: a.ConnectionString(1 + r.IntN(2))}, true} },
	}
	var all []made
	for i := range n {
		l := makers[i%len(makers)]()
		if l.text == "" || slices.ContainsFunc(all, func(o made) bool { return fmt.Sprint(o.text) == l.text }) && i%len(makers) < 3 {
			l = makers[1]()
		}
		all = append(all, l)
	}
	return all
}
