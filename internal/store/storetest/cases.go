package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/store"
)

func prefixes(t *testing.T, open Open) {
	s := fresh(t, open)
	for _, id := range []string{idA, idA[:62] + "ff", idC} {
		put(t, s, runA, found(id, grant()))
	}
	tests := []struct {
		name, prefix, want string
		err                error
	}{
		{"whole", idA, idA, nil},
		{"beginning", idC[:4], idC, nil},
		{"upper_case", strings.ToUpper(idC[:8]), idC, nil},
		{"unique_only_at_the_end", idA[:62] + "f", idA[:62] + "ff", nil},
		{"two", idA[:8], "", store.ErrAmbiguous},
		{"none", "0123", "", store.ErrNoCase},
		{"longer_than_any", idA + "00", "", store.ErrNoCase},
		{"too_short", "a1a", "", store.ErrPrefix},
		{"empty", "", "", store.ErrPrefix},
		{"no_hex", "a1a1%", "", store.ErrPrefix},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := s.Case(t.Context(), tt.prefix)
			if !errors.Is(err, tt.err) {
				t.Fatalf("Case(%q) = %v; want %v", tt.prefix, err, tt.err)
			}
			if err == nil && c.Link.ID != tt.want {
				t.Errorf("Case(%q) = %s; want %s", tt.prefix, c.Link.ID, tt.want)
			}
		})
	}
	if _, err := s.Case(t.Context(), idA[:8]); !strings.Contains(err.Error(), "2") {
		t.Errorf("Case(%q) = %v; want an error that says how many there are", idA[:8], err)
	}
	if err := firstError(s.Messages(t.Context(), strings.Repeat("0", 64))); !errors.Is(err, store.ErrNoCase) {
		t.Errorf("Messages(none) = %v; want %v", err, store.ErrNoCase)
	}
}

func firstError[T any](seq func(func(T, error) bool)) (first error) {
	for _, err := range seq {
		if err != nil {
			return err
		}
	}
	return nil
}

func lists(t *testing.T, open Open) {
	s := fresh(t, open)
	want := []string{}
	for n := range 1200 { // more than any page
		id := fmt.Sprintf("%064x", n)
		g := grant()
		g.Account = fmt.Sprintf("Account%d", n%3)
		put(t, s, runA, found(id, g), judged(id, overgrant.LiveShape, overgrant.Severity(n%6)))
		want = append(want, id)
	}
	slices.SortFunc(want, func(a, b string) int {
		var x, y int
		_, _ = fmt.Sscanf(a, "%x", &x)
		_, _ = fmt.Sscanf(b, "%x", &y)
		if x%6 != y%6 {
			return y%6 - x%6
		}
		return x - y
	})
	ids := func(f store.Filter) (ids []string) {
		for _, c := range all(t, s.Cases(t.Context(), f)) {
			ids = append(ids, c.Link.ID)
		}
		return ids
	}
	if got := ids(store.Filter{}); !slices.Equal(got, want) {
		t.Errorf("Cases() = %d cases in another order; want %d", len(got), len(want))
	}
	if got := len(ids(store.Filter{Severity: overgrant.High})); got != 400 {
		t.Errorf("Cases(high) = %d cases; want 400", got)
	}
	if got := len(ids(store.Filter{Account: "account1"})); got != 400 {
		t.Errorf("Cases(account1) = %d cases; want 400", got)
	}
	put(t, s, runB, proven(want[0], 2, overgrant.Alive), proven(want[1], 2, overgrant.Alive), proven(want[1], 3, overgrant.Dead))
	if got := ids(store.Filter{Alive: true}); !slices.Equal(got, want[:1]) {
		t.Errorf("Cases(alive) = %v; want %v", got, want[:1])
	}
	if got := len(ids(store.Filter{Run: runB})); got != 2 {
		t.Errorf("Cases(run) = %d cases; want 2", got)
	}
	if got := len(ids(store.Filter{Account: "account1", Severity: overgrant.Critical, Alive: true})); got != 0 {
		t.Errorf("Cases(all at once) = %d cases; want 0", got)
	}
}

// worst lists a link that is proven dead after all others, unless something was
// found behind it.
func worst(t *testing.T, open Open) {
	s := fresh(t, open)
	for _, id := range []string{idA, idB, idC} {
		put(t, s, runA, found(id, grant()), judged(id, overgrant.LiveShape, overgrant.Medium))
	}
	put(t, s, runA, proven(idA, 1, overgrant.Dead), shard(idB, 1)) // a shard has a find of high severity
	want := []string{idB, idC, idA}
	if got := all(t, s.IDs(t.Context(), store.Filter{})); !slices.Equal(got, want) {
		t.Errorf("IDs() = %v; want %v", got, want)
	}
	if got := all(t, s.IDs(t.Context(), store.Filter{Severity: overgrant.High})); !slices.Equal(got, want[:1]) {
		t.Errorf("IDs(high) = %v; want %v", got, want[:1])
	}
	put(t, s, runA, proven(idA, 2, overgrant.Alive))
	if got := all(t, s.IDs(t.Context(), store.Filter{Severity: overgrant.Medium})); len(got) != 3 {
		t.Errorf("IDs(medium) = %v; want all three, once the link works again", got)
	}
	for _, c := range all(t, s.Cases(t.Context(), store.Filter{Severity: overgrant.Medium})) {
		if c.Worst() < overgrant.Medium {
			t.Errorf("case %.4s passes the filter with %s", c.Link.ID, c.Worst())
		}
	}
}

func dropped(t *testing.T, open Open) {
	s := fresh(t, open)
	drop := overgrant.Message{Dropped: &overgrant.Dropped{ID: idA}}
	put(t, s, runA, found(idA, grant()), judged(idA, overgrant.LiveShape, overgrant.High), drop)
	if got := len(all(t, s.Cases(t.Context(), store.Filter{}))); got != 0 {
		t.Errorf("%d cases are listed; want 0", got)
	}
	c, err := s.Case(t.Context(), idA[:6])
	if err != nil || c.Verdict.Severity != overgrant.High {
		t.Errorf("Case() = %+v, %v; want the case", c, err)
	}
	put(t, s, runB, found(idA, grant()), judged(idA, overgrant.LiveShape, overgrant.Low))
	put(t, s, runC, found(idA, grant()), judged(idA, overgrant.LiveShape, overgrant.High), drop)
	got := all(t, s.Cases(t.Context(), store.Filter{}))
	if len(got) != 1 || got[0].Verdict.Severity != overgrant.Low {
		t.Errorf("Cases() = %+v; want the case as the run has it that did not drop it", got)
	}
}

func lapses(t *testing.T, open Open) {
	s := fresh(t, open)
	put(t, s, runA, found(idA, grant()), judged(idA, overgrant.LiveShape, overgrant.High), hushed(idA, "known"))
	put(t, s, runB, proven(idA, 2, overgrant.Alive))
	c, err := s.Case(t.Context(), idA)
	if err != nil || !c.Hidden() {
		t.Fatalf("Case() = %+v, %v; want a hidden one: a proof judges nothing", c, err)
	}
	put(t, s, runC, found(idA, grant()), judged(idA, overgrant.Expired, overgrant.Medium))
	c, err = s.Case(t.Context(), idA)
	if err != nil || c.Hidden() || c.Status != overgrant.Expired {
		t.Errorf("Case() = %+v, %v; want it as the last run has it, without a suppression", c, err)
	}
}

func eventsStay(t *testing.T, open Open) {
	s := fresh(t, open)
	put(t, s, runA, found(idA, grant()), judged(idA, overgrant.LiveShape, overgrant.High), seen(idA, sighting("a")))
	put(t, s, runB, judged(idA, overgrant.Expired, overgrant.Medium), proven(idA, 1, overgrant.Alive), proven(idA, 2, overgrant.Dead),
		root(idA, "x"), overgrant.Message{Dropped: &overgrant.Dropped{ID: idA}}, hushed(idA, "no"))
	sorts := []string{}
	for _, e := range all(t, s.Events(t.Context(), idA)) {
		sorts = append(sorts, e.Run[:8]+" "+sortOf(e.Message))
	}
	want := []string{"20260101 found", "20260101 judged", "20260101 seen", "20260102 judged", "20260102 proven", "20260102 proven", "20260102 measured", "20260102 dropped", "20260102 hushed"}
	if !slices.Equal(sorts, want) {
		t.Errorf("Events() = %q; want %q", sorts, want)
	}
}

func sortOf(m overgrant.Message) string {
	switch {
	case m.Found != nil:
		return "found"
	case m.Seen != nil:
		return "seen"
	case m.Judged != nil:
		return "judged"
	case m.Proven != nil:
		return "proven"
	case m.Measured != nil:
		return "measured"
	case m.Hushed != nil:
		return "hushed"
	case m.Dropped != nil:
		return "dropped"
	}
	return "other"
}
