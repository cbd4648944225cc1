package cli

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/pipeline"
	"github.com/overgrant/overgrant/internal/source"
	"github.com/overgrant/overgrant/internal/wire"
	"github.com/overgrant/overgrant/model"
)

// loading is a run of the model command.
type loading struct {
	*models
	world   World
	page    *page
	client  *wire.ReadOnly
	folder  func(path string) source.Lister
	started time.Time
	meter   modelMeter
	turn    sync.Mutex // held by the one file at a time that takes much memory
}

// modelMeter counts what is done, for the progress display.
type modelMeter struct {
	files, size, read, dangerous, suspicious atomic.Int64
}

// suspect is a file that is to be looked into. Open gives its bytes; they are
// closed after.
type suspect struct {
	path string // as it is printed
	size int64
	open func(context.Context) (overgrant.Content, error)
}

// mostAtOnce is how many files are looked into at once where nothing else is
// said. Each may hold what model.Limits lets it.
const mostAtOnce = 8

// ahead is how many files may be done while an earlier one is not.
const ahead = 64

// all looks into all targets and ends the report.
func (l *loading) all(ctx context.Context, targets []modelTarget) error {
	names := make([]string, len(targets))
	for i, t := range targets {
		names[i] = t.String()
	}
	fault := l.page.put(overgrant.Message{Run: &overgrant.Run{
		Schema: "overgrant.events/1", Version: version(), Started: l.page.now, Targets: names, About: overgrant.AboutModels,
	}})
	if fault == nil {
		done := l.progress()
		fault = l.ordered(ctx, func(ctx context.Context, queue chan<- *turn) error {
			for _, t := range targets {
				if err := l.target(ctx, t, queue); err != nil {
					return err
				}
			}
			return nil
		})
		done()
	}
	sum := overgrant.Summary{
		Pieces: l.meter.files.Load(), Bytes: l.meter.read.Load(), Elapsed: l.world.Now().Sub(l.started), Partial: fault != nil,
	}
	fault = errors.Join(fault, l.page.put(overgrant.Message{Summary: &sum}))
	err := l.page.close()
	if fault != nil {
		return &exit{exitUsage, errors.Join(fault, errors.Unwrap(err))}
	}
	return err
}

// turn is a place in the order of the report: a file that is being looked into,
// or a gap.
type turn struct {
	suspect suspect
	told    chan overgrant.Message // one message, when it is known
}

// told returns a turn whose message is known.
func told(m overgrant.Message) *turn {
	t := &turn{told: make(chan overgrant.Message, 1)}
	t.told <- m
	return t
}

// ordered looks into the files that list sends, several at once, and puts what
// comes of them on the page in the order in which they were sent. It ends when
// list has, with its error or that of the page.
func (l *loading) ordered(ctx context.Context, list func(context.Context, chan<- *turn) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	sent, work, order := make(chan *turn), make(chan *turn), make(chan *turn, ahead)
	var busy sync.WaitGroup
	var listed error
	busy.Go(func() {
		defer close(sent)
		listed = list(ctx, sent)
	})
	busy.Go(func() { // each turn goes into the order, and those with a file to a worker
		defer close(order)
		defer close(work)
		for t := range sent {
			order <- t
			if t.suspect.open != nil {
				work <- t
			}
		}
	})
	for range l.workers() {
		busy.Go(func() {
			for t := range work {
				t.told <- l.look(ctx, t.suspect)
			}
		})
	}
	var fault error
	for t := range order {
		m := <-t.told
		if fault == nil && ctx.Err() == nil {
			if fault = l.page.put(m); fault != nil {
				cancel(fault)
			}
		}
	}
	busy.Wait()
	if fault != nil {
		return fault
	}
	if err := context.Cause(ctx); err != nil {
		return err
	}
	return listed
}

func (l *loading) workers() int {
	if l.jobs > 0 {
		return l.jobs
	}
	return min(runtime.GOMAXPROCS(0), mostAtOnce)
}

// send gives a turn its place, unless the run has ended.
func send(ctx context.Context, to chan<- *turn, t *turn) error {
	select {
	case to <- t:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// look looks into one file.
func (l *loading) look(ctx context.Context, s suspect) overgrant.Message {
	if ctx.Err() != nil {
		return overgrant.Message{}
	}
	opened, err := s.open(ctx)
	if err != nil {
		return unopenedModel(s, err)
	}
	defer opened.Close()
	content := &tallied{Content: opened}
	r, err := model.Scan(ctx, s.path, content, content.Size(), model.Limits{Turn: &l.turn})
	if err != nil && r.BytesRead == 0 {
		return unopenedModel(s, err)
	}
	r.BytesRead = content.distinct()
	if f, ok := opened.(interface{ Fetched() int64 }); ok {
		r.BytesRead = min(f.Fetched(), r.Size) // what the service was asked for, by the block
	}
	m := reported(&r, err)
	l.count(m)
	return overgrant.Message{Model: m}
}

func (l *loading) count(m *overgrant.Model) {
	l.meter.files.Add(1)
	l.meter.size.Add(m.Size)
	l.meter.read.Add(m.BytesRead)
	switch m.Verdict {
	case overgrant.ModelDangerous:
		l.meter.dangerous.Add(1)
	case overgrant.ModelSuspicious:
		l.meter.suspicious.Add(1)
	}
}

// unopenedModel tells of a file of which nothing could be read.
func unopenedModel(s suspect, err error) overgrant.Message {
	gap := &overgrant.Skipped{Place: overgrant.Place{Path: s.path}, Reason: "could not be read", Detail: pipeline.Redact(err.Error()), Bytes: s.size}
	var skip *source.Skip
	switch {
	case errors.Is(err, source.ErrChanged):
		gap.Reason, gap.Detail = source.ErrChanged.Error(), ""
	case errors.As(err, &skip):
		gap.Reason, gap.Detail = skip.Reason, skip.Detail
	}
	return overgrant.Message{Skipped: gap}
}

// reported turns a report into a message. What is quoted from the file may hold
// a link: it is redacted. err is why the file could not be read on, if it could
// not.
func reported(r *model.Report, err error) *overgrant.Model {
	m := &overgrant.Model{
		Schema: r.Schema, Path: r.Path, Format: r.Format, Verdict: string(r.Verdict), Size: r.Size, BytesRead: r.BytesRead,
		Findings: make([]overgrant.ModelFinding, len(r.Findings)), Globals: make([]string, len(r.Globals)), Unread: redacted(r.Unread),
	}
	_ = m.Severity.UnmarshalText([]byte(r.Severity)) // a word of the same list
	for i, f := range r.Findings {
		to := &m.Findings[i]
		*to = overgrant.ModelFinding{Rule: f.Rule, What: redacted(f.What), Why: redacted(f.Why), Offset: f.Offset, Opcode: f.Opcode, Member: redacted(f.Member)}
		_ = to.Severity.UnmarshalText([]byte(f.Severity))
	}
	for i, g := range r.Globals {
		m.Globals[i] = redacted(g)
	}
	for name, answer := range map[string]string{
		"torch_weights_only": r.LoadsUnder.TorchWeightsOnly, "keras_safe_mode": r.LoadsUnder.KerasSafeMode,
		"numpy_allow_pickle_false": r.LoadsUnder.NumpyAllowPickleFalse,
	} {
		if answer != "" {
			if m.LoadsUnder == nil {
				m.LoadsUnder = map[string]string{}
			}
			m.LoadsUnder[name] = redacted(answer)
		}
	}
	if err != nil && m.Unread == "" {
		m.Unread = pipeline.Redact(cause(err).Error())
	}
	if err != nil && m.Worst() < overgrant.Medium {
		m.Verdict = overgrant.ModelUnreadable
	}
	return m
}

// cause takes the name of the file off an error of model.Scan.
func cause(err error) error {
	if inner := errors.Unwrap(err); inner != nil {
		return inner
	}
	return err
}

// redacted takes links out of text from a file. Most text can hold none.
func redacted(s string) string {
	if len(s) < 20 || !strings.ContainsAny(s, "=+%") {
		return s
	}
	return pipeline.Redact(s)
}

// progress shows the run on a terminal until the returned function is called.
func (l *loading) progress() (done func()) {
	if l.quiet || !l.world.Terminal {
		return func() {}
	}
	return showLine(l.world, func(elapsed time.Duration) string { return loadingLine(&l.meter, elapsed) })
}

// loadingLine renders one reading.
func loadingLine(m *modelMeter, elapsed time.Duration) string {
	files := m.files.Load()
	line := fmt.Sprintf("%s files (%s/s), read %s of %s", count(files), count(int64(float64(files)/max(elapsed.Seconds(), 0.001))), size(m.read.Load()), size(m.size.Load()))
	if n := m.dangerous.Load(); n > 0 {
		line += fmt.Sprintf(", %s dangerous", count(n))
	}
	if n := m.suspicious.Load(); n > 0 {
		line += fmt.Sprintf(", %s suspicious", count(n))
	}
	return line
}
