// Package storetest checks that a driver keeps the contract of [store.Store].
// Every driver runs it in its own tests.
package storetest

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/store"
)

// Open opens the store that lies in a folder, and makes it if there is none. It
// is opened at the moment that [Now] returns. The suite closes it.
type Open func(t testing.TB, folder string) store.Store

// Now is the moment as of which cases are folded.
func Now() time.Time { return time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC) }

// Run runs the suite. It starts the test's own program again, to end it in the
// middle of its work, so Run is called once by a test and directly.
func Run(t *testing.T, open Open) {
	t.Helper()
	if child(t, open) {
		return
	}
	suite := []struct {
		name string
		test func(*testing.T, Open)
	}{
		{"reads_back_what_was_put", readsBack},
		{"delivered_twice_is_stored_once", twice},
		{"any_order_folds_to_the_same", anyOrder},
		{"all_or_none", allOrNone},
		{"finds_a_case_by_its_beginning", prefixes},
		{"lists_worst_first_and_filters", lists},
		{"what_was_found_and_proven_counts", worst},
		{"a_dropped_case_is_kept", dropped},
		{"a_suppression_lapses_with_its_run", lapses},
		{"events_stay", eventsStay},
		{"frontier", frontier},
		{"rounds", rounds},
		{"many_shards_add_up", manyShards},
		{"journal", journal},
		{"ledger", ledger},
		{"reserved", reserved},
		{"tokens_in_use", tokens},
		{"many_writers", manyWriters},
		{"two_handles", twoHandles},
		{"reopened", reopened},
		{"consumers_may_call_the_store", reentrant},
		{"closed", closed},
		{"killed", killed},
		{"vault", vault},
		{"holds_no_secret", holdsNoSecret},
	}
	for _, s := range suite {
		t.Run(s.name, func(t *testing.T) { s.test(t, open) })
	}
}

// fresh opens a new store that is closed when the test ends.
func fresh(t testing.TB, open Open) store.Store {
	t.Helper()
	s := open(t, t.TempDir())
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func put(t testing.TB, s store.Store, run string, ms ...overgrant.Message) {
	t.Helper()
	if err := s.Put(context.Background(), run, ms...); err != nil {
		t.Fatal(err)
	}
}

// all gathers what a sequence yields.
func all[T any](t testing.TB, seq iter.Seq2[T, error]) []T {
	t.Helper()
	var list []T
	for v, err := range seq {
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, v)
	}
	return list
}

// dump writes all that a store says, without the order in which it came.
func dump(t testing.TB, s store.Store) string {
	t.Helper()
	ctx := context.Background()
	var b bytes.Buffer
	write := func(what string, v any) {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s %s\n", what, text)
	}
	for _, r := range all(t, s.Runs(ctx)) {
		write("run", r)
		lines := []string{}
		for _, k := range all(t, s.Skipped(ctx, r.ID)) {
			text, _ := json.Marshal(k)
			lines = append(lines, string(text))
		}
		slices.Sort(lines)
		write("skipped", lines)
		write("of run", all(t, s.IDs(ctx, store.Filter{Run: r.ID})))
	}
	for _, l := range all(t, s.Ledger(ctx)) {
		write("ledger", l)
	}
	for _, u := range all(t, s.Used(ctx, "")) {
		write("used", u)
	}
	logged := []string{}
	for _, l := range all(t, s.Logged(ctx)) {
		text, _ := json.Marshal(l)
		logged = append(logged, string(text))
	}
	for _, l := range slices.Sorted(slices.Values(logged)) {
		write("logged", l)
	}
	for _, c := range all(t, s.Brief(ctx, store.Filter{})) {
		write("brief", c)
	}
	for _, c := range all(t, s.Cases(ctx, store.Filter{})) {
		write("case", c)
		write("journal", all(t, s.Remedies(ctx, c.Link.ID)))
		rounds, err := s.Rounds(ctx, c.Link.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rounds {
			write("round", r)
			dumpRound(t, s, write, c.Link.ID, r.ID)
		}
	}
	return b.String()
}

func dumpRound(t testing.TB, s store.Store, write func(string, any), id, round string) {
	ctx := context.Background()
	write("frontier", all(t, s.Frontier(ctx, id, round)))
	total, err := s.Total(ctx, id, round)
	if err != nil {
		t.Fatal(err)
	}
	write("total", total)
	shards := map[string]*overgrant.Measured{}
	for _, m := range all(t, s.Shards(ctx, id, round, everything)) {
		shards[m.Shard] = m
	}
	write("shards", shards) // maps are written sorted
	segments := map[string][]byte{}
	for _, g := range all(t, s.Inventory(ctx, id, round)) {
		segments[g.Shard] = g.Data
	}
	write("inventory", segments)
}

var everything = store.Want{Exposure: true, Finds: true, Candidates: true, Gaps: true}

// same fails if two dumps differ, and shows the first line that does.
func same(t testing.TB, got, want string) {
	t.Helper()
	g, w := bytes.Split([]byte(got), []byte("\n")), bytes.Split([]byte(want), []byte("\n"))
	for i := range max(len(g), len(w)) {
		var a, b []byte
		if i < len(g) {
			a = g[i]
		}
		if i < len(w) {
			b = w[i]
		}
		if !bytes.Equal(a, b) {
			t.Fatalf("line %d:\n got %.2000s\nwant %.2000s", i+1, a, b)
		}
	}
}

// readsBack compares one run with the fold of its messages.
func readsBack(t *testing.T, open Open) {
	s := fresh(t, open)
	ms := sample()
	put(t, s, runA, ms...)
	var cs overgrant.Cases
	for _, m := range ms {
		cs.Add(m)
	}
	want := cs.Sorted(Now())
	slices.SortStableFunc(want, func(a, b *overgrant.Case) int { return cmp.Compare(b.Worst(), a.Worst()) })
	got := all(t, s.Cases(t.Context(), store.Filter{}))
	if len(got) != len(want) {
		t.Fatalf("%d cases; want %d", len(got), len(want))
	}
	for i := range want {
		g, _ := json.Marshal(got[i])
		w, _ := json.Marshal(want[i])
		same(t, string(g), string(w))
		one, err := s.Case(t.Context(), want[i].Link.ID)
		if err != nil {
			t.Fatal(err)
		}
		o, _ := json.Marshal(one)
		same(t, string(o), string(w))
	}
	again := overgrant.Cases{}
	for m, err := range s.Messages(t.Context(), idA) {
		if err != nil {
			t.Fatal(err)
		}
		again.Add(m)
	}
	g, _ := json.Marshal(again.Sorted(Now())[0])
	w, _ := json.Marshal(got[slices.IndexFunc(got, func(c *overgrant.Case) bool { return c.Link.ID == idA })])
	same(t, string(g), string(w))
	runs := all(t, s.Runs(t.Context()))
	if len(runs) != 1 || runs[0].Start == nil || runs[0].End == nil || runs[0].Cases != len(want) || runs[0].Gaps != 1 {
		t.Errorf("Runs() = %+v; want one with its start, end, %d cases and 1 gap", runs, len(want))
	}
}

func twice(t *testing.T, open Open) {
	s := fresh(t, open)
	put(t, s, runA, sample()...)
	want := dump(t, s)
	events := len(all(t, s.Events(t.Context(), idA)))
	put(t, s, runA, sample()...)
	same(t, dump(t, s), want)
	for _, m := range sample() {
		put(t, s, runA, m)
	}
	same(t, dump(t, s), want)
	if got := len(all(t, s.Events(t.Context(), idA))); got != events {
		t.Errorf("%d events after the second delivery; want %d", got, events)
	}
}

func allOrNone(t *testing.T, open Open) {
	s := fresh(t, open)
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if err := s.Put(ended, runA, sample()...); !errors.Is(err, context.Canceled) {
		t.Errorf("Put(cancelled) = %v; want %v", err, context.Canceled)
	}
	bad := map[string]overgrant.Message{
		"no_sort":         {},
		"no_case":         {Seen: &overgrant.Seen{}},
		"no_attempt":      {Remedied: &overgrant.Remedied{ID: idA, State: overgrant.Begun}},
		"no_progress":     {Remedied: &overgrant.Remedied{ID: idA, Attempt: "1"}},
		"no_share":        {Minted: &overgrant.Minted{ID: idA}},
		"no_round":        {Measured: &overgrant.Measured{ID: idA}},
		"shard_not_utf_8": {Measured: &overgrant.Measured{ID: idA, Round: "1", Shard: "\xff"}},
		"time_past_all":   {Proven: &overgrant.Proven{ID: idA, Proof: overgrant.Proof{CheckedAt: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}}},
	}
	for name, m := range bad {
		if err := s.Put(t.Context(), runA, append(sample(), m)...); err == nil {
			t.Errorf("Put(%s) = nil; want an error", name)
		}
	}
	if err := s.Put(t.Context(), "", sample()...); err == nil {
		t.Error("Put without a run = nil; want an error")
	}
	if got := dump(t, s); got != "" {
		t.Errorf("after failed puts the store holds:\n%.2000s", got)
	}
}

func manyWriters(t *testing.T, open Open) {
	s, alone := fresh(t, open), fresh(t, open)
	const writers, shards = 8, 40
	var wait sync.WaitGroup
	for w := range writers {
		wait.Go(func() {
			for i := range shards {
				// Every shard is delivered by two writers.
				for _, n := range []int{w*shards + i, (w*shards + i + shards) % (writers * shards)} {
					if err := s.Put(context.Background(), runA, shard(idA, n)); err != nil {
						t.Error(err)
						return
					}
				}
			}
		})
	}
	wait.Wait()
	for n := range writers * shards {
		put(t, alone, runA, shard(idA, n))
	}
	same(t, dump(t, s), dump(t, alone))
}

func twoHandles(t *testing.T, open Open) {
	folder := t.TempDir()
	var wait sync.WaitGroup
	for w := range 2 {
		wait.Go(func() {
			s := open(t, folder)
			defer s.Close()
			for n := range 40 {
				if err := s.Put(context.Background(), runA, shard(idA, 2*n+w)); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wait.Wait()
	s := open(t, folder)
	defer s.Close()
	total, err := s.Total(t.Context(), idA, roundA)
	if err != nil || total.Objects != 80 {
		t.Errorf("Total() = %+v, %v; want 80 objects", total, err)
	}
}

func reopened(t *testing.T, open Open) {
	folder := t.TempDir()
	s := open(t, folder)
	put(t, s, runA, sample()...)
	want := dump(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, folder)
	defer s.Close()
	same(t, dump(t, s), want)
}

func reentrant(t *testing.T, open Open) {
	s := fresh(t, open)
	for n := range 30 {
		put(t, s, runA, found(fmt.Sprintf("%064x", n), grant()), shard(idA, n))
	}
	n := 0
	for c, err := range s.Cases(t.Context(), store.Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		for _, err := range s.Messages(t.Context(), c.Link.ID) {
			if err != nil {
				t.Fatal(err)
			}
			put(t, s, runB, seen(c.Link.ID, sighting("other")))
			break
		}
		n++
	}
	if n != 31 {
		t.Errorf("%d cases; want 31", n)
	}
	for _, err := range s.Shards(t.Context(), idA, roundA, everything) {
		if err != nil {
			t.Fatal(err)
		}
		break
	}
	for _, err := range s.Inventory(t.Context(), idA, roundA) {
		if err != nil {
			t.Fatal(err)
		}
		put(t, s, runB, shard(idA, 31))
	}
}

func closed(t *testing.T, open Open) {
	s := open(t, t.TempDir())
	put(t, s, runA, sample()...)
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Errorf("Close() = %v; want nil both times", err)
	}
	if err := s.Put(t.Context(), runA, sample()...); !errors.Is(err, store.ErrClosed) {
		t.Errorf("Put() = %v; want %v", err, store.ErrClosed)
	}
	if _, err := s.Case(t.Context(), idA); !errors.Is(err, store.ErrClosed) {
		t.Errorf("Case() = %v; want %v", err, store.ErrClosed)
	}
}

// sortedKeys are the keys of a set, in order.
func sortedKeys(set map[string]bool) []string { return slices.Sorted(maps.Keys(set)) }
