package overgrant

import (
	"context"
	"io"
)

// Piece is bytes at a place, not yet opened.
type Piece struct {
	Place Place
	Size  int64  // bytes; -1 if only reading tells
	Tag   string // names the bytes (git object id, ETag): same tag, same bytes. Empty if unknown
	Base  *Base  // how the bytes follow from those of an earlier piece; nil if they do not
	Again bool   // it is here only for those that follow from it: what is in it counts elsewhere, or not at all
	Open  func(context.Context) (Content, error)
}

// Content is an opened piece. It may also have the method Bytes() []byte, which
// gives the whole content at once where it is in memory already.
type Content interface {
	io.ReaderAt
	io.Closer
	Size() int64
}

// Base ties a piece to one that the same shard yielded before it: a git object
// to its delta base. A source yields pieces depth first, so when a piece of
// depth d comes, all that is known of pieces of depth d or more may be forgotten.
type Base struct {
	Depth  int    // of this piece; a piece without a base is the root, at depth 0
	Copies []Copy // what was copied from the piece one level up; sorted by At, not overlapping. Empty at depth 0
}

// Copy says that Size bytes at At equal those at From in the base, in bytes.
type Copy struct{ At, From, Size int64 }
