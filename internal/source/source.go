// Package source is the contract of everything that yields pieces: a folder, a
// git repository, standard input. Each source is a package below this one.
//
// A source does not look into what it yields, with one exception: it may read
// its own bookkeeping (trees, commits) while it walks.
package source

import (
	"context"
	"errors"
	"iter"

	"github.com/overgrant/overgrant"
)

// Source yields pieces, split into shards that may be read side by side.
//
// An item that cannot be read is yielded as a *Skip error and does not end the
// walk; any other error ends it.
type Source interface {
	// Name is the word of overgrant.Place.Source: dir, git, stdin.
	Name() string
	Shards(ctx context.Context) iter.Seq2[Shard, error]
	// Pieces yields the pieces of one shard. A piece may be opened until the
	// iteration moves on, not later.
	Pieces(ctx context.Context, s Shard) iter.Seq2[overgrant.Piece, error]
}

// Shard is a part of a source. Name tells it from the others of its source;
// Weight is a rough count of bytes to read, for progress and balance.
type Shard struct {
	Name   string
	Weight int64
	Part   any // what the source needs to find the part again
}

// Tracer is a source that can tell more of a sighting once its whole walk is
// over: in which commits, at which paths a git object stood.
type Tracer interface {
	Source
	// Trace turns sightings that name an object into sightings with history. It
	// is called once, after all shards were read. One sighting may become
	// several (one for each path) or none (no ref leads there).
	Trace(ctx context.Context, seen *Sightings) iter.Seq2[overgrant.Seen, error]
}

// Rememberer is a source that can leave out of its next walk what this one
// found nothing in.
type Rememberer interface {
	Source
	// Remember is called once, after Trace, and only if every shard was read to
	// its end. again are the tags of the pieces in which something was found, or
	// could not be read: the next walk yields them again, and with them those
	// that are new. Nothing of what was found is kept.
	Remember(ctx context.Context, again iter.Seq[string]) error
}

// ErrChanged says that an object is no longer what was listed.
var ErrChanged = errors.New("changed since it was listed")

// Skip is an item that could not be read. It is yielded in place of a piece.
type Skip struct{ overgrant.Skipped }

// Error says what was skipped and why.
func (s *Skip) Error() string {
	where := s.Place.Path
	if where == "" {
		where = s.Place.Object
	}
	if s.Detail == "" {
		return "read " + where + ": " + s.Reason
	}
	return "read " + where + ": " + s.Reason + ": " + s.Detail
}
