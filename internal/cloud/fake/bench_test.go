package fake

import "testing"

func BenchmarkRender(b *testing.B) {
	c := newContainer(Container{Name: "data", Kind: Images, Blobs: 1e9})
	a := ask{from: string(c.cycle.shape.name(nil, 500_000_123)), most: maxPage}
	a.shown[Current] = true
	var dst []byte
	for b.Loop() {
		dst = c.page(dst[:0], "http://127.0.0.1/", &a)
	}
	b.SetBytes(int64(len(dst)))
	b.ReportMetric(maxPage*float64(b.N)/b.Elapsed().Seconds(), "blobs/s")
}
