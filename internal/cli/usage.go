package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/cloud"
	"github.com/overgrant/overgrant/internal/judge"
	"github.com/overgrant/overgrant/internal/usage"
	"github.com/overgrant/overgrant/internal/wire"
	"github.com/spf13/cobra"
)

// uses holds the flags of the usage command.
type uses struct {
	output
	links  linkFlags
	access access
	store  storeFlags

	caseID    string
	published string
	quiet     bool
}

func usageCommand(w World) *cobra.Command {
	u := &uses{}
	c := &cobra.Command{
		Use:   "usage LOGS... | - | LINK | CASE",
		Short: "From storage logs: which links were used, by whom, for what",
		Long: `Read the logs of storage accounts and tell every shared access signature in use:
what it grants and whether that is too much, which key signed it, who used it
from where, for what, how much was read and written, and what failed. Nobody has
to have seen a link leaked: the log keeps all of it but the signature.

LOGS are files or folders, packed with gzip or zstd or not, in any mix of
  resource logs     as exported to a container or to Event Hubs (JSON)
  Log Analytics     StorageBlobLogs, -File-, -Queue-, -TableLogs (CSV, JSON)
  Storage Analytics $logs, versions 1.0 and 2.0
A storage LINK, or a CASE of the store, names where logs are kept: the container
that it opens, or $logs and insights-logs-storage... of its account. A request
that was exported twice counts once.

Each token is looked up among the cases and in the ledger of the store, if there
is one: known, ours, or unknown to us. Those unknown and too wide come first.

  --case ID    tell the use of one case in detail: by day, who came from outside
               the addresses and programs seen before it was published, what was
               read, written and deleted, and what the logs cannot tell`,
		Example: `  overgrant usage logs/
  zcat PT1H.json.gz | overgrant usage --format jsonl -
  overgrant usage --case 9f8e12 --published 2020-07-20T00:00:00Z logs/
  xclip -o | overgrant usage --format html -o usage.html --file logs-link.txt`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 && u.links.file == "" {
				return errors.New("give LOGS: files, folders, - for standard input, or a storage LINK in quotes that opens them")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return u.run(c.Context(), w, args) },
	}
	u.flags(c)
	u.links.flags(c)
	u.access.flags(c)
	u.store.flags(c)
	f := c.Flags()
	f.Lookup("fail-on").Usage = "exit with 1 if a token in use is at least this bad: info, low, medium, high, critical"
	f.Lookup("all").Usage = "list every token, not only the first, and requests without a signature"
	f.Lookup("reveal").Hidden = true // logs hold no links, and what leaks in them is not printed
	f.StringVar(&u.caseID, "case", "", "tell the use of the case whose id begins with `ID` in detail")
	f.BoolVarP(&u.quiet, "quiet", "q", false, "no progress on the terminal")
	f.StringVar(&u.published, "published", "", "the link of the case was published at `TIME` (RFC 3339; default its first sighting)")
	return c
}

func (u *uses) run(ctx context.Context, w World, args []string) (fault error) {
	targets, err := u.targets(ctx, w, args)
	if err != nil {
		return err
	}
	now, err := u.now(w)
	if err != nil {
		return err
	}
	config, err := readPolicy(u.links.policy, now)
	if err != nil {
		return err
	}
	known, err := u.known(ctx, w)
	if err != nil {
		return err
	}
	opt := usage.Options{Known: known.cases, Ledger: known.ledger, Case: known.id, Published: known.published}
	opt.Judge = func(g overgrant.Grant) (overgrant.Status, overgrant.Verdict) {
		return g.Status(now), judge.Judge(g, now, config.Policy)
	}
	salt := randomSalt()
	for _, b := range salt {
		opt.Salt = opt.Salt<<8 | uint64(b)
	}
	if w.Getenv("GOGC") == "" {
		// Most of the heap is tables without pointers, and hardly any is given up.
		defer debug.SetGCPercent(debug.SetGCPercent(garbage))
	}
	page, err := u.open(w, paths(targets)...)
	if err != nil {
		return err
	}
	saved, err := u.store.open(ctx, w)
	if err != nil {
		return errors.Join(err, page.drop())
	}
	r := &logReading{uses: u, world: w, page: page, put: saved.before(page.put), now: now, started: w.Now(), run: runID(salt)}
	opt.Skipped = func(s overgrant.Skipped) error { return r.put(overgrant.Message{Skipped: &s}) }
	opt.Meter = &r.meter
	r.census = usage.New(opt)
	defer func() {
		if err := errors.Join(u.access.close(), saved.close()); err != nil {
			fault = errors.Join(fault, &exit{exitUsage, err})
		}
	}()
	return r.all(ctx, targets)
}

// targets reads what the arguments name. Nothing is sent.
func (u *uses) targets(ctx context.Context, w World, args []string) ([]modelTarget, error) {
	var all []modelTarget
	if u.links.file != "" {
		links, err := u.links.links(ctx, w, nil, &u.store)
		if err != nil {
			return nil, err
		}
		all = linked(links)
	}
	for _, a := range args {
		if a == "-" {
			all = append(all, modelTarget{path: a})
			continue
		}
		if _, err := os.Stat(a); err == nil {
			all = append(all, modelTarget{path: a})
			continue
		}
		from := linkFlags{}
		links, err := from.links(ctx, w, []string{a}, &u.store)
		if err != nil {
			return nil, fmt.Errorf("read %q: neither a file, a folder nor a link that opens logs: %w", shownTarget(a), err)
		}
		all = append(all, linked(links)...)
	}
	return all, nil
}

// logReading is a run of the command.
type logReading struct {
	*uses
	world   World
	page    *page
	put     overgrant.Sink
	census  *usage.Census
	meter   usage.Meter
	now     time.Time
	started time.Time
	run     string
	pieces  int64
}

// all reads the targets and puts what they tell on the page.
func (r *logReading) all(ctx context.Context, targets []modelTarget) error {
	run := &overgrant.Run{Schema: "overgrant.events/1", Version: version(), Started: r.now}
	for _, t := range targets {
		run.Targets = append(run.Targets, t.String())
	}
	err := r.put(overgrant.Message{Run: run})
	done := r.progress()
	for _, t := range targets {
		if err == nil {
			err = r.read(ctx, t)
		}
	}
	done()
	stopped := ctx.Err()
	if err != nil && stopped == nil {
		return &exit{exitUsage, errors.Join(err, r.page.drop())}
	}
	if err := r.tell(stopped != nil); err != nil {
		return &exit{exitUsage, err}
	}
	err = r.page.close()
	if stopped != nil {
		return &exit{exitUsage, errors.Join(stopped, errors.Unwrap(err))}
	}
	return err
}

// read counts the logs of one target.
func (r *logReading) read(ctx context.Context, t modelTarget) error {
	r.pieces++
	switch {
	case t.path == "-":
		return r.census.Read(ctx, overgrant.Place{Source: "stdin", Path: "-"}, r.world.In)
	case t.path != "":
		return r.census.Source(ctx, folder(t.path))
	}
	client, err := r.access.client(r.world, r.run, wire.Probes{})
	if err != nil {
		return err
	}
	defer client.Close()
	reach, err := r.access.reach(t.link, cloud.Options{Client: client, Now: r.now})
	if err != nil {
		return err
	}
	return r.census.Containers(ctx, reach)
}

// tell puts the result on the page.
func (r *logReading) tell(cut bool) error {
	for u := range r.census.Used() {
		if err := r.put(overgrant.Message{Used: &u}); err != nil {
			return err
		}
	}
	if t := r.census.Trail(); t != nil {
		if err := r.put(overgrant.Message{Trail: t}); err != nil {
			return err
		}
	}
	logged := r.census.Logged()
	if err := r.put(overgrant.Message{Logged: &logged}); err != nil {
		return err
	}
	sum := overgrant.Summary{Pieces: r.pieces, Bytes: logged.Bytes, Elapsed: r.world.Now().Sub(r.started), Partial: cut}
	return r.put(overgrant.Message{Summary: &sum})
}
