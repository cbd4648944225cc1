package source_test

import (
	"reflect"
	"testing"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/source"
)

// TestSightings keeps sightings that share much and gets them back.
func TestSightings(t *testing.T) {
	var all []overgrant.Seen
	for i := range 10_000 {
		s := overgrant.Sighting{
			Place: overgrant.Place{Source: "git", Repository: "r", Object: []string{"a1", "b2", ""}[i%3], Path: []string{"", "!m"}[i%2]},
			Line:  i, Column: 2 * i, Span: [2]int64{int64(i) << 24, int64(i)<<24 + 7}, Written: "w",
		}
		if i%5 == 0 {
			s.Encoding = []string{"base64", "percent"}
		}
		all = append(all, overgrant.Seen{ID: []string{"x", "y"}[i%2], Sighting: s})
	}
	var kept source.Sightings
	for _, s := range all {
		kept.Add(s)
	}
	for i, want := range all {
		if got := kept.At(i); !reflect.DeepEqual(got, want) {
			t.Fatalf("At(%d) = %+v; want %+v", i, got, want)
		}
	}
	if n := kept.Len(); n != len(all) {
		t.Errorf("Len() = %d; want %d", n, len(all))
	}
	if n := len(kept.Texts); n != 4 {
		t.Errorf("%d texts are kept; want 4", n)
	}
	if n := len(kept.Objects); n != 3 {
		t.Errorf("%d objects are kept; want 3", n)
	}
}

// TestSightingsTooFar keeps no wrong line or column.
func TestSightingsTooFar(t *testing.T) {
	var kept source.Sightings
	kept.Add(overgrant.Seen{Sighting: overgrant.Sighting{Line: 1, Column: 1 << 40, Span: [2]int64{1 << 39, 1<<39 + 9}}})
	s := kept.At(0).Sighting
	if s.Column != 0 || s.Span != [2]int64{1 << 39, 1<<39 + 9} {
		t.Errorf("At(0) = column %d, span %d; want column 0, the span as it was", s.Column, s.Span)
	}
}

func BenchmarkSightings(b *testing.B) {
	s := overgrant.Seen{ID: "x", Sighting: overgrant.Sighting{
		Place: overgrant.Place{Source: "git", Repository: "r", Object: "a1", Part: ""}, Line: 1, Column: 1, Written: "w"}}
	var kept source.Sightings
	b.ReportAllocs()
	for b.Loop() {
		kept.Add(s)
	}
}
