package model

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// piece is bytes to look into: the file itself or something inside it.
type piece struct {
	at    io.ReaderAt
	size  int64  // bytes; -1 where only reading to the end tells
	path  string // inside the file, for Finding.Member; empty for the file itself
	depth int    // containers around it
}

// scan is one Scan on its way.
type scan struct {
	ctx    context.Context
	lim    Limits
	root   *counted
	report Report
	all    []Format // All: by way of a field, for its formats call s.format

	opcodes  int64 // run so far
	unpacked int64 // bytes decompressed so far
	members  int
	dropped  int                 // findings beyond the limit
	globals  map[string]struct{} // of all pickles
	seen     map[findingKey]struct{}
	spare    [][]byte // blocks of streams that are done with
	turn     bool     // it holds Limits.Turn
}

type findingKey struct{ rule, what, member string }

func newScan(ctx context.Context, r io.ReaderAt, lim Limits) *scan {
	s := &scan{ctx: ctx, lim: lim, globals: map[string]struct{}{}, seen: map[findingKey]struct{}{}}
	s.root = &counted{ctx: ctx, r: r, left: lim.Read}
	s.report.Schema = Schema
	return s
}

// errBudget ends a read that a limit forbids.
var errBudget = errors.New("read: limit reached")

// errUnpacked is errBudget for what streams unpack to.
var errUnpacked = fmt.Errorf("it unpacks to more than may be read: %w", errBudget)

// counted is the file itself: it counts, and keeps the first error that is none
// of the file's making.
type counted struct {
	ctx  context.Context
	r    io.ReaderAt
	n    int64 // bytes asked
	left int64
	err  error
}

func (c *counted) ReadAt(b []byte, off int64) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	if c.left < int64(len(b)) {
		return 0, errBudget
	}
	n, err := c.r.ReadAt(b, off)
	c.n += int64(n)
	c.left -= int64(n)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) && c.err == nil {
		c.err = fmt.Errorf("read at %d: %w", off, err)
	}
	return n, err
}

// heavy waits for the turn of a scan that takes more than a few MiB of memory.
func (s *scan) heavy() {
	if s.lim.Turn != nil && !s.turn {
		s.lim.Turn.Lock()
		s.turn = true
	}
}

// large waits for the turn of a scan that may hold as much as the piece is
// long.
func (s *scan) large(p piece) {
	const most = 256 << 10
	if p.size < 0 || p.size > most {
		s.heavy()
	}
}

// light gives the turn back.
func (s *scan) light() {
	if s.turn {
		s.lim.Turn.Unlock()
		s.turn = false
	}
}

// find records a finding, each but once.
func (s *scan) find(p piece, f Finding) {
	if f.Member == "" {
		f.Member = p.path
	}
	key := findingKey{f.Rule, f.What, f.Member}
	if _, ok := s.seen[key]; ok {
		return
	}
	if len(s.report.Findings) >= s.lim.Findings {
		s.dropped++
		s.keepWorst(f)
		return
	}
	s.seen[key] = struct{}{}
	s.report.Findings = append(s.report.Findings, f)
}

// keepWorst gives f the place of a milder finding.
func (s *scan) keepWorst(f Finding) {
	i := len(s.report.Findings) - 1
	if i >= 0 && s.report.Findings[i].Severity.rank() < f.Severity.rank() {
		s.report.Findings[i] = f
	}
}

// unread records why part of p was not read.
func (s *scan) unread(p piece, why string) {
	if s.report.Unread != "" {
		return
	}
	if p.path != "" {
		why = p.path + ": " + why
	}
	s.report.Unread = why
}

// name sets the format of the report, which is that of the file itself.
func (s *scan) name(p piece, format string) {
	if p.depth == 0 {
		s.report.Format = format
	}
}

// format decides what p is and reads it. It reports whether p was a model or a
// container.
func (s *scan) format(p piece) bool {
	if s.ctx.Err() != nil {
		return false
	}
	if p.depth > s.lim.Depth {
		s.unread(p, "containers nested too deep")
		return true
	}
	head := readUpTo(p.at, 0, headSize)
	for i := range s.all {
		f := &s.all[i]
		if f.head != nil && f.head(head) && f.scan(s, p) {
			s.polyglot(p, head)
			s.name(p, cmp.Or(s.report.Format, f.Name))
			return true
		}
	}
	var tail []byte
	if p.size > 0 {
		tail = readUpTo(p.at, max(0, p.size-tailSize), tailSize)
	}
	for i := range s.all {
		f := &s.all[i]
		if f.tail != nil && tail != nil && f.tail(head, tail) || f.look != nil && f.look(s, p) {
			if f.scan(s, p) {
				s.name(p, cmp.Or(s.report.Format, f.Name))
				return true
			}
		}
	}
	return false
}

// readUpTo reads n bytes at off, or all there are. It takes memory for many only
// where there are many.
func readUpTo(r io.ReaderAt, off int64, n int) []byte {
	if sized, ok := r.(interface{ Size() int64 }); ok {
		n = int(min(int64(n), max(0, sized.Size()-off)))
	}
	first := min(n, windowLeast)
	b := make([]byte, first)
	got, _ := r.ReadAt(b, off)
	if got < first || n == first {
		return b[:max(got, 0)]
	}
	all := make([]byte, n)
	copy(all, b)
	got, _ = r.ReadAt(all[first:], off+int64(first))
	return all[:first+max(got, 0)]
}

// done turns what was told into a verdict.
func (s *scan) done() (Report, error) {
	r := &s.report
	r.BytesRead = s.root.n
	for g := range s.globals {
		r.Globals = append(r.Globals, g)
	}
	slices.Sort(r.Globals)
	slices.SortStableFunc(r.Findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(b.Severity.rank(), a.Severity.rank()), strings.Compare(a.Member, b.Member), cmp.Compare(a.Offset, b.Offset))
	})
	if s.dropped > 0 {
		r.Findings = append(r.Findings, Finding{Rule: "more", What: fmt.Sprintf("%d findings more", s.dropped), Why: "only so many are kept", Severity: Info})
	}
	r.Severity = Info
	if len(r.Findings) > 0 {
		r.Severity = r.Findings[0].Severity
	}
	if r.Unread == "" && s.root.left <= 0 {
		r.Unread = "more bytes than may be read"
	}
	r.Verdict = s.verdict()
	if err := s.ctx.Err(); err != nil {
		return *r, fmt.Errorf("scan %s: %w", r.Path, err)
	}
	if s.root.err != nil {
		return *r, fmt.Errorf("scan %s: %w", r.Path, s.root.err)
	}
	return *r, nil
}

func (s *scan) verdict() Verdict {
	r := &s.report
	switch rank := r.Severity.rank(); {
	case rank >= High.rank():
		return Dangerous
	case rank >= Medium.rank():
		return Suspicious
	case r.Unread != "" || s.ctx.Err() != nil || s.root.err != nil:
		return Unreadable
	case r.Format == "":
		return NotAModel
	case rank >= Low.rank():
		return UnsafeFormat
	}
	return Clean
}
