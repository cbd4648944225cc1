package cloud

import (
	"time"

	"github.com/overgrant/overgrant"
)

// The services of an account, as Policy, Wish and overgrant.Step name them.
const (
	Blob  = "blob"
	File  = "file"
	Queue = "queue"
	Table = "table"
)

// Switch is a setting that is on or off, or was not read.
type Switch string

// The positions.
const (
	NotRead Switch = ""
	On      Switch = "on"
	Off     Switch = "off"
)

// Estate is what an account has that links hang on, at one moment. It holds no
// secret. Slices are in a fixed order.
type Estate struct {
	Account  string    `json:"account"`
	ID       string    `json:"id,omitempty"` // as the resource manager names it; empty if it was not asked
	Location string    `json:"location,omitempty"`
	Kind     string    `json:"kind,omitempty"` // StorageV2, …
	SKU      string    `json:"sku,omitempty"`  // Standard_LRS, …
	Tree     Switch    `json:"tree,omitempty"` // hierarchical namespace: directories can be shared
	ReadAt   time.Time `json:"read_at"`

	Keys     []AccountKey `json:"keys,omitempty"`     // key1, key2
	Holders  []Holder     `json:"holders,omitempty"`  // containers, shares, queues, tables
	Policies []Policy     `json:"policies,omitempty"` // stored access policies of all of them

	SharedKey    Switch      `json:"shared_key,omitempty"`    // keys, and all that they signed, are taken
	PublicAccess Switch      `json:"public_access,omitempty"` // containers may be opened to anybody
	Network      Switch      `json:"network,omitempty"`       // reachable from the public internet
	Expiration   *Expiration `json:"expiration,omitempty"`    // of shared access signatures; nil if there is none or it was not read

	SoftDeleteDays      int    `json:"soft_delete_days,omitempty"`           // of blobs; 0 means off or not read
	ContainerDeleteDays int    `json:"container_soft_delete_days,omitempty"` // of containers
	Versioning          Switch `json:"versioning,omitempty"`
	Logging             Switch `json:"logging,omitempty"` // any logging of requests to blobs; Off means that nobody can say who used a link

	Locks  []Lock        `json:"locks,omitempty"`
	Skew   time.Duration `json:"skew,omitempty"` // nanoseconds that the clock of the service is ahead of ours
	Unread []Unread      `json:"unread,omitempty"`
}

// AccountKey is one of the two keys, without the key.
type AccountKey struct {
	Name    string    `json:"name"`             // Key1 or Key2
	Created time.Time `json:"created,omitzero"` // zero if unknown: given as a key, or never rotated since 2021
	Hash    string    `json:"hash"`             // SHA-256 of the decoded key in hex, as storage logs name it
}

// Holder is what can hold stored access policies: a container, a share, a queue
// or a table.
type Holder struct {
	Service string `json:"service"`
	Name    string `json:"name"`
	Public  string `json:"public,omitempty"` // blob or container: what anybody may read; empty means nothing
}

// MaxPolicies is how many stored access policies a holder can have.
//
// Source: Azure Storage REST reference, "Define a stored access policy".
const MaxPolicies = 5

// Policy is a stored access policy and where it stands. Fields that it leaves to
// the link are zero.
type Policy struct {
	Service   string `json:"service"`   // Blob, File, Queue, Table
	Container string `json:"container"` // container, share, queue or table
	overgrant.StoredPolicy
}

// Expiration is the account's policy on how long shared access signatures may
// last. It is about those that keys signed, not about user delegation.
type Expiration struct {
	Period time.Duration `json:"period"` // nanoseconds
	Action string        `json:"action"` // Log or Block
}

// What an Expiration does to a link that lasts longer.
const (
	Log   = "Log"
	Block = "Block"
)

// Lock is a lock of the resource manager on the account or on what it lies in.
type Lock struct {
	Name  string `json:"name"`
	Level string `json:"level"` // ReadOnly or CanNotDelete
	Scope string `json:"scope"` // id of what is locked
}

// Unread is a part of an estate that could not be read.
type Unread struct {
	What string `json:"what"` // keys, settings, locks, blob services, policies of shares, …
	Why  string `json:"why"`  // with what to do about it; no secret
}
