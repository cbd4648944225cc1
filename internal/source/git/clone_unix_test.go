//go:build unix

package git_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/overgrant/overgrant/internal/source/git"
)

// TestCloneLeavesNothing cancels a clone whose git has a helper that does not
// end when asked to, and goes on writing.
func TestCloneLeavesNothing(t *testing.T) {
	bin, temp := t.TempDir(), t.TempDir()
	ready := filepath.Join(bin, "ready")
	if err := unix.Mkfifo(ready, 0o600); err != nil {
		t.Fatal(err)
	}
	script := `#!/bin/sh
for dir; do :; done
(
	trap '' TERM INT HUP
	echo started >"` + ready + `"
	i=0
	while [ $((i+=1)) -lt 5000 ]; do mkdir -p "$dir/objects/pack"; echo late >"$dir/objects/pack/late"; done
) 2>/dev/null &
wait
`
	if err := os.WriteFile(filepath.Join(bin, "git"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	t.Setenv("TMPDIR", temp)
	for range 3 {
		ctx, stop := context.WithCancel(context.Background())
		go func() {
			_, _ = os.ReadFile(ready)
			stop()
		}()
		if _, err := git.Clone(ctx, "file:///nowhere"); !errors.Is(err, context.Canceled) {
			t.Fatalf("Clone: %v; want that it was cancelled", err)
		}
		if left, _ := os.ReadDir(temp); len(left) > 0 {
			t.Fatalf("%d clones were left behind", len(left))
		}
	}
}

// TestCloneSays reads what a clone that a server refuses is said to have failed
// of.
func TestCloneSays(t *testing.T) {
	ssh := filepath.Join(t.TempDir(), "ssh")
	script := "#!/bin/sh\nfor a; do case $a in *@*) to=$a;; esac; done\n" +
		"echo \"ssh: Could not resolve hostname for git user u: $to: p\" >&2\nexit 255\n"
	if err := os.WriteFile(ssh, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GIT_SSH_COMMAND", ssh)
	for name, test := range map[string]struct{ address, to string }{
		"short_name_and_password": {"ssh://u:p@there.invalid/x", "…there.invalid"},
		"long_password":           {"ssh://u:correct%20horse@there.invalid/x", "…there.invalid"},
		"name_alone":              {"ssh://git@there.invalid/x", "git@there.invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := git.Clone(context.Background(), test.address)
			if err == nil {
				t.Fatal("Clone gave no error")
			}
			_, said, _ := strings.Cut(err.Error(), "/x: ")
			want := "ssh: Could not resolve hostname for git user u: " + test.to + ": p fatal: Could not read from remote repository."
			if said != want {
				t.Errorf("Clone: %q; want %q", said, want)
			}
		})
	}
}
