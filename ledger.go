package overgrant

import "time"

// Minted is one entry of the ledger: a link that we made, or a change to it.
// The link itself is not in it.
type Minted struct {
	Name    string    `json:"name"` // chosen by its maker; one name is one share, which may hold several links
	At      time.Time `json:"at"`
	Change  Change    `json:"change"`
	ID      string    `json:"id"`   // of the link, as that of a case
	Text    string    `json:"text"` // the link, redacted
	Grant   Grant     `json:"grant"`
	KeyHash string    `json:"key_hash,omitempty"` // SHA-256 of the decoded key that signed it, hex
	Owner   string    `json:"owner"`              // who answers for it
	Purpose string    `json:"purpose"`
	Expiry  time.Time `json:"expiry,omitzero"` // of the link or of the policy it is bound to
	Accepts []Accept  `json:"accepts,omitempty"`
	Paths   []string  `json:"paths,omitempty"` // what was shared; at most a few
	Objects Tally     `json:"objects"`         // what it reached when it was made
}

// Change says what a ledger entry tells.
type Change string

// The changes of a share.
const (
	Made     Change = "made"
	Extended Change = "extended"
	Revoked  Change = "revoked"
)

// Accept is a rule that its maker set aside, and why.
type Accept struct {
	Rule string `json:"rule"`
	Why  string `json:"why"`
}
