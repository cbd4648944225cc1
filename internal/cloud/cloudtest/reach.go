// Package cloudtest checks that a cloud's Reach keeps the contract of
// [source.Lister]: that a listing covers everything once, can be taken up
// anywhere and cut into parts, that objects read as they were listed, and that
// a server which fails or lies costs bounded time. Every driver runs it in its
// tests, against the servers that it has.
//
// It does not check proofs: what a service answers to a link is the driver's
// own knowledge.
package cloudtest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/cloud"
	"github.com/overgrant/overgrant/internal/source"
)

// World is what a reach leads to, and what is known of it beforehand.
type World struct {
	// Open makes a new reach over the same objects. What has to be closed, it
	// closes with Cleanup.
	Open func(t testing.TB) cloud.Reach
	// Truth counts what there is, by what the listing must agree with.
	Truth Truth
	// Holds are the bytes of some objects, by "container/name".
	Holds map[string][]byte
	// Replace makes an object another one, so that reading it as it was listed
	// must fail; nil where that cannot be done.
	Replace func(t testing.TB, container, name string)
	// Wrong says which requests were sent that change something; nil where nobody
	// listens.
	Wrong func() []string
}

// Truth counts what there is.
type Truth struct {
	Containers int64
	Objects    int64 // current ones; folders are none
	Bytes      int64
}

// Reach runs the suite.
func Reach(t *testing.T, w World) {
	t.Helper()
	t.Run("has_a_name", func(t *testing.T) {
		if w.Open(t).Name() == "" {
			t.Error("Name() is empty")
		}
	})
	t.Run("everything_once", func(t *testing.T) { everythingOnce(t, w) })
	t.Run("goes_on_from_every_page", func(t *testing.T) { goesOn(t, w) })
	t.Run("parts_hold_the_same", func(t *testing.T) { parts(t, w) })
	t.Run("parts_of_what_is_left", func(t *testing.T) { partsOfRest(t, w) })
	t.Run("content_reads_anywhere", func(t *testing.T) { reads(t, w) })
	t.Run("content_as_it_was_listed", func(t *testing.T) { asListed(t, w) })
	t.Run("stops_when_not_asked", func(t *testing.T) { breaks(t, w) })
	t.Run("cancelled_before", func(t *testing.T) { cancelledBefore(t, w) })
	t.Run("cancelled_midway", func(t *testing.T) { cancelledMidway(t, w) })
	t.Run("many_at_once", func(t *testing.T) { manyAtOnce(t, w) })
	t.Run("only_reads", func(t *testing.T) {
		if w.Wrong == nil {
			t.Skip("nobody listens")
		}
		if wrong := w.Wrong(); len(wrong) > 0 {
			t.Errorf("requests that change something: %q", wrong)
		}
	})
}

// Listed is an object of a listing, kept.
type Listed struct {
	source.Named
	Kind byte
}

func (l *Listed) key() string {
	return fmt.Sprintf("%s|%s|%s|%s|%d", l.Range.Service, l.Range.Container, l.Name, l.Version, l.State)
}

// keep copies what is valid only until the next page.
func keep(r source.Range, o *source.Object) Listed {
	return Listed{Named: source.Named{Range: r, Name: string(o.Name), Size: o.Size, Tag: string(o.Tag), Version: string(o.Version), State: o.State}, Kind: o.Kind}
}

// expansion is all that a reach consists of.
type expansion struct {
	ranges     []source.Range
	containers int64
	gaps       []overgrant.Skipped
}

// maxExpansions bounds how often a range may be expanded; the worlds of tests
// are smaller.
const maxExpansions = 100_000

// expand goes down to what can be listed.
func expand(ctx context.Context, r cloud.Reach) (all expansion, err error) {
	todo := []source.Range{{}}
	for range maxExpansions {
		if len(todo) == 0 {
			return all, nil
		}
		var at source.Range
		at, todo = todo[0], todo[1:]
		if at.Container != "" {
			all.ranges = append(all.ranges, at)
			continue
		}
		e, err := r.Expand(ctx, at)
		if err != nil {
			return all, fmt.Errorf("expand %+v: %w", at, err)
		}
		if slices.Contains(e.Ranges, at) {
			return all, fmt.Errorf("expand %+v: it consists of itself", at)
		}
		all.containers += e.Containers
		all.gaps = append(all.gaps, e.Gaps...)
		todo = append(todo, e.Ranges...)
	}
	return all, errNoEnd
}

// errNoEnd says that a range was expanded again and again.
var errNoEnd = errors.New("expand: no end")

// ranges is expand where nothing may go wrong.
func ranges(t testing.TB, r cloud.Reach) []source.Range {
	t.Helper()
	e, err := expand(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return e.ranges
}

// list gives all objects of a range, and the gaps.
func list(ctx context.Context, r cloud.Reach, at source.Range) (all []Listed, skips []error, err error) {
	for page, err := range r.Pages(ctx, at) {
		if err != nil {
			if skip := (*source.Skip)(nil); errors.As(err, &skip) {
				skips = append(skips, err)
				continue
			}
			return all, skips, err
		}
		for i := range page.Objects {
			all = append(all, keep(at, &page.Objects[i]))
		}
	}
	return all, skips, nil
}

// everything lists all that a reach leads to.
func everything(t testing.TB, r cloud.Reach) (all []Listed, containers int64) {
	t.Helper()
	e, err := expand(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	for _, gap := range e.gaps {
		if gap.Reason != "deleted container" {
			t.Errorf("expand: a gap: %s: %s", gap.Reason, gap.Detail)
		}
	}
	for _, one := range e.ranges {
		got, skips, err := list(t.Context(), r, one)
		if err != nil || len(skips) > 0 {
			t.Fatalf("list %+v: %v, skipped %v", one, err, skips)
		}
		all = append(all, got...)
	}
	return all, e.containers
}

// counts adds up current objects.
func counts(all []Listed) (t Truth) {
	for _, l := range all {
		if l.State == source.Current {
			t.Objects++
			t.Bytes += l.Size
		}
	}
	return t
}

func everythingOnce(t *testing.T, w World) {
	all, containers := everything(t, w.Open(t))
	got := counts(all)
	got.Containers = containers
	if got != w.Truth {
		t.Errorf("listed %+v; there is %+v", got, w.Truth)
	}
	seen := map[string]bool{}
	for _, l := range all {
		if l.Name != "" && seen[l.key()] { // messages of a queue have no names
			t.Fatalf("listed twice: %s", l.key())
		}
		seen[l.key()] = true
	}
}

// largest returns the range with the most objects, and those.
func largest(t testing.TB, r cloud.Reach) (at source.Range, all []Listed) {
	t.Helper()
	for _, one := range ranges(t, r) {
		got, _, err := list(t.Context(), r, one)
		if err != nil {
			t.Fatalf("list %+v: %v", one, err)
		}
		if len(got) > len(all) {
			at, all = one, got
		}
	}
	return at, all
}

// goesOn lists one page at a time, each by a reach that knows nothing but where
// the last one ended.
func goesOn(t *testing.T, w World) {
	for _, at := range ranges(t, w.Open(t)) {
		want, _, err := list(t.Context(), w.Open(t), at)
		if err != nil {
			t.Fatal(err)
		}
		var got []Listed
		for next, pages := at, 0; ; pages++ {
			if pages > len(want)+100 {
				t.Fatalf("list %+v: %d pages and no end", at, pages)
			}
			objects, rest := onePage(t, w.Open(t), next)
			got = append(got, objects...)
			if rest == (source.Range{}) {
				break
			}
			if rest == next {
				t.Fatalf("list %+v: page %d leads to itself", at, pages)
			}
			next = rest
		}
		same(t, got, want)
	}
}

// onePage returns the first page of a range and what is left.
func onePage(t testing.TB, r cloud.Reach, at source.Range) (all []Listed, next source.Range) {
	t.Helper()
	for page, err := range r.Pages(t.Context(), at) {
		if err != nil {
			t.Fatalf("list %+v: %v", at, err)
		}
		for i := range page.Objects {
			all = append(all, keep(at, &page.Objects[i]))
		}
		return all, page.Next
	}
	return nil, source.Range{}
}

// same compares two listings without regard to order.
func same(t testing.TB, got, want []Listed) {
	t.Helper()
	tally := map[string]int{}
	for i := range want {
		tally[want[i].key()]++
	}
	for i := range got {
		tally[got[i].key()]--
	}
	wrong := 0
	for _, key := range slices.Sorted(maps.Keys(tally)) {
		if n := tally[key]; n != 0 && wrong < 10 {
			t.Errorf("%s: %d times too few", key, n)
			wrong++
		}
	}
}

func parts(t *testing.T, w World) {
	r := w.Open(t)
	for _, at := range ranges(t, r) {
		want, _, err := list(t.Context(), r, at)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range []int{1, 2, 5, 16} {
			check(t, r, at, n, want)
		}
	}
}

// check cuts a range into n and holds the parts together.
func check(t *testing.T, r cloud.Reach, at source.Range, n int, want []Listed) {
	t.Helper()
	cut, err := r.Split(t.Context(), at, n)
	if err != nil {
		t.Fatalf("split %+v: %v", at, err)
	}
	if len(cut) == 0 || len(cut) > n {
		t.Errorf("split %+v into %d: got %d", at, n, len(cut))
	}
	var got []Listed
	for _, part := range cut {
		objects, _, err := list(t.Context(), r, part)
		if err != nil {
			t.Fatalf("list %+v: %v", part, err)
		}
		got = append(got, objects...)
	}
	same(t, got, want)
}

// partsOfRest cuts what is left after the first page.
func partsOfRest(t *testing.T, w World) {
	r := w.Open(t)
	at, _ := largest(t, r)
	_, next := onePage(t, r, at)
	if next == (source.Range{}) {
		t.Skip("it has one page")
	}
	want, _, err := list(t.Context(), r, next)
	if err != nil {
		t.Fatal(err)
	}
	check(t, r, next, 4, want)
}

func breaks(t *testing.T, w World) {
	r := w.Open(t)
	at, want := largest(t, r)
	before := runtime.NumGoroutine()
	for range 20 {
		for _, err := range r.Pages(t.Context(), at) {
			if err != nil {
				t.Fatal(err)
			}
			break
		}
	}
	// Connections have goroutines of their own, bounded by the client.
	if after := runtime.NumGoroutine(); after > before+20 {
		t.Errorf("%d goroutines after 20 walks that were left; %d before", after, before)
	}
	got, _, err := list(t.Context(), r, at)
	if err != nil {
		t.Fatal(err)
	}
	same(t, got, want)
}

func cancelledBefore(t *testing.T, w World) {
	r := w.Open(t)
	at, _ := largest(t, r)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := list(ctx, r, at); !errors.Is(err, context.Canceled) {
		t.Errorf("list: %v; want that it was cancelled", err)
	}
	if _, err := r.Expand(ctx, source.Range{}); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("expand: %v; want that it was cancelled", err)
	}
}

func cancelledMidway(t *testing.T, w World) {
	r := w.Open(t)
	at, _ := largest(t, r)
	if _, next := onePage(t, r, at); next == (source.Range{}) {
		t.Skip("it has one page")
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	pages := 0
	var last error
	for _, err := range r.Pages(ctx, at) {
		cancel()
		last = err
		pages++
	}
	if pages > 3 || !errors.Is(last, context.Canceled) {
		t.Errorf("%d pages, then %v; want that it was cancelled", pages, last)
	}
}

// manyAtOnce lists and reads from several goroutines.
func manyAtOnce(t *testing.T, w World) {
	r := w.Open(t)
	at, want := largest(t, r)
	var wait sync.WaitGroup
	for worker := range 4 {
		wait.Go(func() {
			got, _, err := list(t.Context(), r, at)
			if err != nil || len(got) != len(want) {
				t.Errorf("worker %d: %d objects, %v; want %d", worker, len(got), err, len(want))
			}
			random := newRandom(uint64(worker))
			for range 3 {
				readSome(t, r, &got[random.IntN(len(got))], random)
			}
		})
	}
	wait.Wait()
}
