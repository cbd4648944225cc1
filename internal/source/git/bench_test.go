package git_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/source"
	"github.com/overgrant/overgrant/internal/source/git"
)

// BenchmarkHistory reads the repository that GIT_BENCH names, as bench/history
// makes them, without looking into pieces, and traces files that are taken for
// hits: none, few and many.
func BenchmarkHistory(b *testing.B) {
	path := os.Getenv("GIT_BENCH")
	if path == "" {
		b.Skip("GIT_BENCH names no repository")
	}
	for _, every := range []uint32{0, 20000, 500, 20} {
		b.Run(fmt.Sprintf("one_hit_in_%d", every), func(b *testing.B) {
			for b.Loop() {
				s, err := git.Open(context.Background(), path, git.Options{})
				if err != nil {
					b.Fatal(err)
				}
				raw, pieces := read(b, s, every)
				var before, after runtime.MemStats
				runtime.GC()
				runtime.ReadMemStats(&before)
				start := time.Now()
				found := 0
				for _, err := range s.Trace(context.Background(), raw) {
					if err != nil {
						b.Log(err)
						continue
					}
					found++
				}
				runtime.ReadMemStats(&after)
				b.ReportMetric(float64(time.Since(start).Milliseconds()), "trace-ms")
				b.ReportMetric(float64(before.HeapAlloc>>20), "noted-MB")
				b.ReportMetric(float64((after.TotalAlloc-before.TotalAlloc)>>20), "trace-MB")
				b.ReportMetric(float64(raw.Len()), "hits")
				b.ReportMetric(float64(found), "sightings")
				b.ReportMetric(float64(pieces), "pieces")
				s.Close()
			}
		})
	}
}

// read goes through all pieces and takes one blob in every so many for a hit.
func read(b *testing.B, s *git.Source, every uint32) (raw *source.Sightings, pieces int) {
	ctx := context.Background()
	raw = &source.Sightings{}
	shards := make(chan source.Shard)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			n := 0
			var own []overgrant.Seen
			for shard := range shards {
				for p, err := range s.Pieces(ctx, shard) {
					if err != nil {
						b.Error(err)
						continue
					}
					n++
					if every == 0 || p.Place.Part != "" || p.Place.Object == "" {
						continue
					}
					var h uint32
					fmt.Sscanf(p.Place.Object[:8], "%x", &h)
					if h%every == 0 {
						own = append(own, overgrant.Seen{ID: fmt.Sprint(h % 1000), Sighting: overgrant.Sighting{
							Place: p.Place, Line: 1, Column: 1, Span: [2]int64{0, 1}, Written: fmt.Sprint(h)}})
					}
				}
			}
			mu.Lock()
			defer mu.Unlock()
			for _, one := range own {
				raw.Add(one)
			}
			pieces += n
		})
	}
	for shard, err := range s.Shards(ctx) {
		var skip *source.Skip
		if errors.As(err, &skip) {
			continue
		} else if err != nil {
			b.Fatal(err)
		}
		shards <- shard
	}
	close(shards)
	wg.Wait()
	return raw, pieces
}

// BenchmarkAgain reads the same repository when it is remembered, and what came
// with its last hundred commits.
func BenchmarkAgain(b *testing.B) {
	path := os.Getenv("GIT_BENCH")
	if path == "" {
		b.Skip("GIT_BENCH names no repository")
	}
	cache := b.TempDir()
	run := func(b *testing.B, opt git.Options, every uint32) {
		s, err := git.Open(context.Background(), path, opt)
		if err != nil {
			b.Fatal(err)
		}
		defer s.Close()
		raw, n := read(b, s, every)
		found := 0
		for _, err := range s.Trace(b.Context(), raw) {
			if err == nil {
				found++
			}
		}
		again := func(yield func(string) bool) {
			for _, object := range raw.Objects {
				if !yield(object) {
					return
				}
			}
		}
		if err := s.Remember(b.Context(), again); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(n), "pieces")
		b.ReportMetric(float64(found), "sightings")
	}
	b.Run("remembered", func(b *testing.B) {
		opt := git.Options{Cache: cache, Rules: "1"}
		run(b, opt, 20000)
		b.ResetTimer()
		for b.Loop() {
			run(b, opt, 20000)
		}
	})
	b.Run("since", func(b *testing.B) {
		for b.Loop() {
			run(b, git.Options{Since: "main~100"}, 50)
		}
	})
}
