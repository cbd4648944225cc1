package git_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/overgrant/overgrant/internal/source/git"
)

// harm is one way to break a repository.
type harm struct {
	name   string
	harm   func(r *repository, blob string)
	reason string
	found  bool // the link in another file
}

// harms are what TestDamage does.
var harms = []harm{
	{"truncated_loose_object", func(r *repository, blob string) { cutFile(r, loosePath(r, blob), 10) }, "corrupt object", true},
	{"empty_loose_object", func(r *repository, blob string) { cutFile(r, loosePath(r, blob), 0) }, "corrupt object", true},
	{"missing_blob", func(r *repository, blob string) { remove(r, loosePath(r, blob)) }, "missing object", true},
	{"missing_tree", func(r *repository, blob string) {
		remove(r, loosePath(r, r.git("rev-parse", "HEAD~1:")))
	}, "missing object", true},
	{"missing_commit", func(r *repository, blob string) {
		remove(r, loosePath(r, r.git("rev-parse", "HEAD~1")))
	}, "missing object", true},
	{"bad_ref", func(r *repository, blob string) {
		put(r, "refs/heads/bad", "no id at all")
	}, "bad ref", true},
	{"ref_to_nothing", func(r *repository, blob string) {
		put(r, "refs/heads/gone", strings.Repeat("1", 40)+"\n")
	}, "missing object", true},
	{"bad_packed_refs", func(r *repository, blob string) {
		put(r, "packed-refs", "rubbish\n")
	}, "bad ref", true},
	{"bad_index", func(r *repository, blob string) { cutFile(r, ".git/index", 30) }, "bad index", true},
	{"alternate_is_gone", func(r *repository, blob string) {
		put(r, "objects/info/alternates", "/nowhere/at/all\n")
	}, "object folder is missing", true},
	{"alternates_in_a_loop", func(r *repository, blob string) {
		put(r, "objects/info/alternates", ".\n../objects\n")
	}, "", true},
	{"pack_without_index", func(r *repository, blob string) {
		r.git("repack", "-adq")
		files, _ := filepath.Glob(filepath.Join(r.path, ".git/objects/pack/*.idx"))
		os.Remove(files[0])
	}, "", true},
	{"truncated_pack", func(r *repository, blob string) {
		r.git("repack", "-adq")
		files, _ := filepath.Glob(filepath.Join(r.path, ".git/objects/pack/*.pack"))
		rel, _ := filepath.Rel(r.path, files[0])
		info, _ := os.Stat(files[0])
		cutFile(r, rel, info.Size()-60)
	}, "corrupt object", false},
	{"pack_is_rubbish", func(r *repository, blob string) {
		put(r, "objects/pack/pack-1234567812345678123456781234567812345678.pack", "rubbish")
		put(r, "objects/pack/pack-1234567812345678123456781234567812345678.idx", "rubbish")
	}, "", true},
	{"absurd_tree", func(r *repository, blob string) {
		tree := r.feed("100644 a\x00short", "hash-object", "-t", "tree", "--literally", "-w", "--stdin")
		id := r.git("commit-tree", tree, "-m", "absurd")
		r.git("update-ref", "refs/heads/absurd", id)
	}, "malformed tree", true},
	{"absurd_commit", func(r *repository, blob string) {
		id := r.feed("rubbish", "hash-object", "-t", "commit", "--literally", "-w", "--stdin")
		put(r, "refs/heads/absurd", id)
	}, "malformed commit", true},
}

// TestDamage breaks a repository in one place each and expects the damage to be
// counted and all the rest to be found.
func TestDamage(t *testing.T) {
	for _, tt := range harms {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := newRepository(t)
			r.git("config", "gc.auto", "0")
			link := newLink()
			r.write("a.txt", link)
			r.write("b.txt", strings.Repeat("bytes that matter\n", 100))
			r.commit("one")
			r.write("c.txt", "x")
			r.commit("two")
			tt.harm(r, r.git("rev-parse", "HEAD:b.txt"))
			found := scan(t, r.path, git.Options{})
			if n := len(found.of(link)); tt.found && n == 0 {
				t.Errorf("the link was not found; skipped %+v", found.skipped)
			}
			if tt.reason != "" && !slices.Contains(found.reasons(), tt.reason) {
				t.Errorf("skipped %+v; want %q", found.skipped, tt.reason)
			}
			for _, s := range found.skipped {
				if s.Place.Source != git.Name || s.Place.Repository == "" {
					t.Errorf("place of %+v is not complete", s)
				}
			}
		})
	}
}

// TestNothingLost has a link in a file of which no tree is left.
func TestNothingLost(t *testing.T) {
	r := newRepository(t)
	link := newLink()
	r.write("d/a.txt", link)
	r.commit("one")
	remove(r, loosePath(r, r.git("rev-parse", "HEAD:d")))
	remove(r, ".git/index")
	found := scan(t, r.path, git.Options{})
	all := found.of(link)
	if len(all) != 1 || all[0].Object == "" || all[0].Commit != "" {
		t.Errorf("sightings = %+v; want one that has the object only", all)
	}
	if got := found.reasons(); !slices.Contains(got, "missing object") || !slices.Contains(got, "history incomplete") {
		t.Errorf("skipped %q; want the missing tree, and that history is incomplete", got)
	}
}

// TestForgottenMissing says nothing of objects that only forgotten ones name.
func TestForgottenMissing(t *testing.T) {
	r := newRepository(t)
	r.commit("one")
	blob := r.feed("never mind", "hash-object", "-w", "--stdin")
	r.feed("100644 blob "+blob+"\ta\n", "mktree")
	remove(r, loosePath(r, blob))
	if found := scan(t, r.path, git.Options{}); len(found.skipped) > 0 {
		t.Errorf("skipped %+v; want nothing", found.skipped)
	}
}

func loosePath(r *repository, id string) string {
	return filepath.Join(".git", "objects", id[:2], id[2:])
}

func cutFile(r *repository, path string, size int64) {
	r.t.Helper()
	path = filepath.Join(r.path, path)
	if err := os.Chmod(path, 0o644); err != nil {
		r.t.Fatal(err)
	}
	if err := os.Truncate(path, size); err != nil {
		r.t.Fatal(err)
	}
}

func remove(r *repository, path string) {
	r.t.Helper()
	if err := os.Remove(filepath.Join(r.path, path)); err != nil {
		r.t.Fatal(err)
	}
}

func put(r *repository, path, content string) {
	r.t.Helper()
	path = filepath.Join(r.path, ".git", filepath.FromSlash(path))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		r.t.Fatal(err)
	}
}

// TestTreeBomb has one file with a link under ten to the power of twelve paths.
func TestTreeBomb(t *testing.T) {
	r := newRepository(t)
	link := newLink()
	id := r.feed(link, "hash-object", "-w", "--stdin")
	kind := "100644 blob "
	for range 12 {
		var tree strings.Builder
		for i := range 10 {
			fmt.Fprintf(&tree, "%s%s\td%d\n", kind, id, i)
		}
		id, kind = r.feed(tree.String(), "mktree"), "040000 tree "
	}
	r.git("update-ref", "refs/heads/main", r.git("commit-tree", id, "-m", "bomb"))
	found := scan(t, r.path, git.Options{})
	if n := len(found.of(link)); n == 0 {
		t.Error("the link was not found")
	}
	if got := found.reasons(); !slices.Contains(got, "too many paths") {
		t.Errorf("skipped %q; want that there are too many paths", got)
	}
}

// TestDeepFolders has a link below three hundred folders.
func TestDeepFolders(t *testing.T) {
	r := newRepository(t)
	link := newLink()
	id, kind := r.feed(link, "hash-object", "-w", "--stdin"), "100644 blob "
	script := ""
	for range 300 {
		script = kind + id + "\td\n"
		id, kind = r.feed(script, "mktree"), "040000 tree "
	}
	commit := r.git("commit-tree", id, "-m", "deep")
	r.git("update-ref", "refs/heads/main", commit)
	all := scan(t, r.path, git.Options{}).of(link)
	if len(all) != 1 || all[0].Commit != commit || strings.Count(all[0].Path, "d") != 300 {
		t.Errorf("sightings = %+v; want one below 300 folders", all)
	}
}
