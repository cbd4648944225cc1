//go:build unix

package dir_test

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/overgrant/overgrant/internal/source"
	"github.com/overgrant/overgrant/internal/source/dir"
)

// followed lists a tree and reads each file. It maps paths below root to bytes,
// and to the reasons of what was not listed.
func followed(t *testing.T, root string, links *dir.Links) (files, gaps map[string]string) {
	t.Helper()
	files, gaps = map[string]string{}, map[string]string{}
	d := dir.New(root, dir.Options{Passed: true, Links: links})
	for page, err := range d.Pages(t.Context(), source.Range{}) {
		var skip *source.Skip
		if errors.As(err, &skip) {
			rel, _ := filepath.Rel(root, skip.Place.Path)
			gaps[rel] = skip.Reason
			if want := skip.Reason != dir.Outside && skip.Reason != dir.Denied; skip.Benign != want {
				t.Errorf("%s: %s: benign = %v", rel, skip.Reason, skip.Benign)
			}
			continue
		}
		must(t, err)
		for _, o := range page.Objects {
			if o.State != source.Current {
				continue
			}
			rel, _ := filepath.Rel(root, string(o.Name))
			files[rel] = content(t, d, o)
		}
	}
	return files, gaps
}

func content(t *testing.T, d *dir.Dir, o source.Object) string {
	t.Helper()
	c, err := d.Content(t.Context(), source.Named{Name: string(o.Name), Size: o.Size, Tag: string(o.Tag)})
	must(t, err)
	defer c.Close()
	b := make([]byte, c.Size())
	_, err = c.ReadAt(b, 0)
	must(t, err)
	return string(b)
}

func TestLinks(t *testing.T) {
	cache := tree(t, map[string]string{
		"blobs/1": "one", "blobs/2": "two", "blobs/deep/3": "three", "near/4": "four", "near/own": "own", "near/sub/5": "five", "near-by/6": "six",
	})
	root := filepath.Join(cache, "near")
	must(t, unix.Mkfifo(filepath.Join(cache, "pipe"), 0o644))
	for name, to := range map[string]string{
		"a": "../blobs/1", "b": "../blobs/1", "c": "d", "d": "../blobs/2", "e": "own", "f": "sub", "g": ".", "h": "..", "i": "../blobs",
		"j": "nowhere", "k": "k", "l": "/dev/zero", "m": "../pipe", "n": "own/below", "o": "../near-by/6", "sub/p": "../../blobs/deep/3", "q": "/proc/self/cmdline",
	} {
		must(t, os.Symlink(to, filepath.Join(root, name)))
	}
	files, gaps := followed(t, root, dir.NewLinks(root))
	wantFiles := map[string]string{"4": "four", "own": "own", "sub/5": "five", "a": "one", "c": "two", "o": "six", "sub/p": "three"}
	wantGaps := map[string]string{
		"b": dir.Listed, "d": dir.Listed, "e": dir.Listed, "f": dir.Listed, "g": dir.Listed, "h": dir.Outside, "i": dir.Outside,
		"j": dir.Dangling, "k": dir.Dangling, "l": dir.Special, "m": dir.Special, "n": dir.Dangling, "q": dir.Pseudo,
	}
	if _, err := os.Stat("/proc/self/cmdline"); err != nil {
		wantGaps["q"] = dir.Dangling
	}
	if !maps.Equal(files, wantFiles) {
		t.Errorf("files %q; want %q", files, wantFiles)
	}
	if !maps.Equal(gaps, wantGaps) {
		t.Errorf("gaps %q; want %q", gaps, wantGaps)
	}
}

// What is read anyway is left to whoever reads it.
func TestLinksToOtherTargets(t *testing.T) {
	cache := tree(t, map[string]string{"blobs/1": "one", "near/own": "own"})
	root := filepath.Join(cache, "near")
	must(t, os.Symlink("../blobs", filepath.Join(root, "all")))
	must(t, os.Symlink("../blobs/1", filepath.Join(root, "one")))
	files, gaps := followed(t, root, dir.NewLinks(root, filepath.Join(cache, "blobs"), filepath.Join(cache, "none")))
	if want := map[string]string{"own": "own"}; !maps.Equal(files, want) {
		t.Errorf("files %q; want %q", files, want)
	}
	if want := map[string]string{"all": dir.Listed, "one": dir.Listed}; !maps.Equal(gaps, want) {
		t.Errorf("gaps %q; want %q", gaps, want)
	}
}

// A pipe that takes the place of what a link led to is not waited for.
func TestLinkThatChanges(t *testing.T) {
	cache := tree(t, map[string]string{"blobs/1": "one", "near/own": "own"})
	root, blob := filepath.Join(cache, "near"), filepath.Join(cache, "blobs", "1")
	must(t, os.Symlink("../blobs/1", filepath.Join(root, "one")))
	d := dir.New(root, dir.Options{Links: dir.NewLinks(root)})
	for page, err := range d.Pages(t.Context(), source.Range{}) {
		must(t, err)
		must(t, os.Remove(blob))
		must(t, unix.Mkfifo(blob, 0o644))
		for _, o := range page.Objects {
			if filepath.Base(string(o.Name)) != "one" {
				continue
			}
			if _, err := d.Content(t.Context(), source.Named{Name: string(o.Name), Size: o.Size, Tag: string(o.Tag)}); !errors.Is(err, source.ErrChanged) {
				t.Errorf("Content() of what is a pipe by now = %v; want %v", err, source.ErrChanged)
			}
		}
	}
}
