package cloud

import "time"

// Action is what a step does.
type Action string

// The actions, by how much dies with them.
const (
	SetPolicy        Action = "set_policy"             // make or replace Step.Policy
	DeletePolicy     Action = "delete_policy"          // remove Step.Policy by its id. Its links live again when the name comes back
	ExpirePolicy     Action = "expire_policy"          // put the end of Step.Policy into the past and leave its name taken
	ExtendPolicy     Action = "extend_policy"          // move the end of Step.Policy to its Expiry
	SetPublicLevel   Action = "set_public_level"       // of the container Step.Policy.Container, to Step.Public
	SetExpiration    Action = "set_expiration"         // the account's policy on how long signatures may last, to Step.Expiration; nil removes it
	RotateKey        Action = "rotate_key"             // make Step.Key anew if it is still the one of Step.KeyHash
	RevokeDelegation Action = "revoke_delegation_keys" // all user delegation keys of the account
	DisableSharedKey Action = "disable_shared_key"     // refuse keys and all that they signed
	EnableSharedKey  Action = "enable_shared_key"      //
	DisablePublic    Action = "disable_public_access"  // refuse anonymous readers on the whole account
	EnablePublic     Action = "enable_public_access"   //
)

// Step is one change of an account. It holds no secret and can be written to a
// journal. Fields that its action does not name are ignored.
type Step struct {
	Action     Action      `json:"action"`
	Policy     Policy      `json:"policy,omitzero"`
	Key        string      `json:"key,omitempty"`        // Key1 or Key2
	KeyHash    string      `json:"key_hash,omitempty"`   // AccountKey.Hash of the key that is to go; must be set for RotateKey
	Public     string      `json:"public,omitempty"`     // blob, container, or empty for nobody
	Expiration *Expiration `json:"expiration,omitempty"` //
}

// Done says what a step has changed. It holds no secret.
type Done struct {
	At      time.Time     `json:"at"`
	Already bool          `json:"already,omitempty"`  // it was so before; nothing was changed. Never true of RevokeDelegation
	Before  string        `json:"before"`             // in words
	After   string        `json:"after"`              // in words
	Within  time.Duration `json:"within,omitempty"`   // nanoseconds until it holds everywhere, as far as is documented; 0 means at once or unknown
	Undo    *Step         `json:"undo,omitempty"`     // the step that takes it back; nil if nothing does
	KeyHash string        `json:"key_hash,omitempty"` // of the key that Key names now, after RotateKey
}
