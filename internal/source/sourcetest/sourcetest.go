// Package sourcetest checks that a source keeps the contract of
// [source.Source]. Every source runs it in its own tests.
//
// It does not check what a source finds: that its tests do themselves, with
// [Pieces].
package sourcetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"runtime"
	"slices"
	"testing"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/source"
)

// Test runs the suite. open makes a new source over the same bytes each time;
// what has to be closed, it closes with Cleanup. There must be at least one
// piece.
func Test(t *testing.T, open func(testing.TB) source.Source) {
	t.Helper()
	t.Run("has_a_name", func(t *testing.T) {
		if open(t).Name() == "" {
			t.Error("Name() is empty")
		}
	})
	t.Run("twice_the_same", func(t *testing.T) { twice(t, open) })
	t.Run("shards_in_any_order", func(t *testing.T) { anyOrder(t, open) })
	t.Run("tags_name_bytes", func(t *testing.T) { tags(t, open(t)) })
	t.Run("copies_equal_their_base", func(t *testing.T) { copies(t, open(t)) })
	t.Run("content_reads_anywhere", func(t *testing.T) { reads(t, open(t)) })
	t.Run("opens_again", func(t *testing.T) { again(t, open(t)) })
	t.Run("stops_when_not_asked", func(t *testing.T) { breaks(t, open) })
	t.Run("cancelled_before", func(t *testing.T) { cancelledBefore(t, open) })
	t.Run("cancelled_midway", func(t *testing.T) { cancelledMidway(t, open) })
}

// Read is a piece that was read to its end.
type Read struct {
	overgrant.Piece
	Bytes []byte
}

// Key names the place of a piece within its source.
func Key(p overgrant.Place) string {
	return fmt.Sprintf("%s|%s|%s|%s|%s", p.Repository, p.Object, p.Ref, p.Part, p.Path)
}

// Pieces reads all of a source, shard by shard. Skips are what the source
// could not read; any other error fails the test.
func Pieces(t testing.TB, s source.Source) (read []Read, skips []*source.Skip) {
	t.Helper()
	for shard, err := range s.Shards(t.Context()) {
		if skipped(t, err, &skips) {
			continue
		}
		r, sk := shardPieces(t, s, shard)
		read, skips = append(read, r...), append(skips, sk...)
	}
	return read, skips
}

func shardPieces(t testing.TB, s source.Source, shard source.Shard) (read []Read, skips []*source.Skip) {
	t.Helper()
	for p, err := range s.Pieces(t.Context(), shard) {
		if skipped(t, err, &skips) {
			continue
		}
		b, err := readAll(t.Context(), p)
		if skipped(t, err, &skips) {
			continue
		}
		read = append(read, Read{p, b})
	}
	return read, skips
}

// skipped collects a Skip. Any other error fails the test.
func skipped(t testing.TB, err error, skips *[]*source.Skip) bool {
	t.Helper()
	if err == nil {
		return false
	}
	var s *source.Skip
	if !errors.As(err, &s) {
		t.Fatalf("error that is no *source.Skip: %v", err)
	}
	if s.Reason == "" {
		t.Errorf("skip of %s has no reason", Key(s.Place))
	}
	*skips = append(*skips, s)
	return true
}

func readAll(ctx context.Context, p overgrant.Piece) ([]byte, error) {
	c, err := p.Open(ctx)
	if err != nil {
		return nil, err
	}
	b := make([]byte, c.Size())
	n, err := c.ReadAt(b, 0)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return b[:n], errors.Join(err, c.Close())
}

// set maps the places of pieces to their bytes; a place that comes twice with
// the same bytes is an error.
func set(t testing.TB, read []Read) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, r := range read {
		k := Key(r.Place)
		if old, ok := all[k]; ok && old == string(r.Bytes) {
			t.Errorf("piece %s comes twice", k)
		}
		all[k] = string(r.Bytes)
	}
	return all
}

func twice(t *testing.T, open func(testing.TB) source.Source) {
	read, _ := Pieces(t, open(t))
	if len(read) == 0 {
		t.Fatal("no pieces")
	}
	first := set(t, read)
	s := open(t)
	for range 2 {
		read, _ := Pieces(t, s)
		if !maps.Equal(first, set(t, read)) {
			t.Fatal("another walk yields other pieces")
		}
	}
}

// anyOrder reads the shards last to first, and side by side.
func anyOrder(t *testing.T, open func(testing.TB) source.Source) {
	want, _ := Pieces(t, open(t))
	s := open(t)
	var shards []source.Shard
	names := map[string]bool{}
	for shard, err := range s.Shards(t.Context()) {
		var skips []*source.Skip
		if skipped(t, err, &skips) {
			continue
		}
		if names[shard.Name] {
			t.Errorf("two shards are called %q", shard.Name)
		}
		names[shard.Name] = true
		shards = append(shards, shard)
	}
	slices.Reverse(shards)
	results := make(chan []Read)
	for _, shard := range shards {
		go func() {
			var all []Read
			for p, err := range s.Pieces(t.Context(), shard) {
				if err != nil {
					continue
				}
				if b, err := readAll(t.Context(), p); err == nil {
					all = append(all, Read{p, b})
				}
			}
			results <- all
		}()
	}
	var have []Read
	for range shards {
		have = append(have, <-results...)
	}
	if !maps.Equal(set(t, want), set(t, have)) {
		t.Error("reading the shards side by side yields other pieces")
	}
}

func tags(t *testing.T, s source.Source) {
	read, _ := Pieces(t, s)
	seen := map[string][]byte{}
	for _, r := range read {
		if r.Tag == "" {
			continue
		}
		if old, ok := seen[r.Tag]; ok && !bytes.Equal(old, r.Bytes) {
			t.Errorf("tag %s names different bytes", r.Tag)
		}
		seen[r.Tag] = r.Bytes
	}
}

// copies checks that what a piece is said to copy stands in the piece one level
// up.
func copies(t *testing.T, s source.Source) {
	for shard, err := range s.Shards(t.Context()) {
		if err != nil {
			continue
		}
		read, _ := shardPieces(t, s, shard)
		var above [][]byte
		for _, r := range read {
			if r.Base == nil {
				above = nil
				continue
			}
			if r.Base.Depth > len(above) {
				t.Fatalf("%s has depth %d below nothing", Key(r.Place), r.Base.Depth)
			}
			above = append(above[:r.Base.Depth], r.Bytes)
			if r.Base.Depth > 0 {
				sameCopies(t, r, above[r.Base.Depth-1])
			}
		}
	}
}

func sameCopies(t *testing.T, r Read, base []byte) {
	t.Helper()
	end := int64(0)
	for _, c := range r.Base.Copies {
		if c.At < end || c.Size < 0 || c.At+c.Size > int64(len(r.Bytes)) || c.From < 0 || c.From+c.Size > int64(len(base)) {
			t.Fatalf("%s: copy %+v is out of order or of bounds", Key(r.Place), c)
		}
		if !bytes.Equal(r.Bytes[c.At:c.At+c.Size], base[c.From:c.From+c.Size]) {
			t.Fatalf("%s: copy %+v differs from the base", Key(r.Place), c)
		}
		end = c.At + c.Size
	}
}

func reads(t *testing.T, s source.Source) {
	each(t, s, func(p overgrant.Piece, c overgrant.Content) {
		k, size := Key(p.Place), c.Size()
		if p.Size >= 0 && p.Size != size {
			t.Errorf("%s: content has %d bytes; the piece said %d", k, size, p.Size)
		}
		all := make([]byte, size)
		if n, err := c.ReadAt(all, 0); int64(n) != size || err != nil && !errors.Is(err, io.EOF) {
			t.Fatalf("%s: ReadAt(%d bytes, 0) = %d, %v", k, size, n, err)
		}
		if b, ok := c.(interface{ Bytes() []byte }); ok && !bytes.Equal(b.Bytes(), all) {
			t.Errorf("%s: Bytes differs from ReadAt", k)
		}
		for _, off := range []int64{0, size / 3, size - 1, size} {
			if off < 0 {
				continue
			}
			buf := make([]byte, size/2+2)
			n, err := c.ReadAt(buf, off)
			if !bytes.Equal(buf[:n], all[off:min(off+int64(len(buf)), size)]) {
				t.Errorf("%s: ReadAt(%d bytes, %d) gave other bytes", k, len(buf), off)
			}
			if n < len(buf) && !errors.Is(err, io.EOF) {
				t.Errorf("%s: ReadAt(%d bytes, %d) = %d, %v; want io.EOF", k, len(buf), off, n, err)
			}
		}
	})
}

func again(t *testing.T, s source.Source) {
	each(t, s, func(p overgrant.Piece, c overgrant.Content) {
		first := make([]byte, c.Size())
		_, _ = c.ReadAt(first, 0)
		second, err := readAll(t.Context(), p)
		if err != nil || !bytes.Equal(first, second) {
			t.Errorf("%s: opened twice, it gives other bytes (%v)", Key(p.Place), err)
		}
	})
}

// each opens every piece.
func each(t *testing.T, s source.Source, do func(overgrant.Piece, overgrant.Content)) {
	t.Helper()
	var skips []*source.Skip
	for shard, err := range s.Shards(t.Context()) {
		if skipped(t, err, &skips) {
			continue
		}
		for p, err := range s.Pieces(t.Context(), shard) {
			if skipped(t, err, &skips) {
				continue
			}
			c, err := p.Open(t.Context())
			if skipped(t, err, &skips) {
				continue
			}
			do(p, c)
			if err := c.Close(); err != nil {
				t.Errorf("%s: Close() = %v", Key(p.Place), err)
			}
		}
	}
}

// breaks leaves both loops after the first turn, with the piece still open.
func breaks(t *testing.T, open func(testing.TB) source.Source) {
	s := open(t)
	before := runtime.NumGoroutine()
	for shard, err := range s.Shards(t.Context()) {
		if err != nil {
			continue
		}
		for p, err := range s.Pieces(t.Context(), shard) {
			if err == nil {
				_, _ = p.Open(t.Context())
			}
			break
		}
		break
	}
	leaks(t, before)
}

func cancelledBefore(t *testing.T, open func(testing.TB) source.Source) {
	s := open(t)
	before := runtime.NumGoroutine()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var n int
	for _, err := range s.Shards(ctx) {
		var skip *source.Skip
		if err != nil && !errors.As(err, &skip) && !errors.Is(err, context.Canceled) {
			t.Errorf("Shards(cancelled) yields %v", err)
		}
		n++
	}
	if n > 1 {
		t.Errorf("Shards(cancelled) goes on for %d turns", n)
	}
	leaks(t, before)
}

func cancelledMidway(t *testing.T, open func(testing.TB) source.Source) {
	s := open(t)
	before := runtime.NumGoroutine()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	shards, pieces := 0, 0
	for shard, err := range s.Shards(ctx) {
		if ctx.Err() != nil {
			shards++
		}
		if err != nil {
			continue
		}
		for _, err := range s.Pieces(ctx, shard) {
			if ctx.Err() != nil && err == nil {
				pieces++
			}
			cancel()
		}
	}
	if shards > 1 || pieces > 1 {
		t.Errorf("a cancelled walk goes on for %d shards and %d pieces", shards, pieces)
	}
	leaks(t, before)
}

// leaks fails if goroutines of the source are left. They may need a moment.
func leaks(t *testing.T, before int) {
	t.Helper()
	for range 1_000_000 {
		if runtime.NumGoroutine() <= before {
			return
		}
		runtime.Gosched()
	}
	t.Errorf("%d goroutines; want no more than %d", runtime.NumGoroutine(), before)
}
