package cli

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/report"
	"github.com/spf13/cobra"
)

func reportCommand(w World) *cobra.Command {
	o := &output{}
	c := &cobra.Command{
		Use:   "report FROM",
		Short: "Read events back and write any format",
		Long: `Read the events of an earlier run, written with --format events, and write them
in any other format. FROM is a file, or "-" for standard input.

Events hold no secrets, so links stay redacted.`,
		Example: `  overgrant scan --format events -o run.events .
  overgrant report --format html -o run.html run.events`,
		Args: one("give one FROM: a file of events, or - for standard input"),
		RunE: func(_ *cobra.Command, args []string) error { return rewrite(o, w, args[0]) },
	}
	o.flags(c)
	return c
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
