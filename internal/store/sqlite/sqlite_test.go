package sqlite_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/overgrant/overgrant/internal/store"
	"github.com/overgrant/overgrant/internal/store/sqlite"
	"github.com/overgrant/overgrant/internal/store/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(t testing.TB, path string) store.Store {
		s, err := sqlite.Open(context.Background(), filepath.Join(path, "store.db"), sqlite.Options{Now: storetest.Now})
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
}
