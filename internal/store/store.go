// Package store is the contract of the room where everything that was found is
// remembered: cases folded from append-only events, measurements with their
// inventories, and the [Vault] that keeps the links themselves, sealed.
//
// What is stored stays: nothing here deletes a case, an event or a shard.
// Results carry natural keys, so a message that is delivered twice, by a worker
// that was taken for lost or a run that was resumed, is stored once, and the
// order of delivery does not matter.
//
// The package does not judge, does not report and holds no SQL; databases are
// in the folders below, each a driver that passes [storetest]. No row ever holds
// a secret: outside the vault a link is kept redacted.
//
// [storetest]: https://pkg.go.dev/github.com/overgrant/overgrant/internal/store/storetest
package store

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/overgrant/overgrant"
)

// Errors that callers decide on. Those of drivers wrap them.
var (
	ErrNoCase    = errors.New("no such case")
	ErrAmbiguous = errors.New("more than one case begins like that")
	ErrPrefix    = errors.New("want at least 4 hex digits of a case's id")
	ErrTaken     = errors.New("the ledger has a share of that name")
	ErrForeign   = errors.New("not a store of overgrant")
	ErrNewer     = errors.New("made by a newer version of overgrant; use that one, or another store")
	ErrBusy      = errors.New("another program holds the store; wait until it is done, or end it")
	ErrDamaged   = errors.New("the store is damaged; copy it away and begin a new one")
	ErrReadOnly  = errors.New("the store cannot be written; see to the rights of the file and its folder, or copy it")
	ErrFull      = errors.New("no space is left for the store")
	ErrClosed    = errors.New("the store is closed")
)

// Store remembers. All methods may be called by many goroutines at once; an
// iterator holds no lock and no connection while its consumer works, so the
// consumer may call the store.
type Store interface {
	// Put stores the messages of a run, all or none. When it returns, they are
	// on record and survive the end of the process. run names the run, as
	// [NewRun] does: of two runs the one with the greater name is the later one.
	//
	// Each message has a natural key and is stored once: Found by its case and
	// what it says, Seen by its case and place, Judged, Hushed and Dropped by
	// their case and run, Proven by its case and the time of the check, Measured
	// by its case, round and shard, with its finds, candidates, rest, gaps and
	// inventory; Remedied by its case, attempt, state and step, Minted by what it
	// says, Used by its account, kind and token and what it says, Trail and Logged
	// by what they say. Of verdicts that
	// differ within one run the worst counts, of shards the first that was stored,
	// of entries in a journal the earliest.
	Put(ctx context.Context, run string, ms ...overgrant.Message) error

	// IDs yields the ids of the cases that pass the filter, worst first, as
	// [overgrant.Case.Worst] has it.
	IDs(ctx context.Context, f Filter) iter.Seq2[string, error]
	// Cases yields the cases that pass the filter, worst first.
	Cases(ctx context.Context, f Filter) iter.Seq2[*overgrant.Case, error]
	// Brief yields the same cases as Cases without their sightings, their reach
	// and what the ledger and the logs say of them: quick where there are many.
	Brief(ctx context.Context, f Filter) iter.Seq2[*overgrant.Case, error]
	// Case returns the one case whose id begins with prefix: ErrPrefix,
	// ErrNoCase, or ErrAmbiguous where there are several.
	Case(ctx context.Context, prefix string) (*overgrant.Case, error)
	// Messages yields what tells the case with this id, to be reported in any
	// format: its link, its sightings, the last verdict, suppression, proof and
	// measurement, all shards of which come as one, the first and the last proof
	// that it worked, its journal, and what the ledger and the logs say of it.
	Messages(ctx context.Context, id string) iter.Seq2[overgrant.Message, error]
	// Events yields all that was ever put about the case with this id, in the
	// order in which it was stored, and after it what the ledger and the logs say
	// of it. Shards come without their exposure, finds, candidates and inventory.
	Events(ctx context.Context, id string) iter.Seq2[Event, error]

	// Remedies yields the journal of closing a case, in the order of
	// [overgrant.CompareRemedied].
	Remedies(ctx context.Context, id string) iter.Seq2[overgrant.Remedied, error]
	// Reserve puts the first entry of a share into the ledger. It fails with
	// ErrTaken if the ledger has another under that name: of several who ask at
	// the same moment one gets it. It is stored as Put stores it.
	Reserve(ctx context.Context, run string, first overgrant.Minted) error
	// Ledger yields the links that we made, by the names of their shares, each
	// folded to what holds of it now.
	Ledger(ctx context.Context) iter.Seq2[overgrant.Shared, error]
	// Used yields the tokens that logs showed in use in an account, each once, as
	// [overgrant.FoldUsed] has it. No account means all.
	Used(ctx context.Context, account string) iter.Seq2[overgrant.Used, error]
	// Logged yields what the logs cover that were read, each reading once.
	Logged(ctx context.Context) iter.Seq2[overgrant.Logged, error]

	// Rounds returns the measurements of a case, oldest first.
	Rounds(ctx context.Context, id string) ([]Round, error)
	// Shards yields the shards of a measurement that were measured, in the order
	// in which they were stored, with as much of each as is wanted.
	Shards(ctx context.Context, id, round string, w Want) iter.Seq2[*overgrant.Measured, error]
	// Frontier yields the shards of a measurement that are still to be measured,
	// sorted: the whole reach, if nothing was measured, and whatever a measured
	// shard named in its rest. It is empty once all is done.
	Frontier(ctx context.Context, id, round string) iter.Seq2[string, error]
	// Total returns what all measured shards of a measurement hold together.
	Total(ctx context.Context, id, round string) (*overgrant.Exposure, error)
	// Inventory yields the packed objects of a measurement, shard by shard in
	// the order in which they were stored. Shards without any are left out.
	Inventory(ctx context.Context, id, round string) iter.Seq2[Segment, error]

	// Runs yields the runs, the latest first.
	Runs(ctx context.Context) iter.Seq2[Run, error]
	// Skipped yields what a run could not read.
	Skipped(ctx context.Context, run string) iter.Seq2[overgrant.Skipped, error]

	Safe

	// Close waits for what is being put and lets the database go. Later calls
	// fail with ErrClosed.
	Close() error
}

// Filter narrows Cases. The zero value lets all pass but cases that every run
// dropped.
type Filter struct {
	Severity overgrant.Severity // at least this bad, all in all
	Account  string             // the account, host or bucket, as the grant has it; any case of letters
	Alive    bool               // proven to work when last asked
	Run      string             // seen or judged in this run, and not dropped by it
}

// Round is one measurement of a case.
type Round struct {
	ID   string
	Done int // shards that were measured
	Open int // shards that were named, but are still to be measured
}

// Want says how much of a shard Shards yields besides its name and rest.
type Want struct {
	Exposure, Finds, Candidates, Gaps bool
}

// Segment is the inventory of one shard, as the measurement packed it.
type Segment struct {
	Shard string
	Data  []byte
}

// Event is a message as it was stored, and the run in which it first came.
type Event struct {
	Run     string
	Message overgrant.Message
}

// Run is one run that was stored. Start and end are nil if they were not told.
type Run struct {
	ID    string
	Start *overgrant.Run
	End   *overgrant.Summary
	Cases int // cases that it found, dropped ones not among them
	Gaps  int // items that it could not read
}

// NewRun returns the name of a run that starts now. Names sort by that moment;
// salt keeps runs apart that start in the same microsecond.
func NewRun(now time.Time, salt [4]byte) string {
	return now.UTC().Format("20060102T150405.000000Z") + "-" + hexOf(salt[:])
}
