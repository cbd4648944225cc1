package sqlite

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/overgrant/overgrant"
)

// TestLasts asks how commits are synced; it is inside the package because only
// the writer's own connection knows.
func TestLasts(t *testing.T) {
	ctx := context.Background()
	db, err := Open(ctx, filepath.Join(t.TempDir(), "store.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	const normal, full = 1, 2 // sqlite.org/pragma.html#pragma_synchronous
	level := func() (n int) {
		if err := db.writer.conn.QueryRowContext(ctx, "PRAGMA synchronous").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	found := overgrant.Message{Found: &overgrant.Found{Link: overgrant.Link{ID: "aa"}}}
	for _, tt := range []struct {
		name string
		put  []overgrant.Message
		want int
	}{
		{"a_case", []overgrant.Message{found}, normal},
		{"a_journal", []overgrant.Message{found, {Remedied: &overgrant.Remedied{ID: "aa", Attempt: "1", State: overgrant.Begun}}}, full},
		{"a_case_again", []overgrant.Message{found}, normal},
		{"a_ledger", []overgrant.Message{{Minted: &overgrant.Minted{Name: "a", ID: "bb"}}}, full},
	} {
		if err := db.Put(ctx, "run", tt.put...); err != nil {
			t.Fatal(err)
		}
		if got := level(); got != tt.want {
			t.Errorf("%s is committed with synchronous = %d; want %d", tt.name, got, tt.want)
		}
	}
}
