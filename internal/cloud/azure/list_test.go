package azure_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/overgrant/overgrant/internal/cloud/fake"
	"github.com/overgrant/overgrant/internal/source"
)

// account holds something of everything.
func account() fake.Options {
	o := fake.Options{
		Containers: []fake.Container{
			{Name: "data", Blobs: 12_345, Kind: fake.Datasets},
			{Name: "images", Blobs: 5_000, Kind: fake.Images},
			{Name: "old", Blobs: 700, Kind: fake.Logs, Versions: 3, Snapshots: 5, Deleted: 7},
			{Name: "gone", Blobs: 5, Gone: true},
			{Name: "empty"},
		},
		Shares: []fake.Share{{Name: "files", Kind: fake.Profiles, Files: 900}},
		Queues: []fake.Queue{{Name: "jobs", Messages: []string{"a", "b", "c"}}, {Name: "none"}},
		Tables: []fake.Table{{Name: "people", Rows: 2_500}},
	}
	for _, name := range oddNames {
		o.Containers[4].Objects = append(o.Containers[4].Objects, fake.Object{Name: name, Body: []byte("body of " + name)})
	}
	return o
}

// oddNames are names that are easily taken for something else.
var oddNames = []string{
	"100%", "a b", "a#b", "a%2Fb", "a&b<c>\"d\"'e'", "a+b", "a/../b", "a/./b", "a//b", "a?b=c&sig=d", "a\\b", "a\nb", "a\tb", "b.", "b/", "c;d",
	"comp=acl", "messages", "x/messages", "über/straße", "日本語/名前.txt", "😀", "{}", "~user", "é",
}

func TestListsAllThatALinkReaches(t *testing.T) {
	s := serve(t, account())
	for _, versions := range []string{"", "all"} {
		t.Run("versions_"+versions, func(t *testing.T) {
			got, want := walk(t, allOf(t, s, versions)), s.Truth()
			if got.containers != want.Containers || got.current != want.Objects || got.bytes != want.Bytes {
				t.Errorf("containers, objects, bytes = %d, %d, %d; want %d, %d, %d", got.containers, got.current, got.bytes, want.Containers, want.Objects, want.Bytes)
			}
			if got.messages != want.Messages || got.entities != want.Entities {
				t.Errorf("messages, entities = %d, %d; want %d, %d", got.messages, got.entities, want.Messages, want.Entities)
			}
			if versions == "" {
				if got.versions+got.snapshots+got.deleted != 0 {
					t.Errorf("versions, snapshots, deleted = %d, %d, %d; want none", got.versions, got.snapshots, got.deleted)
				}
			} else if got.versions != want.Versions.Objects || got.snapshots != want.Snapshots.Objects || got.deleted != want.Deleted.Objects {
				t.Errorf("versions, snapshots, deleted = %d, %d, %d; want %d, %d, %d", got.versions, got.snapshots, got.deleted, want.Versions.Objects, want.Snapshots.Objects, want.Deleted.Objects)
			}
			for _, name := range oddNames {
				if got.names[name] != 1 {
					t.Errorf("%q was listed %d times; want once", name, got.names[name])
				}
			}
			for name, n := range got.names {
				if n != 1 {
					t.Errorf("%q was listed %d times; want once", name, n)
				}
			}
			if len(got.gaps) != 1 || got.gaps[0].Reason != "deleted container" {
				t.Errorf("gaps = %+v; want the deleted container", got.gaps)
			}
		})
	}
	if v := s.Violations(); len(v) > 0 {
		t.Errorf("%d requests would have changed something: %+v", len(v), v[0])
	}
}

func TestResumesAfterEachPage(t *testing.T) {
	for _, tt := range []struct {
		name string
		opt  fake.Options
		at   source.Range
	}{
		{"flat", fake.Options{Page: 100, Containers: []fake.Container{{Name: "c", Blobs: 1_050, Kind: fake.Models}}}, source.Range{Service: "blob", Container: "c"}},
		{"prefix", fake.Options{Page: 100, Containers: []fake.Container{{Name: "c", Blobs: 1_050, Kind: fake.Models}}}, source.Range{Service: "blob", Container: "c", Prefix: "experiments/run-0000"}},
		{"share", fake.Options{Page: 3, Shares: []fake.Share{{Name: "s", Files: 200, Kind: fake.Profiles}}}, source.Range{Service: "file", Container: "s"}},
		{"table", fake.Options{Page: 100, Tables: []fake.Table{{Name: "people", Rows: 950}}}, source.Range{Service: "table", Container: "people"}},
		{"tree", fake.Options{Page: 50, Hierarchy: true, Containers: []fake.Container{{Name: "c", Blobs: 600, Kind: fake.Backups}}}, source.Range{Service: "blob", Container: "c", Marker: "t"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := allOf(t, serve(t, tt.opt), "")
			whole := count{names: map[string]int{}}
			whole.list(t, r, tt.at)
			pieces := count{names: map[string]int{}}
			for at := tt.at; at != (source.Range{}); {
				next := source.Range{}
				for page, err := range r.Pages(t.Context(), at) {
					if err != nil {
						t.Fatal(err)
					}
					pieces.page(page)
					next = page.Next
					break
				}
				at = next
			}
			if pieces.current != whole.current || pieces.entities != whole.entities || pieces.folders != whole.folders || whole.current+whole.entities == 0 {
				t.Errorf("page by page: %d objects, %d entities, %d folders; want %d, %d, %d", pieces.current, pieces.entities, pieces.folders, whole.current, whole.entities, whole.folders)
			}
			for name, n := range pieces.names {
				if n != 1 {
					t.Errorf("%q was listed %d times; want once", name, n)
				}
			}
		})
	}
}

func TestGoingOnAsksForNothingTwice(t *testing.T) {
	s := serve(t, fake.Options{Page: 100, Containers: []fake.Container{{Name: "c", Blobs: 1_050}}})
	r := oneContainer(t, s, "c", "")
	c := count{}
	for at := (source.Range{Service: "blob", Container: "c"}); at != (source.Range{}); {
		for page, err := range r.Pages(t.Context(), at) {
			if err != nil {
				t.Fatal(err)
			}
			c.page(page)
			at = page.Next
			break
		}
	}
	if n := s.Count(); n != 11+1 || c.current != 1_050 {
		t.Errorf("%d requests for %d objects; want 11 for 1050, and 1 to find the service", n, c.current)
	}
}

func TestSplitsWithoutLoss(t *testing.T) {
	for _, tt := range []struct {
		name  string
		opt   fake.Options
		parts int // at least
	}{
		{"names", fake.Options{}, 4},
		{"older_service", fake.Options{Older: true}, 2},
		{"directories", fake.Options{Hierarchy: true}, 2},
	} {
		for _, kind := range []fake.Kind{fake.Datasets, fake.Profiles, fake.Backups, fake.Models, fake.Keys, fake.Logs, fake.Images} {
			for _, n := range []int{2, 8, 30} {
				t.Run(fmt.Sprintf("%s_%d_in_%d", tt.name, kind, n), func(t *testing.T) {
					opt := tt.opt
					opt.Page = 100
					opt.Containers = []fake.Container{{Name: "c", Blobs: 3_000, Kind: kind, Versions: 5}}
					s := serve(t, opt)
					r := allOf(t, s, "all")
					whole, parts := count{names: map[string]int{}}, count{names: map[string]int{}}
					at := source.Range{Service: "blob", Container: "c"}
					whole.list(t, r, at)
					// Split what remains behind the third page, as a measurement does.
					pages := 0
					for page, err := range r.Pages(t.Context(), at) {
						if err != nil {
							t.Fatal(err)
						}
						parts.page(page)
						if at, pages = page.Next, pages+1; pages == 3 {
							break
						}
					}
					before := s.Count()
					ranges, err := r.Split(t.Context(), at, n)
					if err != nil || len(ranges) == 0 || len(ranges) > n {
						t.Fatalf("Split in %d = %d ranges, %v", n, len(ranges), err)
					}
					asked := s.Count() - before
					sizes := make([]int64, len(ranges))
					for i, part := range ranges {
						had := parts.current
						parts.list(t, r, part)
						sizes[i] = parts.current - had
					}
					t.Logf("%d requests for %d parts: %v", asked, len(ranges), sizes)
					if parts.current != whole.current || parts.versions != whole.versions || parts.folders != whole.folders {
						t.Errorf("parts: %d objects, %d versions, %d folders; want %d, %d, %d", parts.current, parts.versions, parts.folders, whole.current, whole.versions, whole.folders)
					}
					for name, got := range parts.names {
						if got != 1 {
							t.Fatalf("%q was listed %d times; want once", name, got)
						}
					}
				})
			}
		}
	}
}

func TestLyingServer(t *testing.T) {
	for _, tt := range []struct {
		name string
		f    fake.Fault
		ends bool // with an error
	}{
		{"repeated_marker", fake.Fault{Do: fake.Repeat}, true},
		{"endless_pages", fake.Fault{Do: fake.Endless}, true},
		{"web_page", fake.Fault{Do: fake.HTML}, true},
		{"xml_bomb", fake.Fault{Do: fake.Bomb}, true},
		{"long_name", fake.Fault{Do: fake.Huge(100_000)}, true},
		{"empty_pages", fake.Fault{Do: fake.Empty, Every: 2}, false},
		{"nothing_but_empty_pages", fake.Fault{Do: fake.Empty}, true},
		{"redirect", fake.Fault{Do: fake.Redirect("http://127.0.0.1:1/elsewhere")}, true},
		{"cut_always", fake.Fault{Do: fake.CutHalf}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.f.When = fake.Listing
			s := serve(t, fake.Options{Page: 100, Containers: []fake.Container{{Name: "c", Blobs: 1_000}}, Faults: []fake.Fault{tt.f}})
			r := oneContainer(t, s, "c", "")
			var last error
			n := 0
			for page, err := range r.Pages(t.Context(), source.Range{Service: "blob", Container: "c"}) {
				if err != nil {
					last = err
					continue
				}
				if n += len(page.Objects); n > 10_000 {
					t.Fatal("the listing does not end")
				}
			}
			var skip *source.Skip
			if tt.ends != (last != nil) || errors.As(last, &skip) {
				t.Errorf("Pages ends with %v", last)
			}
			t.Log(last)
		})
	}
}

func TestBrokenBodiesAreAskedForAgain(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   fake.Change
	}{
		{"cut", fake.CutHalf},
		{"busy", fake.Fail(&fake.Denial{Status: 503, Code: "ServerBusy"})},
		{"claims_more", fake.ClaimMore(10)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, fake.Options{Page: 100, Containers: []fake.Container{{Name: "c", Blobs: 2_000}}, Faults: []fake.Fault{{When: fake.Listing, Every: 4, Do: tt.do}}})
			r := oneContainer(t, s, "c", "")
			c := count{names: map[string]int{}}
			c.list(t, r, source.Range{Service: "blob", Container: "c"})
			if c.current != 2_000 || len(c.names) != 2_000 {
				t.Errorf("%d objects with %d names; want 2000", c.current, len(c.names))
			}
		})
	}
}

func TestRefusalsAreGaps(t *testing.T) {
	s := serve(t, fake.Options{Containers: []fake.Container{{Name: "c", Blobs: 10}}, Deny: &fake.Denial{Status: 403, Code: "AuthorizationFailure"}})
	r := allOf(t, s, "")
	got := walk(t, r)
	if len(got.gaps) != 4 {
		t.Fatalf("gaps = %+v; want one for each service", got.gaps)
	}
	for _, g := range got.gaps {
		if g.Reason != "refused" {
			t.Errorf("gap = %+v; want refused", g)
		}
	}
}
