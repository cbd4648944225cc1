package git_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/overgrant/overgrant/internal/source/git"
)

func TestClone(t *testing.T) {
	r := newRepository(t)
	link := newLink()
	r.commit("one")
	r.git("checkout", "-q", "--detach")
	r.write("a.txt", link)
	id := r.commit("two")
	r.git("update-ref", "refs/pull/7/head", id)
	r.git("checkout", "-q", "main")
	c, err := git.Clone(context.Background(), "file://"+r.path)
	if err != nil {
		t.Fatal(err)
	}
	all := scan(t, c.Dir, git.Options{Name: "file://there"}).of(link)
	if len(all) != 1 || all[0].Commit != id || all[0].Repository != "file://there" {
		t.Errorf("sightings = %+v; want one of commit %s", all, id)
	}
	if err := c.Remove(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(c.Dir); !os.IsNotExist(err) {
		t.Errorf("the clone is still there: %v", err)
	}
}

// TestCloneRefuses clones from addresses that would run a program, or that
// hold a password that must not show.
func TestCloneRefuses(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	ran := filepath.Join(t.TempDir(), "ran")
	password := fmt.Sprintf("pw%d", rand.Uint64())
	for _, address := range []string{
		"ext::sh -c touch% " + ran,
		"--upload-pack=touch " + ran,
		"http://someone:" + password + "@127.0.0.1:1/x.git",
		"file:///nowhere/at/all",
	} {
		c, err := git.Clone(context.Background(), address)
		if err == nil {
			t.Errorf("Clone(%s) gave %s; want an error", address, c.Dir)
			continue
		}
		if strings.Contains(err.Error(), password) || strings.Contains(err.Error(), "someone") {
			t.Errorf("Clone: %v; want no password in it", err)
		}
	}
	if _, err := os.Stat(ran); err == nil {
		t.Error("a program of the address ran")
	}
	if left, _ := os.ReadDir(temp); len(left) > 0 {
		t.Errorf("%d clones were left behind", len(left))
	}
}

func TestCloneCancelled(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	stop()
	if _, err := git.Clone(ctx, "file:///nowhere"); err == nil {
		t.Error("Clone with a cancelled context gave no error")
	}
}
