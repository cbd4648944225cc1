package dir_test

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/source"
	"github.com/overgrant/overgrant/internal/source/dir"
	"github.com/overgrant/overgrant/internal/source/sourcetest"
)

// tree makes files; a name that ends in a slash makes a folder.
func tree(t testing.TB, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, "/") {
			must(t, os.MkdirAll(path, 0o755))
			continue
		}
		must(t, os.WriteFile(path, []byte(text), 0o644))
	}
	return root
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// found maps paths below root, with their part, to bytes.
func found(root string, read []sourcetest.Read) map[string]string {
	all := map[string]string{}
	for _, r := range read {
		rel, _ := filepath.Rel(root, r.Place.Path)
		if r.Place.Part != "" {
			rel += ":" + r.Place.Part
		}
		all[filepath.ToSlash(rel)] = string(r.Bytes)
	}
	return all
}

func TestContract(t *testing.T) {
	files := map[string]string{"large.bin": strings.Repeat("0123456789abcdef", 1<<17), "empty": ""}
	for i := range 600 {
		files[fmt.Sprintf("d%d/f%d.txt", i%7, i)] = strings.Repeat("line\n", i)
	}
	root := tree(t, files)
	must(t, os.Symlink("large.bin", filepath.Join(root, "link")))
	sourcetest.Test(t, func(testing.TB) source.Source { return dir.New(root, dir.Options{}) })
}

func TestPieces(t *testing.T) {
	key := strings.Repeat("k", 40)
	files := map[string]string{
		".hidden": "a", ".gitignore": "ignored", "ignored": "b", "a/b/c/d": "c", "empty": "",
		"nothing/": "", "a\xff\xfeb": "d", "x?sig=" + key: "e", "short=": "f", "deep/" + key + "/s": "g",
	}
	root := tree(t, files)
	must(t, os.Symlink("ignored", filepath.Join(root, "inside")))
	must(t, os.Symlink("/etc/passwd", filepath.Join(root, "outside")))
	must(t, os.Symlink(".", filepath.Join(root, "loop")))
	must(t, os.Symlink("https://host/?sig=x", filepath.Join(root, "hidden")))

	read, skips := sourcetest.Pieces(t, dir.New(root, dir.Options{}))
	want := map[string]string{
		"inside:target": "ignored", "outside:target": "/etc/passwd", "loop:target": ".", "hidden:target": "https://host/?sig=x",
		"x?sig=" + key + ":name": "x?sig=" + key, "deep/" + key + ":name": "deep/" + key,
	}
	maps.Copy(want, files)
	delete(want, "nothing/")
	if have := found(root, read); !maps.Equal(have, want) {
		t.Errorf("read %q; want %q", have, want)
	}
	if len(skips) != 0 {
		t.Errorf("skips = %v", skips)
	}
}

func TestPaths(t *testing.T) {
	root := tree(t, map[string]string{"sub/f": "x"})
	t.Chdir(root)
	for target, want := range map[string]string{
		".": "sub/f", "./sub": "sub/f", "sub/": "sub/f", "sub/f": "sub/f", "sub/../sub/f": "sub/f",
		filepath.Join(root, "sub"): filepath.ToSlash(filepath.Join(root, "sub/f")),
	} {
		read, _ := sourcetest.Pieces(t, dir.New(target, dir.Options{}))
		if len(read) != 1 || read[0].Place != (overgrant.Place{Source: "dir", Path: want}) {
			t.Errorf("New(%q) reads %+v; want %s", target, read, want)
		}
	}
}

func TestOrder(t *testing.T) {
	root := tree(t, map[string]string{"b": "", "a/z": "", "a/b/c": "", "c/x": "", "a/a": ""})
	var have []string
	read, _ := sourcetest.Pieces(t, dir.New(root, dir.Options{}))
	for _, r := range read {
		rel, _ := filepath.Rel(root, r.Place.Path)
		have = append(have, rel)
	}
	if want := []string{"b", "a/a", "a/z", "a/b/c", "c/x"}; !slices.Equal(have, want) {
		t.Errorf("order %q; want %q", have, want)
	}
}

func TestShardsAreBounded(t *testing.T) {
	files := map[string]string{}
	for i := range 1000 {
		files[fmt.Sprintf("f%d", i)] = "x"
	}
	files["g"] = strings.Repeat("x", 5<<20)
	files["h"] = strings.Repeat("x", 3<<20)
	files["i"] = strings.Repeat("x", 3<<20)
	s := dir.New(tree(t, files), dir.Options{})
	total, n := int64(0), 0
	for shard, err := range s.Shards(t.Context()) {
		must(t, err)
		pieces := 0
		for range s.Pieces(t.Context(), shard) {
			pieces++
		}
		if pieces > 256 || pieces > 1 && shard.Weight > 4<<20 {
			t.Errorf("shard %s has %d pieces, %d bytes", shard.Name, pieces, shard.Weight)
		}
		total += shard.Weight
		n++
	}
	if want := int64(1000 + 11<<20); total != want || n < 6 {
		t.Errorf("%d shards weigh %d; want %d", n, total, want)
	}
}

func TestRepositories(t *testing.T) {
	files := map[string]string{
		".git/HEAD": "ref", ".git/config": "url", ".git/objects/ab/cd": "object", ".git/refs/heads/main": "id", ".git/logs/HEAD": "log",
		"bare.git/HEAD": "ref", "bare.git/objects/pack/p": "object", "bare.git/refs/x": "id", "objects/f": "mine", "HEAD": "mine",
	}
	root := tree(t, files)
	var asked []string
	read, _ := sourcetest.Pieces(t, dir.New(root, dir.Options{LeaveObjects: func(gitDir string) bool {
		rel, _ := filepath.Rel(root, gitDir)
		asked = append(asked, rel)
		return rel == ".git"
	}}))
	delete(files, ".git/objects/ab/cd")
	if have := found(root, read); !maps.Equal(have, files) {
		t.Errorf("read %q; want %q", have, files)
	}
	if want := []string{".git", "bare.git"}; !slices.Equal(asked, want) {
		t.Errorf("asked for %q; want %q", asked, want)
	}
}

func TestNoTarget(t *testing.T) {
	for _, err := range dir.New(filepath.Join(t.TempDir(), "missing"), dir.Options{}).Shards(t.Context()) {
		var skip *source.Skip
		if !errors.Is(err, os.ErrNotExist) || errors.As(err, &skip) {
			t.Errorf("Shards() of nothing yields %v", err)
		}
	}
}

// During a walk files come, go, grow and shrink.
func TestChangesWhileRead(t *testing.T) {
	large := strings.Repeat("x", 2<<20)
	tests := []struct {
		name, before string
		change       func(path string) error
		bytes        int // read; -1 if it cannot be opened
		reason       string
	}{
		{"small_vanishes", "abc", os.Remove, -1, dir.Vanished},
		{"large_vanishes", large, os.Remove, -1, dir.Vanished},
		{"small_grows", "abc", grow(10), 13, ""},
		{"small_grows_large", "abc", grow(2 << 20), 2<<20 + 3, ""},
		{"small_shrinks", "abc", func(p string) error { return os.Truncate(p, 1) }, 1, dir.Changed},
		{"small_becomes_a_link", "abc", relink, -1, dir.Changed},
		{"large_becomes_a_link", large, relink, -1, dir.Changed},
		{"small_becomes_a_folder", "abc", refolder, -1, dir.Failed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			root := tree(t, map[string]string{"f": tt.before})
			s := dir.New(root, dir.Options{})
			var shard source.Shard
			for sh, err := range s.Shards(t.Context()) {
				must(t, err)
				shard = sh
			}
			must(t, tt.change(filepath.Join(root, "f")))
			n, reason := readOne(t, s, shard)
			if n != tt.bytes || reason != tt.reason {
				t.Errorf("read %d bytes, %q; want %d, %q", n, reason, tt.bytes, tt.reason)
			}
		})
	}
}

func grow(n int) func(string) error {
	return func(path string) error {
		f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		_, err = f.WriteString(strings.Repeat("y", n))
		return errors.Join(err, f.Close())
	}
}

func relink(path string) error { return errors.Join(os.Remove(path), os.Symlink("/etc/passwd", path)) }

func refolder(path string) error { return errors.Join(os.Remove(path), os.Mkdir(path, 0o755)) }

// readOne reads the only piece of a shard.
func readOne(t *testing.T, s source.Source, shard source.Shard) (n int, reason string) {
	n = -1
	var skip *source.Skip
	for p, err := range s.Pieces(t.Context(), shard) {
		if errors.As(err, &skip) {
			reason = skip.Reason
			continue
		}
		must(t, err)
		c, err := p.Open(t.Context())
		if errors.As(err, &skip) {
			reason = skip.Reason
			continue
		}
		must(t, err)
		buf := make([]byte, c.Size())
		n, _ = c.ReadAt(buf, 0)
		must(t, c.Close())
	}
	return n, reason
}

// While a large file is open, it changes.
func TestChangesWhileOpen(t *testing.T) {
	for name, change := range map[string]func(string) error{"grows": grow(5), "shrinks": func(p string) error { return os.Truncate(p, 100) }} {
		t.Run(name, func(t *testing.T) {
			root := tree(t, map[string]string{"f": strings.Repeat("x", 2<<20)})
			s := dir.New(root, dir.Options{})
			var skip *source.Skip
			for shard := range s.Shards(t.Context()) {
				for p, err := range s.Pieces(t.Context(), shard) {
					if errors.As(err, &skip) {
						continue
					}
					c, err := p.Open(t.Context())
					must(t, err)
					must(t, change(filepath.Join(root, "f")))
					if c.Size() != 2<<20 {
						t.Errorf("Size() = %d after a change", c.Size())
					}
					must(t, c.Close())
				}
			}
			if skip == nil || skip.Reason != dir.Changed || skip.Place.Path == "" {
				t.Errorf("skip = %v; want %s", skip, dir.Changed)
			}
		})
	}
}
