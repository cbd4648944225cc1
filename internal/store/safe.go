package store

import (
	"context"
	"iter"
)

// Safe keeps what the vault sealed. It never sees a key.
type Safe interface {
	// PutSealed stores a sealed link. Its case, recipient and name tell it apart:
	// what is there already stays as it is.
	PutSealed(ctx context.Context, s Sealed) error
	// HasSealed reports whether there is a sealed link with the case, recipient
	// and name of s.
	HasSealed(ctx context.Context, s Sealed) (bool, error)
	// Sealed yields the sealed links of a case in the order in which they were
	// stored.
	Sealed(ctx context.Context, id string) iter.Seq2[Sealed, error]
}

// Sealed is a link that only the holder of a key can open.
type Sealed struct {
	Case      string // id of the case
	Recipient string // the public half of the key: age1...
	Name      string // of the link among those of its case; says nothing of the secret
	Blob      []byte // an age file
}
