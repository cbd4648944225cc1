package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"runtime/debug"
	"strings"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/cloud"
	"github.com/overgrant/overgrant/internal/wire"
	"github.com/spf13/cobra"
)

// models holds the flags of the model command.
type models struct {
	output
	links  linkFlags
	access access
	store  storeFlags

	every bool
	jobs  int
	quiet bool
}

func modelCommand(w World) *cobra.Command {
	m := &models{}
	c := &cobra.Command{
		Use:   "model PATH | URL | LINK | CASE | - ...",
		Short: "Find code execution in model files, reading only the bytes needed",
		Long: `Tell of model files whether loading them can run code, what would run, and why.
Nothing is loaded and nothing is run. What a file is, its bytes decide and not
its name: checkpoints, pickles, archives of them, and thirty formats more
(doc/models.md).

A PATH is a file, or a folder with all below it. Symbolic links to files are
followed, each file is read once; those to folders are not, and folders elsewhere
are told. A URL is read by ranges: of a checkpoint of ten gigabytes that is its
directory and its pickles. Behind a storage LINK, or a CASE of the store,
whatever looks like a model by its name is read; with --every each object. Only
requests that read leave, and only to the host that was named.

  dangerous      loading it runs something that no model needs
  suspicious     it would run code that is not known, or readers disagree
                 about what is in it
  unreadable     not all of it could be read: never clean
  unsafe_format  loading this format can run code; none was found
  clean          read wherever code can hide: nothing but what frameworks need

For --fail-on dangerous is critical, suspicious medium and unsafe_format low.`,
		Example: `  overgrant model resnet18.ckpt
  overgrant model --format html -o models.html checkpoints/
  overgrant model --allow-host models.example.org https://models.example.org/llama.gguf
  xclip -o | overgrant model --fail-on low -`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 && m.links.file == "" {
				return errors.New("give a PATH, a URL, or a storage LINK in quotes (- reads links from standard input)")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return m.run(c.Context(), w, args) },
	}
	m.flags(c)
	m.access.flags(c)
	m.store.placeFlags(c)
	f := c.Flags()
	f.Lookup("all").Usage = "list files that are no models too, and each clean one"
	f.Lookup("fail-on").Usage = "exit with 1 if a model is at least this bad: info, low, medium, high, critical"
	f.Lookup("reveal").Hidden = true // links are sent and never printed
	f.Lookup("at").Usage = "judge as of `TIME` (RFC 3339)"
	f.StringVar(&m.links.file, "file", "", "read links from `FILE`")
	f.BoolVar(&m.every, "every", false, "behind a link read every object, whatever its name")
	f.IntVarP(&m.jobs, "jobs", "j", 0, "look into `N` files at once (default one for each processor, at most 8)")
	f.BoolVarP(&m.quiet, "quiet", "q", false, "no progress on the terminal")
	return c
}

// modelGarbage is how much the heap may grow before it is collected, in per cent
// of what lives and of the floor that Main gives it.
const modelGarbage = 6

func (m *models) run(ctx context.Context, w World, args []string) (fault error) {
	if m.jobs < 0 {
		return fmt.Errorf("read --jobs %d: want 1 or more, or 0 for one for each processor", m.jobs)
	}
	targets, err := m.targets(ctx, w, args)
	if err != nil {
		return err
	}
	if w.Getenv("GOGC") == "" {
		defer debug.SetGCPercent(debug.SetGCPercent(modelGarbage))
	}
	page, err := m.output.open(w, append(paths(targets), m.links.file)...)
	if err != nil {
		return err
	}
	client, err := m.access.client(w, runID(randomSalt()), wire.Probes{})
	if err != nil {
		return errors.Join(err, page.drop())
	}
	defer func() {
		client.Close()
		if err := m.access.close(); err != nil {
			fault = errors.Join(fault, &exit{exitUsage, err})
		}
	}()
	l := &loading{models: m, world: w, page: page, client: client, folder: modelFolders(paths(targets)), started: w.Now()}
	return l.all(ctx, targets)
}

// modelTarget is one thing that is to be looked into: a path, an address on the
// web, or a link. One of them is set.
type modelTarget struct {
	path, web string
	link      overgrant.Link
}

// String is the target fit to print.
func (t modelTarget) String() string {
	switch {
	case t.path != "":
		return shownTarget(t.path)
	case t.web != "":
		return shownTarget(t.web)
	}
	return t.link.Redacted
}

func paths(targets []modelTarget) (all []string) {
	for _, t := range targets {
		if t.path != "" {
			all = append(all, t.path)
		}
	}
	return all
}

var webAddress = regexp.MustCompile(`^https?://[^/?#]+`)

// targets reads what the arguments name. Nothing is sent.
func (m *models) targets(ctx context.Context, w World, args []string) ([]modelTarget, error) {
	var all []modelTarget
	if m.links.file != "" {
		links, err := m.links.links(ctx, w, nil, &m.store)
		if err != nil {
			return nil, err
		}
		all = linked(links)
	}
	for _, arg := range args {
		path, plain := strings.CutPrefix(arg, "dir:")
		if _, err := os.Stat(path); arg != "-" && (err == nil || plain || errors.Is(err, fs.ErrPermission)) {
			// A file comes before a case of the same name: caches of models name files by
			// their digests.
			all = append(all, modelTarget{path: path})
			continue
		}
		links, err := (&linkFlags{}).links(ctx, w, []string{arg}, &m.store)
		switch {
		case err == nil:
			all = append(all, linked(links)...)
		case arg == "-" || casePrefix.MatchString(arg):
			return nil, err
		case webAddress.MatchString(arg):
			all = append(all, modelTarget{web: arg})
		default:
			return nil, fmt.Errorf("read %s: no such file, and neither a URL nor a storage link", shownTarget(arg))
		}
	}
	return all, nil
}

func linked(links []overgrant.Link) []modelTarget {
	all := make([]modelTarget, len(links))
	for i, l := range links {
		all[i] = modelTarget{link: l}
	}
	return all
}

// open opens the reach of a link, or says in the gap why there is none.
func (l *loading) reach(ctx context.Context, link overgrant.Link) (cloud.Reach, *overgrant.Skipped, error) {
	gap := &overgrant.Skipped{Place: overgrant.Place{Path: link.Redacted}, Reason: "no service was asked"}
	reach, err := l.access.reach(link, cloud.Options{Client: l.client, Now: l.page.now})
	if errors.Is(err, errNoCloud) || errors.Is(err, cloud.ErrHost) || errors.Is(err, cloud.ErrIncomplete) {
		gap.Detail = err.Error()
		return nil, gap, nil
	}
	if err != nil {
		return nil, nil, err
	}
	proof, err := reach.Prove(ctx, cloud.Ask{})
	if err != nil {
		return nil, nil, fmt.Errorf("verify case %.12s: %w", link.ID, err)
	}
	if proof.State == overgrant.Dead {
		gap.Reason, gap.Detail = "the link is dead", strings.TrimSuffix(proof.Why, ".")
		return nil, gap, nil
	}
	return reach, nil, nil
}
