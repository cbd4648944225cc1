package manifest

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"sync"
	"sync/atomic"
)

// Reading says which files are read to compare them.
type Reading int

// What is read.
const (
	ReadAll     Reading = iota // every file that may be what was signed
	ReadOpen                   // those that the listing leaves open
	ReadNothing                // none
)

// Unsigned says what of files that were not signed.
type Unsigned int

// What of them.
const (
	RefuseUnsigned   Unsigned = iota // they are Added
	TolerateUnsigned                 // they are left out
)

// Journal remembers which resources were found to be what was signed, so that a
// comparison that was ended goes on where it was. It is used by several
// goroutines at once. The tag names the bytes: with another tag they are read
// again.
type Journal interface {
	Has(name, tag string) bool
	Add(name, tag string) error
}

// CompareOptions says how a model is compared. The zero value reads every byte.
type CompareOptions struct {
	Read     Reading
	Unsigned Unsigned
	Ignored  []string    // paths that are left out, beside those that the manifest leaves out
	Share    float64     // of the resources that are read, at random, above 0 and below 1; 0 means all
	Seed     [16]byte    // of the choice; whoever knows it knows what is not read
	Workers  int         // parts of files that are read at once; 0 means one for each processor
	Findings int         // that are kept; others are counted. 0 means 100,000
	Journal  Journal     // may be nil
	Told     func(n int) // of bytes that were read, by several goroutines at once; may be nil
}

const defaultFindings = 100_000

// Compare tells which files of a model are no longer what was signed. What cannot
// be read is told, and ends nothing; an error of files does.
func Compare(ctx context.Context, m *Manifest, files iter.Seq2[File, error], opt CompareOptions) (*Report, error) {
	c := &comparison{m: m, opt: opt, at: make(map[string]int32, len(m.Resources)), next: make([]int32, len(m.Resources))}
	c.index()
	if c.samples() {
		c.least = c.leastOf()
	}
	told := func(n int) {
		c.bytes.Add(int64(n))
		if opt.Told != nil {
			opt.Told(n)
		}
	}
	c.crew = hire(ctx, opt.Workers, told)
	err := c.all(files)
	if err := errors.Join(err, c.crew.done()); err != nil {
		return nil, firstOf(err)
	}
	return c.report(), nil
}

// comparison is a model on its way to a report.
type comparison struct {
	*crew
	m     *Manifest
	opt   CompareOptions
	at    map[string]int32 // entry of a path
	next  []int32          // the next resource of the same file; -1 behind the last
	bytes atomic.Int64
	least int32 // the resource that a sample has in any case

	mu      sync.Mutex
	entries []entry
	added   []Finding
	extra   int // added files that are counted only
}

// entry is a file that was signed.
type entry struct {
	first  int32 // resource
	left   int32 // resources that are still read
	state  State // "" until the file is met
	why    string
	signed Noted
	now    *Noted
	kept   *Noted
}

// index finds the resources of each file.
func (c *comparison) index() {
	for i := len(c.m.Resources) - 1; i >= 0; i-- {
		r := &c.m.Resources[i]
		c.next[i] = -1
		e, met := c.at[r.Path]
		if !met {
			e = int32(len(c.entries))
			c.at[r.Path] = e
			c.entries = append(c.entries, entry{first: -1, signed: Noted{Size: -1}})
		}
		f := &c.entries[e]
		c.next[i], f.first = f.first, int32(i)
		if r.Noted != nil {
			size := f.signed.Size
			f.signed = *r.Noted
			f.signed.Size = max(size, f.signed.Size)
		}
		f.signed.Size = max(f.signed.Size, r.End) // shards tell how large a file was
	}
}

func (c *comparison) all(files iter.Seq2[File, error]) error {
	alone := len(c.m.Resources) == 1 && c.m.Resources[0].Path == "."
	for f, err := range files {
		if err != nil {
			return err
		}
		if alone && !f.Past { // a model that is one file, as older bundles have it
			f.Path, alone = ".", false
		}
		if f.Path != "." {
			clean, err := CleanPath(f.Path)
			if err != nil {
				c.extraFile(f, "its name cannot be signed")
				continue
			}
			f.Path = clean
		}
		if Ignores(c.m.Ignored, f.Path) || Ignores(c.opt.Ignored, f.Path) {
			continue
		}
		if err := c.file(f); err != nil {
			return err
		}
	}
	return nil
}

func (c *comparison) file(f File) error {
	at, signed := c.at[f.Path]
	switch {
	case !signed && f.Past:
		return nil
	case !signed && f.Odd != nil:
		c.extraFile(f, f.Odd.Error())
		return nil
	case !signed && c.m.ShardSize > 0 && f.Noted.Size == 0:
		return nil // a manifest of shards has no empty files
	case !signed:
		c.extraFile(f, "it was not signed")
		return nil
	}
	e := &c.entries[at]
	if f.Past {
		c.past(e, f)
		return nil
	}
	if e.now != nil {
		c.set(e, Changed, "there are two files of this name")
		return nil
	}
	state, why := listed(&e.signed, f.Noted)
	if f.Odd != nil {
		state, why = Changed, f.Odd.Error()
	}
	c.mu.Lock()
	e.now, e.state, e.why = &f.Noted, state, why
	c.mu.Unlock()
	if state == Changed || c.opt.Read == ReadNothing || c.opt.Read == ReadOpen && state != Unproven {
		return nil
	}
	return c.read(e, f)
}

// past looks whether an earlier version has what was signed. The latest of them
// is told.
func (c *comparison) past(e *entry, f File) {
	if !keeps(&e.signed, f.Noted) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if e.kept == nil || e.kept.Modified.Before(f.Noted.Modified) {
		e.kept = &f.Noted
	}
}

func (c *comparison) extraFile(f File, why string) {
	if c.opt.Unsigned == TolerateUnsigned || f.Past {
		return
	}
	if len(c.added) >= cmp.Or(c.opt.Findings, defaultFindings) {
		c.extra++
		return
	}
	c.added = append(c.added, Finding{Path: f.Path, State: Added, Why: why, Now: &f.Noted})
}

// set puts down how a file stands. What was found to differ stays so.
func (c *comparison) set(e *entry, s State, why string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.setLocked(e, s, why)
}

func (c *comparison) setLocked(e *entry, s State, why string) {
	switch {
	case e.state == Changed:
	case e.state == Unread && s != Changed:
	case e.state == Sampled && s == Same:
	default:
		e.state, e.why = s, why
	}
}

// read hands out the reading of a file, in several jobs where it has many shards.
func (c *comparison) read(e *entry, f File) error {
	var chosen []int32
	all := true
	for i := e.first; i >= 0; i = c.next[i] {
		if c.chosen(i) {
			chosen = append(chosen, i)
		} else {
			all = false
		}
	}
	if len(chosen) == 0 {
		return nil
	}
	l := look{e, f, Same}
	if !all {
		l.outcome = Sampled
	}
	e.left = int32(len(chosen))
	per := 1
	if c.m.ShardSize > 0 {
		per = int(max(1, min(stride/c.m.ShardSize, math.MaxInt32)))
	}
	for len(chosen) > 0 {
		n := min(per, len(chosen))
		part := chosen[:n]
		chosen = chosen[n:]
		if err := c.do(func(r *reading) error { return c.parts(r, l, part) }); err != nil {
			return err
		}
	}
	return nil
}

// samples reports whether a share is read only.
func (c *comparison) samples() bool {
	return c.opt.Share > 0 && c.opt.Share < 1 && c.opt.Read != ReadNothing
}

// chosen reports whether a resource is among those that are read.
func (c *comparison) chosen(i int32) bool {
	return !c.samples() || i == c.least || c.lot(i) < c.opt.Share
}

// lot draws a number from 0 to 1 for a resource. It is the same for the same seed.
func (c *comparison) lot(i int32) float64 {
	seed := c.opt.Seed[:len(c.opt.Seed):len(c.opt.Seed)]
	sum := sha256.Sum256(append(seed, c.m.Resources[i].Name()...))
	return float64(binary.BigEndian.Uint64(sum[:])) / math.MaxUint64
}

// leastOf returns the resource with the lowest lot: one is read, however small
// the share.
func (c *comparison) leastOf() (least int32) {
	lowest := math.Inf(1)
	for i := range c.m.Resources {
		if n := c.lot(int32(i)); n < lowest {
			least, lowest = int32(i), n
		}
	}
	return least
}

// look is a file that is read to tell what it is.
type look struct {
	e       *entry
	f       File
	outcome State // if nothing differs
}

// parts reads some resources of a file.
func (c *comparison) parts(r *reading, l look, part []int32) error {
	opened, err := c.opened(l)
	if err != nil {
		return c.ctx.Err()
	}
	defer opened.Close()
	for _, i := range part {
		if err := c.part(r, opened, l, c.m.Resources[i]); err != nil {
			return err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if l.e.left -= int32(len(part)); l.e.left == 0 {
		c.setLocked(l.e, l.outcome, "")
	}
	return nil
}

func (c *comparison) opened(l look) (Content, error) {
	opened, err := l.f.Open(c.ctx)
	if err != nil {
		c.set(l.e, Unread, err.Error())
		return nil, err
	}
	if l.e.signed.Size >= 0 && opened.Size() != l.e.signed.Size {
		c.set(l.e, Changed, "it has another size")
		return nil, errors.Join(errGrew, opened.Close())
	}
	return opened, nil
}

// part reads one resource. Its error ends the comparison.
func (c *comparison) part(r *reading, opened Content, l look, res Resource) error {
	tag := ""
	if c.opt.Journal != nil && l.f.Noted.ETag != "" {
		tag = l.f.Noted.ETag
		if c.opt.Journal.Has(res.Name(), tag) {
			return nil
		}
	}
	sum, _, err := r.digest(c.ctx, opened, res, sums{hash: c.m.Hash})
	switch {
	case c.ctx.Err() != nil:
		return c.ctx.Err()
	case errors.Is(err, io.EOF), errors.Is(err, errGrew):
		c.set(l.e, Changed, err.Error())
	case err != nil:
		c.set(l.e, Unread, err.Error())
	case sum != res.Digest && res.End < 0:
		c.set(l.e, Changed, "its bytes have another digest")
	case sum != res.Digest:
		c.set(l.e, Changed, fmt.Sprintf("its bytes from %d to %d have another digest", res.Start, res.End))
	case tag != "":
		return c.opt.Journal.Add(res.Name(), tag)
	}
	return nil
}

// report folds the entries. All jobs are done.
func (c *comparison) report() *Report {
	r := &Report{Count: map[State]int{}, Read: c.bytes.Load(), Sampled: c.samples()}
	most := cmp.Or(c.opt.Findings, defaultFindings)
	r.Findings, r.More = c.added, c.extra
	if n := len(c.added) + c.extra; n > 0 {
		r.Count[Added] = n
	}
	for i := range c.entries {
		e := &c.entries[i]
		path := c.m.Resources[e.first].Path
		if e.state == "" {
			if Ignores(c.opt.Ignored, path) {
				continue
			}
			e.state, e.why = Removed, "it is no longer there"
		}
		r.Count[e.state]++
		switch {
		case !e.state.Differs() && !e.state.Open(), e.state == Unproven && r.Sampled:
			continue
		case len(r.Findings) >= most:
			r.More++
			continue
		}
		f := Finding{Path: path, State: e.state, Why: e.why, Now: e.now, Kept: e.kept}
		if e.signed.Size >= 0 || e.signed.ETag != "" || e.signed.MD5 != "" {
			f.Signed = &e.signed
		}
		r.Findings = append(r.Findings, f)
	}
	r.sort()
	return r
}
