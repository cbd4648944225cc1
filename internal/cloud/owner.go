package cloud

import (
	"context"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/wire"
)

// OwnerDriver opens accounts of one cloud for their owner. Drivers are values.
type OwnerDriver struct {
	Name string // azure
	Doc  string // what its owner can do, in a sentence
	// Opens reports whether links of this grant lead to accounts that the driver
	// can own.
	Opens func(g overgrant.Grant) bool
	// Own returns the owner's door to the account that a link leads to. Only where
	// the link leads is used: its signature, and a key that it may hold, never are.
	// No request is made yet. It fails with ErrHost and ErrIncomplete as
	// Driver.Open does, and with ErrNotOurs if no credential was given.
	Own func(l overgrant.Link, opt OwnerOptions) (Owner, error)
}

// OwnerOptions says with what right an account is owned. Client and Now must be
// set, and Login or a key: nothing is done with a credential that was merely
// lying about.
type OwnerOptions struct {
	Client     *wire.Owner
	Now        func() time.Time
	AllowHosts []string           // as of Options
	Account    string             // the account's name, where a custom domain hides it
	Login      Login              // use the login that the machine has
	Keys       []overgrant.Secret // account keys; enough for stored access policies and links bound to one, not for keys and settings
	Manager    string             // https address of the resource manager; empty means the cloud's own
	Authority  string             // https address that hands out tokens; empty means the cloud's own
}

// Login says whether the login of the machine is used: of the environment, a
// managed identity, the command-line tools of the cloud.
type Login bool

// The two ways.
const (
	NoLogin      Login = false
	MachineLogin Login = true
)

// Owner is what the owner of an account may do with it. Nothing that scans,
// proves or measures holds one. Its methods may be called by several goroutines
// at once.
//
// Errors say what to do next, and hold no secret. They are ErrNoRights,
// ErrLocked, ErrPolicyLimit, ErrNotOurs, ErrConflict, ErrClockSkew, ErrNoAccount
// or ErrNoLogin where they are one of these, and those of wire where nothing was
// answered; then it is not known whether a step was done, and doing the same
// step again tells.
type Owner interface {
	// Estate reads what there is to close and to keep. What may not be read is in
	// Estate.Unread and is no error; an error means that nothing could be read.
	Estate(ctx context.Context) (Estate, error)
	// Do takes one step. Taken again it finds that it is done and tells so,
	// whoever did it. A step about another account fails with ErrNotOurs; an empty
	// Step.Account means this one. Of the deeds:
	//
	// AddPolicy and EditPolicy put Step.Want under the name Step.Policy; adding
	// fails with ErrConflict if there is another policy of that name, editing with
	// ErrNoPolicy if there is none. To end a policy and leave its name taken, edit
	// it to an Expiry in the past. No other policy is touched.
	//
	// SetExpirationPolicy blocks signatures that last longer than Step.Period; a
	// Period of 0 takes the account's policy away.
	//
	// RotateKey makes Step.Key anew if it is still the key of Step.KeyHash, which
	// must be set, and is done already if it is another.
	Do(ctx context.Context, s overgrant.Step) (Done, error)
	// Mint makes a link. It never makes an account SAS.
	Mint(ctx context.Context, w Wish) (Minted, error)
	// SignedBy tells offline which key made a link, Key1 or Key2, by computing its
	// signature anew; empty if neither did. It fails if the keys may not be read.
	SignedBy(ctx context.Context, l overgrant.Link) (string, error)
}

// The names of an account's two keys.
const (
	Key1 = "key1"
	Key2 = "key2"
)

// Minted is a link that was made.
type Minted struct {
	Link    overgrant.Link // with its secret: the whole URL
	Key     string         // Key1 or Key2; empty for a user delegation SAS
	KeyHash string         // of Key, as in AccountKey.Hash
}

// Wish says what a link shall grant. Container, Permissions and one of Policy
// and Expiry must be set. The zero values of the others are the narrow choice.
type Wish struct {
	Service     string    // Blob or File; empty means Blob
	Container   string    // container or share
	Path        string    // blob, file or directory; empty means the whole container
	Directory   bool      // Path is a directory, and all below it is meant: accounts with a hierarchical namespace only
	Permissions string    // letters, such as r or rl; put in the order that the service wants. Empty with a Policy that holds them
	Start       time.Time // UTC; zero means 15 minutes ago, the clock skew that the service tolerates, and with a Policy that the link says none
	Expiry      time.Time // UTC; zero with a Policy that holds it
	IP          string    // one IPv4 address or a range a-b; empty means any
	Policy      string    // id of the stored access policy that the link is bound to; empty means user delegation
	Key         string    // with a Policy: the key that signs; empty means Key1
	Correlation string    // without a Policy: GUID that shows up in the logs of the service, by which the ledger knows the link
	FileName    string    // what a browser saves it as; empty leaves that to the blob
}
