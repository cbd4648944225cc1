package sqlite

import (
	"context"
	"fmt"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/store"
)

// Reserve begins a share in the ledger, unless there is one of its name: see
// store.Store. The lock of the transaction keeps two programs apart.
func (db *DB) Reserve(ctx context.Context, run string, first overgrant.Minted) error {
	if err := named("run", run); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	f, err := db.fact(run, overgrant.Message{Minted: &first})
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	r := &request{size: f.size(), lasts: true}
	r.apply = func(t *writing) error {
		var no int64
		taken, err := t.row("SELECT no FROM ledger WHERE name = ? AND digest <> ? LIMIT 1", []any{first.Name, digest(f.body)}, &no)
		if err != nil {
			return err
		}
		if taken {
			return store.ErrTaken
		}
		if err := t.run(run); err != nil {
			return err
		}
		return f.put(t)
	}
	if err := db.writer.put(ctx, r); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return nil
}
