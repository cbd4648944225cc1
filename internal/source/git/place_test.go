package git_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/source/git"
)

// newLink returns a marker that was never used before.
func newLink() string { return fmt.Sprintf("LINK-%08d", rand.IntN(1e8)) }

// want is what a sighting must say. Empty fields are not compared, but for
// gone: it says that nothing holds the link any more.
type want struct {
	commit, path, part, ref string
	head, gone, lost        bool
}

func (w want) check(t *testing.T, s overgrant.Sighting) {
	t.Helper()
	got := want{commit: s.Commit, path: s.Path, part: s.Part, head: s.InHead != nil && *s.InHead, gone: !s.Removed.IsZero(), lost: s.Unreached}
	for _, ref := range s.Refs {
		if ref == w.ref {
			got.ref = ref
		}
	}
	if w.commit == "" {
		got.commit = ""
	}
	if w.path == "" {
		got.path = ""
	}
	if got != w {
		t.Errorf("sighting = %+v; want %+v; all of it: %+v", got, w, s)
	}
	if s.Source != git.Name || s.Repository == "" || s.Object == "" && s.Ref == "" {
		t.Errorf("place = %+v; want source, repository and object", s.Place)
	}
}

// hiding is one place for a link.
type hiding struct {
	name string
	hide func(r *repository, link string) want
	opt  git.Options
}

// hidings are the places that TestPlaces tries.
var hidings = []hiding{
	{name: "added_line", hide: func(r *repository, link string) want {
		r.write("a.txt", "one\n")
		r.commit("one")
		r.write("a.txt", "one\ntwo "+link+"\n")
		return want{commit: r.commit("two"), path: "a.txt", head: true}
	}},
	{name: "deleted_line", hide: func(r *repository, link string) want {
		r.write("a.txt", "one\n"+link+"\n")
		id := r.commit("one")
		r.write("a.txt", "one\n")
		r.commit("two")
		return want{commit: id, path: "a.txt", gone: true}
	}},
	{name: "deleted_file", hide: func(r *repository, link string) want {
		r.write("deep/down/a.txt", link)
		id := r.commit("one")
		r.git("rm", "-q", "deep/down/a.txt")
		r.commit("two")
		return want{commit: id, path: "deep/down/a.txt", gone: true}
	}},
	{name: "only_in_a_merge", hide: func(r *repository, link string) want {
		r.write("a.txt", "base\n")
		r.commit("base")
		r.git("checkout", "-q", "-b", "side")
		r.write("a.txt", "side\n")
		r.commit("side")
		r.git("checkout", "-q", "main")
		r.write("a.txt", "main\n")
		r.commit("main")
		_, _ = r.try("", "merge", "-q", "side")
		r.write("a.txt", "resolved "+link+"\n")
		return want{commit: r.commit("merge"), path: "a.txt", head: true}
	}},
	{name: "stash", hide: func(r *repository, link string) want {
		r.write("a.txt", "one\n")
		r.commit("one")
		r.write("a.txt", "two "+link+"\n")
		r.git("stash", "-q")
		return want{path: "a.txt", ref: "refs/stash"}
	}},
	{name: "older_stash", hide: func(r *repository, link string) want {
		r.write("a.txt", "one\n")
		r.commit("one")
		r.write("a.txt", "two "+link+"\n")
		r.git("stash", "-q")
		r.write("a.txt", "three\n")
		r.git("stash", "-q")
		return want{path: "a.txt", ref: "stash@{1}"}
	}},
	{name: "untracked_stash", hide: func(r *repository, link string) want {
		r.write("a.txt", "one\n")
		r.commit("one")
		r.write("new.txt", link)
		r.git("stash", "-q", "-u")
		return want{path: "new.txt"}
	}},
	{name: "note", hide: func(r *repository, link string) want {
		id := r.commit("one")
		r.git("notes", "add", "-m", "see "+link, id)
		return want{path: id, ref: "refs/notes/commits"}
	}},
	{name: "commit_message", hide: func(r *repository, link string) want {
		r.write("a.txt", "one\n")
		return want{commit: r.commit("see " + link), part: "message", head: true, ref: "refs/heads/main"}
	}},
	{name: "message_of_an_empty_commit", hide: func(r *repository, link string) want {
		return want{commit: r.commit("subject\n\nbody\nsee " + link), part: "message", head: true}
	}},
	{name: "tag_message", hide: func(r *repository, link string) want {
		r.commit("one")
		r.git("tag", "-a", "v1", "-m", "see "+link)
		return want{part: "message", ref: "refs/tags/v1"}
	}},
	{name: "tag_of_a_tag", hide: func(r *repository, link string) want {
		r.commit("one")
		r.git("tag", "-a", "v1", "-m", "see "+link)
		r.git("tag", "-a", "v2", "v1", "-m", "again")
		r.git("tag", "-d", "v1")
		return want{part: "message", ref: "refs/tags/v2"}
	}},
	{name: "author_name", hide: func(r *repository, link string) want {
		r.git("commit", "-q", "--allow-empty", "-m", "one", "--author", link+" <a@example.com>")
		return want{part: "author", head: true}
	}},
	{name: "ref_name", hide: func(r *repository, link string) want {
		r.commit("one")
		r.git("branch", "try/"+link)
		return want{part: "name", ref: "refs/heads/try/" + link}
	}},
	{name: "file_name", hide: func(r *repository, link string) want {
		r.write("docs/"+link+".txt", "x")
		r.write("docs/other", "x")
		id := r.commit("one")
		r.write("docs/other", "y")
		r.commit("two")
		return want{commit: id, path: "docs/" + link + ".txt", part: "name", head: true}
	}},
	{name: "folder_name", hide: func(r *repository, link string) want {
		r.write("docs/"+link+"/a", "x")
		id := r.commit("one")
		r.git("mv", "docs/"+link, "docs/clean")
		r.commit("two")
		return want{commit: id, path: "docs/" + link, part: "name", gone: true}
	}},
	{name: "symlink", hide: func(r *repository, link string) want {
		if err := os.Symlink("/nowhere/"+link, filepath.Join(r.path, "to")); err != nil {
			r.t.Skip(err)
		}
		return want{commit: r.commit("one"), path: "to", head: true}
	}},
	{name: "gitmodules", hide: func(r *repository, link string) want {
		r.write(".gitmodules", "[submodule \"x\"]\n\tpath = x\n\turl = https://example.com/"+link+"\n")
		return want{commit: r.commit("one"), path: ".gitmodules", head: true}
	}},
	{name: "rename_commit", hide: func(r *repository, link string) want {
		r.write("old.txt", strings.Repeat("line\n", 50))
		r.commit("one")
		r.git("mv", "old.txt", "new.txt")
		r.write("new.txt", strings.Repeat("line\n", 50)+link+"\n")
		return want{commit: r.commit("two"), path: "new.txt", head: true}
	}},
	{name: "no_diff_attribute", hide: func(r *repository, link string) want {
		r.write(".gitattributes", "*.lock -diff\n")
		r.write("a.lock", link)
		return want{commit: r.commit("one"), path: "a.lock", head: true}
	}},
	{name: "binary", hide: func(r *repository, link string) want {
		r.write("a.bin", "\x00\x01\x02"+link+"\x00\xff")
		return want{commit: r.commit("one"), path: "a.bin", head: true}
	}},
	{name: "lock_file", hide: func(r *repository, link string) want {
		r.write("package-lock.json", `{"resolved":"`+link+`"}`)
		return want{commit: r.commit("one"), path: "package-lock.json", head: true}
	}},
	{name: "vendored", hide: func(r *repository, link string) want {
		r.write("node_modules/x/index.js", link)
		return want{commit: r.commit("one"), path: "node_modules/x/index.js", head: true}
	}},
	{name: "line_of_megabytes", hide: func(r *repository, link string) want {
		r.write("a.js", strings.Repeat("x", 11<<20)+"\n"+strings.Repeat("y", 3<<20)+link+strings.Repeat("z", 1<<20))
		return want{commit: r.commit("one"), path: "a.js", head: true}
	}},
	{name: "pull_request", hide: func(r *repository, link string) want {
		r.commit("one")
		r.git("checkout", "-q", "--detach")
		r.write("a.txt", link)
		id := r.commit("two")
		r.git("update-ref", "refs/pull/7/head", id)
		r.git("checkout", "-q", "main")
		return want{commit: id, path: "a.txt", ref: "refs/pull/7/head"}
	}},
	{name: "staged", hide: func(r *repository, link string) want {
		r.commit("one")
		r.write("src/a.txt", link)
		r.git("add", "-A")
		return want{path: "src/a.txt", ref: "index"}
	}},
	{name: "other_worktree", hide: func(r *repository, link string) want {
		r.commit("one")
		r.git("worktree", "add", "-q", "--detach", filepath.Join(r.path, "other"))
		r.write("other/a.txt", link)
		r.git("-C", "other", "add", "-A")
		r.git("-C", "other", "commit", "-q", "-m", "two")
		return want{path: "a.txt", ref: "worktrees/other/HEAD"}
	}},
	{name: "detached_head", hide: func(r *repository, link string) want {
		r.commit("one")
		r.git("checkout", "-q", "--detach")
		r.write("a.txt", link)
		return want{commit: r.commit("two"), path: "a.txt", head: true, ref: "HEAD"}
	}},
	{name: "reset_away", hide: func(r *repository, link string) want {
		r.commit("one")
		r.write("a.txt", link)
		id := r.commit("two")
		r.git("reset", "-q", "--hard", "HEAD~1")
		return want{commit: id, path: "a.txt", ref: "ORIG_HEAD"}
	}},
	{name: "ref_to_a_file", hide: func(r *repository, link string) want {
		r.commit("one")
		r.git("update-ref", "refs/keys/me", r.feed(link, "hash-object", "-w", "--stdin"))
		return want{ref: "refs/keys/me"}
	}},
	{name: "unreachable_commit", opt: git.Options{Unreachable: true}, hide: func(r *repository, link string) want {
		r.commit("one")
		r.git("checkout", "-q", "--detach")
		r.write("d/a.txt", link)
		id := r.commit("two")
		r.git("checkout", "-q", "main")
		return want{commit: id, path: "d/a.txt", lost: true}
	}},
	{name: "unreachable_message", opt: git.Options{Unreachable: true}, hide: func(r *repository, link string) want {
		r.commit("one")
		r.git("checkout", "-q", "--detach")
		id := r.commit(link)
		r.git("checkout", "-q", "main")
		return want{commit: id, part: "message", lost: true}
	}},
	{name: "dangling_blob", opt: git.Options{Unreachable: true}, hide: func(r *repository, link string) want {
		r.commit("one")
		r.feed(link, "hash-object", "-w", "--stdin")
		return want{lost: true}
	}},
	{name: "dangling_tree", opt: git.Options{Unreachable: true}, hide: func(r *repository, link string) want {
		r.commit("one")
		r.write("d/a.txt", link)
		r.git("add", "-A")
		r.git("write-tree")
		r.git("rm", "-q", "-f", "--cached", "d/a.txt")
		return want{path: "d/a.txt", lost: true}
	}},
}

// TestPlaces hides a link in every place that git has and finds it there, as
// git left the objects and packed.
func TestPlaces(t *testing.T) {
	for _, tt := range hidings {
		for _, packed := range []string{"loose", "packed"} {
			t.Run(tt.name+"_"+packed, func(t *testing.T) {
				t.Parallel()
				r := newRepository(t)
				link := newLink()
				w := tt.hide(r, link)
				if packed == "packed" {
					// Keeps what nothing leads to.
					r.feed(r.git("cat-file", "--batch-all-objects", "--batch-check=%(objectname)"), "pack-objects", "-q", ".git/objects/pack/pack")
					r.git("prune-packed", "-q")
				}
				found := scan(t, r.path, tt.opt)
				all := found.of(link)
				if len(all) != 1 {
					t.Fatalf("%d sightings of %s; want 1: %+v", len(all), link, all)
				}
				w.check(t, all[0])
				for _, s := range found.skipped {
					if s.Reason != "submodule" {
						t.Errorf("skipped %+v", s)
					}
				}
			})
		}
	}
}

// TestUnreachableCounted leaves out what no ref leads to, and says so.
func TestUnreachableCounted(t *testing.T) {
	r := newRepository(t)
	r.commit("one")
	link := newLink()
	r.feed(link, "hash-object", "-w", "--stdin")
	r.git("checkout", "-q", "--detach")
	r.commit("see " + link)
	r.git("checkout", "-q", "main")
	found := scan(t, r.path, git.Options{})
	if n := len(found.of(link)); n != 0 {
		t.Errorf("%d sightings; want none", n)
	}
	if len(found.skipped) != 1 || found.skipped[0].Reason != "unreachable" || !found.skipped[0].Benign {
		t.Errorf("skipped = %+v; want one that says what is unreachable", found.skipped)
	} else if !strings.HasPrefix(found.skipped[0].Detail, "2 sightings") {
		t.Errorf("detail = %q; want 2 sightings", found.skipped[0].Detail)
	}
}

// TestContent yields archives and text in two bytes a letter as they are.
func TestContent(t *testing.T) {
	r := newRepository(t)
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	f, _ := z.Create("a.txt")
	fmt.Fprint(f, newLink())
	_ = z.Close()
	wide := []byte("\xff\xfel\x00i\x00n\x00k\x00")
	r.write("a.zip", archive.String())
	r.write("wide.txt", string(wide))
	r.commit("one")
	got := map[string]bool{}
	pieces(t, r.path, func(p overgrant.Piece, data []byte) {
		if p.Place.Part == "" {
			got[string(data)] = true
		}
	})
	if !got[archive.String()] || !got[string(wide)] {
		t.Errorf("archive there = %t, wide text there = %t; want both", got[archive.String()], got[string(wide)])
	}
}
