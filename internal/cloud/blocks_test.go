package cloud_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"

	"github.com/overgrant/overgrant/internal/cloud"
)

// far is an object that counts what is fetched of it.
type far struct {
	data    []byte
	fetches atomic.Int64
	bytes   atomic.Int64
	fail    atomic.Int64 // so many fetches fail
	mu      sync.Mutex
	beyond  bool
	most    int64
}

var errFar = errors.New("far away")

func (f *far) fetch(ctx context.Context, off, n int64) ([]byte, error) {
	f.fetches.Add(1)
	f.bytes.Add(n)
	f.mu.Lock()
	f.most = max(f.most, n)
	f.beyond = f.beyond || off+n > int64(len(f.data)) || n <= 0
	f.mu.Unlock()
	if f.fail.Add(-1) >= 0 {
		return nil, errFar
	}
	return bytes.Clone(f.data[off : off+n]), ctx.Err()
}

func newFar(n int) *far {
	f := &far{data: make([]byte, n)}
	r := rand.New(rand.NewPCG(1, 2))
	for i := range f.data {
		f.data[i] = byte(r.Uint32())
	}
	return f
}

func TestBlocksReadAsTheObject(t *testing.T) {
	for _, size := range []int{0, 1, 999, 1 << 20, 1<<20 + 1, 3_000_001} {
		f := newFar(size)
		b := cloud.NewBlocks(t.Context(), int64(size), f.fetch, cloud.BlockOptions{})
		if err := iotest.TestReader(io.NewSectionReader(b, 0, b.Size()), f.data); err != nil {
			t.Errorf("size %d: %v", size, err)
		}
		if f.beyond {
			t.Errorf("size %d: fetched beyond the end", size)
		}
	}
}

func TestBlocksFetchASmallObjectOnce(t *testing.T) {
	f := newFar(900_000)
	b := cloud.NewBlocks(t.Context(), 900_000, f.fetch, cloud.BlockOptions{})
	var group sync.WaitGroup
	for i := range 16 {
		group.Go(func() {
			p := make([]byte, 1000)
			if _, err := b.ReadAt(p, int64(i)*50_000); err != nil || !bytes.Equal(p, f.data[i*50_000:i*50_000+1000]) {
				t.Errorf("ReadAt(%d): %v", i*50_000, err)
			}
		})
	}
	group.Wait()
	if n := f.fetches.Load(); n != 1 || b.Fetched() != 900_000 {
		t.Errorf("%d fetches of %d bytes; want one of all", n, b.Fetched())
	}
}

func TestBlocksReadAhead(t *testing.T) {
	f := newFar(32 << 20)
	b := cloud.NewBlocks(t.Context(), 32<<20, f.fetch, cloud.BlockOptions{})
	if _, err := io.Copy(io.Discard, io.NewSectionReader(b, 0, b.Size())); err != nil {
		t.Fatal(err)
	}
	if n := f.fetches.Load(); n > 14 || f.most != 4<<20 || f.bytes.Load() != 32<<20 {
		t.Errorf("%d fetches, the largest of %d, of %d bytes; want few, of 4 MiB, each byte once", n, f.most, f.bytes.Load())
	}
	// Reads here and there bring one block each.
	f = newFar(32 << 20)
	b = cloud.NewBlocks(t.Context(), 32<<20, f.fetch, cloud.BlockOptions{})
	for _, off := range []int64{20 << 20, 1 << 20, 31 << 20, 12 << 20} {
		if _, err := b.ReadAt(make([]byte, 512), off); err != nil {
			t.Fatal(err)
		}
	}
	if f.bytes.Load() != 4*64<<10 {
		t.Errorf("%d bytes fetched; want four blocks", f.bytes.Load())
	}
}

func TestBlocksKeepToTheirMemory(t *testing.T) {
	f := newFar(8 << 20)
	b := cloud.NewBlocks(t.Context(), 8<<20, f.fetch, cloud.BlockOptions{Block: 256 << 10, Memory: 1 << 20})
	p := make([]byte, 16)
	for _, off := range []int64{0, 2 << 20, 4 << 20, 6 << 20, 7 << 20, 0, 7 << 20} {
		if _, err := b.ReadAt(p, off); err != nil {
			t.Fatal(err)
		}
	}
	if n := f.fetches.Load(); n != 6 {
		t.Errorf("%d fetches; want the first block twice and the last once", n)
	}
}

func TestBlocksBudget(t *testing.T) {
	f := newFar(8 << 20)
	b := cloud.NewBlocks(t.Context(), 8<<20, f.fetch, cloud.BlockOptions{Budget: 1 << 20})
	_, err := io.Copy(io.Discard, io.NewSectionReader(b, 0, b.Size()))
	if !errors.Is(err, cloud.ErrBudget) || f.bytes.Load() != 1<<20 || b.Fetched() != 1<<20 {
		t.Errorf("Copy: %v after %d bytes; want %v after all of the budget", err, f.bytes.Load(), cloud.ErrBudget)
	}
	if _, err := b.ReadAt(make([]byte, 10), 0); err != nil {
		t.Errorf("ReadAt of what is there: %v", err)
	}
}

func TestBlocksTryAgain(t *testing.T) {
	f := newFar(2 << 20)
	f.fail.Store(1)
	b := cloud.NewBlocks(t.Context(), 2<<20, f.fetch, cloud.BlockOptions{})
	p := make([]byte, 100)
	if _, err := b.ReadAt(p, 0); !errors.Is(err, errFar) {
		t.Errorf("ReadAt = %v; want %v", err, errFar)
	}
	if _, err := b.ReadAt(p, 0); err != nil || !bytes.Equal(p, f.data[:100]) {
		t.Errorf("ReadAt again = %v", err)
	}
	if b.Fetched() != 64<<10 {
		t.Errorf("Fetched() = %d; want one block", b.Fetched())
	}
}

func TestBlocksStopWithTheirContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	f := newFar(2 << 20)
	b := cloud.NewBlocks(ctx, 2<<20, f.fetch, cloud.BlockOptions{})
	cancel()
	if _, err := b.ReadAt(make([]byte, 1), 0); !errors.Is(err, context.Canceled) {
		t.Errorf("ReadAt = %v; want %v", err, context.Canceled)
	}
}
