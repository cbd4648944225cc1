// Package share makes links the way they should be made: as narrow as what was
// asked for, judged before they exist, on record in the ledger before anybody
// sees them, and revocable by name without anything else dying.
//
// [ParseTargets] reads what is to be shared, [Weigh] compares what a link would
// reach with that, [Make] plans the links, [Minter] makes them through the
// owner's door, and [Extend] and [Revoke] change what the ledger holds. [Card]
// writes what is handed out.
//
// The package reads no storage and keeps nothing itself: what is there is told
// to it, and what happened it tells to whoever records.
package share

import (
	"errors"
	"time"

	"github.com/overgrant/overgrant"
)

// Errors that callers decide on.
var (
	// ErrRefused says that what was asked for would be flagged or is dangerous;
	// nothing was done.
	ErrRefused = errors.New("refused")
	// ErrTarget says that what is to be shared cannot be meant.
	ErrTarget = errors.New("no target")
	// ErrNothing says that there is nothing at a target.
	ErrNothing = errors.New("there is nothing")
	// ErrTaken says that a share of that name is in the ledger.
	ErrTaken = errors.New("the name is taken")
)

// Form is how what is shared is divided into links.
type Form string

// The forms. Objects is the narrow one: a link for each object as it is now.
const (
	Objects   Form = "objects"
	Directory Form = "directory" // all below a directory, now and later; needs a hierarchical namespace
	Container Form = "container" // all of a container, now and later
)

// Listing says whether a link gives names away too.
type Listing bool

// The two ways.
const (
	NoListing Listing = false
	Lists     Listing = true
)

// MaxLinks bounds the links of one share.
const MaxLinks = 1000

// longestDelegated is how long a user delegation link may live.
//
// Source: Azure Storage REST reference, "Get User Delegation Key".
const longestDelegated = 7 * 24 * time.Hour

// skew is the difference of clocks that the service tolerates; links start so
// long before they are made.
//
// Source: Azure Storage REST reference, "Create a user delegation SAS".
const skew = 15 * time.Minute

// Object is one object that is shared.
type Object struct {
	Name     string    `json:"path"`
	Size     int64     `json:"size"`              // bytes
	MD5      string    `json:"md5,omitempty"`     // hex, as the service has it; empty if it has none
	SHA256   string    `json:"sha256,omitempty"`  // hex; empty unless the object was read for it
	Modified time.Time `json:"modified,omitzero"` // as it was listed
}

// Total counts objects and their bytes.
func Total(all []Object) (t overgrant.Tally) {
	for i := range all {
		t.Add(overgrant.Tally{Objects: 1, Bytes: all[i].Size})
	}
	return t
}
