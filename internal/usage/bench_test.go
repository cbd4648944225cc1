package usage_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/usage"
	"github.com/overgrant/overgrant/internal/usage/generate"
)

// BenchmarkCensus counts logs of each schema on one core. Requests differ from
// round to round by what is added to their ids, or they would be doubles.
func BenchmarkCensus(b *testing.B) {
	for form, write := range forms {
		b.Run(form, func(b *testing.B) {
			log := write(generate.New(generate.Options{Seed: 3, Requests: 30_000}))
			b.SetBytes(int64(len(log)))
			b.ReportAllocs()
			for b.Loop() {
				c := usage.New(usage.Options{})
				if err := c.Read(context.Background(), overgrant.Place{}, bytes.NewReader(log)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
