// Package report writes what comes out of a run: messages in, a format out.
//
// Most formats fold all messages into cases and print them when they are
// closed; "events" writes each message as it comes, and [ReadEvents] reads such
// a stream back. Whatever is printed comes from hostile files: control
// characters, terminal escapes and formulas are made harmless in every format.
//
// The package does not judge, does not count exit codes and does not decide
// what is a link. It never prints a secret unless [Options].Reveal is given.
package report

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"github.com/overgrant/overgrant"
)

// Options says how a report is written. The zero value is a plain text report,
// 80 columns wide, of the cases that matter.
type Options struct {
	Now     time.Time          // moment up to which exposure and validity are told; zero takes the start of the run
	All     bool               // print the quiet statuses too: placeholders, emulator keys, published examples, malformed links
	Color   bool               // text: colour it with terminal escapes
	Width   int                // text: columns; 0 means 80
	FailOn  overgrant.Severity // cases at least this bad are failures; zero means medium
	Version string             // of overgrant, for formats that name the program; empty takes the run's

	// Reveal gives the text of a secret, so that links are printed whole. Nil
	// keeps them redacted. Links that were read back from events stay redacted.
	Reveal func(overgrant.Secret) string
}

// Report takes the messages of a run. Add may be called by several goroutines
// at once. Close prints what is left to print; it does not close the writer.
type Report interface {
	Add(overgrant.Message) error
	Close() error
}

// Format is one way to write a run.
type Format struct {
	Name string // the word of --format
	Doc  string // Markdown, for doc/formats.md; its first sentence stands alone

	write func(w *bufio.Writer, o *outcome) error // prints a folded run
	open  func(w io.Writer, o Options) Report     // for formats that write as they go; nil for all others
	model func(w *bufio.Writer, m row) error      // writes a model as it comes; nil for formats that gather them
	token func(w *bufio.Writer, u usedRow) error  // writes a token of storage logs as it comes, likewise
	lean  bool                                    // prints no sightings, areas, finds and models, so none are kept
}

// row is a model that is written as it comes.
type row struct {
	*overgrant.Model
	before int // models that were written before it
}

// usedRow is a token that is written as it comes.
type usedRow struct {
	*overgrant.Used
	before int // models and tokens that were written before it
}

// New returns a report that writes the named format to w. It fails if there is
// no such format.
func New(format string, w io.Writer, o Options) (Report, error) {
	i := slices.IndexFunc(All, func(f Format) bool { return f.Name == format })
	if i < 0 {
		return nil, fmt.Errorf("write report: no format %q; want one of %s", format, Names())
	}
	return All[i].start(w, o), nil
}

// NewSummary returns a report that prints nothing but the closing lines of the
// text format: for a second stream beside a format that has no summary.
func NewSummary(w io.Writer, o Options) Report {
	return Format{write: writeSummary, lean: true}.start(w, o)
}

func (f Format) start(w io.Writer, o Options) Report {
	if f.open != nil {
		return f.open(w, o)
	}
	r := &folding{format: f, options: o, out: bufio.NewWriterSize(w, 64<<10)}
	r.fold.lean = f.lean || f.model != nil
	r.logs.tokens = f.tokens(o)
	return r
}

// folding is a report that prints at its end.
type folding struct {
	format  Format
	options Options

	mu      sync.Mutex
	fold    fold
	logs    logs
	out     *bufio.Writer
	written int  // models and tokens, by a format that writes them as they come
	found   bool // links were found: tokens are told with the cases
}

func (r *folding) Add(m overgrant.Message) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.format.lean {
		if m.Seen != nil {
			return nil
		}
		m = lean(m)
	}
	r.fold.add(m)
	r.logs.add(m)
	if err := r.stream(m); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

// stream writes a model or a token, in a format that writes them as they come.
func (r *folding) stream(m overgrant.Message) error {
	var err error
	switch {
	case m.Model != nil && r.format.model != nil && shownModel(m.Model, r.options):
		err = r.format.model(r.out, row{sane(m).Model, r.written})
	case m.Found != nil:
		r.found = true
		return nil
	case m.Used != nil && r.format.token != nil && !r.found:
		err = r.format.token(r.out, usedRow{saneUsed(m.Used), r.written})
	default:
		return nil
	}
	r.written++
	return err
}

// lean leaves out of a measurement what only a page would show.
func lean(m overgrant.Message) overgrant.Message {
	if m.Measured == nil {
		return m
	}
	s := *m.Measured
	s.Finds, s.Exposure.Areas, s.Exposure.Months = nil, nil, nil
	m.Measured = &s
	return m
}

func (r *folding) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	o := r.fold.outcome(r.options)
	o.streamed = r.written
	write := r.format.write
	if r.logs.told() && !anyFound(o.cases) {
		write = r.logs.writer(r.format.Name)
	}
	if err := write(r.out, o); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	if err := r.out.Flush(); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}
