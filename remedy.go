package overgrant

import "time"

// Deed is what one step of an owner does.
type Deed string

// The deeds. Each is safe to do again: what is already done is told, not done twice.
const (
	EditPolicy           Deed = "edit_policy"            // narrow or end a stored access policy
	DeletePolicy         Deed = "delete_policy"          // delete a stored access policy
	AddPolicy            Deed = "add_policy"             // make a stored access policy
	SetExpirationPolicy  Deed = "set_expiration_policy"  // block signatures that live longer than a period
	RotateKey            Deed = "rotate_key"             // replace one account key
	RevokeDelegationKeys Deed = "revoke_delegation_keys" // end all user delegation keys of the account
	DisableSharedKey     Deed = "disable_shared_key"     // take no signature made with an account key
	EnableSharedKey      Deed = "enable_shared_key"      // take them again
	DisablePublicAccess  Deed = "disable_public_access"  // forbid anonymous access in the whole account
	EnablePublicAccess   Deed = "enable_public_access"   // leave anonymous access to each container
	CloseContainer       Deed = "close_container"        // end anonymous access to one container
)

// Step is one change that an account's owner makes. It is plain data without a
// secret. Fields that the deed does not need are empty.
type Step struct {
	Deed      Deed          `json:"deed"`
	Account   string        `json:"account"`
	Service   string        `json:"service,omitempty"`   // of Container: blob, file, queue, table
	Container string        `json:"container,omitempty"` // container, share, queue, table
	Policy    string        `json:"policy,omitempty"`    // id of a stored access policy
	Want      *StoredPolicy `json:"want,omitempty"`      // what the policy is to say; nil to delete it
	Key       string        `json:"key,omitempty"`       // key1, key2
	KeyHash   string        `json:"key_hash,omitempty"`  // SHA-256 of the decoded key that is to go, hex; another key in its place was rotated already
	Period    time.Duration `json:"period,omitempty"`    // nanoseconds; the longest life of a signature
}

// StoredPolicy is a stored access policy of a container, share, queue or table.
type StoredPolicy struct {
	ID          string    `json:"id"`
	Permissions string    `json:"permissions,omitempty"`
	Start       time.Time `json:"start,omitzero"`
	Expiry      time.Time `json:"expiry,omitzero"`
}

// Route is one way to make a link stop working, with what it costs.
type Route struct {
	Name     string       `json:"route"`              // as in Revocation.Route: rotate_account_key, delete_stored_policy
	Doc      string       `json:"doc"`                // what it does, a sentence
	Steps    []Step       `json:"steps,omitempty"`    // in this order; empty where the cloud cannot be told from here
	Dies     []Collateral `json:"dies,omitempty"`     // what is known to stop working with it, the link itself not among it
	Survives []string     `json:"survives,omitempty"` // ids of known links of the account that go on working
	Unknown  string       `json:"unknown,omitempty"`  // what may stop working besides, of which nothing is known
	Holds    string       `json:"holds,omitempty"`    // how soon: "at once", "within 30 seconds"
	Undo     string       `json:"undo,omitempty"`     // how it is undone; empty if it cannot be
	Revives  string       `json:"revives,omitempty"`  // what would bring the link back to life
	Not      string       `json:"not,omitempty"`      // why it cannot be taken, or is no remedy at all; empty if it can
}

// Collateral is something that stops working when a route is taken.
type Collateral struct {
	Sort string `json:"sort"`           // case, ledger, client
	ID   string `json:"id,omitempty"`   // of the case, name in the ledger
	What string `json:"what"`           // the link redacted, or the client: its address and agent
	Why  string `json:"why"`            // signed by key1
	Uses int64  `json:"uses,omitempty"` // requests in the logs that were read
}

// Remedied is one entry in the journal of closing a case. Of one attempt, the
// entries with the same Step and State are one.
type Remedied struct {
	ID      string    `json:"id"`      // the case
	Attempt string    `json:"attempt"` // names the attempt; of two, the greater one is the later
	At      time.Time `json:"at"`
	State   Progress  `json:"state"`
	Route   *Route    `json:"route,omitempty"` // what is going to be done, with Planned
	Step    int       `json:"step,omitempty"`  // from 1, with Begun, Done and Failed; with Checked which check it is
	Detail  string    `json:"detail,omitempty"`
	Proof   *Proof    `json:"proof,omitempty"`   // with Checked and Closed
	KeyMade time.Time `json:"key_made,omitzero"` // with Planned: when the key was made that made the link; zero if it is not known
}

// Progress is how far an attempt to close a case has come.
type Progress string

// The entries of an attempt, in their order.
const (
	Planned Progress = "planned"
	Begun   Progress = "begun"   // the step is on its way; whether it was carried out must be asked
	Done    Progress = "done"    // the step was carried out
	Failed  Progress = "failed"  // the step was refused, Detail says why
	Checked Progress = "checked" // the link was tried again
	Closed  Progress = "closed"  // the link is confirmed dead
	GivenUp Progress = "given_up"
)
