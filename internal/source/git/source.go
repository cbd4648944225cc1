package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/gitpack"
	"github.com/overgrant/overgrant/internal/source"
)

// Name is the name of this source, as in overgrant.Place.
const Name = "git"

// Options says what of a repository counts. The zero value is all that refs
// lead to.
type Options struct {
	Name        string // how places name the repository; empty means its path. Never with credentials
	Unreachable bool   // links count that no ref leads to
	Since       string // only what commits brought that this revision does not lead to, and what became of it in them; empty means all history
	Cache       string // folder that keeps what is known of repositories; empty means none
	Rules       string // names what looks into the pieces, version and all: with another, the cache starts anew
}

// Source is an open repository. Its shards may be read side by side; Trace comes
// after them.
type Source struct {
	name    string
	options Options
	layout  layout
	store   *store
	refs    *refs
	shallow map[key]bool
	opened  []*source.Skip // what Open could not read
	skipped []*source.Skip // what Shards says was not read
	known   *known
	since   *since

	staging   sync.Once
	staged    []staged
	stageErrs []*source.Skip

	damage atomic.Int64 // trees, commits and packs that could not be read
	mu     sync.Mutex
	again  []key // objects that could not be read, or not understood
	idle   []*recorder
	all    []*recorder
}

// Open opens the repository at path. It fails with ErrNone if there is none.
// Parts of it that cannot be read are no error here: Shards yields them. It
// takes long only for a pack without an index, which it reads as a whole, and
// for Since far back; ctx ends it then.
func Open(ctx context.Context, path string, opt Options) (*Source, error) {
	l, err := locate(path)
	if err != nil {
		return nil, err
	}
	s := &Source{name: opt.Name, options: opt, layout: l}
	if s.name == "" {
		s.name = filepath.ToSlash(path)
	}
	s.store = openStore(ctx, filepath.Join(l.common, "objects"), l.format)
	s.refs = l.refs()
	s.damage.Add(int64(len(s.store.skipped)))
	s.skipped = slices.Concat(s.store.skipped, s.refs.skipped)
	s.shallows()
	defer func() { s.opened = s.skipped }()
	if err := ctx.Err(); err != nil {
		_ = s.Close()
		return nil, fmt.Errorf("open %s: %w", s.name, err)
	}
	if opt.Since != "" {
		if s.since, err = s.newSince(ctx, opt.Since); err != nil {
			_ = s.Close()
			return nil, err
		}
	} else if opt.Cache != "" {
		if s.known = s.recall(); s.known != nil {
			s.all = []*recorder{s.known.notes}
		}
	}
	return s, nil
}

// Close lets go of the repository's files. Nothing that the source yielded may
// be opened after.
func (s *Source) Close() error { return s.store.Close() }

// Name implements source.Source.
func (s *Source) Name() string { return Name }

// promisor reports whether objects may be left with a server.
func (s *Source) promisor() bool { return s.layout.promisor || s.store.pledged }

// shallows reads where history was cut off.
func (s *Source) shallows() {
	text, err := slurp(filepath.Join(s.layout.common, "shallow"), maxPacked)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			s.skip(overgrant.Skipped{Reason: "cannot be read", Detail: err.Error(), Place: overgrant.Place{Path: "shallow"}})
		}
		return
	}
	s.shallow = map[key]bool{}
	for line := range bytes.Lines(text) {
		if k, ok := parseKey(bytes.TrimSpace(line)); ok {
			s.shallow[k] = true
		}
	}
	if n := len(s.shallow); n > 0 {
		s.skip(overgrant.Skipped{Reason: "shallow clone", Detail: fmt.Sprintf("history before %s is not here", count(n, "commit"))})
	}
}

// skip adds to what Shards says was not read.
func (s *Source) skip(what overgrant.Skipped) {
	s.skipped = append(s.skipped, &source.Skip{Skipped: what})
}

// named completes the place of what was skipped.
func (s *Source) named(skip *source.Skip) *source.Skip {
	skip.Place.Source, skip.Place.Repository = Name, s.name
	return skip
}

// names is the shard with the names of refs.
type refNames struct{}

// Shards implements source.Source. First come, as errors, the parts of the
// repository that cannot be read.
func (s *Source) Shards(ctx context.Context) iter.Seq2[source.Shard, error] {
	return func(yield func(source.Shard, error) bool) {
		if err := ctx.Err(); err != nil {
			yield(source.Shard{}, err)
			return
		}
		s.skipped = slices.Clone(s.opened)
		s.submodules()
		shards := []source.Shard{{Name: "refs", Weight: int64(len(s.refs.tips)) * 64, Part: refNames{}}}
		if s.since != nil {
			shards = append(shards, s.since.shards()...)
		} else {
			shards = append(shards, s.plan()...)
		}
		for _, skip := range s.skipped {
			if !yield(source.Shard{}, s.named(skip)) {
				return
			}
		}
		for _, shard := range shards {
			if err := ctx.Err(); err != nil {
				yield(source.Shard{}, err)
				return
			}
			if !yield(shard, nil) {
				return
			}
		}
	}
}

// plan divides the objects that are to be looked into.
func (s *Source) plan() []source.Shard {
	from := s.freshPacks()
	opt := gitpack.PlanOptions{Loose: s.store.looseIDs()}
	if s.known != nil {
		opt.Want = s.known.fresh
		opt.Loose = slices.DeleteFunc(opt.Loose, func(id gitpack.ID) bool { return !s.known.fresh(id) })
	}
	var shards []source.Shard
	for i, part := range gitpack.Plan(from, opt) {
		shards = append(shards, source.Shard{Name: fmt.Sprintf("objects %d", i), Weight: part.Packed, Part: part})
	}
	s.store.idle()
	return shards
}

// recorder returns one that is not in use.
func (s *Source) recorder() *recorder {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.idle); n > 0 {
		r := s.idle[n-1]
		s.idle = s.idle[:n-1]
		return r
	}
	r := &recorder{size: s.layout.format.Size()}
	s.all = append(s.all, r)
	return r
}

// release takes a recorder back.
func (s *Source) release(r *recorder) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r.base = r.base[:0]
	s.idle = append(s.idle, r)
}

// joined returns all that was noted. Shards that are read afterwards add to it.
func (s *Source) joined() *history {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := join(s.all, s.layout.format.Size())
	s.idle = nil
	s.all = []*recorder{h.recorder()}
	return h
}
