package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/find"
	"github.com/overgrant/overgrant/internal/judge"
	"github.com/overgrant/overgrant/internal/pipeline"
	"github.com/spf13/cobra"
)

// scan holds the flags of the command.
type scan struct {
	output
	sources targetFlags
	store   storeFlags
	policy  string
	jobs    int
	quiet   bool
}

func scanCommand(w World) *cobra.Command {
	s := &scan{}
	c := &cobra.Command{
		Use:   "scan TARGET...",
		Short: "Find links in targets, read what each claims, judge it",
		Long: `Find storage links in targets, read offline what each one claims, and judge it.
No request leaves the machine, except that a git URL is cloned.

A TARGET is a folder, a file or archive, "-" for standard input, a git
repository (its worktree and the whole history of all its refs), or a git URL.
"dir:PATH" reads a repository's files only, "git:PATH" its history only.`,
		Example: `  overgrant scan .
  overgrant scan --format sarif -o links.sarif .
  overgrant scan --unreachable /srv/git/models.git
  overgrant scan --save --vault-key ~/.config/overgrant.key .
  kubectl get secrets -o yaml | overgrant scan -`,
		Args: func(_ *cobra.Command, targets []string) error {
			if len(targets) == 0 {
				return errors.New("give a TARGET: a path (. is this folder), - for standard input, or a git URL; see overgrant scan --help")
			}
			return nil
		},
		RunE: func(c *cobra.Command, targets []string) error { return s.run(c.Context(), w, targets) },
	}
	s.flags(c)
	s.sources.flags(c)
	s.store.flags(c)
	f := c.Flags()
	f.StringVar(&s.policy, "policy", "", "read thresholds and suppressions from `FILE` (default .overgrant.yaml in the working directory)")
	f.IntVarP(&s.jobs, "jobs", "j", 0, "read `N` shards at once (default one for each processor)")
	f.BoolVarP(&s.quiet, "quiet", "q", false, "no progress on the terminal")
	return c
}

func (s *scan) run(ctx context.Context, w World, targets []string) error {
	if s.jobs < 0 {
		return fmt.Errorf("read --jobs %d: want 1 or more, or 0 for one for each processor", s.jobs)
	}
	now, err := s.now(w)
	if err != nil {
		return err
	}
	config, err := readPolicy(s.policy, now)
	if err != nil {
		return err
	}
	if err := checked(targets); err != nil {
		return err
	}
	if !s.store.save && (s.store.path != "" || s.store.key != "") {
		return errors.New("--store and --vault-key say where a scan is remembered; give --save too")
	}
	for _, e := range config.Lapsed(now) {
		fmt.Fprintf(w.Err, "overgrant: the suppression of case %.12s by %s ended on %s; take it out of the policy or renew it\n", e.Case, e.By, e.Until.Format(time.DateOnly))
	}
	db, err := s.store.open(ctx, w)
	if err != nil {
		return err
	}
	page, err := s.output.open(w, targets...)
	if err != nil {
		return errors.Join(err, db.close())
	}
	told, err := db.recognising(ctx, page.put)
	if err != nil {
		return errors.Join(err, page.drop(), db.close())
	}
	err = s.search(ctx, w, targets, searching{page, db.before(told), now, config})
	if fault := db.close(); fault != nil {
		return &exit{exitUsage, fmt.Errorf("save: %w", fault)}
	}
	return err
}

// searching is what a search needs besides its targets.
type searching struct {
	page   *page
	put    overgrant.Sink // the page, and the store where there is one
	now    time.Time
	config judge.Config
}

// search reads the targets and tells what is in them.
func (s *scan) search(ctx context.Context, w World, targets []string, to searching) error {
	started := w.Now()
	job := pipeline.Job{
		Sources: s.sources.open(ctx, w, targets), Finder: find.New(find.Options{}), Config: to.config,
		Now: to.now, Workers: s.jobs, Sink: to.put, Meter: &pipeline.Meter{},
	}
	if err := to.put(overgrant.Message{Run: &overgrant.Run{Schema: "overgrant.events/1", Version: version(), Started: to.now, Targets: shown(targets)}}); err != nil {
		return &exit{exitUsage, err}
	}
	done := s.progress(w, job.Meter)
	sum, fault := job.Run(ctx)
	done()
	sum.Elapsed = w.Now().Sub(started)
	if err := to.put(overgrant.Message{Summary: &sum}); err != nil {
		return &exit{exitUsage, err}
	}
	err := to.page.close()
	if fault != nil {
		return &exit{exitUsage, errors.Join(fault, errors.Unwrap(err))}
	}
	return err
}

// progress shows the meter on a terminal until the returned function is called.
func (s *scan) progress(w World, m *pipeline.Meter) (done func()) {
	if s.quiet || !w.Terminal {
		return func() {}
	}
	return showProgress(w, m)
}

// readPolicy reads the named file, or the one of the working directory if there
// is one. A scanned repository's own file is not honoured: it is a stranger's.
func readPolicy(name string, now time.Time) (judge.Config, error) {
	named := name != ""
	if !named {
		name = ".overgrant.yaml"
	}
	f, err := os.Open(filepath.Clean(name))
	if errors.Is(err, fs.ErrNotExist) && !named {
		return judge.Config{}, nil
	}
	if err != nil {
		return judge.Config{}, fmt.Errorf("open the policy: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, 1<<20+1))
	if err != nil {
		return judge.Config{}, fmt.Errorf("read the policy: %w", err)
	}
	config, err := judge.Parse(text, now)
	if err != nil {
		return config, fmt.Errorf("read %s: %w", name, err)
	}
	return config, nil
}
