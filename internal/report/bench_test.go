package report_test

import (
	"fmt"
	"io"
	"testing"

	"github.com/overgrant/overgrant"
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

// BenchmarkFoldMeasured folds 10,000 shards of one link, as of a billion
// objects: 50 places, 24 months and 8 classes each, and in one of a hundred the
// people that content shows.
func BenchmarkFoldMeasured(b *testing.B) {
	shards := make([]overgrant.Message, 10_000)
	for s := range shards {
		e := overgrant.Exposure{Tally: overgrant.Tally{Objects: 100_000, Bytes: 1e12}, Areas: map[string]*overgrant.Area{}, Months: map[string]overgrant.Tally{}, Classes: map[string]*overgrant.ClassHeld{}}
		for i := range 50 {
			e.Areas[fmt.Sprintf("container-%03d/folder-%04d", s%200, s/200*50+i)] = &overgrant.Area{Tally: overgrant.Tally{Objects: 2000, Bytes: 2e10}}
		}
		for i := range 24 {
			e.Months[fmt.Sprintf("%04d-%02d", 2015+i/12+s%6, i%12+1)] = overgrant.Tally{Objects: 4000, Bytes: 1e10}
		}
		for i := range 8 {
			c := &overgrant.ClassHeld{Severity: overgrant.High, Count: 40, Examples: []string{fmt.Sprint("a/", s), fmt.Sprint("b/", s)}}
			for k := range s % 100 / 99 * 40 { // content is read in one shard of a hundred
				c.People.Join(uint64(s*7919+k*104729+i) * 0x9e3779b97f4a7c15)
				c.Items.Join(uint64(s*40+k) * 0x9e3779b97f4a7c15)
			}
			e.Classes[fmt.Sprint("class ", i)] = c
		}
		shards[s] = overgrant.Message{Measured: &overgrant.Measured{ID: "a", Round: "1", Shard: fmt.Sprint(s), Exposure: e}}
	}
	b.ReportAllocs()
	for b.Loop() {
		r, err := report.New("html", io.Discard, report.Options{Now: now})
		if err != nil {
			b.Fatal(err)
		}
		for _, m := range shards {
			_ = r.Add(m)
		}
		_ = r.Close()
	}
	b.ReportMetric(float64(len(shards)*b.N)/b.Elapsed().Seconds(), "shards/s")
}
