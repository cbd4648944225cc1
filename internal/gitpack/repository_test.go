package gitpack_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/overgrant/overgrant/internal/gitpack"
)

// TestRepositoryOnDisk compares a whole repository, named by GITPACK_EXACT.
func TestRepositoryOnDisk(t *testing.T) {
	dir := os.Getenv("GITPACK_EXACT")
	if dir == "" {
		t.Skip("GITPACK_EXACT names no repository")
	}
	want := catFile(t, dir)
	store := &gitpack.Store{Packs: openPacks(t, filepath.Join(dir, "objects"), gitpack.SHA1)}
	checkAll(t, store, want, gitpack.PlanOptions{Shards: 50})
	n := 0
	for id, w := range want {
		if n++; n > 20000 {
			break
		}
		parsed, err := gitpack.ParseID(id)
		if err != nil {
			t.Fatal(err)
		}
		kind, data, err := store.Get(parsed)
		if err != nil || kind.String() != w.kind || int64(len(data)) != w.size {
			t.Fatalf("Get(%s) = %v, %d bytes, %v; want %s, %d", id, kind, len(data), err, w.kind, w.size)
		}
	}
}
