package cli

import (
	"errors"
	"fmt"
	"io"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/find"
	"github.com/overgrant/overgrant/internal/judge"
	"github.com/overgrant/overgrant/internal/report"
	"github.com/spf13/cobra"
)

// explainLimit bounds the text in which the links to explain are looked for, in
// bytes.
const explainLimit = 16 << 20

type explain struct {
	output
	links linkFlags
}

func explainCommand(w World) *cobra.Command {
	e := &explain{}
	c := &cobra.Command{
		Use:   "explain LINK | - | --file FILE",
		Short: "Print everything that can be read from one link offline",
		Long: `Print the whole sheet of a link: what it opens, every parameter, each right, how
long, who signed it, how to take it back and what else dies, why it is judged as
it is, and what cannot be known offline.

Give the link as an argument, on standard input with "-" (it then stays out of
the shell's history), or in a file. Text around the link is used as scan does:
a bare token is joined with the host or account that stands near it.`,
		Example: `  xclip -o | overgrant explain -
  overgrant explain --file connection-string.txt --format json`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return errors.New("give one LINK, in quotes; several on standard input with -")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error { return e.run(w, args) },
	}
	e.flags(c)
	e.links.flags(c)
	return c
}

func (e *explain) run(w World, args []string) error {
	text, err := e.links.text(w, args)
	if err != nil {
		return err
	}
	now, err := e.now(w)
	if err != nil {
		return err
	}
	config, err := readPolicy(e.links.policy, now)
	if err != nil {
		return err
	}
	hits := find.New(find.Options{}).Text(text)
	if len(hits) == 0 {
		return errors.New("no storage link in this text; give the whole link or connection string, in quotes: its signature or key must be part of it")
	}
	e.all = true
	p, err := e.open(w, e.links.file)
	if err != nil {
		return err
	}
	var cases overgrant.Cases
	for _, h := range hits {
		v := judge.Judge(h.Link.Grant, now, config.Policy)
		for _, m := range []overgrant.Message{
			{Found: &overgrant.Found{Link: h.Link}},
			{Judged: &overgrant.Judged{ID: h.Link.ID, Status: h.Link.Grant.Status(now), Verdict: v}},
		} {
			cases.Add(m)
			if err := p.put(m); err != nil {
				return &exit{exitUsage, err}
			}
		}
	}
	if err := p.put(overgrant.Message{Summary: &overgrant.Summary{Pieces: 1, Bytes: int64(len(text))}}); err != nil {
		return &exit{exitUsage, err}
	}
	sorted := cases.Sorted(now)
	if e.format != "text" {
		return p.close()
	}
	return p.sheets(sorted)
}

// sheets prints the sheet of each case in place of a report.
func (p *page) sheets(cases []*overgrant.Case) error {
	for i, c := range cases {
		if i > 0 {
			fmt.Fprintln(p.out)
		}
		if err := report.Sheet(p.out, c, p.options); err != nil {
			return &exit{exitUsage, err}
		}
		if c.Status.Quiet() {
			continue // it is not reported: there is nothing to suppress
		}
		fmt.Fprintf(p.out, "\nTo leave it as it is for a while, add to .overgrant.yaml:\n\n%s",
			judge.Suggest(judge.Standing{ID: c.Link.ID}, p.now))
	}
	p.Report = report.NewSummary(io.Discard, p.options)
	return p.close()
}
