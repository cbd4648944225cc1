package sqlite_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/store"
	"github.com/overgrant/overgrant/internal/store/sqlite"
	"github.com/overgrant/overgrant/internal/store/storetest"
)

func open(t testing.TB, folder string) store.Store {
	t.Helper()
	s, err := sqlite.Open(context.Background(), filepath.Join(folder, "store.db"), sqlite.Options{Now: storetest.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

const (
	benchRound = "20260101T000000Z"
	benchRun   = "20260101T000000.000000Z-00000000"
)

var benchCase = strings.Repeat("a1", 32)

// wide returns a shard whose exposure has so many areas.
func wide(n, areas int, inventory []byte) overgrant.Message {
	m := &overgrant.Measured{ID: benchCase, Round: benchRound, Shard: fmt.Sprintf("shard/%06d", n), Inventory: inventory}
	m.Exposure.Areas = map[string]*overgrant.Area{}
	for i := range areas {
		t := overgrant.Tally{Objects: int64(i), Bytes: int64(n * i)}
		m.Exposure.Areas[fmt.Sprintf("container%d/folder-%05d", n%20, (n/20*areas+i)%1000)] = &overgrant.Area{Tally: t, Class: "chat", Severity: overgrant.High, Newest: 1767225600}
		m.Exposure.Tally.Add(t)
	}
	return overgrant.Message{Measured: m}
}

// BenchmarkPutShards stores shards as a measure of a large account gives them:
// 100,000 objects each, packed to 2 MB, and 100 KB of exposure.
func BenchmarkPutShards(b *testing.B) {
	s := open(b, b.TempDir())
	inventory := make([]byte, 2<<20)
	_, _ = rand.Read(inventory)
	b.SetBytes(int64(len(inventory)))
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		if err := s.Put(context.Background(), benchRun, wide(n, 1000, inventory)); err != nil {
			b.Fatal(err)
		}
		n++
	}
}

// BenchmarkPutSightings stores sightings, one or many at a time.
func BenchmarkPutSightings(b *testing.B) {
	for _, together := range []int{1, 64} {
		b.Run(fmt.Sprintf("%d_a_put", together), func(b *testing.B) {
			s := open(b, b.TempDir())
			n := 0
			b.ReportAllocs()
			for b.Loop() {
				ms := make([]overgrant.Message, together)
				for i := range ms {
					n++
					ms[i].Seen = &overgrant.Seen{ID: benchCase, Sighting: overgrant.Sighting{
						Place: overgrant.Place{Source: "git", Repository: "models", Path: fmt.Sprintf("a/b/%d", n)}, Commit: fmt.Sprint(n)}}
				}
				if err := s.Put(context.Background(), benchRun, ms...); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkPutTogether stores one sighting at a time from many goroutines.
func BenchmarkPutTogether(b *testing.B) {
	s := open(b, b.TempDir())
	var n atomic.Int64
	b.ReportAllocs()
	b.SetParallelism(32)
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			m := overgrant.Message{Seen: &overgrant.Seen{ID: benchCase, Sighting: overgrant.Sighting{Commit: fmt.Sprint(n.Add(1))}}}
			if err := s.Put(context.Background(), benchRun, m); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

// BenchmarkCase reads a case of 10,000 measured shards.
func BenchmarkCase(b *testing.B) {
	s := open(b, b.TempDir())
	for n := 0; n < 10_000; n += 10 {
		ms := make([]overgrant.Message, 10)
		for i := range ms {
			ms[i] = wide(n+i, 100, nil)
		}
		if err := s.Put(context.Background(), benchRun, ms...); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		c, err := s.Case(context.Background(), benchCase)
		if err != nil || len(c.Reach.Areas) != 20_000 {
			b.Fatal(err, len(c.Reach.Areas))
		}
	}
}

// size returns the bytes of all files of a folder.
func size(t testing.TB, folder string) (n int64) {
	t.Helper()
	err := filepath.WalkDir(folder, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			n += info.Size()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
