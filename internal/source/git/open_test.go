package git_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/source"
	"github.com/overgrant/overgrant/internal/source/git"
	"github.com/overgrant/overgrant/internal/source/sourcetest"
)

// entrance is a path that leads to a repository.
type entrance struct {
	name string
	path func(r *repository) string
}

// entrances are the paths that TestOpen tries.
var entrances = []entrance{
	{"worktree", func(r *repository) string { return r.path }},
	{"dot_git", func(r *repository) string { return filepath.Join(r.path, ".git") }},
	{"bare", func(r *repository) string {
		bare := filepath.Join(r.t.TempDir(), "bare")
		r.git("clone", "-q", "--bare", ".", bare)
		return bare
	}},
	{"linked_worktree", func(r *repository) string {
		other := filepath.Join(r.t.TempDir(), "other")
		r.git("worktree", "add", "-q", "-b", "wt", other)
		return other
	}},
	{"separate_git_dir", func(r *repository) string {
		to := r.t.TempDir()
		r.git("clone", "-q", "--separate-git-dir", filepath.Join(to, "store"), ".", filepath.Join(to, "tree"))
		return filepath.Join(to, "tree")
	}},
	{"alternates", func(r *repository) string {
		to := filepath.Join(r.t.TempDir(), "to")
		r.git("clone", "-q", "--shared", ".", to)
		return to
	}},
	{"alternates_of_alternates", func(r *repository) string {
		to := r.t.TempDir()
		r.git("clone", "-q", "--shared", ".", filepath.Join(to, "a"))
		r.git("clone", "-q", "--shared", filepath.Join(to, "a"), filepath.Join(to, "b"))
		return filepath.Join(to, "b")
	}},
	{"multi_pack_index", func(r *repository) string {
		r.git("repack", "-dq")
		r.write("more", "x")
		r.commit("more")
		r.git("repack", "-dq")
		r.git("multi-pack-index", "write")
		return r.path
	}},
	{"packed_refs", func(r *repository) string {
		r.git("gc", "-q")
		return r.path
	}},
	{"submodule", func(r *repository) string {
		outer := newRepository(r.t)
		outer.commit("one")
		outer.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", r.path, "inner")
		return filepath.Join(outer.path, "inner")
	}},
}

// TestOpen opens a repository by every path that leads to it.
func TestOpen(t *testing.T) {
	for _, tt := range entrances {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := newRepository(t)
			link := newLink()
			r.write("a.txt", link)
			id := r.commit("one")
			found := scan(t, tt.path(r), git.Options{})
			all := found.of(link)
			if len(all) != 1 {
				t.Fatalf("%d sightings; want 1; skipped %+v", len(all), found.skipped)
			}
			want{commit: id, path: "a.txt", head: true}.check(t, all[0])
			for _, s := range found.skipped {
				t.Errorf("skipped %+v", s)
			}
		})
	}
}

func TestOpenNone(t *testing.T) {
	if _, err := git.Open(context.Background(), t.TempDir(), git.Options{}); !errors.Is(err, git.ErrNone) {
		t.Errorf("Open(empty folder) = %v; want ErrNone", err)
	}
	if git.Is(t.TempDir()) {
		t.Error("Is(empty folder) = true; want false")
	}
}

func TestSHA256(t *testing.T) {
	for _, packed := range []bool{false, true} {
		r := newRepository(t, "--object-format=sha256")
		link := newLink()
		r.write("d/a.txt", link)
		id := r.commit("one")
		r.write("d/a.txt", "clean")
		r.commit("two")
		if packed {
			r.git("gc", "-q")
		}
		all := scan(t, r.path, git.Options{}).of(link)
		if len(all) != 1 {
			t.Fatalf("%d sightings; want 1", len(all))
		}
		want{commit: id, path: "d/a.txt", gone: true}.check(t, all[0])
		if len(all[0].Commit) != 64 {
			t.Errorf("commit = %s; want 64 digits", all[0].Commit)
		}
	}
}

func TestSubmodulesNamed(t *testing.T) {
	inner := newRepository(t)
	inner.commit("one")
	r := newRepository(t)
	r.commit("one")
	r.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", inner.path, "libs/inner")
	r.commit("two")
	found := scan(t, r.path, git.Options{})
	if len(found.skipped) != 1 || found.skipped[0].Reason != "submodule" || found.skipped[0].Place.Path != "libs/inner" {
		t.Errorf("skipped = %+v; want the submodule at libs/inner", found.skipped)
	}
	if dir := filepath.Join(r.path, ".git/modules/libs/inner"); !git.Is(dir) {
		t.Errorf("Is(%q) = false; want true", dir)
	}
}

func TestShallow(t *testing.T) {
	from := newRepository(t)
	link := newLink()
	from.write("a.txt", link)
	from.commit("one")
	from.write("b.txt", "x")
	id := from.commit("two")
	to := filepath.Join(t.TempDir(), "to")
	from.git("clone", "-q", "--depth", "1", "file://"+from.path, to)
	found := scan(t, to, git.Options{})
	all := found.of(link)
	if len(all) != 1 {
		t.Fatalf("%d sightings; want 1", len(all))
	}
	want{commit: id, path: "a.txt", head: true}.check(t, all[0])
	if got := found.reasons(); !slices.Equal(got, []string{"shallow clone"}) {
		t.Errorf("skipped %q; want that the clone is shallow", got)
	}
}

func TestPartialClone(t *testing.T) {
	for _, filter := range []string{"blob:none", "tree:0"} {
		from := newRepository(t)
		link := newLink()
		from.write("old.txt", "old "+link)
		from.commit("see " + link)
		from.git("rm", "-q", "old.txt")
		from.write("new.txt", link)
		from.commit("two")
		from.git("config", "uploadpack.allowFilter", "true")
		to := filepath.Join(t.TempDir(), "to")
		from.git("clone", "-q", "--filter="+filter, "file://"+from.path, to)
		found := scan(t, to, git.Options{})
		if n := len(found.of(link)); n != 2 {
			t.Errorf("%s: %d sightings; want 2: the message, and the file that is here", filter, n)
		}
		if got := found.reasons(); !slices.Contains(got, "missing object") {
			t.Errorf("%s: skipped %q; want missing objects", filter, got)
		}
	}
}

// TestHostileConfiguration reads a repository whose configuration and hooks
// would run programs, if anything heeded them.
func TestHostileConfiguration(t *testing.T) {
	r := newRepository(t)
	link := newLink()
	r.write("a.txt", link)
	r.commit("one")
	mine := filepath.Join(t.TempDir(), "ran")
	script := "#!/bin/sh\ntouch " + mine + "\n"
	hook := filepath.Join(r.path, ".git", "hooks", "post-checkout")
	if err := os.WriteFile(hook, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(r.path, ".git", "config")
	text, _ := os.ReadFile(config)
	text = append(text, "[core]\n\tfsmonitor = "+hook+"\n\tsshCommand = "+hook+"\n\tpager = "+hook+"\n[include]\n\tpath = /nowhere\n[extensions]\n\tpartialClone = evil\n[remote \"evil\"]\n\turl = ext::"+hook+"\n\tpromisor = true\n"...)
	if err := os.WriteFile(config, text, 0o644); err != nil {
		t.Fatal(err)
	}
	if n := len(scan(t, r.path, git.Options{}).of(link)); n != 1 {
		t.Errorf("%d sightings; want 1", n)
	}
	if _, err := os.Stat(mine); err == nil {
		t.Error("a program of the repository ran")
	}
}

// TestPipes opens a repository in which pipes stand for files.
func TestPipes(t *testing.T) {
	if _, err := exec.LookPath("mkfifo"); err != nil {
		t.Skip("no mkfifo")
	}
	r := newRepository(t)
	link := newLink()
	r.write("a.txt", link)
	r.commit("one")
	for _, name := range []string{"refs/heads/pipe", "packed-refs", "shallow", "objects/info/alternates", "ORIG_HEAD", "objects/pack/pack-0000000000000000000000000000000000000000.pack", "objects/pack/pack-0000000000000000000000000000000000000000.idx"} {
		path := filepath.Join(r.path, ".git", filepath.FromSlash(name))
		_ = os.Remove(path)
		_ = os.MkdirAll(filepath.Dir(path), 0o755)
		if err := exec.CommandContext(context.Background(), "mkfifo", path).Run(); err != nil {
			t.Skip(err)
		}
	}
	found := scan(t, r.path, git.Options{})
	if n := len(found.of(link)); n != 1 {
		t.Errorf("%d sightings; want 1", n)
	}
	if len(found.skipped) < 4 {
		t.Errorf("skipped %+v; want each pipe", found.skipped)
	}
}

// TestConformance runs the suite for all sources over a repository with deltas,
// loose objects and damage.
func TestConformance(t *testing.T) {
	r := newRepository(t)
	r.feed(invent(7, 30), "fast-import", "--quiet", "--force")
	r.git("repack", "-adfq", "--depth=50", "--window=50")
	r.git("checkout", "-q", "-b", "more", "b0")
	r.write("loose.txt", "loose")
	r.commit("loose")
	r.write("lost.txt", "lost")
	r.commit("lost")
	cutFile(r, loosePath(r, r.git("rev-parse", "HEAD:lost.txt")), 4)
	sourcetest.Test(t, func(t testing.TB) source.Source {
		s, err := git.Open(context.Background(), r.path, git.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return s
	})
}

// TestPackCutShort cuts a pack short while it is read.
func TestPackCutShort(t *testing.T) {
	r := newRepository(t)
	for i := range 50 {
		r.write(fmt.Sprintf("f%d", i), strings.Repeat(fmt.Sprint(i), 100)+string(make([]byte, 1<<16)))
	}
	r.write("noise", noise(4<<20))
	r.commit("one")
	r.git("repack", "-adq")
	s, err := git.Open(context.Background(), r.path, git.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	files, _ := filepath.Glob(filepath.Join(r.path, ".git/objects/pack/*.pack"))
	rel, _ := filepath.Rel(r.path, files[0])
	cut := false
	var reasons []string
	for shard, err := range s.Shards(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		for _, err := range s.Pieces(t.Context(), shard) {
			if !cut {
				cutFile(r, rel, 4096)
				cut = true
			}
			var skip *source.Skip
			if errors.As(err, &skip) {
				reasons = append(reasons, skip.Reason)
			} else if err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(reasons) == 0 {
		t.Error("nothing was skipped; want that the pack changed")
	}
}

// TestOpenStopped opens nothing when there is no time.
func TestOpenStopped(t *testing.T) {
	r := newRepository(t)
	r.commit("one")
	ctx, stop := context.WithCancel(t.Context())
	stop()
	for _, since := range []string{"", "HEAD"} {
		if _, err := git.Open(ctx, r.path, git.Options{Since: since}); !errors.Is(err, context.Canceled) {
			t.Errorf("Open(stopped, since %q) = %v; want context.Canceled", since, err)
		}
	}
}

// TestTraceStopped tells what was seen even if there is no time to trace it.
func TestTraceStopped(t *testing.T) {
	r := newRepository(t)
	r.write("a.txt", "a")
	r.commit("one")
	s, err := git.Open(context.Background(), r.path, git.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	var seen source.Sightings
	seen.Add(overgrant.Seen{ID: "x", Sighting: overgrant.Sighting{Place: overgrant.Place{Object: r.git("rev-parse", "HEAD:a.txt")}}})
	told, failed := 0, false
	for _, err := range s.Trace(ctx, &seen) {
		if err == nil {
			told++
		} else if errors.Is(err, context.Canceled) {
			failed = true
		}
	}
	if told != 1 || !failed {
		t.Errorf("Trace(stopped) tells %d sightings, fails = %t; want 1, true", told, failed)
	}
}

func TestRevision(t *testing.T) {
	r := newRepository(t)
	ids := make([]string, 4)
	links := make([]string, 4)
	for i := range ids {
		links[i] = newLink()
		r.write("a.txt", links[i])
		ids[i] = r.commit("one")
	}
	r.git("tag", "-a", "v1", "-m", "tag", ids[1])
	r.git("branch", "feature/x", ids[1])
	for _, rev := range []string{ids[1], ids[1][:8], "v1", "refs/tags/v1", "v1^{commit}", "feature/x", "HEAD~2", "@^^", "main~1^1", "v1^0"} {
		found := scan(t, r.path, git.Options{Since: rev})
		var got []bool
		for _, link := range links {
			got = append(got, len(found.of(link)) > 0)
		}
		if !slices.Equal(got, []bool{false, false, true, true}) {
			t.Errorf("since %s: found %v; want the last two", rev, got)
		}
	}
	for _, rev := range []string{"nothing", "HEAD~9", "HEAD^2", strings.Repeat("1", 40), "v1^{tree}", ""} {
		_, err := git.Open(context.Background(), r.path, git.Options{Since: rev})
		if rev != "" && !errors.Is(err, git.ErrRevision) {
			t.Errorf("Open(since %q) = %v; want ErrRevision", rev, err)
		}
	}
}

// TestSincePlaces finds what new commits hide in places other than files, and
// not what older ones do.
func TestSincePlaces(t *testing.T) {
	r := newRepository(t)
	var old, fresh [4]string
	hide := func(links *[4]string) {
		for i := range links {
			links[i] = newLink()
		}
		r.write("dir/"+links[0]+".txt", "x")
		r.commit("see " + links[1])
		r.git("tag", "-a", "t"+links[2], "-m", "see "+links[3])
	}
	hide(&old)
	r.git("branch", "base")
	hide(&fresh)
	found := scan(t, r.path, git.Options{Since: "base"})
	for i := range fresh {
		if n := len(found.of(fresh[i])); n == 0 {
			t.Errorf("new link %d was not found", i)
		}
		if all := found.of(old[i]); len(all) > 0 {
			t.Errorf("old link %d was found: %+v", i, all)
		}
	}
}

func noise(n int) string {
	b := make([]byte, n)
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	return string(b)
}
