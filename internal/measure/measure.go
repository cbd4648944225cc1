// Package measure reads one shard of what a link reaches: it lists and totals
// objects, classifies them by name, chooses which are worth reading, and reads
// those, down into archives and disk images.
//
// It opens no link and stores nothing: it is given a source.Lister, and gives
// back one overgrant.Measured for each shard. The same shard measured twice
// gives the same, as long as the service does.
package measure

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/measure/inventory"
	"github.com/overgrant/overgrant/internal/source"
)

// Options says what is measured, and how far. The zero value lists only names
// and totals, and reads what it is told to within the default limits.
type Options struct {
	Case  string
	Round string

	Bearer    Bearer
	Inventory Inventory
	Sample    int    // objects read of each class; 0 means 200
	ShardSize int    // objects in a shard, about; 0 means 100,000
	Salt      uint64 // keys the hashes of people

	Links Links  // looks for links in what is read; may be nil
	Meter *Meter // counts for a progress display; may be nil
}

// Links looks for links. Its methods may be called by several goroutines at once.
type Links interface {
	// Any reports whether a link stands in text.
	Any(text []byte) bool
	// Look puts the links in a piece on record. The piece is no container.
	Look(ctx context.Context, place overgrant.Place, at io.ReaderAt, size int64) error
}

// Bearer says what the holder of the link may do, which decides what there is
// to do for a measurement.
type Bearer struct {
	Reads     bool // content can be read
	Overwrite bool // objects can be replaced
}

// Inventory says whether the objects themselves are kept.
type Inventory bool

// The two ways.
const (
	TotalsOnly Inventory = false
	KeepAll    Inventory = true
)

const (
	defaultSample    = 200
	defaultShardSize = 100_000
)

// Measurer measures the shards of one link. Its methods may be called by
// several goroutines at once.
type Measurer struct {
	from  source.Lister
	opt   Options
	desks sync.Pool // of *desk
}

// New returns a Measurer of what from lists.
func New(from source.Lister, opt Options) *Measurer {
	if opt.Sample <= 0 {
		opt.Sample = defaultSample
	}
	if opt.ShardSize <= 0 {
		opt.ShardSize = defaultShardSize
	}
	if opt.Meter == nil {
		opt.Meter = &Meter{}
	}
	return &Measurer{from: from, opt: opt}
}

// shard is what the name of a shard says: a range to list, or objects to read.
type shard struct {
	source.Range
	Read []wanted `json:"r,omitempty"`
}

// wanted is an object that is to be read.
type wanted struct {
	source.Range
	Name  string `json:"n"`
	Size  int64  `json:"z"`
	Tag   string `json:"e,omitempty"`
	Limit int64  `json:"b"` // bytes that may be read
}

func nameOf(s shard) string {
	if s.Range == (source.Range{}) && s.Read == nil {
		return ""
	}
	text, err := json.Marshal(s)
	if err != nil {
		panic(err) // plain strings and numbers
	}
	return string(text)
}

func parseShard(name string) (s shard, err error) {
	if name == "" {
		return s, nil
	}
	if err := json.Unmarshal([]byte(name), &s); err != nil {
		return s, fmt.Errorf("read a shard's name: %w", err)
	}
	return s, nil
}

// ErrNothing says that nothing of a shard could be measured now. It can be
// tried again later.
var ErrNothing = errors.New("nothing of the shard could be measured")

// Shard measures the named shard. The empty name is the whole reach, which is
// where a measurement begins; the names of all others stand in Rest of what came
// before.
//
// An error means that nothing was measured: ErrNothing with its cause, that of
// ctx, or that of the Options' functions.
func (m *Measurer) Shard(ctx context.Context, name string) (overgrant.Measured, error) {
	got := overgrant.Measured{ID: m.opt.Case, Round: m.opt.Round, Shard: name}
	s, err := parseShard(name)
	switch {
	case err != nil:
	case s.Read != nil:
		err = m.read(ctx, s.Read, &got)
	case s.Container == "":
		err = m.expand(ctx, s.Range, &got)
	default:
		err = m.list(ctx, s.Range, &got)
	}
	m.opt.Meter.shard(&got)
	return got, err
}

func (m *Measurer) expand(ctx context.Context, r source.Range, got *overgrant.Measured) error {
	e, err := m.from.Expand(ctx, r)
	if err != nil {
		return m.unlisted(ctx, r, err, got)
	}
	got.Exposure.Containers = e.Containers
	got.Gaps = e.Gaps
	for _, r := range e.Ranges {
		got.Rest = append(got.Rest, nameOf(shard{Range: r}))
	}
	return nil
}

func nothing(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("%w: %w", ErrNothing, err)
}

// unlisted tells of a range of which nothing could be listed. What fails at this
// moment is left to a later run; what will not be better then is a gap.
func (m *Measurer) unlisted(ctx context.Context, r source.Range, err error, got *overgrant.Measured) error {
	var fatal *recordError
	switch {
	case errors.As(err, &fatal):
		return fatal.err
	case ctx.Err() != nil || passes(err):
		return nothing(ctx, err)
	}
	got.Gaps = append(got.Gaps, overgrant.Skipped{Place: m.place(r, ""), Reason: "could not be listed", Detail: err.Error()})
	return nil
}

// place returns where an object is.
func (m *Measurer) place(r source.Range, name string) overgrant.Place {
	if r.Container != inventory.Joined {
		name = r.Container + "/" + name
	}
	p := overgrant.Place{Source: m.from.Name(), Path: printable(name)}
	if r.Service != "" && r.Service != "blob" {
		p.Part = r.Service
	}
	return p
}
