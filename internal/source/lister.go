package source

import (
	"context"
	"iter"

	"github.com/overgrant/overgrant"
)

// Lister is a source that can give the names of its pieces by the page, at the
// speed of the server, and open those that turn out to be worth it.
type Lister interface {
	Source
	// Expand says what a range consists of where it cannot be listed itself: the
	// zero Range of services, a service of containers. Each may be expanded or
	// listed in turn. Containers counts those among them. A page of 5,000
	// containers yields as many ranges and one more for those that follow.
	Expand(ctx context.Context, r Range) (Expanded, error)
	// Pages lists a range, page by page, in the order of its names. A *Skip error
	// tells a gap and ends nothing; any other error ends the walk, after which the
	// range from the last page's Next on is still to be listed. A page is valid
	// until the next one is asked for.
	Pages(ctx context.Context, r Range) iter.Seq2[*Page, error]
	// Split cuts a range into at most n that can be listed side by side and hold
	// the same together. It gives r alone where that cannot be done cheaply.
	Split(ctx context.Context, r Range, n int) ([]Range, error)
	// Content opens an object that was listed, as it was then: if it has changed
	// since, reading fails with ErrChanged.
	Content(ctx context.Context, o Named) (overgrant.Content, error)
}

// Knower is a Lister that reaches objects whose names are known, also where it
// cannot list them.
type Knower interface {
	Lister
	// Known returns the range of one object, by the name that a listing would have
	// it under. Without a container it is in the one that the source is for. It is
	// false where nothing can be reached by name alone. Nothing is asked yet.
	Known(container, name string) (Range, bool)
}

// Range is a part of what a Lister reaches. The zero value is all of it. It is
// plain data: it can be written down and taken up by another machine.
type Range struct {
	Service   string `json:"s,omitempty"` // blob, file, queue, table; empty for all
	Container string `json:"c,omitempty"` // container, share, queue, table; empty for all
	Prefix    string `json:"p,omitempty"` // folder, or what the names begin with
	From      string `json:"f,omitempty"` // first name, inclusive
	To        string `json:"t,omitempty"` // first name no longer in it; empty for no end
	Marker    string `json:"m,omitempty"` // where the service says to go on; opaque
	Leg       int    `json:"l,omitempty"` // how many ranges of the same container came before this one in a row
}

// Expanded is what a range consists of.
type Expanded struct {
	Ranges     []Range
	Containers int64
	Gaps       []overgrant.Skipped
}

// Page is a part of a listing.
type Page struct {
	Objects []Object
	Next    Range // what is still to be listed of the range; the zero value if nothing
	Bytes   int64 // of the answer, for progress
}

// State tells what an object is besides its current content.
type State uint8

// The states of an object.
const (
	Current State = iota
	Version
	Snapshot
	Deleted // soft-deleted; may be a version or a snapshot at once
	Folder  // holds others, no bytes
)

// Object is one line of a listing. The byte slices are valid until the next
// page is asked for; they may be nil.
type Object struct {
	Name     []byte // as the service has it, decoded; may hold any character
	Size     int64  // bytes; in a queue or table 0
	Modified int64  // seconds since 1970; 0 if unknown
	Created  int64
	Tag      []byte // ETag with quotes as listed
	MD5      []byte // 16 bytes as the listing has it, or nil
	Type     []byte // content type as declared
	Tier     []byte
	Version  []byte // id of the version, or time of the snapshot
	Kind     byte   // 'b' block blob, 'p' page blob, 'a' append blob, 'f' file, 'm' message, 'e' entity; 0 unknown
	State    State
}

// Named is what Content needs of an object.
type Named struct {
	Range   Range // in which it was listed
	Name    string
	Size    int64
	Tag     string
	Version string
	State   State
	Grain   int64 // bytes that are fetched at least at once, for what is read at many places; 0 means that the source decides
}
