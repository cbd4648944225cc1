package inventory_test

import (
	"bytes"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/overgrant/overgrant/internal/measure/inventory"
	"github.com/overgrant/overgrant/internal/source"
)

// rows are some objects of every state.
func rows() []inventory.Row {
	day := time.Date(2021, 10, 6, 7, 8, 9, 0, time.UTC)
	return []inventory.Row{
		{Service: "blob", Container: "models", Name: "a/one, \"two\".ckpt", Size: 5, Modified: day, Created: day.AddDate(-1, 0, 0), Tag: `"0x8D1"`, MD5: bytes.Repeat([]byte{9}, 16), Type: "application/octet-stream", Tier: "Hot", Kind: 'b'},
		{Service: "blob", Container: "models", Name: "=cmd|' /C calc'!A0", Size: 1 << 45, Modified: day, Kind: 'p'},
		{Service: "blob", Container: "models", Name: "gone", Size: 7, Kind: 'a', State: source.Deleted},
		{Service: "blob", Container: "models", Name: "snap", Size: 7, Version: "2020-01-01T00:00:00.0000001Z", Kind: 'b', State: source.Snapshot},
		{Service: "blob", Container: "models", Name: "folder", Kind: 'b', State: source.Folder},
	}
}

func yielded(all []inventory.Row) iter.Seq2[inventory.Row, error] {
	return func(yield func(inventory.Row, error) bool) {
		for _, r := range all {
			if !yield(r, nil) {
				return
			}
		}
	}
}

// list reads an inventory from a position on.
func list(t *testing.T, f *inventory.File, r source.Range) (names []string, next source.Range) {
	t.Helper()
	for page, err := range f.Pages(t.Context(), r) {
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range page.Objects {
			names = append(names, fmt.Sprint(string(o.Name), o.Size, o.Modified, o.Created, string(o.Tag), string(o.MD5), string(o.Type), string(o.Tier), o.Kind, o.State, string(o.Version)))
		}
		if page.Next != (source.Range{}) {
			return names, page.Next
		}
	}
	return names, source.Range{}
}

func TestInventoriesAreReadBack(t *testing.T) {
	for _, format := range []struct {
		name  string
		write func(io.Writer, iter.Seq2[inventory.Row, error]) error
	}{{"csv", inventory.WriteCSV}, {"parquet", inventory.WriteParquet}} {
		t.Run(format.name, func(t *testing.T) {
			var all []inventory.Row
			for i := range 3000 {
				for _, r := range rows() {
					r.Name = fmt.Sprintf("%05d/%s", i, r.Name)
					all = append(all, r)
				}
			}
			path := filepath.Join(t.TempDir(), "all."+format.name)
			var b bytes.Buffer
			if err := format.write(&b, yielded(all)); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
			f, err := inventory.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			e, _ := f.Expand(t.Context(), source.Range{})
			var got []string
			for r := e.Ranges[0]; ; {
				names, next := list(t, f, r)
				if got = append(got, names...); next == (source.Range{}) {
					break
				}
				r = next
			}
			var want []string
			for _, r := range all {
				want = append(want, fmt.Sprint(r.Container+"/"+r.Name, r.Size, unix(r.Modified), unix(r.Created), strings.Trim(r.Tag, `"`), string(r.MD5), r.Type, r.Tier, r.Kind, r.State, r.Version))
			}
			if !slices.Equal(got, want) {
				t.Fatalf("%d rows; want %d; first %q; want %q", len(got), len(want), got[0], want[0])
			}
		})
	}
}

// azure is an inventory as Azure writes it: other columns, another order.
const azure = `Content-Length,Name,Last-Modified,BlobType,IsCurrentVersion,VersionId,Deleted
12,models/a.ckpt,2021-10-06T07:08:09.0000000Z,BlockBlob,true,2021-10-06T07:08:09.1Z,
30,models/a.ckpt,2020-10-06T07:08:09.0000000Z,BlockBlob,false,2020-10-06T07:08:09.1Z,
x,models/broken,2020-10-06T07:08:09.0000000Z,BlockBlob,,,
7,logs/b.json,"Wed, 06 Oct 2021 07:08:09 GMT",AppendBlob,,,true
`

func TestAzuresOwnInventoryIsRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "inventory.csv")
	if err := os.WriteFile(path, []byte("\ufeff"+azure), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := inventory.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	gaps := 0
	var states []source.State
	for page, err := range f.Pages(t.Context(), source.Range{Container: inventory.Joined}) {
		if err != nil {
			gaps++
			continue
		}
		for _, o := range page.Objects {
			states = append(states, o.State)
			if o.Modified == 0 {
				t.Errorf("%s has no time", o.Name)
			}
		}
	}
	if want := []source.State{source.Current, source.Version, source.Deleted}; gaps != 1 || !slices.Equal(states, want) {
		t.Errorf("states %v with %d gaps; want %v with 1", states, gaps, want)
	}
}

func TestWhatIsNoInventoryIsRefused(t *testing.T) {
	for name, text := range map[string]string{
		"empty": "", "no_columns": "a,b,c\n1,2,3\n", "parquet_cut": "PAR1xxxx", "text": "hello\n", "bare_quote": "\"" + strings.Repeat("x", 1<<17),
	} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if f, err := inventory.Open(path); err == nil {
			_ = f.Close()
			t.Errorf("Open(%s) = nil; want an error", name)
		}
	}
}

func FuzzOpen(f *testing.F) {
	f.Add([]byte(azure))
	var b bytes.Buffer
	_ = inventory.WriteParquet(&b, yielded(rows()))
	f.Add(b.Bytes())
	f.Add([]byte("Name,Content-Length\n\"a,1\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "f")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		inv, err := inventory.Open(path)
		if err != nil {
			return
		}
		defer inv.Close()
		for range inv.Pages(t.Context(), source.Range{Container: inventory.Joined}) {
		}
	})
}
