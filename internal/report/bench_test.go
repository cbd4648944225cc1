package report_test

import (
	"io"
	"testing"

	"github.com/overgrant/overgrant/internal/report"
)

// BenchmarkFormats writes the fixture, mostly one case with sixty sightings.
// The bytes are those of the stream of events.
func BenchmarkFormats(b *testing.B) {
	messages := stream()
	size := int64(len(write(b, "events", report.Options{Now: now}, messages)))
	for _, f := range report.All {
		b.Run(f.Name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(size)
			for b.Loop() {
				r, err := report.New(f.Name, io.Discard, report.Options{Now: now})
				if err != nil {
					b.Fatal(err)
				}
				for _, m := range messages {
					_ = r.Add(m)
				}
				_ = r.Close()
			}
		})
	}
}

func BenchmarkReadEvents(b *testing.B) {
	text := write(b, "events", report.Options{Now: now}, stream())
	b.ReportAllocs()
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if n := len(readLoose(text)); n == 0 {
			b.Fatal("nothing read")
		}
	}
}
