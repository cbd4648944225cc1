package storetest

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/store"
)

// frontier follows a round from its root to its end, in a random order of
// shards that a map gives.
func frontier(t *testing.T, open Open) {
	s := fresh(t, open)
	want := func(open ...string) {
		t.Helper()
		if got := all(t, s.Frontier(t.Context(), idA, roundA)); !slices.Equal(got, open) {
			t.Errorf("Frontier() = %q; want %q", got, open)
		}
	}
	want("")
	put(t, s, runA, overgrant.Message{Measured: &overgrant.Measured{ID: idA, Round: roundA, Shard: "b", Rest: []string{"b2"}}})
	want("", "b2")
	put(t, s, runA, root(idA, "b", "a"))
	want("a", "b2")
	todo, done := map[string]bool{"a": true, "b2": true}, map[string]bool{}
	for n := 0; len(todo) > 0; n++ {
		for name := range todo {
			m := &overgrant.Measured{ID: idA, Round: roundA, Shard: name}
			delete(todo, name)
			done[name] = true
			if n < 40 { // names that were named before, and may be done, among them
				m.Rest = []string{fmt.Sprintf("%s/%d", name[:1], n), fmt.Sprintf("%s/%d", name[:1], n+1)}
			}
			for _, r := range m.Rest {
				if !done[r] {
					todo[r] = true
				}
			}
			put(t, s, runA, overgrant.Message{Measured: m})
			break
		}
		want(sortedKeys(todo)...)
		if n == 20 { // more than any page
			many := make([]string, 2000)
			for i := range many {
				many[i] = fmt.Sprintf("z/%04d", i)
			}
			put(t, s, runA, overgrant.Message{Measured: &overgrant.Measured{ID: idA, Round: roundA, Shard: "y", Rest: many}})
			want(append(sortedKeys(todo), many...)...)
			batch := make([]overgrant.Message, len(many))
			for i, name := range many {
				batch[i].Measured = &overgrant.Measured{ID: idA, Round: roundA, Shard: name}
			}
			put(t, s, runA, batch...)
		}
	}
}

func rounds(t *testing.T, open Open) {
	s := fresh(t, open)
	later := shard(idA, 5)
	later.Measured.Round = roundB
	put(t, s, runA, later)
	put(t, s, runA, root(idA, "shard/0001", "shard/0002"), shard(idA, 1))
	got, err := s.Rounds(t.Context(), idA)
	want := []store.Round{{ID: roundA, Done: 2, Open: 1}, {ID: roundB, Done: 1, Open: 1}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("Rounds() = %v, %v; want %v", got, err, want)
	}
	c, err := s.Case(t.Context(), idA)
	if err != nil || c.Reach == nil || c.Reach.Bytes != 5 || len(c.Finds) != 1 {
		t.Errorf("Case() = %+v, %v; want what the later round measured", c, err)
	}
	shards := all(t, s.Shards(t.Context(), idA, roundA, store.Want{}))
	if len(shards) != 2 || !slices.Equal(shards[0].Rest, []string{"shard/0001", "shard/0002"}) {
		t.Fatalf("Shards() = %+v; want the root with its rest, and one more", shards)
	}
	if m := shards[1]; len(m.Candidates)+len(m.Finds)+len(m.Gaps) > 0 || m.Exposure.Objects != 0 {
		t.Errorf("Shards() = %+v; want no more of a shard than was asked for", m)
	}
	put(t, s, runB, overgrant.Message{Measured: &overgrant.Measured{ID: idA, Round: roundA, Shard: "shard/0001", Exposure: overgrant.Exposure{Containers: 9}}})
	if e, err := s.Total(t.Context(), idA, roundA); err != nil || e.Containers != 0 || e.Objects != 1 {
		t.Errorf("Total() = %+v, %v; want the shard as it was stored first", e, err)
	}
	if e, err := s.Total(t.Context(), idB, roundA); err != nil || e.Objects != 0 {
		t.Errorf("Total(none) = %+v, %v; want nothing", e, err)
	}
}

// manyShards has so many that a driver may sum them up as they come.
func manyShards(t *testing.T, open Open) {
	s := fresh(t, open)
	const n = 1500
	var want overgrant.Exposure
	for i := range n {
		m := shard(idA, i)
		want.Add(&m.Measured.Exposure)
	}
	for i := 0; i < n; i += 10 {
		batch := make([]overgrant.Message, 0, 10)
		for k := range 10 {
			batch = append(batch, shard(idA, i+k))
		}
		put(t, s, runA, batch...)
	}
	got, err := s.Total(t.Context(), idA, roundA)
	if err != nil {
		t.Fatal(err)
	}
	g, _ := json.Marshal(got)
	w, _ := json.Marshal(&want)
	same(t, string(g), string(w))
	if c, err := s.Case(t.Context(), idA); err != nil || c.Reach.Objects != n || len(c.Finds) != n {
		t.Errorf("Case() = %v; want %d objects and finds", err, n)
	}
	if got := len(all(t, s.Inventory(t.Context(), idA, roundA))); got != n {
		t.Errorf("%d segments; want %d", got, n)
	}
}
