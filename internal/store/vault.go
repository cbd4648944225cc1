package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"filippo.io/age"
	"github.com/overgrant/overgrant"
)

// Errors of the vault that callers decide on.
var (
	ErrNoKey    = errors.New("the vault has no key; give --vault-key FILE or set OVERGRANT_VAULT_KEY, and make a key with: overgrant cases key FILE")
	ErrSealOnly = errors.New("the vault's key can only seal; give the file with its secret half (AGE-SECRET-KEY-...) to open links")
	ErrNoLink   = errors.New("the vault does not hold the link; scan again with --save and the vault's key, or give the link itself")
	ErrWrongKey = errors.New("the link was sealed to another key")
)

// Vault keeps the texts of links, which open what they open, sealed with age to
// a key that is not in the store. Whoever takes the store away without the key
// has no link that works. It may be used by many goroutines at once. The zero
// value holds no key: it seals and opens nothing.
type Vault struct {
	safe Safe
	key  Key
}

// NewVault returns the vault over a store. A key that is empty makes a vault
// that answers everything with ErrNoKey.
func NewVault(s Safe, k Key) *Vault { return &Vault{safe: s, key: k} }

// CanSeal reports whether there is a vault that has a key to seal with.
func (v *Vault) CanSeal() bool { return v != nil && v.key.recipient != nil }

// maxSealed bounds a sealed link, in bytes, and how many of one case are tried.
// Links have no more than 64 KiB.
const (
	maxSealed      = 1 << 20
	maxSealedTried = 256
)

// inside is what is in a sealed link.
type inside struct {
	Link overgrant.Link `json:"link"` // redacted
	Text string         `json:"text"`
}

// Seal keeps the text of a link. A link that is there already, or has no text,
// is left alone. It fails with ErrNoKey.
func (v *Vault) Seal(ctx context.Context, l overgrant.Link) error {
	if v.key.recipient == nil {
		return ErrNoKey
	}
	text := l.Secret.Reveal()
	if text == "" {
		return nil
	}
	s := Sealed{Case: l.ID, Recipient: v.key.Recipient(), Name: nameOf(l)}
	if has, err := v.safe.HasSealed(ctx, s); err != nil || has {
		return err
	}
	var b bytes.Buffer
	w, err := age.Encrypt(&b, v.key.recipient)
	if err == nil {
		err = json.NewEncoder(w).Encode(inside{l, text})
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return fmt.Errorf("seal the link of case %.12s: %w", l.ID, err)
	}
	s.Blob = b.Bytes()
	return v.safe.PutSealed(ctx, s)
}

// nameOf names the link among those of its case: the same credential may stand
// once with its host and once without. It depends on nothing that is secret.
func nameOf(l overgrant.Link) string {
	sum := sha256.Sum256(textOf(l))
	return hex.EncodeToString(sum[:16])
}

// Open returns the text of the fullest link of a case. It fails with ErrNoKey or
// ErrSealOnly for want of a key, ErrNoLink where nothing was sealed, and
// ErrWrongKey where another key is needed.
func (v *Vault) Open(ctx context.Context, id string) (overgrant.Secret, error) {
	none := overgrant.Secret{}
	switch {
	case v.key.recipient == nil:
		return none, ErrNoKey
	case len(v.key.identities) == 0:
		return none, ErrSealOnly
	}
	var best *inside
	tried, other := 0, ""
	for s, err := range v.safe.Sealed(ctx, id) {
		if err != nil {
			return none, err
		}
		if tried++; tried > maxSealedTried {
			break
		}
		in, err := v.unseal(s)
		switch {
		case errors.Is(err, ErrWrongKey):
			other = s.Recipient
		case err != nil:
			return none, fmt.Errorf("open the link of case %.12s: %w", id, err)
		case best == nil || CompareLinks(in.Link, best.Link) > 0:
			best = in
		}
	}
	switch {
	case best != nil:
		return overgrant.NewSecret(best.Text), nil
	case other != "":
		return none, fmt.Errorf("open the link of case %.12s: %w: %s; give that one", id, ErrWrongKey, other)
	}
	return none, fmt.Errorf("open the link of case %.12s: %w", id, ErrNoLink)
}

func (v *Vault) unseal(s Sealed) (*inside, error) {
	r, err := age.Decrypt(bytes.NewReader(s.Blob), v.key.identities...)
	var foreign *age.NoIdentityMatchError
	if errors.As(err, &foreign) {
		return nil, ErrWrongKey
	}
	if err != nil {
		return nil, errors.New("the sealed link is damaged") // what age says may quote it
	}
	raw, err := io.ReadAll(io.LimitReader(r, maxSealed))
	in := &inside{}
	if err != nil || json.Unmarshal(raw, in) != nil || in.Text == "" || in.Link.ID != s.Case {
		return nil, errors.New("the sealed link is damaged")
	}
	return in, nil
}
