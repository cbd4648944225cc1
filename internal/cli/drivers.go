package cli

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/cloud"
	"github.com/overgrant/overgrant/internal/cloud/azure"
	"github.com/overgrant/overgrant/internal/find"
	"github.com/overgrant/overgrant/internal/pipeline"
	"github.com/overgrant/overgrant/internal/source"
	"github.com/overgrant/overgrant/internal/source/dir"
	"github.com/overgrant/overgrant/internal/source/git"
	"github.com/overgrant/overgrant/internal/source/stdin"
	"github.com/overgrant/overgrant/internal/store"
	"github.com/overgrant/overgrant/internal/store/sqlite"
	"github.com/overgrant/overgrant/internal/wire"
	"github.com/overgrant/overgrant/internal/work"
	"github.com/overgrant/overgrant/internal/work/local"
	"github.com/spf13/cobra"
)

// clouds are those whose links can be proven and measured.
var clouds = []cloud.Driver{azure.Driver}

// owners are the clouds whose accounts can be owned.
var owners = []cloud.OwnerDriver{azure.OwnerDriver}

// keysFromARM asks the owner's side of Azure for the keys of an account.
func keysFromARM(ctx context.Context, account, host string, client *wire.Owner) ([]overgrant.Secret, error) {
	return azure.KeysFromARM(ctx, account, azure.ARM{Client: client, Host: host})
}

// folder lists the files at a path.
func folder(path string) source.Lister { return dir.New(path, dir.Options{}) }

// modelFolders returns what lists the files at one of these paths. Links to files
// elsewhere are followed, and it is told what is not.
func modelFolders(paths []string) func(path string) source.Lister {
	links := dir.NewLinks(paths...)
	return func(path string) source.Lister { return dir.New(path, dir.Options{Passed: true, Links: links}) }
}

// storeWanted says whether a store is made where there is none.
type storeWanted bool

const (
	newStore storeWanted = false
	oldStore storeWanted = true
)

// openStore opens the store in a file.
func openStore(ctx context.Context, path string, want storeWanted) (store.Store, error) {
	return sqlite.Open(ctx, path, sqlite.Options{Existing: bool(want)})
}

// isStore reports whether a file is a store, rather than events.
func isStore(path string) bool { return sqlite.Is(path) }

// runner carries out the plan of a measurement, with so many workers; 0 means
// as many as suit the machine.
func runner(workers int) work.Runner { return local.Runner{Workers: workers} }

// targetFlags holds the flags that say what of a target is read.
type targetFlags struct {
	unreachable bool
	since       string
	noCache     bool
}

func (o *targetFlags) flags(c *cobra.Command) {
	f := c.Flags()
	f.BoolVar(&o.unreachable, "unreachable", false, "count links in git objects that no ref leads to")
	f.StringVar(&o.since, "since", "", "of git history only what commits brought that `REV` does not lead to")
	f.BoolVar(&o.noCache, "no-cache", false, "read whole histories anew, and remember nothing of them")
}

// cacheFolder returns where histories are remembered, "" for nowhere.
func (o *targetFlags) cacheFolder() string {
	if o.noCache {
		return ""
	}
	base, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(base, "overgrant", "git")
}

// checked makes sure that every target can be meant before any is read.
func checked(targets []string) error {
	for _, t := range targets {
		scheme, rest := split(t)
		switch {
		case isURL(rest) && len(find.New(find.Options{}).Text([]byte(rest))) > 0: // git would send it over the network
			return fmt.Errorf("scan %s: this is a storage link itself, not a place to look for links in; give it to overgrant explain", shownTarget(t))
		case t == "-" || scheme == "git" && isURL(rest):
			continue
		case scheme == "" && isURL(t):
			continue
		case scheme != "" && scheme != "dir" && scheme != "git":
			return fmt.Errorf("scan %s: no source %q; want a path, -, a git URL, dir:PATH or git:PATH", shownTarget(t), scheme)
		}
		info, err := os.Stat(rest)
		if err != nil {
			return fmt.Errorf("scan %q: %w", shownTarget(t), errors.Unwrap(err))
		}
		if !info.IsDir() && !info.Mode().IsRegular() {
			return fmt.Errorf("scan %s: neither a file nor a folder; give a pipe or a device to standard input: overgrant scan - < %[1]s", t)
		}
		if scheme == "git" && !git.Is(rest) {
			return fmt.Errorf("scan %s: there is no git repository", t)
		}
	}
	return nil
}

// open yields the sources of the targets, one after the other: each is made
// when the one before has been read, and let go when the next is asked for.
func (o *targetFlags) open(ctx context.Context, w World, targets []string) iter.Seq2[source.Source, error] {
	return func(yield func(source.Source, error) bool) {
		for _, t := range targets {
			if !o.target(ctx, opening{w, t, yield}) {
				return
			}
		}
	}
}

// opening is a target on its way to its sources.
type opening struct {
	world  World
	target string
	yield  func(source.Source, error) bool
}

func (o *targetFlags) target(ctx context.Context, a opening) (more bool) {
	scheme, rest := split(a.target)
	switch {
	case a.target == "-":
		s := stdin.New(a.world.In, stdin.Options{})
		defer s.Close()
		return a.yield(s, nil)
	case isURL(rest) && scheme != "dir":
		return o.clone(ctx, a, rest)
	case scheme == "git":
		return o.history(ctx, a, rest, "")
	case scheme == "dir":
		return a.yield(dir.New(rest, dir.Options{LeaveObjects: git.Is}), nil) // the files alone
	}
	return o.path(ctx, a, rest)
}

// path reads the files below a path, then the history of every repository that
// the walk met.
func (o *targetFlags) path(ctx context.Context, a opening, path string) bool {
	var met []string
	leave := func(gitDir string) bool {
		if !git.Is(gitDir) {
			return false
		}
		met = append(met, gitDir)
		return true
	}
	if !a.yield(dir.New(path, dir.Options{LeaveObjects: leave}), nil) {
		return false
	}
	if len(met) == 0 && git.Is(path) { // a worktree whose repository lies elsewhere
		met = append(met, path)
	}
	for _, gitDir := range met {
		if !o.history(ctx, a, gitDir, strings.TrimSuffix(filepath.ToSlash(gitDir), "/.git")) {
			return false
		}
	}
	return true
}

// history reads one repository. Its name in reports is the path where it lies,
// unless it has another.
func (o *targetFlags) history(ctx context.Context, a opening, path, name string) bool {
	s, err := git.Open(ctx, path, git.Options{
		Name: name, Unreachable: o.unreachable, Since: o.since,
		Cache: o.cacheFolder(), Rules: rules(),
	})
	if err != nil {
		if name == "" {
			name = path
		}
		return a.yield(nil, unopened(name, err))
	}
	defer s.Close()
	return a.yield(s, nil)
}

// unopened is the error of a repository that cannot be read at all.
func unopened(repository string, err error) error {
	return &unread{cause: err, skip: &source.Skip{Skipped: overgrant.Skipped{
		Place:  overgrant.Place{Source: "git", Path: repository},
		Reason: "unreadable target", Detail: err.Error(),
	}}}
}

// unread says of a target what its cause says, and where it is in its skip.
type unread struct {
	cause error
	skip  *source.Skip
}

func (u *unread) Error() string   { return u.cause.Error() }
func (u *unread) Unwrap() []error { return []error{u.cause, u.skip} }

func (o *targetFlags) clone(ctx context.Context, a opening, url string) bool {
	c, err := git.Clone(ctx, url)
	if err != nil {
		return a.yield(nil, unopened(shownTarget(url), err))
	}
	defer func() { _ = c.Remove() }()
	return o.history(ctx, a, c.Dir, shownTarget(url))
}

// split takes a target apart into a scheme and what follows it. A single letter
// is a drive, a URL has no scheme of ours.
func split(target string) (scheme, rest string) {
	if m := schemes.FindStringSubmatch(target); m != nil {
		return m[1], m[2]
	}
	return "", target
}

var (
	schemes = regexp.MustCompile(`^([a-z][a-z0-9]+):([^/].*|/[^/].*|/)$`)
	urls    = regexp.MustCompile(`^(?:https?|ssh|git|file)://|^[A-Za-z0-9_.-]+@[A-Za-z0-9.-]+:`)
)

// isURL reports whether a target is the address of a git repository.
func isURL(target string) bool { return urls.MatchString(target) }

// userInfo is the part of a URL that may hold a password.
var userInfo = regexp.MustCompile(`://[^/@]*@`)

// shownTarget returns a target fit to print.
func shownTarget(target string) string {
	return pipeline.Redact(userInfo.ReplaceAllString(target, "://"))
}

func shown(targets []string) []string {
	all := make([]string, len(targets))
	for i, t := range targets {
		all[i] = shownTarget(t)
	}
	return all
}
