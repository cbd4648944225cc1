package azure_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/cloud"
	"github.com/overgrant/overgrant/internal/cloud/azure"
	"github.com/overgrant/overgrant/internal/cloud/fake"
	"github.com/overgrant/overgrant/internal/source"
	"github.com/overgrant/overgrant/internal/wire"
)

func TestExpandSaysWhatALinkReaches(t *testing.T) {
	s := serve(t, fake.Options{Containers: []fake.Container{{Name: "c", Objects: []fake.Object{
		{Name: "dir/a.txt", Body: []byte("a")}, {Name: "dir/sub/b.txt", Body: []byte("b")}, {Name: "other.txt", Body: []byte("c")}}}}})
	account := func(services, types, permissions string) url.Values {
		return url.Values{"sv": {"2022-11-02"}, "ss": {services}, "srt": {types}, "sp": {permissions}, "se": {"2051-10-06"}}
	}
	scoped := func(sr, sp string) url.Values {
		return url.Values{"sv": {"2022-11-02"}, "sr": {sr}, "sp": {sp}, "se": {"2051-10-06"}}
	}
	for _, tt := range []struct {
		name, path string
		params     url.Values
		objects    int64
		gaps       string // reasons
	}{
		{"all", "/", account("bfqt", "sco", "rl"), 3, ""},
		{"no_list", "/", account("b", "sco", "r"), 0, "not listable"},
		{"objects_only", "/", account("bq", "o", "rl"), 0, "not listable,not listable"},
		{"container_named_in_the_link", "/c", account("b", "co", "rl"), 3, ""},
		{"object_named_in_the_link", "/c/other.txt", account("b", "o", "r"), 1, ""},
		{"container", "/c", scoped("c", "rl"), 3, ""},
		{"container_no_list", "/c", scoped("c", "r"), 0, "not listable"},
		{"object", "/c/dir/a.txt", scoped("b", "r"), 1, ""},
		{"object_gone", "/c/none.txt", scoped("b", "r"), 0, "not there"},
		{"container_gone", "/none", scoped("c", "rl"), 0, "not there"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := tt.path
			if tt.params.Has("ss") {
				path = "/"
			}
			r := openText(t, s.URL+tt.path+"?"+s.Sign("blob", path, tt.params, 1), s.Hosts(), "")
			got := walk(t, r)
			var reasons []string
			for _, g := range got.gaps {
				reasons = append(reasons, g.Reason)
			}
			if got.current != tt.objects || strings.Join(reasons, ",") != tt.gaps {
				t.Errorf("%d objects, gaps %+v; want %d, %s", got.current, got.gaps, tt.objects, tt.gaps)
			}
		})
	}
	if w := s.Writes(); len(w) > 0 {
		t.Errorf("%d requests do not only read: %+v", len(w), w[0])
	}
}

func TestDirectoryLink(t *testing.T) {
	refuse := fake.Fault{When: func(q *fake.Request) bool { return q.Service == "blob" && fake.Listing(q) },
		Do: fake.Fail(&fake.Denial{Status: 403, Code: "AuthenticationFailed"})}
	for name, faults := range map[string][]fake.Fault{"as_blobs": nil, "as_paths": {refuse}} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, fake.Options{Page: 2, Hierarchy: true, Keys: []string{}, Faults: faults, Containers: []fake.Container{{Name: "c", Objects: []fake.Object{
				{Name: "dir/a.txt", Body: []byte("a")}, {Name: "dir/d.txt", Body: []byte("a")}, {Name: "dir/sub/b.txt", Body: []byte("b")}, {Name: "dirt.txt", Body: []byte("c")}}}}})
			r := openText(t, s.URL+"/c/dir?sv=2022-11-02&sr=d&sdd=1&sp=rl&se=2051-10-06&sig="+url.QueryEscape(sig), s.Hosts(), "")
			got := walk(t, r)
			if got.current != 3 || got.names["dirt.txt"] != 0 || got.bytes != 3 {
				t.Errorf("%d objects: %v; want the three in the directory; gaps %+v", got.current, got.names, got.gaps)
			}
		})
	}
}

func TestPublicContainer(t *testing.T) {
	s := serve(t, fake.Options{Containers: []fake.Container{{Name: "open", Public: "container", Blobs: 30}, {Name: "shut", Blobs: 10}}})
	for name, want := range map[string]int64{"open": 30, "shut": 0} {
		client := wire.NewReadOnly(quick(s.Hosts()))
		t.Cleanup(client.Close)
		l := overgrant.Link{Secret: overgrant.NewSecret(s.URL + "/" + name), Grant: overgrant.Grant{Kind: "anonymous", Provider: "azure"}}
		r, err := azure.Driver.Open(l, cloud.Options{Client: client, Now: time.Now(), AllowHosts: s.Hosts()})
		if err != nil {
			t.Fatal(err)
		}
		got := walk(t, r)
		if got.current != want || (want == 0) != (len(got.gaps) == 1) {
			t.Errorf("%s: %d objects, gaps %+v; want %d", name, got.current, got.gaps, want)
		}
	}
}

func TestOlderServiceIsAskedInItsVersion(t *testing.T) {
	older := func(q *fake.Request) bool { return q.Header.Get("X-Ms-Version") > "2021-01-01" }
	s := serve(t, fake.Options{Page: 10, Containers: []fake.Container{{Name: "c", Blobs: 35}},
		Faults: []fake.Fault{{When: older, Do: fake.Fail(&fake.Denial{Status: 400, Code: "InvalidHeaderValue", Message: "no such version"})}}})
	r := oneContainer(t, s, "c", "")
	at := source.Range{Service: "blob", Container: "c"}
	c := count{}
	c.list(t, r, at)
	if c.current != 35 || s.Count() != 4+2+1 {
		t.Errorf("%d objects by %d requests; want 35 by 4, 2 to find the version, and 1 the service", c.current, s.Count())
	}
	// A version without startFrom: the range is cut on this side.
	c = count{}
	at.From, at.To = s.Name("c", 12), s.Name("c", 20)
	c.list(t, r, at)
	if c.current != 8 {
		t.Errorf("%d objects from %q to %q; want 8", c.current, at.From, at.To)
	}
}

func TestLessIsListedWhereVersionsAreRefused(t *testing.T) {
	versions := func(q *fake.Request) bool { return strings.Contains(q.Query.Get("include"), "versions") }
	s := serve(t, fake.Options{Containers: []fake.Container{{Name: "c", Blobs: 35, Snapshots: 5, Versions: 5}},
		Faults: []fake.Fault{{When: versions, Do: fake.Fail(&fake.Denial{Status: 403, Code: "AuthorizationPermissionMismatch"})}}})
	c := count{}
	c.list(t, oneContainer(t, s, "c", "all"), source.Range{Service: "blob", Container: "c"})
	if c.current != 35 || c.snapshots != 7 || c.versions != 0 || len(c.gaps) != 1 || !c.gaps[0].Benign {
		t.Errorf("%+v; want all blobs and snapshots, and a gap that says so", c)
	}
}
