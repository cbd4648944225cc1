package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strings"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/cloud"
	"github.com/overgrant/overgrant/internal/wire"
	"github.com/spf13/cobra"
)

// survey holds the flags of the measure command.
type survey struct {
	output
	links  linkFlags
	access access
	store  storeFlags

	resume    bool
	budget    byteSize
	sample    int
	jobs      int
	follow    bool
	depth     int
	current   bool
	from      string
	inventory string
	totals    bool
	quiet     bool

	path string // what is measured in place of a link; empty if there is one
}

func measureCommand(w World) *cobra.Command {
	s := &survey{}
	c := &cobra.Command{
		Use:   "measure LINK | CASE | PATH | - | --file FILE",
		Short: "Enumerate and classify what a link reaches",
		Long: `Enumerate everything that a link reaches, total it, and classify it: first by
name, path and size, then by reading what is worth reading, within a budget.
Archives are opened, and disk images are read where they lie. Only requests
that read leave.

Give the link as verify takes it. A PATH is a folder or file of this machine, a
disk image or an archive among them: it is measured in the same way.

Nothing sensitive is kept: a find has a class, a place and a count. Every object
ends as read, read in part, or skipped with a reason.

A measurement that was ended, in whatever way, goes on with --resume. Its
progress lies in the store with --save, else in a file of its own beside it,
which is removed when the measurement is complete.`,
		Example: `  xclip -o | overgrant measure -
  overgrant measure --save --format html -o exposure.html 9f8e12
  overgrant measure --resume --save 9f8e12
  overgrant measure --inventory objects.parquet --read-budget 0 --file leaked.txt
  overgrant measure --from-inventory inventory.csv`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return errors.New("give one LINK, in quotes; several on standard input with -")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return s.run(c.Context(), w, args) },
	}
	s.budget = measureBudget
	s.flags(c)
	s.links.flags(c)
	s.access.flags(c)
	s.store.flags(c)
	f := c.Flags()
	f.BoolVar(&s.resume, "resume", false, "go on with the last measurement of the link that was not completed")
	f.Var(&s.budget, "read-budget", "read content of at most `SIZE`, such as 500MB or 20GiB; 0 reads names only")
	f.IntVar(&s.sample, "sample", 0, "read at most `N` objects of each class (default 200)")
	f.IntVarP(&s.jobs, "jobs", "j", 0, "measure `N` shards at once (default two for each processor)")
	f.BoolVar(&s.follow, "follow", false, "measure the links found behind the link too")
	f.IntVar(&s.depth, "follow-depth", 2, "follow links found behind links up to `N` times")
	f.BoolVar(&s.current, "current-only", false, "list objects as they are now, and not the versions, snapshots and soft-deleted ones that are counted apart")
	f.StringVar(&s.from, "from-inventory", "", "take the list of objects from `FILE`, an Azure Blob Inventory (CSV or Parquet), instead of asking the service; a link beside it serves to read content")
	f.StringVar(&s.inventory, "inventory", "", "write the list of objects to `FILE`: .csv or .parquet; of several links each but the first goes to a file of its own, with the case in its name")
	f.BoolVar(&s.totals, "totals-only", false, "keep no list of objects, only totals")
	f.BoolVarP(&s.quiet, "quiet", "q", false, "no progress on the terminal")
	return c
}

// garbage is how much the heap of a measurement may grow before it is collected,
// in per cent. Nearly all of it is pages and inventories, buffers without
// pointers that cost the collector nothing; what it leaves lying costs memory.
const garbage = 12

func (s *survey) run(ctx context.Context, w World, args []string) (fault error) {
	if err := s.checked(args); err != nil {
		return err
	}
	if w.Getenv("GOGC") == "" {
		defer debug.SetGCPercent(debug.SetGCPercent(garbage))
	}
	j, err := begin(ctx, w, args, parts{output: &s.output, links: &s.links, access: &s.access, store: &s.store, probes: wire.Probes{}})
	if err != nil {
		return err
	}
	defer func() { fault = errors.Join(fault, j.end()) }()
	m := &measuring{survey: s, job: j, done: map[string]bool{}}
	stopped := m.all(ctx)
	if stopped != nil && ctx.Err() == nil {
		return &exit{exitUsage, errors.Join(stopped, j.page.Close())}
	}
	sum := j.meter.Summary()
	sum.Pieces, sum.Bytes = m.read, m.bytes
	sum.Elapsed = w.Now().Sub(j.started)
	sum.Partial = m.open > 0 || stopped != nil
	err = j.closeWith(sum)
	if sum.Partial && s.from == "" {
		fmt.Fprintln(w.Err, "overgrant: not everything was measured; the same command with --resume goes on where this one ended")
	}
	if stopped != nil {
		return &exit{exitUsage, errors.Join(stopped, errors.Unwrap(err))}
	}
	return err
}

// checked makes sure that the flags can be meant, before anything is sent.
func (s *survey) checked(args []string) error {
	switch {
	case s.jobs < 0:
		return fmt.Errorf("read --jobs %d: want 1 or more, or 0 for two for each processor", s.jobs)
	case s.sample < 0:
		return fmt.Errorf("read --sample %d: want 1 or more, or 0 for 200", s.sample)
	case s.depth < 0:
		return fmt.Errorf("read --follow-depth %d: want 0 or more", s.depth)
	case s.inventory != "" && s.totals:
		return errors.New("give --inventory or --totals-only, not both")
	case s.inventory != "" && inventoryFormat(s.inventory) == "":
		return fmt.Errorf("read --inventory %s: want a name that ends in .csv or .parquet", s.inventory)
	case s.from != "" && s.resume:
		return errors.New("give --from-inventory or --resume, not both: a file is read again in no time")
	}
	if s.path = localPath(args); s.path != "" {
		s.links.optional = true
	}
	if s.from != "" {
		if _, err := os.Stat(s.from); err != nil {
			return fmt.Errorf("open the inventory: %w", err)
		}
		s.links.optional = len(args) == 0
		s.path = ""
	}
	return nil
}

// localPath returns the path that the arguments name, "" if they name a link.
func localPath(args []string) string {
	if len(args) != 1 || args[0] == "-" {
		return ""
	}
	path, plain := strings.CutPrefix(args[0], "dir:")
	if !plain && casePrefix.MatchString(path) {
		return ""
	}
	if _, err := os.Stat(path); err != nil && !plain {
		return ""
	}
	return path
}

// measuring is the measurement of some links, and of those found behind them.
type measuring struct {
	*survey
	*job
	done  map[string]bool // links that were measured, by id
	open  int             // shards that could not be measured
	read  int64           // objects
	bytes int64

	written int // files with lists of objects
}

// all measures all that the command names.
func (m *measuring) all(ctx context.Context) error {
	switch {
	case m.from != "":
		return m.listed(ctx)
	case m.path != "":
		return m.local(ctx, m.path)
	}
	for _, l := range m.job.links {
		if err := m.link(ctx, l, 0); err != nil {
			return err
		}
	}
	return nil
}

// link measures what one link reaches. Links that were followed to come to it
// are depth.
func (m *measuring) link(ctx context.Context, l overgrant.Link, depth int) error {
	if m.done[l.ID] {
		return nil
	}
	m.done[l.ID] = true
	if depth == 0 {
		if err := tell(l, m.now, m.config, m.put); err != nil {
			return err
		}
	}
	reach, bearer, err := m.opened(ctx, l)
	if errors.Is(err, errNoCloud) || errors.Is(err, cloud.ErrHost) || errors.Is(err, cloud.ErrIncomplete) {
		return m.unasked(l, err)
	}
	if err != nil || reach == nil {
		return err
	}
	out, err := m.measure(ctx, l, reach, bearer)
	if err != nil {
		return err
	}
	m.open += out.Open
	if !m.follow || depth >= m.depth {
		return nil
	}
	for _, inner := range out.Links {
		if inner.Grant.Status(m.now) != overgrant.LiveShape {
			continue
		}
		if err := m.link(ctx, inner, depth+1); err != nil {
			return err
		}
	}
	return nil
}
