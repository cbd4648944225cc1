package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/report"
	"github.com/spf13/cobra"
)

// output holds the flags that all commands with results share.
type output struct {
	format string
	file   string
	failOn string
	all    bool
	reveal bool
	at     string
}

func (o *output) flags(c *cobra.Command) {
	f := c.Flags()
	f.StringVarP(&o.format, "format", "f", "text", "one of "+report.Names())
	f.StringVarP(&o.file, "output", "o", "", "write the result to `FILE` instead of stdout")
	f.StringVar(&o.failOn, "fail-on", "medium", "exit with 1 if a case is at least this bad: info, low, medium, high, critical")
	f.BoolVar(&o.all, "all", false, "print placeholders, emulator keys and published examples too")
	f.BoolVar(&o.reveal, "reveal", false, "print links whole, secrets included")
	f.StringVar(&o.at, "at", "", "judge as of this `TIME` (RFC 3339) instead of now")
	_ = c.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(strings.Split(report.Names(), ", "), cobra.ShellCompDirectiveNoFileComp))
	_ = c.RegisterFlagCompletionFunc("fail-on", cobra.FixedCompletions([]string{"info", "low", "medium", "high", "critical"}, cobra.ShellCompDirectiveNoFileComp))
}

// now returns the moment as of which to judge.
func (o *output) now(w World) (time.Time, error) {
	if o.at == "" {
		return w.Now().UTC(), nil
	}
	t, err := time.Parse(time.RFC3339, o.at)
	if err != nil {
		return t, fmt.Errorf("read --at %q: want a time like 2026-01-31T12:00:00Z", o.at)
	}
	return t.UTC(), nil
}

// page is where a result is written: a report over stdout or a file, and the
// cases folded beside it for the exit code.
type page struct {
	report.Report
	cases   overgrant.Cases
	options report.Options
	failOn  overgrant.Severity
	now     time.Time
	out     io.Writer
	file    *os.File           // behind out; nil for stdout
	summary report.Report      // on stderr, beside a format that has none; may be nil
	used    overgrant.Severity // of the worst token in logs
	logged  bool               // logs were read
	blind   bool               // and held no record at all, so that they say nothing
}

// open makes the report. The caller closes it. The output is none of the files
// that are read, which would be empty by then.
func (o *output) open(w World, reads ...string) (*page, error) {
	p := &page{}
	var err error
	if p.now, err = o.now(w); err != nil {
		return nil, err
	}
	if err := p.failOn.UnmarshalText([]byte(o.failOn)); err != nil {
		return nil, fmt.Errorf("read --fail-on: %w", err)
	}
	if err := o.apart(reads); err != nil {
		return nil, err
	}
	opts := report.Options{Now: p.now, All: o.all, Version: version(), FailOn: p.failOn}
	if _, err = report.New(o.format, io.Discard, opts); err != nil { // before a file is emptied for it
		return nil, err
	}
	p.out = w.Out
	if o.file == "" {
		opts.Color, opts.Width = w.Colour, w.Width
	} else if p.file, err = os.OpenFile(o.file, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600); err != nil {
		return nil, fmt.Errorf("open the output: %w", err)
	} else {
		p.out = p.file
	}
	if o.reveal {
		opts.Reveal = reveal
	}
	p.options = opts
	if p.Report, err = report.New(o.format, p.out, opts); err != nil {
		return nil, err
	}
	if o.format != "text" || o.file != "" {
		p.summary = report.NewSummary(w.Err, report.Options{Now: p.now, Color: w.Colour && w.Terminal})
	}
	return p, nil
}

// apart fails if the output is one of the files that are read.
func (o *output) apart(reads []string) error {
	out, err := os.Stat(o.file)
	if err != nil || !out.Mode().IsRegular() {
		return nil
	}
	for _, name := range reads {
		if in, err := os.Stat(name); err == nil && os.SameFile(in, out) {
			return fmt.Errorf("open the output: %s is read itself; give -o another file", o.file)
		}
	}
	return nil
}

// put is the sink of a run. The exit code does not depend on sightings, of
// which there may be very many.
func (p *page) put(m overgrant.Message) error {
	if m.Seen == nil {
		p.cases.Add(m)
	}
	if m.Used != nil {
		p.used = max(p.used, m.Used.Worst())
	}
	p.logged = p.logged || m.Logged != nil
	p.blind = p.blind || m.Logged != nil && m.Logged.Records == 0
	if p.summary != nil {
		if err := p.summary.Add(m); err != nil {
			return err
		}
	}
	return p.Add(m)
}

// close ends the report and returns the exit of the command.
func (p *page) close() error {
	err := p.Close()
	if p.summary != nil {
		err = errors.Join(err, p.summary.Close())
	}
	if p.file != nil {
		err = errors.Join(err, p.file.Close())
	}
	if err != nil {
		return &exit{exitUsage, fmt.Errorf("write the result: %w", err)}
	}
	for _, c := range p.cases.Sorted(p.now) {
		if !c.Hidden() && !c.Status.Quiet() && c.Worst() >= p.failOn && c.Worst() > overgrant.None {
			return &exit{code: exitFound}
		}
	}
	if p.cases.Loading >= p.failOn && p.cases.Loading > overgrant.None {
		return &exit{code: exitFound}
	}
	if p.logged && p.used >= p.failOn && p.used > overgrant.None {
		return &exit{code: exitFound}
	}
	if p.cases.Gaps > 0 || p.blind {
		return &exit{code: exitPartial}
	}
	return nil
}

// drop lets the output go without a result.
func (p *page) drop() error {
	if p.file == nil {
		return nil
	}
	return p.file.Close()
}
