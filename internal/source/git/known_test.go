package git_test

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/overgrant/overgrant/internal/source"
	"github.com/overgrant/overgrant/internal/source/git"
)

var _ source.Tracer = (*git.Source)(nil)
var _ source.Rememberer = (*git.Source)(nil)

// remembering scans a repository and lets the source remember it.
func remembering(t testing.TB, path string, opt git.Options) result {
	t.Helper()
	s, err := git.Open(context.Background(), path, opt)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	r := scanSource(t, s)
	if err := s.Remember(context.Background(), slices.Values(r.tags)); err != nil {
		t.Fatal(err)
	}
	return r
}

// told lists the sightings of a result in one order.
func (r result) told() []string {
	var all []string
	for _, s := range r.seen {
		x := s.Sighting
		head := x.InHead != nil && *x.InHead
		all = append(all, fmt.Sprint(s.ID, x.Path, x.Part, x.Commit, x.LastCommit, x.Removed, head, x.Refs, x.Span, x.Line))
	}
	slices.SortFunc(all, cmp.Compare)
	return all
}

// TestRemember scans random histories half grown, then grown, and packed anew,
// and compares with scans that remember nothing.
func TestRemember(t *testing.T) {
	for seed := range seeds(t) {
		t.Run(fmt.Sprintf("seed_%d", seed), func(t *testing.T) {
			t.Parallel()
			r := newRepository(t)
			cache := t.TempDir()
			opt := git.Options{Cache: cache, Rules: "1"}
			check := func(when string) result {
				t.Helper()
				got, plain := remembering(t, r.path, opt), scan(t, r.path, git.Options{})
				if !slices.Equal(got.told(), plain.told()) {
					t.Errorf("%s: with memory %s\nwithout %s", when, strings.Join(got.told(), "\n"), strings.Join(plain.told(), "\n"))
				}
				for _, s := range got.skipped {
					if s.Reason != "searched before" {
						t.Errorf("%s: skipped %+v", when, s)
					}
				}
				if when != "first" && got.pieces >= plain.pieces {
					t.Errorf("%s: %d pieces of %d; want fewer", when, got.pieces, plain.pieces)
				}
				return got
			}
			grown := invent(seed, 40)
			half, _, _ := strings.Cut(grown, "mark :25\n")
			half = half[:strings.LastIndex(half, "commit ")]
			r.git("symbolic-ref", "HEAD", "refs/heads/b0")
			r.feed(half, "fast-import", "--quiet", "--force")
			check("first")
			check("again")
			r.feed(grown, "fast-import", "--quiet", "--force")
			check("grown")
			r.git("repack", "-adfq", "--depth=50", "--window=50")
			check("packed")
			r.git("gc", "-q", "--prune=now")
			check("collected")
		})
	}
}

func TestRememberLittle(t *testing.T) {
	r := newRepository(t)
	link := newLink()
	for i := range 20 {
		r.write(fmt.Sprintf("f%d", i), fmt.Sprint("text ", i))
	}
	r.commit("one")
	r.write("a.txt", link)
	r.commit("two")
	cache := filepath.Join(t.TempDir(), "deep", "down")
	opt := git.Options{Cache: cache, Rules: "1"}
	first := remembering(t, r.path, opt)
	second := remembering(t, r.path, opt)
	if names := 1; second.pieces != names+1 {
		t.Errorf("%d pieces; want the name of the branch and the file with the link", second.pieces)
	}
	if !slices.Equal(first.told(), second.told()) {
		t.Errorf("told %q; want %q", second.told(), first.told())
	}
	files, _ := filepath.Glob(filepath.Join(cache, "*"))
	if len(files) != 1 {
		t.Fatalf("files %q; want one", files)
	}
	info, _ := os.Stat(files[0])
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v; want 0600", info.Mode())
	}
	data, _ := os.ReadFile(files[0])
	if bytes.Contains(data, []byte("LINK")) {
		t.Error("the memory holds a link")
	}
	if n := remembering(t, r.path, git.Options{Cache: cache, Rules: "2"}).pieces; n != first.pieces {
		t.Errorf("with other rules %d pieces; want %d", n, first.pieces)
	}
	for _, harm := range [][]byte{nil, data[:len(data)/2], append(bytes.Clone(data[:100]), make([]byte, len(data)-100)...)} {
		if err := os.WriteFile(files[0], harm, 0o600); err != nil {
			t.Fatal(err)
		}
		if n := remembering(t, r.path, opt).pieces; n != first.pieces {
			t.Errorf("with damaged memory %d pieces; want %d", n, first.pieces)
		}
	}
}

// TestRememberDamage counts what could not be read, and what was lost since,
// every time.
func TestRememberDamage(t *testing.T) {
	r := newRepository(t)
	r.write("a.txt", "a")
	r.write("b.txt", "b")
	r.commit("one")
	cutFile(r, loosePath(r, r.git("rev-parse", "HEAD:a.txt")), 5)
	opt := git.Options{Cache: t.TempDir(), Rules: "1"}
	for range 2 {
		if got := remembering(t, r.path, opt).reasons(); !slices.Contains(got, "corrupt object") {
			t.Errorf("skipped %q; want the corrupt object", got)
		}
	}
	remove(r, loosePath(r, r.git("rev-parse", "HEAD:b.txt")))
	if got := remembering(t, r.path, opt).reasons(); !slices.Contains(got, "missing object") {
		t.Errorf("skipped %q; want the missing object", got)
	}
}
