package cloudtest_test

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net/url"
	"testing"
	"time"

	"github.com/overgrant/overgrant/internal/cloud"
	"github.com/overgrant/overgrant/internal/cloud/azure"
	"github.com/overgrant/overgrant/internal/cloud/cloudtest"
	"github.com/overgrant/overgrant/internal/cloud/fake"
	"github.com/overgrant/overgrant/internal/source"
	"github.com/overgrant/overgrant/internal/wire"
	"github.com/overgrant/overgrant/kind"
	"github.com/overgrant/overgrant/test/azurite"
)

// open makes a reach of a link to the hosts given.
func open(t testing.TB, link string, hosts []string) cloud.Reach {
	t.Helper()
	return openWith(t, link, hosts, opening{})
}

// opening says how a reach is opened: what is listed besides current objects,
// and how long an answer is waited for. Zero is the client's own patience, which
// no honest server exhausts however busy the machine is.
type opening struct {
	versions string
	patience time.Duration
}

func openWith(t testing.TB, link string, hosts []string, how opening) cloud.Reach {
	t.Helper()
	l, err := kind.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	client := wire.NewReadOnly(wire.Options{Run: "test", AllowHosts: hosts, Tries: 3, Headers: how.patience, Stall: how.patience,
		Wait: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }})
	t.Cleanup(client.Close)
	r, err := azure.Driver.Open(l, cloud.Options{Client: client, Now: time.Now(), AllowHosts: hosts, Versions: how.versions})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

const (
	key    = "b3Zlci10aGUtcmFpbmJvdy1hbmQtZmFyLWF3YXktdGhlcmUtaXMtYS1rZXktdGhhdC1vcGVucy1ub3RoaW5nIQ=="
	expiry = "2051-10-06T00:00:00Z"
)

// served starts a fake that ends with the test, and returns an account SAS that
// lists and reads all of it.
func served(t testing.TB, opt fake.Options) (*fake.Server, string) {
	t.Helper()
	opt.Keys = []string{key}
	s := fake.New(opt)
	t.Cleanup(s.Close)
	return s, s.URL + "/?" + s.Sign("blob", "/", url.Values{"sv": {"2022-11-02"}, "ss": {"bfqt"}, "srt": {"sco"}, "sp": {"rl"}, "se": {expiry}}, 1)
}

// world is all of a fake.
func world(t *testing.T, opt fake.Options, holds map[string][]byte) cloudtest.World {
	s, link := served(t, opt)
	truth := s.Truth()
	return cloudtest.World{
		Open:  func(t testing.TB) cloud.Reach { return open(t, link, s.Hosts()) },
		Truth: cloudtest.Truth{Containers: truth.Containers, Objects: truth.Objects + truth.Messages + truth.Entities, Bytes: truth.Bytes},
		Holds: holds,
		Wrong: func() (all []string) {
			for _, q := range s.Writes() {
				all = append(all, q.Method+" "+q.Service+q.Path)
			}
			return all
		},
	}
}

// named makes objects with content, and the map of it.
func named(container string) ([]fake.Object, map[string][]byte) {
	holds := map[string][]byte{
		"a.txt":                 []byte("hello"),
		"empty":                 {},
		"folder/b & <c>.txt":    bytes.Repeat([]byte("0123456789"), 100_000),
		"folder/line\nfeed":     []byte("x"),
		"folder/ünïcode/d%20.t": []byte("y"),
		"zz":                    []byte("last"),
	}
	var all []fake.Object
	in := map[string][]byte{}
	for name, body := range holds {
		all = append(all, fake.Object{Name: name, Body: body, Type: "text/plain"})
		in[container+"/"+name] = body
	}
	return all, in
}

func TestAzureAgainstTheFake(t *testing.T) {
	t.Run("flat", func(t *testing.T) {
		objects, holds := named("data")
		cloudtest.Reach(t, world(t, fake.Options{Page: 100, Containers: []fake.Container{
			{Name: "data", Objects: objects}, {Name: "empty"}, {Name: "images", Kind: fake.Images, Blobs: 700},
			{Name: "users", Kind: fake.Profiles, Blobs: 1234}, {Name: "$logs", Kind: fake.Logs, Blobs: 5}, {Name: "gone", Blobs: 10, Gone: true},
		}}, holds))
	})
	t.Run("without_start_from", func(t *testing.T) {
		objects, holds := named("data")
		cloudtest.Reach(t, world(t, fake.Options{Page: 50, Older: true, Containers: []fake.Container{
			{Name: "data", Objects: objects}, {Name: "keys", Kind: fake.Keys, Blobs: 300}, {Name: "sets", Kind: fake.Datasets, Blobs: 300},
		}}, holds))
	})
	t.Run("other_services", func(t *testing.T) {
		objects, holds := named("files")
		objects = append(objects[:0:0], objects...)
		cloudtest.Reach(t, world(t, fake.Options{Page: 20,
			Shares: []fake.Share{{Name: "files", Named: objects}, {Name: "homes", Kind: fake.Keys, Files: 120}},
			Queues: []fake.Queue{{Name: "jobs", Messages: []string{"one", "two"}}, {Name: "idle"}},
			Tables: []fake.Table{{Name: "people", Rows: 45}, {Name: "places", Entities: []map[string]any{{"PartitionKey": "p", "RowKey": "1"}}}},
		}, holds))
	})
	t.Run("directories", func(t *testing.T) {
		objects, holds := named("lake")
		cloudtest.Reach(t, world(t, fake.Options{Page: 40, Hierarchy: true, Containers: []fake.Container{
			{Name: "lake", Objects: objects}, {Name: "models", Kind: fake.Models, Blobs: 200},
		}}, holds))
	})
}

func TestAzureAgainstTheEmulator(t *testing.T) {
	a := azurite.Shared(t).NewAccount(t)
	holds := map[string][]byte{}
	var truth cloudtest.Truth
	for _, container := range []string{"one", "two", "none"} {
		a.PutContainer(t, container, "")
		truth.Containers++
	}
	for i := range 60 {
		name, body := fmt.Sprintf("folder-%d/näme & %02d.txt", i%3, i), bytes.Repeat([]byte{byte(i)}, i*997)
		container := []string{"one", "two"}[i%2]
		a.PutBlob(t, container, name, body)
		holds[container+"/"+name] = body
		truth.Objects++
		truth.Bytes += int64(len(body))
	}
	link := a.Link("blob", "", "", a.AccountSAS(azurite.SAS{Services: "b", Types: "sco", Permissions: "rl", Expiry: expiry}))
	before, err := a.State(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	changed := false
	cloudtest.Reach(t, cloudtest.World{
		Open:  func(t testing.TB) cloud.Reach { return open(t, link, a.Server().Hosts()) },
		Truth: truth,
		Holds: holds,
		Replace: func(t testing.TB, container, name string) {
			a.PutBlob(t, container, name, holds[container+"/"+name])
			changed = true
		},
	})
	if !changed {
		after, err := a.State(t.Context())
		if err != nil || after != before {
			t.Errorf("the emulator has changed (%v)", err)
		}
	}
}

// lie is a server with one fault.
func lie(do fake.Change, change func(*fake.Fault, *fake.Options)) func(t testing.TB) cloud.Reach {
	return func(t testing.TB) cloud.Reach {
		f := fake.Fault{When: fake.Listing, Do: do}
		opt := fake.Options{Page: 50, Containers: []fake.Container{{Name: "data", Kind: fake.Keys, Blobs: 500}}}
		if change != nil {
			change(&f, &opt)
		}
		opt.Faults = []fake.Fault{f}
		s, link := served(t, opt)
		return openWith(t, link, s.Hosts(), opening{patience: 300 * time.Millisecond})
	}
}

// inContainers lets the list of containers pass.
func inContainers(f *fake.Fault, _ *fake.Options) {
	f.When = func(q *fake.Request) bool { return q.Query.Get("restype") == "container" && fake.Listing(q) }
}

func reading(f *fake.Fault, _ *fake.Options) { f.When = fake.Reading }

func seldom(f *fake.Fault, _ *fake.Options) { f.Every = 3 }

func TestAzureSurvives(t *testing.T) {
	elsewhere := fake.New(fake.Options{})
	t.Cleanup(func() {
		if n := elsewhere.Count(); n != 0 {
			t.Errorf("%d requests followed a redirect", n)
		}
		elsewhere.Close()
	})
	cloudtest.Survives(t, []cloudtest.Lie{
		{Name: "nothing_wrong", Open: lie(func(*fake.Request, *fake.Reply) {}, nil), Most: 500, All: 500},
		{Name: "endless_pages", Open: lie(fake.Endless, inContainers), Most: 100_000, Told: true},
		{Name: "endless_containers", Open: lie(fake.Endless, nil), Most: 100_000, Told: true},
		{Name: "repeated_marker", Open: lie(fake.Repeat, inContainers), Most: 100_000, Told: true},
		{Name: "empty_pages", Open: lie(fake.Empty, func(f *fake.Fault, o *fake.Options) { inContainers(f, o); f.Times = 3 }), Most: 500, All: 500},
		{Name: "backwards", Open: lie(fake.Backwards, inContainers), Most: 500, All: 500},
		{Name: "web_page", Open: lie(fake.HTML, inContainers), Told: true},
		{Name: "xml_bomb", Open: lie(fake.Bomb, inContainers), Told: true},
		{Name: "huge_name", Open: lie(fake.Huge(64<<20), inContainers), Told: true},
		{Name: "redirect", Open: lie(fake.Redirect(elsewhere.URL), nil), Told: true},
		{Name: "throttled_at_times", Open: lie(fake.Fail(&fake.Denial{Status: 503, Code: "ServerBusy"}), seldom), Most: 500, All: 500},
		{Name: "failing_at_times", Open: lie(fake.Fail(&fake.InternalError), seldom), Most: 500, All: 500},
		{Name: "failing_always", Open: lie(fake.Fail(&fake.InternalError), nil), Told: true},
		{Name: "refused", Open: lie(fake.Fail(&fake.Firewall), nil), Told: true},
		{Name: "cut_at_times", Open: lie(fake.CutHalf, seldom), Most: 500, All: 500},
		{Name: "cut_always", Open: lie(fake.CutHalf, nil), Told: true},
		{Name: "claims_more", Open: lie(fake.ClaimMore(1000), nil), Told: true},
		{Name: "claims_less", Open: lie(fake.ClaimLess(20), nil), Told: true},
		{Name: "hangs", Open: lie(fake.Hang, nil), Told: true},
		{Name: "trickles", Open: lie(fake.Trickle(1, 100*time.Millisecond), inContainers), Told: true},

		{Name: "content_changed", Open: lie(fake.Changed, reading), Reading: true},
		{Name: "content_cut", Open: lie(fake.CutHalf, reading), Reading: true},
		{Name: "content_of_another_range", Open: lie(fake.WrongRange, reading), Reading: true},
		{Name: "content_claims_less", Open: lie(fake.ClaimLess(1), reading), Reading: true},
		{Name: "content_web_page", Open: lie(fake.HTML, reading), Reading: true},
		{Name: "content_redirect", Open: lie(fake.Redirect(elsewhere.URL), reading), Reading: true},
	})
}

// TestAzurePast lists versions, snapshots and what was deleted, apart.
func TestAzurePast(t *testing.T) {
	s, link := served(t, fake.Options{Page: 30, Containers: []fake.Container{
		{Name: "models", Kind: fake.Models, Blobs: 400, Versions: 7, Snapshots: 11, Deleted: 13},
	}})
	got := map[source.State]fake.Tally{}
	r := openWith(t, link, s.Hosts(), opening{versions: "all"})
	for page, err := range r.Pages(t.Context(), source.Range{Service: "blob", Container: "models"}) {
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range page.Objects {
			sum := got[o.State]
			sum.Add(fake.Tally{Objects: 1, Bytes: o.Size})
			got[o.State] = sum
		}
	}
	truth := s.Truth()
	want := map[source.State]fake.Tally{source.Current: truth.Tally, source.Version: truth.Versions, source.Snapshot: truth.Snapshots, source.Deleted: truth.Deleted}
	if !maps.Equal(got, want) {
		t.Errorf("listed %v; there is %v", got, want)
	}
}

// TestAzureManyContainers expands an account of 100,000 containers.
func TestAzureManyContainers(t *testing.T) {
	var all []fake.Container
	for i := range 100_000 {
		all = append(all, fake.Container{Name: fmt.Sprintf("c-%06d", i)})
	}
	s, link := served(t, fake.Options{Containers: all})
	r := open(t, link, s.Hosts())
	var containers int64
	for at := (source.Range{Service: "blob"}); ; {
		e, err := r.Expand(t.Context(), at)
		if err != nil {
			t.Fatal(err)
		}
		containers += e.Containers
		if at = e.Ranges[len(e.Ranges)-1]; at.Container != "" {
			break
		}
	}
	if containers != 100_000 {
		t.Errorf("%d containers; want 100,000", containers)
	}
}
