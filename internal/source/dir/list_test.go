package dir_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/overgrant/overgrant/internal/source"
	"github.com/overgrant/overgrant/internal/source/dir"
)

func listed(t *testing.T, d *dir.Dir, r source.Range) (names []string, next []source.Range) {
	t.Helper()
	for page, err := range d.Pages(t.Context(), r) {
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range page.Objects {
			if o.State != source.Folder {
				names = append(names, string(o.Name))
			}
		}
		next = append(next, page.Next)
	}
	return names, next
}

func TestPagesListAndGoOn(t *testing.T) {
	root := t.TempDir()
	var want []string
	for _, name := range []string{"a.txt", "a/b.txt", "a/c/d.txt", "a-b/e.txt", "z.txt"} {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
		want = append(want, filepath.ToSlash(path))
	}
	d := dir.New(root, dir.Options{})
	e, err := d.Expand(t.Context(), source.Range{})
	if err != nil || len(e.Ranges) != 1 {
		t.Fatalf("Expand = %v, %v", e, err)
	}
	all, _ := listed(t, d, e.Ranges[0])
	if got := slices.Sorted(slices.Values(all)); !slices.Equal(got, slices.Sorted(slices.Values(want))) {
		t.Fatalf("listed %q; want %q", got, want)
	}
	for i, name := range all {
		r := e.Ranges[0]
		r.Marker = filepath.FromSlash(name)
		if rest, _ := listed(t, d, r); !slices.Equal(rest, all[i+1:]) {
			t.Errorf("after %q: %q; want %q", name, rest, all[i+1:])
		}
	}
}

func TestContentIsThatWhichWasListed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notes.txt")
	if err := os.WriteFile(path, []byte("one"), 0o600); err != nil {
		t.Fatal(err)
	}
	d := dir.New(path, dir.Options{})
	var o source.Named
	for page, err := range d.Pages(t.Context(), source.Range{}) {
		if err != nil {
			t.Fatal(err)
		}
		o = source.Named{Name: string(page.Objects[0].Name), Size: page.Objects[0].Size, Tag: string(page.Objects[0].Tag)}
	}
	c, err := d.Content(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var text strings.Builder
	if _, err := io.Copy(&text, io.NewSectionReader(c, 0, c.Size())); err != nil || text.String() != "one" {
		t.Errorf("read %q, %v", text.String(), err)
	}
	if err := os.WriteFile(path, []byte("another"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Content(t.Context(), o); !errors.Is(err, source.ErrChanged) {
		t.Errorf("Content of a changed file = %v; want ErrChanged", err)
	}
}

func TestTheTargetMayBeALink(t *testing.T) {
	root := t.TempDir()
	file := filepath.Join(root, "real", "notes.txt")
	if err := os.Mkdir(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("one"), 0o600); err != nil {
		t.Fatal(err)
	}
	for link, to := range map[string]string{"folder": "real", "file": file, "real/inner": "."} {
		if err := os.Symlink(to, filepath.Join(root, filepath.FromSlash(link))); err != nil {
			t.Skip("no symbolic links here:", err)
		}
	}
	for target, want := range map[string]string{"folder": "folder/notes.txt", "file": "file"} {
		d := dir.New(filepath.Join(root, target), dir.Options{})
		for page, err := range d.Pages(t.Context(), source.Range{}) {
			if err != nil {
				t.Fatal(err)
			}
			files := slices.DeleteFunc(page.Objects, func(o source.Object) bool { return o.State == source.Folder })
			if len(files) != 1 || string(files[0].Name) != filepath.ToSlash(filepath.Join(root, filepath.FromSlash(want))) || files[0].Size != 3 {
				t.Fatalf("%s: listed %+v; want %s alone", target, files, want)
			}
			c, err := d.Content(t.Context(), source.Named{Name: string(files[0].Name), Size: files[0].Size, Tag: string(files[0].Tag)})
			if err != nil {
				t.Fatalf("%s: %v", target, err)
			}
			_ = c.Close()
		}
		names, _ := listed(t, d, source.Range{Marker: filepath.Join(root, filepath.FromSlash(want))})
		if len(names) != 0 {
			t.Errorf("%s: listed %q after its last file", target, names)
		}
	}
}
