package judge_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/overgrant/overgrant/internal/judge"
)

func TestSuppress(t *testing.T) {
	tests := []struct {
		name   string
		entry  string
		seen   judge.Standing
		now    time.Time
		found  bool
		broken string
	}{
		{"holds", entry(), judge.Standing{ID: id, Sightings: 3}, now, true, ""},
		{"whole_id", entry("case=" + id), judge.Standing{ID: id, Sightings: 3}, now, true, ""},
		{"fewer_sightings", entry(), judge.Standing{ID: id, Sightings: 1}, now, true, ""},
		{"sightings_grew", entry(), judge.Standing{ID: id, Sightings: 5}, now, true, "sightings grew from 3 to 5"},
		{"sightings_not_said", entry("sightings=-"), judge.Standing{ID: id, Sightings: 500}, now, true, ""},
		{"alive", entry(), judge.Standing{ID: id, Sightings: 3, Alive: true}, now, true, "the link was proven alive"},
		{"last_second", entry(), judge.Standing{ID: id}, time.Date(2026, 12, 31, 23, 59, 59, 0, time.UTC), true, ""},
		{"ended", entry(), judge.Standing{ID: id}, time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), true, "the suppression ended on 2026-12-31"},
		{"other_case", entry(), judge.Standing{ID: "9f8e0b6c1d2b" + id[12:]}, now, false, ""},
		{"no_id", entry(), judge.Standing{}, now, false, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := judge.Parse([]byte(tt.entry), now)
			if err != nil {
				t.Fatal(err)
			}
			h, found := c.Suppress(tt.seen, tt.now)
			if found != tt.found {
				t.Fatalf("Suppress found %v; want %v", found, tt.found)
			}
			if !found {
				return
			}
			if h.Broken != tt.broken || h.ID != tt.seen.ID || h.By != "ann@contoso.example" || h.Why == "" || h.Until.IsZero() {
				t.Errorf("Suppress = %+v; want broken %q", h, tt.broken)
			}
		})
	}
}

func TestSuppressAmongMany(t *testing.T) {
	var b strings.Builder
	b.WriteString("suppressions:\n")
	ids := make([]string, 1000)
	for i := range ids {
		ids[i] = fmt.Sprintf("%012x", i*7919*104729)
		fmt.Fprintf(&b, "- {case: %q, why: w%d, by: b, until: 2026-12-01}\n", ids[i], i)
	}
	c, err := judge.Parse([]byte(b.String()), now)
	if err != nil {
		t.Fatal(err)
	}
	for i, short := range ids {
		h, ok := c.Suppress(judge.Standing{ID: short + strings.Repeat("f", 52)}, now)
		if !ok || h.Why != fmt.Sprintf("w%d", i) {
			t.Errorf("Suppress(%s…) = %+v, %v", short, h, ok)
		}
	}
	if h, ok := (judge.Config{}).Suppress(judge.Standing{ID: id}, now); ok {
		t.Errorf("the zero Config suppresses: %+v", h)
	}
}

func TestSuggest(t *testing.T) {
	text := judge.Suggest(judge.Standing{ID: id, Sightings: 2}, now)
	if _, err := judge.Parse([]byte(text), now); err == nil {
		t.Errorf("a suggestion is accepted without a reason:\n%s", text)
	}
	filled := strings.NewReplacer(`why: ""`, `why: rotated`, `by: ""`, `by: ann`).Replace(text)
	c, err := judge.Parse([]byte(filled), now)
	if err != nil {
		t.Fatalf("%v in\n%s", err, filled)
	}
	if h, ok := c.Suppress(judge.Standing{ID: id, Sightings: 2}, now); !ok || h.Broken != "" {
		t.Errorf("Suppress = %+v, %v", h, ok)
	}
}
