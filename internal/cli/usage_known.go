package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/store"
	"github.com/overgrant/overgrant/internal/usage"
	"github.com/overgrant/overgrant/kind"
)

// acquainted is what the store knows of links in use.
type acquainted struct {
	cases, ledger []usage.Known
	id            string    // of the case that --case names
	published     time.Time // when it was, as far as is known
}

// known reads the cases and the ledger. A store is not needed, unless a case is
// asked for.
func (u *uses) known(ctx context.Context, w World) (*acquainted, error) {
	a := &acquainted{}
	if u.published != "" {
		var err error
		if a.published, err = time.Parse(time.RFC3339, u.published); err != nil {
			return nil, fmt.Errorf("read --published %q: want a time like 2026-01-31T12:00:00Z", u.published)
		}
		if u.caseID == "" {
			return nil, errors.New("--published says when a case was published; name it with --case ID")
		}
	}
	needed := u.caseID != "" || u.store.path != "" && !u.store.save
	if _, err := u.store.place(w); err != nil && !needed {
		return a, nil
	}
	db, err := u.store.existing(ctx, w)
	if errors.Is(err, os.ErrNotExist) && !needed {
		return a, nil
	}
	if err != nil {
		return nil, err
	}
	return a, errors.Join(a.read(ctx, db, u.caseID), db.close())
}

func (a *acquainted) read(ctx context.Context, db *saved, prefix string) error {
	if prefix != "" {
		c, err := db.Case(ctx, prefix)
		if err != nil {
			return fmt.Errorf("%w; overgrant cases lists them", err)
		}
		a.id = c.Link.ID
		if a.published.IsZero() {
			a.published = c.First
		}
	}
	for c, err := range db.Brief(ctx, store.Filter{}) {
		if err != nil {
			return err
		}
		if c.Link.Grant.Provider != "azure" || c.Link.Grant.Shape != overgrant.Whole {
			continue
		}
		k := usage.Known{Link: c.Link}
		l := c.Link
		if l.Secret, err = db.vault.Open(ctx, l.ID); err == nil {
			k.Sign = kind.LogHash(l)
		} else if ctx.Err() != nil {
			return ctx.Err()
		}
		a.cases = append(a.cases, k)
	}
	for s, err := range db.Ledger(ctx) {
		if err != nil {
			return err
		}
		for _, l := range s.Links {
			a.ledger = append(a.ledger, usage.Known{
				Name: s.Name, KeyHash: l.KeyHash, Sign: l.LogHash,
				Link: overgrant.Link{ID: l.ID, Redacted: l.Text, Grant: l.Grant},
			})
		}
	}
	return nil
}
