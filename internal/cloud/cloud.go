// Package cloud is the contract of the clouds that links open. Each cloud is a
// package below this one, and the only one that knows its dialect.
//
// There are two doors. A [Reach] is the bearer's: it can only read, by its methods
// and by the client it is given, which lets nothing else leave. An [Owner] is the
// owner's: it closes what stands open and makes links. What scans, proves or
// measures never holds one.
package cloud

import (
	"context"
	"errors"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/source"
	"github.com/overgrant/overgrant/internal/wire"
)

// Driver opens links of one cloud. Drivers are values.
type Driver struct {
	Name string // azure
	Doc  string // which kinds of links, in a sentence
	// Opens reports whether the driver can prove links of this grant.
	Opens func(g overgrant.Grant) bool
	// Open returns what the bearer of the link can see. No request is made yet. It
	// fails with ErrHost where the link leads to no host of the service, and with
	// ErrIncomplete where it does not say which account it opens.
	Open func(l overgrant.Link, opt Options) (Reach, error)
}

// Errors of Driver.Open. They are told to the user with what to do next.
var (
	ErrHost       = errors.New("the host does not belong to the service that the link names")
	ErrIncomplete = errors.New("the link does not say where it leads")
)

// Options says how a link is opened. Client and Now must be set.
type Options struct {
	Client     *wire.ReadOnly
	Now        time.Time
	AllowHosts []string           // hosts that may stand for the service: the emulator, custom domains
	Account    string             // the account's name, where a custom domain hides it
	Keys       []overgrant.Secret // account keys, to tell offline which one made the link
	Versions   string             // what is listed besides current objects: "", all
}

// Reach is what the bearer of a link sees. Methods may be called by several
// goroutines at once.
type Reach interface {
	source.Lister
	// Prove asks the service what the link grants, the cheapest question first.
	// That the service refuses is an answer; an error means that nothing could be
	// asked at all, or that ctx ended.
	Prove(ctx context.Context, ask Ask) (overgrant.Proof, error)
}

// Ask says how far a proof may go. The zero value sends only requests that read.
type Ask struct {
	Writes      Consent // send writes at names that do not exist, which can change nothing
	Conditional Consent // send writes under a condition that cannot hold
}

// Consent says whether somebody agreed.
type Consent bool

// The two answers.
const (
	Withheld Consent = false
	Given    Consent = true
)
