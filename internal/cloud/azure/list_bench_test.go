package azure_test

import (
	"testing"

	"github.com/overgrant/overgrant/internal/cloud/fake"
	"github.com/overgrant/overgrant/internal/source"
)

// BenchmarkPages lists a container of two million blobs over the loopback, the
// server included.
func BenchmarkPages(b *testing.B) {
	const blobs = 2_000_000
	s := serve(b, fake.Options{Containers: []fake.Container{{Name: "c", Blobs: blobs}}})
	r := oneContainer(b, s, "c", "")
	b.ReportAllocs()
	var n, bytes int64
	for b.Loop() {
		n, bytes = 0, 0
		for page, err := range r.Pages(b.Context(), source.Range{Service: "blob", Container: "c"}) {
			if err != nil {
				b.Fatal(err)
			}
			n += int64(len(page.Objects))
			bytes += page.Bytes
		}
		if n != blobs {
			b.Fatalf("%d blobs", n)
		}
	}
	b.SetBytes(bytes)
	b.ReportMetric(float64(b.N)*blobs/b.Elapsed().Seconds(), "blobs/s")
}
