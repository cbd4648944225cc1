package gitpack_test

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/overgrant/overgrant/internal/gitpack"
)

// mapped maps a file into memory for as long as the test runs.
func mapped(t testing.TB, name string) []byte {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() == 0 {
		return nil
	}
	data, err := syscall.Mmap(int(f.Fd()), 0, int(info.Size()), syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Munmap(data) })
	return data
}

// openPacks opens all packs of an objects directory.
func openPacks(t testing.TB, objects string, format gitpack.HashFormat) (packs []*gitpack.Pack) {
	t.Helper()
	packs, _ = openAndMap(t, objects, format)
	return packs
}

// openAndMap is openPacks; it also returns the mapped packs.
func openAndMap(t testing.TB, objects string, format gitpack.HashFormat) (packs []*gitpack.Pack, maps [][]byte) {
	t.Helper()
	names, _ := filepath.Glob(filepath.Join(objects, "pack", "*.pack"))
	for _, name := range names {
		idx, data := mapped(t, strings.TrimSuffix(name, ".pack")+".idx"), mapped(t, name)
		p, err := gitpack.OpenPack(filepath.Base(name), data, idx, format)
		if err != nil {
			t.Fatal(err)
		}
		packs, maps = append(packs, p), append(maps, data)
	}
	return packs, maps
}

// BenchmarkWalk walks the repository named by GITPACK_BENCH, as bench/history
// makes them, with as many walks as there are processors. Pages of the packs are
// given back from time to time, since they count as memory of the process.
func BenchmarkWalk(b *testing.B) {
	dir := os.Getenv("GITPACK_BENCH")
	if dir == "" {
		b.Skip("GITPACK_BENCH names no repository")
	}
	for b.Loop() {
		packs, maps := openAndMap(b, filepath.Join(dir, "objects"), gitpack.SHA1)
		store := &gitpack.Store{Packs: packs}
		shards := gitpack.Plan(store, gitpack.PlanOptions{})
		var next, objects, size, fresh, failed atomic.Int64
		var wg sync.WaitGroup
		for range runtime.GOMAXPROCS(0) {
			wg.Go(func() {
				for {
					i := int(next.Add(1)) - 1
					if i%8 == 0 {
						for _, data := range maps {
							syscall.Madvise(data, syscall.MADV_DONTNEED)
						}
					}
					if i >= len(shards) {
						return
					}
					var n, sum, known int64
					for o, err := range gitpack.Walk(context.Background(), shards[i], gitpack.WalkOptions{}) {
						if err != nil {
							failed.Add(1)
							continue
						}
						n++
						sum += o.Size
						for _, c := range o.Copies {
							known += c.Size
						}
					}
					objects.Add(n)
					size.Add(sum)
					fresh.Add(sum - known)
				}
			})
		}
		wg.Wait()
		b.ReportMetric(float64(objects.Load()), "objects")
		b.ReportMetric(float64(size.Load())/1e6, "MB")
		b.ReportMetric(float64(fresh.Load())/1e6, "newMB")
		b.ReportMetric(float64(failed.Load()), "failed")
		b.ReportMetric(float64(len(shards)), "shards")
	}
}

// BenchmarkPlan reads the heads of all entries and divides them.
func BenchmarkPlan(b *testing.B) {
	dir := os.Getenv("GITPACK_BENCH")
	if dir == "" {
		b.Skip("GITPACK_BENCH names no repository")
	}
	for b.Loop() {
		store := &gitpack.Store{Packs: openPacks(b, filepath.Join(dir, "objects"), gitpack.SHA1)}
		gitpack.Plan(store, gitpack.PlanOptions{})
	}
}

// BenchmarkHistory reads every commit and its tree by ID, newest first, as one
// who asks where an object came from.
func BenchmarkHistory(b *testing.B) {
	dir := os.Getenv("GITPACK_BENCH")
	if dir == "" {
		b.Skip("GITPACK_BENCH names no repository")
	}
	store := &gitpack.Store{Packs: openPacks(b, filepath.Join(dir, "objects"), gitpack.SHA1)}
	head, err := gitpack.ParseID(strings.TrimSpace(runGit(b, dir, nil, "rev-parse", "refs/heads/main")))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		var buf []byte
		var c gitpack.CommitBody
		n := 0
		for id := head; n < 50000; n++ {
			if _, buf, err = store.Append(buf[:0], id); err != nil {
				b.Fatal(err)
			}
			if err := c.Parse(buf); err != nil {
				b.Fatal(err)
			}
			if _, buf, err = store.Append(buf[:0], c.Tree); err != nil {
				b.Fatal(err)
			}
			if len(c.Parents) == 0 {
				break
			}
			id = c.Parents[0]
		}
		b.ReportMetric(float64(n), "commits")
	}
}
