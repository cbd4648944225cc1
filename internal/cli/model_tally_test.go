package cli

import (
	"bytes"
	"testing"
)

// held is content in memory.
type held struct{ *bytes.Reader }

func (held) Close() error { return nil }

func TestDistinctBytes(t *testing.T) {
	type read struct{ from, n int64 }
	tests := []struct {
		name  string
		reads []read
		want  int64
	}{
		{"nothing", nil, 0},
		{"in_a_row", []read{{0, 10}, {10, 10}, {20, 5}}, 25},
		{"twice", []read{{0, 10}, {0, 10}, {3, 4}}, 10},
		{"apart", []read{{50, 10}, {0, 10}, {20, 10}}, 30},
		{"bridged", []read{{0, 10}, {20, 10}, {40, 10}, {5, 40}}, 50},
		{"overlapping_the_front", []read{{20, 10}, {15, 10}}, 15},
		{"beyond_the_end", []read{{90, 50}, {200, 10}}, 10},
		{"backwards", []read{{30, 10}, {20, 10}, {10, 10}, {0, 10}}, 40},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := &tallied{Content: held{bytes.NewReader(make([]byte, 100))}}
			for _, r := range tt.reads {
				_, _ = c.ReadAt(make([]byte, r.n), r.from)
			}
			if got := c.distinct(); got != tt.want {
				t.Errorf("distinct() = %d; want %d", got, tt.want)
			}
		})
	}
}

// However a file is read, it does not have more bytes than it has, and what is
// kept of it is bounded.
func TestDistinctBytesOfManyPlaces(t *testing.T) {
	const places = 3 * mostSpans
	c := &tallied{Content: held{bytes.NewReader(make([]byte, 2*places))}}
	one := make([]byte, 1)
	for range 3 {
		for i := range int64(places) {
			_, _ = c.ReadAt(one, 2*i)
		}
	}
	if len(c.spans) > mostSpans || c.distinct() > c.Size() {
		t.Errorf("%d spans, %d bytes of %d; want at most %d spans", len(c.spans), c.distinct(), c.Size(), mostSpans)
	}
}
