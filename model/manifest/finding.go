package manifest

import (
	"cmp"
	"slices"
)

// State is how a file stands to what was signed.
type State string

// The states. The first four say that it is as it was signed, by ever weaker
// evidence.
const (
	Same      State = "same"      // its bytes have the signed digests
	Sampled   State = "sampled"   // those of its bytes that were read have
	Unwritten State = "unwritten" // the storage says that it was not written since: it has the ETag that was signed
	Alike     State = "alike"     // it has the size and, in the listing, the MD5 that were signed; who may write may set both
	Unproven  State = "unproven"  // nothing speaks against it and nothing for it: only reading tells
	Changed   State = "changed"   // its bytes, their number or their MD5 are others
	Added     State = "added"     // it was not signed
	Removed   State = "removed"   // it was signed and is no longer there
	Unread    State = "unread"    // it could not be read
)

// Differs reports whether a file is not what was signed.
func (s State) Differs() bool { return s == Changed || s == Added || s == Removed }

// Open reports whether nobody knows whether a file is what was signed.
func (s State) Open() bool { return s == Unproven || s == Unread }

// Finding is what is said of one file.
type Finding struct {
	Path   string
	State  State
	Why    string // in words
	Signed *Noted // when it was signed; nil if nothing is known
	Now    *Noted // nil if it is not there
	Kept   *Noted // an earlier version that has what was signed; nil if none is known
}

// Report is what came of a comparison.
type Report struct {
	Count    map[State]int
	Findings []Finding // of files that differ or are open, by path
	More     int       // of them that are counted only
	Read     int64     // bytes
	Sampled  bool      // a share was read: files are Unproven because they were not chosen, and are not among the findings
}

// Differs reports whether the model is not what was signed.
func (r *Report) Differs() bool {
	return r.Count[Changed]+r.Count[Added]+r.Count[Removed] > 0
}

// Open reports whether of some files nobody knows whether they are what was
// signed, beside those that a sample left out.
func (r *Report) Open() bool {
	return r.Count[Unproven] > 0 && !r.Sampled || r.Count[Unread] > 0
}

func (r *Report) sort() {
	slices.SortFunc(r.Findings, func(a, b Finding) int { return cmp.Compare(a.Path, b.Path) })
}
