package model_test

import (
	"io"
	"testing"

	"github.com/overgrant/overgrant/model"
)

// blocks counts the blocks of a file that are asked for, each but once, as a
// store is asked that is read by ranges.
type blocks struct {
	r    io.ReaderAt
	size int64
	seen map[int64]bool
}

func (b *blocks) ReadAt(p []byte, off int64) (int, error) {
	for at := off / b.size; at*b.size < off+int64(len(p)); at++ {
		b.seen[at] = true
	}
	return b.r.ReadAt(p, off)
}

func TestCheckpointsOfManyTensorsCostFewRequests(t *testing.T) {
	tests := []struct {
		name    string
		tensors int
		size    int64 // bytes of a tensor
		align   int64
		most    int // blocks
	}{
		{"few_large_tensors", 32, 64 << 20, 64, 12},
		{"hundreds", 200, 1 << 20, 64, 12},
		{"thousands", 2000, 1 << 20, 64, 40},
		{"thousands_of_small_ones", 2000, 8 << 10, 64, 40},
		{"thousands_on_pages", 2000, 8 << 10, 4096, 100},
		{"thousands_on_large_pages", 2000, 1 << 20, 16 << 10, 200},
		{"thousands_of_tiny_ones", 20_000, 16, 64, 400},
	}
	for _, tt := range tests {
		for _, block := range []int64{8 << 10, 64 << 10} {
			t.Run(tt.name, func(t *testing.T) {
				f := alignedCheckpoint(t, tt.tensors, tt.size, tt.align)
				b := &blocks{r: f, size: block, seen: map[int64]bool{}}
				r, err := model.Scan(t.Context(), "m.pt", b, f.size, model.Limits{})
				if err != nil || r.Verdict != model.Clean {
					t.Fatalf("Scan = %s %v %q, %v; want clean", r.Verdict, r.Findings, r.Unread, err)
				}
				t.Logf("%d tensors: %d blocks of %d, %d bytes", tt.tensors, len(b.seen), block, r.BytesRead)
				if len(b.seen) > tt.most {
					t.Errorf("Scan asked for %d blocks of %d bytes; want at most %d", len(b.seen), block, tt.most)
				}
			})
		}
	}
}
