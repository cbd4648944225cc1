package azure_test

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/overgrant/overgrant/internal/cloud/fake"
	"github.com/overgrant/overgrant/internal/source"
	"github.com/overgrant/overgrant/internal/source/sourcetest"
)

// named returns what Content needs of each object of a range.
func named(t testing.TB, r source.Lister, at source.Range) []source.Named {
	t.Helper()
	var all []source.Named
	for page, err := range r.Pages(t.Context(), at) {
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range page.Objects {
			all = append(all, source.Named{Range: at, Name: string(o.Name), Size: o.Size, Tag: string(o.Tag), Version: string(o.Version), State: o.State})
		}
	}
	return all
}

func TestContent(t *testing.T) {
	long := bytes.Repeat([]byte("0123456789abcdef"), 200_000)
	opt := fake.Options{Containers: []fake.Container{{Name: "c", Objects: []fake.Object{{Name: "long.bin", Body: long}, {Name: "nothing"}}}},
		Shares: []fake.Share{{Name: "s", Named: []fake.Object{{Name: "dir/sub/file.txt", Body: []byte("in a share")}}}}}
	for _, name := range oddNames {
		opt.Containers[0].Objects = append(opt.Containers[0].Objects, fake.Object{Name: name, Body: []byte("body of " + name)})
	}
	s := serve(t, opt)
	r := allOf(t, s, "")
	for _, at := range []source.Range{{Service: "blob", Container: "c"}, {Service: "file", Container: "s"}} {
		for _, o := range named(t, r, at) {
			if o.State == source.Folder {
				continue
			}
			c, err := r.Content(t.Context(), o)
			if err != nil {
				t.Errorf("Content(%q): %v", o.Name, err)
				continue
			}
			got, err := io.ReadAll(io.NewSectionReader(c, 0, c.Size()))
			want := "body of " + o.Name
			switch o.Name {
			case "long.bin":
				want = string(long)
			case "nothing":
				want = ""
			case "dir/sub/file.txt":
				want = "in a share"
			}
			if err != nil || string(got) != want {
				t.Errorf("Content(%q) = %.40q, %v; want %.40q", o.Name, got, err, want)
			}
		}
	}
	if v := s.Violations(); len(v) > 0 {
		t.Errorf("%d requests would have changed something: %+v", len(v), v[0])
	}
}

func TestContentThatChanged(t *testing.T) {
	s := serve(t, fake.Options{Containers: []fake.Container{{Name: "c", Objects: []fake.Object{{Name: "a", Body: []byte("as listed")}}}},
		Faults: []fake.Fault{{When: fake.Reading, Do: fake.Changed}}})
	r := oneContainer(t, s, "c", "")
	for _, o := range named(t, r, source.Range{Service: "blob", Container: "c"}) {
		for _, gone := range []string{"a", "gone"} {
			o.Name = gone
			c, err := r.Content(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := c.ReadAt(make([]byte, 4), 0); !errors.Is(err, source.ErrChanged) {
				t.Errorf("ReadAt of %s = %v; want %v", gone, err, source.ErrChanged)
			}
		}
	}
}

func TestContentOfVersions(t *testing.T) {
	s := serve(t, fake.Options{Containers: []fake.Container{{Name: "c", Objects: []fake.Object{
		{Name: "a", Body: []byte("now")},
		{Name: "a", Body: []byte("earlier"), State: fake.Version, Stamp: "2020-01-02T03:04:05.1234567Z"},
		{Name: "a", Body: []byte("as a snapshot"), State: fake.Snapshot, Stamp: "2020-01-03T03:04:05.1234567Z"},
	}}}})
	r := allOf(t, s, "all")
	got := map[source.State]string{}
	for _, o := range named(t, r, source.Range{Service: "blob", Container: "c"}) {
		c, err := r.Content(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(io.NewSectionReader(c, 0, c.Size()))
		if err != nil {
			t.Fatalf("read %+v: %v", o, err)
		}
		got[o.State] = string(b)
	}
	if got[source.Current] != "now" || got[source.Version] != "earlier" || got[source.Snapshot] != "as a snapshot" {
		t.Errorf("contents = %v", got)
	}
}

// TestSource runs the suite of all sources over a container.
func TestSource(t *testing.T) {
	s := serve(t, fake.Options{Page: 7, Containers: []fake.Container{{Name: "c", Objects: []fake.Object{
		{Name: "a.txt", Body: []byte("one")}, {Name: "dir/b.txt", Body: []byte(strings.Repeat("two", 5000))}, {Name: "dir/c.txt"},
	}}, {Name: "d", Objects: []fake.Object{{Name: "e", Body: []byte("three")}}}}})
	r := allOf(t, s, "")
	walk(t, r) // connections stay open, which are no leak of a walk
	sourcetest.Test(t, func(testing.TB) source.Source { return r })
}
