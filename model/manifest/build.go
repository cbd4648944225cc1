package manifest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"
)

// DefaultShard is the size of a shard where none is said, in bytes.
const DefaultShard = 1_000_000_000

// BuildOptions says how a manifest is made. The zero value makes one digest of
// each file, with SHA-256, and notes nothing else.
type BuildOptions struct {
	Hash         Hash
	ShardSize    int64    // bytes; 0 makes one digest of each file
	FollowsLinks bool     // told in the manifest: the files are those that links led to
	Ignored      []string // paths that are left out, beside those of DefaultIgnored
	Notes        Notes
	Workers      int         // files that are read at once; 0 means one for each processor
	Limits       Limits      // how many resources there may be
	Read         func(n int) // told of bytes that were read, by several goroutines at once; may be nil
}

// Notes says what is noted of a file beside its digest.
type Notes int

// What is noted.
const (
	NoteNothing Notes = iota // what OMS defines
	NoteSize                 // size, and what a listing said
	NoteMD5                  // that, and the MD5 where a file has one digest
)

// Build reads all files and makes the manifest of a model. Files that are ignored
// are not read, earlier versions neither. It fails with ErrEmpty where nothing is
// left, and where any file cannot be read: what is not in a manifest is not
// signed.
func Build(ctx context.Context, name string, files iter.Seq2[File, error], opt BuildOptions) (*Manifest, error) {
	m := &Manifest{Name: name, Hash: opt.Hash.orDefault(), ShardSize: opt.ShardSize, FollowsLinks: opt.FollowsLinks}
	for _, p := range opt.Ignored {
		clean, err := CheckIgnored(p)
		if err != nil {
			return nil, err
		}
		m.Ignored = append(m.Ignored, clean)
	}
	for _, p := range DefaultIgnored { // not all verifiers leave them out by themselves
		if !slices.Contains(m.Ignored, p) {
			m.Ignored = append(m.Ignored, p)
		}
	}
	slices.Sort(m.Ignored)
	b := &building{opt: opt, m: m, most: opt.Limits.orDefault().Resources, seen: map[string]struct{}{}}
	b.crew = hire(ctx, opt.Workers, opt.Read)
	err := b.all(files)
	if err := errors.Join(err, b.crew.done()); err != nil {
		return nil, firstOf(err)
	}
	if len(m.Resources) == 0 {
		return nil, ErrEmpty
	}
	m.Sort()
	return m, nil
}

// firstOf leaves out that the same error was met twice.
func firstOf(err error) error {
	if all, ok := err.(interface{ Unwrap() []error }); ok && len(all.Unwrap()) > 0 {
		return all.Unwrap()[0]
	}
	return err
}

// building is a manifest in the making.
type building struct {
	*crew
	opt  BuildOptions
	most int
	seen map[string]struct{}

	mu sync.Mutex
	m  *Manifest
}

func (b *building) all(files iter.Seq2[File, error]) error {
	for f, err := range files {
		if err != nil {
			return err
		}
		if f.Past || Ignores(b.m.Ignored, f.Path) {
			continue
		}
		if f.Path, err = CleanPath(f.Path); err != nil {
			return err
		}
		if f.Odd != nil {
			return fmt.Errorf("%s: %w", f.Path, f.Odd)
		}
		if _, twice := b.seen[f.Path]; twice {
			return fmt.Errorf("%s: there are two files of this name", f.Path)
		}
		b.seen[f.Path] = struct{}{}
		if err := b.file(f); err != nil {
			return err
		}
	}
	return nil
}

// stride is how many bytes of shards one job reads at least: a file is cut where
// shards are, so that several can read it.
const stride = 64 << 20

// spans cuts a file into what one job reads each.
func spans(size, shard int64) iter.Seq2[int64, int64] {
	return func(yield func(from, to int64) bool) {
		step := shard
		if shard < stride {
			step = stride - stride%shard
		}
		for from := int64(0); from < size; from += step {
			if !yield(from, min(from+step, size)) || step > size-from {
				return
			}
		}
	}
}

// file hands out the reading of a file, in several jobs where it is cut.
func (b *building) file(f File) error {
	if b.m.ShardSize == 0 || f.Noted.Size < 0 {
		return b.do(func(r *reading) error { return b.span(r, f, 0, -1) })
	}
	for from, to := range spans(f.Noted.Size, b.m.ShardSize) {
		if err := b.do(func(r *reading) error { return b.span(r, f, from, to) }); err != nil {
			return err
		}
	}
	return nil
}

// span digests a part of a file, shard by shard. An end of -1 is that of the file.
func (b *building) span(r *reading, f File, from, to int64) error {
	c, err := f.Open(b.ctx)
	if err != nil {
		return fmt.Errorf("read %s: %w", f.Path, err)
	}
	defer c.Close()
	noted := f.Noted
	if noted.Size = c.Size(); f.Noted.Size >= 0 && noted.Size != f.Noted.Size {
		return fmt.Errorf("read %s: %w", f.Path, errGrew)
	}
	if b.m.ShardSize == 0 {
		return b.part(r, c, Resource{Path: f.Path, End: -1}, &noted)
	}
	if to < 0 {
		to = c.Size()
	}
	for start := from; start < to; start += b.m.ShardSize {
		res := Resource{Path: f.Path, Start: start, End: min(start+b.m.ShardSize, to)}
		about := &noted
		if start > 0 {
			about = nil
		}
		if err := b.part(r, c, res, about); err != nil {
			return err
		}
		if b.m.ShardSize > to-start {
			break // what follows is past the largest number
		}
	}
	return nil
}

// part digests a resource and puts it into the manifest.
func (b *building) part(r *reading, c Content, res Resource, noted *Noted) error {
	var md string
	var err error
	res.Digest, md, err = r.digest(b.ctx, c, res, sums{b.m.Hash, b.opt.Notes == NoteMD5 && noted != nil})
	if err != nil {
		return fmt.Errorf("read %s: %w", res.Name(), err)
	}
	if noted != nil && b.opt.Notes != NoteNothing {
		if md != "" {
			noted.MD5 = md
		}
		if noted.ETag == "" {
			noted.Modified = time.Time{} // that of a copy, which says nothing of others
		}
		res.Noted = noted
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.m.Resources) == b.most {
		return fmt.Errorf("%w: more than %d resources; make the shards larger", ErrTooLarge, b.most)
	}
	b.m.Resources = append(b.m.Resources, res)
	return nil
}
