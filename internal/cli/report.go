package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/report"
	"github.com/overgrant/overgrant/internal/store"
	"github.com/spf13/cobra"
)

func reportCommand(w World) *cobra.Command {
	o := &output{}
	c := &cobra.Command{
		Use:   "report FROM",
		Short: "Read events or a store back and write any format",
		Long: `Read the events of an earlier run, written with --format events, or the cases of
a store, written with --save, and write them in any other format. FROM is a
file, or "-" for events on standard input.

Neither holds secrets, so links stay redacted.`,
		Example: `  overgrant scan --format events -o run.events .
  overgrant report --format html -o run.html run.events
  overgrant report --format html -o cases.html store.db`,
		Args: one("give one FROM: a file of events, a store, or - for events on standard input"),
		RunE: func(c *cobra.Command, args []string) error {
			if isStore(args[0]) {
				return retell(c.Context(), o, w, args[0])
			}
			return rewrite(o, w, args[0])
		},
	}
	o.flags(c)
	return c
}

// retell reads the cases of a store and writes them in the wanted format.
func retell(ctx context.Context, o *output, w World, from string) error {
	db, err := openStore(ctx, from, oldStore)
	if err != nil {
		return err
	}
	p, err := o.open(w, from)
	if err != nil {
		return errors.Join(err, db.Close())
	}
	r := &retold{page: p, store: db}
	if err := r.tell(ctx, db.IDs(ctx, store.Filter{})); err != nil {
		return errors.Join(err, p.drop(), db.Close())
	}
	return errors.Join(p.close(), db.Close())
}

// rewrite reads events from a file and writes them in the wanted format.
func rewrite(o *output, w World, from string) error {
	in := w.In
	if from != "-" {
		f, err := os.Open(from)
		if err != nil {
			return fmt.Errorf("open the events: %w", err)
		}
		defer f.Close()
		in = f
	}
	p, err := o.open(w, from)
	if err != nil {
		return err
	}
	if err := p.replay(in); err != nil {
		return err
	}
	return p.close()
}

// replay puts every message of an event stream on the page. What is damaged or
// missing in the stream is counted.
func (p *page) replay(in io.Reader) error {
	for m, err := range report.ReadEvents(in) {
		switch {
		case errors.Is(err, report.ErrCut):
			m = overgrant.Message{Skipped: &overgrant.Skipped{Reason: "events cut off", Detail: err.Error()}}
		case errors.Is(err, report.ErrLine):
			m = overgrant.Message{Skipped: &overgrant.Skipped{Reason: "damaged event", Detail: err.Error()}}
		case err != nil:
			return err
		}
		if err := p.put(m); err != nil {
			return &exit{exitUsage, err}
		}
	}
	return nil
}
