package sqlite

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/store"
)

// TestFull has no space left for one of several puts; it is inside the package
// because only the writer's own connection can be given a limit.
func TestFull(t *testing.T) {
	ctx := context.Background()
	db, err := Open(ctx, filepath.Join(t.TempDir(), "store.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	limit := func(pages string) {
		if _, err := db.writer.conn.ExecContext(ctx, "PRAGMA max_page_count = "+pages); err != nil {
			t.Fatal(err)
		}
	}
	shard := func(name string, size int) overgrant.Message {
		return overgrant.Message{Measured: &overgrant.Measured{ID: "a", Round: "r", Shard: name, Inventory: make([]byte, size)}}
	}
	limit("60")
	if err := db.Put(ctx, "run", shard("small", 10)); err != nil {
		t.Fatal(err)
	}
	if err := db.Put(ctx, "run", shard("large", 10<<20)); !errors.Is(err, store.ErrFull) {
		t.Errorf("Put() = %v; want %v", err, store.ErrFull)
	}
	if err := db.Put(ctx, "run", shard("small too", 10)); err != nil {
		t.Errorf("Put() = %v; want a small one to fit", err)
	}
	limit("1000000")
	if err := db.Put(ctx, "run", shard("large", 10<<20)); err != nil {
		t.Errorf("Put() = %v; want it to fit once there is space", err)
	}
	n := 0
	for _, err := range db.Inventory(ctx, "a", "r") {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != 3 {
		t.Errorf("%d segments; want 3", n)
	}
}

// TestOneOfABatchFails carries out the others alone.
func TestOneOfABatchFails(t *testing.T) {
	ctx := context.Background()
	db, err := Open(ctx, filepath.Join(t.TempDir(), "store.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	fault := errors.New("a fault")
	asked := func(apply func(*writing) error) *request {
		return &request{ctx: ctx, apply: apply, done: make(chan error, 1)}
	}
	good := func(id string) func(*writing) error {
		return func(w *writing) error {
			if err := w.run("run"); err != nil {
				return err
			}
			_, err := w.touch(id, "run")
			return err
		}
	}
	gone, cancel := context.WithCancel(ctx)
	cancel()
	batch := []*request{
		asked(good("1111")),
		asked(func(w *writing) error { return errors.Join(good("2222")(w), fault) }),
		asked(good("3333")),
		{ctx: gone, apply: good("4444"), done: make(chan error, 1)},
	}
	db.writer.closeLoop()
	db.writer.together(batch)
	want := []error{nil, fault, nil, context.Canceled}
	for i, r := range batch {
		if err := <-r.done; !errors.Is(err, want[i]) {
			t.Errorf("request %d = %v; want %v", i, err, want[i])
		}
	}
	var ids string
	if err := db.read.QueryRowContext(ctx, "SELECT group_concat(id) FROM cases").Scan(&ids); err != nil || ids != "1111,3333" {
		t.Errorf("cases %q, %v; want 1111,3333", ids, err)
	}
}
