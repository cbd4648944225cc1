package cloud

import (
	"time"

	"github.com/overgrant/overgrant"
)

// Done says what a step has changed. It holds no secret.
type Done struct {
	At      time.Time       `json:"at"`
	Already bool            `json:"already,omitempty"`  // it was so before; nothing was changed. Never true of revoked delegation keys
	Before  string          `json:"before"`             // in words
	After   string          `json:"after"`              // in words
	Within  time.Duration   `json:"within,omitempty"`   // nanoseconds until it holds everywhere, as far as is documented; 0 means at once or unknown
	Undo    *overgrant.Step `json:"undo,omitempty"`     // the step that takes it back; nil if nothing does
	KeyHash string          `json:"key_hash,omitempty"` // after a rotation: of the key that has the name now
}
