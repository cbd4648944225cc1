package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/overgrant/overgrant/internal/cloud"
	"github.com/overgrant/overgrant/internal/wire"
	"github.com/overgrant/overgrant/model/manifest"
	"github.com/spf13/cobra"
)

func manifestCommand(w World) *cobra.Command {
	c := &cobra.Command{
		Use:   "manifest",
		Short: "Sign models, and tell which were overwritten since",
		Long: `Sign models and verify them in the OpenSSF Model Signing format, which the
model_signing tool and others read and write too: a manifest has the digest of
every file, or of every shard of it, and a signature is one file beside the
model.

A model is a folder or a file of this machine, or what a storage LINK reaches.
Behind a link nothing but requests that read is sent, and the cheap check comes
first: what the listing says tells most of what was overwritten, and when.`,
		Args: func(*cobra.Command, []string) error {
			return errors.New("say what to do: manifest create, manifest sign or manifest verify")
		},
		RunE: func(*cobra.Command, []string) error { return nil },
	}
	c.AddCommand(manifestCreate(w), manifestSign(w), manifestVerify(w))
	return c
}

// manifestTarget holds the flags that say which model is meant.
type manifestTarget struct {
	links  linkFlags
	access access
	store  storeFlags

	prefix  string
	ignored []string
	follow  bool
	jobs    int
	quiet   bool
}

func (t *manifestTarget) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVar(&t.links.file, "file", "", "read the link from `FILE`")
	f.StringVar(&t.prefix, "prefix", "", "behind a link, the model is what lies below `PATH`, or the object of that name; of a link to an account, CONTAINER or CONTAINER/PATH")
	f.StringArrayVar(&t.ignored, "ignore", nil, "leave out `PATH` of the model, with all below it; may be given again")
	f.BoolVar(&t.follow, "follow-links", false, "take what symbolic links lead to for the files of their names, even outside the folder")
	f.IntVarP(&t.jobs, "jobs", "j", 0, "read `N` parts of files at once (default one for each processor; behind a link 8)")
	f.BoolVarP(&t.quiet, "quiet", "q", false, "no progress on the terminal")
	t.access.flags(c)
	t.store.placeFlags(c)
}

// remoteJobs is how many parts of files are read at once behind a link.
const remoteJobs = 8

// modelAt is a model that was found.
type modelAt struct {
	name   string // of the model
	path   string // of this machine; "" behind a link
	local  *localTree
	remote *remoteModel
	close  func() error
}

// open finds the model that the arguments name. The caller closes it.
func (t *manifestTarget) open(ctx context.Context, w World, args []string) (*modelAt, error) {
	for i, p := range t.ignored {
		clean, err := manifest.CheckIgnored(filepath.ToSlash(p))
		if err != nil {
			return nil, err
		}
		t.ignored[i] = clean
	}
	if path := localPath(args); path != "" && t.links.file == "" {
		full, err := filepath.Abs(path)
		if err != nil {
			return nil, fmt.Errorf("find the model: %w", err)
		}
		return localModel(full)
	}
	if len(args) == 1 && args[0] != "-" && t.links.file == "" && !casePrefix.MatchString(args[0]) && !isLinkText(args[0]) {
		return nil, fmt.Errorf("find the model: %s is neither a file, a folder nor a storage link", shownTarget(args[0]))
	}
	links, err := t.links.links(ctx, w, args, &t.store)
	if err != nil {
		return nil, err
	}
	if len(links) > 1 {
		return nil, errors.New("find the model: there is more than one link; give one")
	}
	client, err := t.access.client(w, runID(randomSalt()), wire.Probes{})
	if err != nil {
		return nil, err
	}
	done := func() error {
		client.Close()
		return t.access.close()
	}
	reach, err := t.access.reach(links[0], cloud.Options{Client: client, Now: w.Now().UTC(), Versions: "all"})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the link of case %.12s: %w", links[0].ID, err), done())
	}
	r := &remoteModel{from: reach, prefix: strings.Trim(t.prefix, "/")}
	g := links[0].Grant
	if g.Scope == "account" { // where one was seen says nothing of the model
		g.Container, g.Path = "", ""
	}
	name := path.Base("/" + strings.Trim(g.Account+"/"+g.Container+"/"+g.Path+"/"+r.prefix, "/"))
	return &modelAt{name: name, remote: r, close: done}, nil
}

// isLinkText reports whether a text has what every link has: more than a name.
func isLinkText(text string) bool { return strings.ContainsAny(text, ":=;?&") }

// workers is how many parts of files are read at once.
func (t *manifestTarget) workers(m *modelAt) int {
	if t.jobs == 0 && m.remote != nil {
		return remoteJobs
	}
	return t.jobs
}

// left returns the paths that are left out: those of the flags, and the files
// among out that lie in the model.
func (t *manifestTarget) left(m *modelAt, out ...string) []string {
	all := slices.Clone(t.ignored)
	for _, name := range out {
		full, err := filepath.Abs(name)
		if name == "" || name == "-" || m.path == "" || err != nil {
			continue
		}
		rel, err := filepath.Rel(resolved(m.path), resolved(full))
		if err != nil || rel == "." || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
			continue
		}
		if rel = filepath.ToSlash(rel); !slices.Contains(all, rel) {
			all = append(all, rel)
		}
	}
	slices.Sort(all)
	return all
}

// resolved returns a path without symbolic links on the way to its last part,
// which need not exist yet.
func resolved(path string) string {
	dir, err := filepath.EvalSymlinks(filepath.Dir(path))
	if err != nil {
		return path
	}
	return filepath.Join(dir, filepath.Base(path))
}

// writeNew writes a result: to stdout for "-", else to a file, all of it or none.
func writeNew(w World, name string, data []byte) error {
	if name == "-" {
		_, err := w.Out.Write(data)
		return err
	}
	if there, err := filepath.EvalSymlinks(name); err == nil {
		name = there
	}
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() { // a device, a pipe: not to be replaced
		if err := os.WriteFile(name, data, 0o600); err != nil {
			return fmt.Errorf("write the result: %w", err)
		}
		return nil
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".overgrant-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Chmod(0o644), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", name, err), os.Remove(f.Name()))
	}
	return nil
}
