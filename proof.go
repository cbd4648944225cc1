package overgrant

import "time"

// State says whether a link works.
type State string

// The states of a link that was proven. The zero value is one that was not.
const (
	Alive        State = "alive"        // the service takes it, now and perhaps from elsewhere only
	Dead         State = "dead"         // the service refuses it; Proof.Cause says why
	Inconclusive State = "inconclusive" // the answers tell neither
)

// Cause says in one word why a link is dead, or why the answers tell nothing.
type Cause string

// The causes. Some can be undone by the owner without a new link: see
// Proof.Revives.
const (
	CauseNone        Cause = ""
	CauseExpired     Cause = "expired"
	CauseNotYet      Cause = "not_yet_valid"
	CauseKeyRotated  Cause = "key_rotated" // the signature does not match: key replaced, or the link was altered
	CausePolicyGone  Cause = "policy_gone" // no stored access policy of that name
	CauseAccountGone Cause = "account_gone"
	CauseForbidden   Cause = "forbidden_by_policy" // keys, or signatures as long-lived as this, are switched off
	CauseMalformed   Cause = "malformed"           // the service cannot read it
	CauseTargetGone  Cause = "target_gone"         // what it names is not there, and nothing else can be asked
	CauseFirewall    Cause = "firewall"
	CauseThrottled   Cause = "throttled"
	CauseUnreachable Cause = "unreachable"
	CauseForeign     Cause = "not_asked" // nothing was sent: the host is not one of the service, or private
	CauseUnclear     Cause = "unclear"   // an answer that nothing was known of
)

// Standing says what is known of one action of a link.
type Standing string

// The standings of an action, weakest first.
const (
	NotTried          Standing = "not_tried"
	Refused           Standing = "refused"
	ProvenBySignature Standing = "proven_by_signature" // the signature holds, and it covers the permissions
	Granted           Standing = "granted"             // the service let it pass
)

// Proof is what the service answered when it was asked what a link grants. The
// JSON names are part of the contract.
type Proof struct {
	State       State               `json:"state"`
	Cause       Cause               `json:"cause,omitempty"`
	Why         string              `json:"why,omitempty"`         // a sentence
	Revives     string              `json:"revives,omitempty"`     // how a dead link could come back to life; empty if it cannot
	Permissions map[string]Standing `json:"permissions,omitempty"` // by action, as in Grant.Actions
	Limits      []string            `json:"limits,omitempty"`      // who can use it, where that is not everybody: "from 10.0.0.0-10.0.0.9 only"
	Services    []Reached           `json:"services,omitempty"`    // each service the link was tried on
	Key         string              `json:"key,omitempty"`         // which of the account's keys made the link: key1, key2; "none" if neither
	KeyLayout   string              `json:"key_layout,omitempty"`  // by which layout of the string to sign
	SKU         string              `json:"sku,omitempty"`         // Standard_RAGRS
	AccountKind string              `json:"account_kind,omitempty"`
	Hierarchy   *bool               `json:"hierarchical,omitempty"` // directories are real
	Public      string              `json:"public,omitempty"`       // what anybody may do without the link: none, blob, container
	NameFree    *bool               `json:"name_free,omitempty"`    // the account is gone and anybody may take its name
	Recovery    *Recovery           `json:"recovery,omitempty"`     // nil where it could not be read
	Answers     []Answer            `json:"answers,omitempty"`      // in the order they came
	CheckedAt   time.Time           `json:"checked_at"`
}

// Reached is one service of an account that a link was tried on.
type Reached struct {
	Service string `json:"service"` // blob, file, queue, table, dfs, blob-secondary
	Host    string `json:"host"`
	State   State  `json:"state"`
	Cause   Cause  `json:"cause,omitempty"`
	Listing bool   `json:"listing,omitempty"` // all containers, shares, queues or tables can be listed
}

// Recovery says what would undo a deletion or show who did it.
type Recovery struct {
	SoftDelete          *bool `json:"soft_delete,omitempty"`
	RetentionDays       int   `json:"retention_days,omitempty"`
	ContainerSoftDelete *bool `json:"container_soft_delete,omitempty"`
	Versioning          *bool `json:"versioning,omitempty"`
	ReadsLogged         *bool `json:"reads_logged,omitempty"` // classic storage logging
	WritesLogged        *bool `json:"writes_logged,omitempty"`
	StaticWebsite       *bool `json:"static_website,omitempty"`
	AnyOrigin           *bool `json:"any_origin,omitempty"`        // a CORS rule lets every web page in
	LinkSwitchesOff     bool  `json:"link_switches_off,omitempty"` // the link itself may change these settings
}

// Answer is one request and what came of it.
type Answer struct {
	Asked  string `json:"asked"` // what for, in words: list the containers
	Method string `json:"method"`
	Host   string `json:"host"`
	Target string `json:"target"`         // path and query without secrets
	Status int    `json:"status"`         // 0 if there was no answer
	Code   string `json:"code,omitempty"` // the service's own error code
	Shows  string `json:"shows"`          // what follows from it, in words
}
