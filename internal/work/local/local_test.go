package local_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/work"
	"github.com/overgrant/overgrant/internal/work/local"
)

// halves is a plan that cuts a number in two until nothing is left to cut.
type halves struct{ fail string }

func (h halves) Do(_ context.Context, t work.Task, out overgrant.Sink) error {
	if t.Shard == h.fail {
		return errors.New("broken " + t.Shard)
	}
	n, err := strconv.Atoi(t.Shard)
	if err != nil {
		return err
	}
	m := overgrant.Measured{Shard: t.Shard}
	if n > 1 {
		m.Rest = []string{strconv.Itoa(n / 2), strconv.Itoa(n - n/2)}
	} else {
		m.Exposure.Objects = 1
	}
	return out(overgrant.Message{Measured: &m})
}

func (h halves) Next(t work.Task, m overgrant.Message) []work.Task {
	var next []work.Task
	for _, s := range m.Measured.Rest {
		next = append(next, work.Task{Shard: s, Depth: t.Depth + 1})
	}
	return next
}

func first(shards ...string) func(func(work.Task) bool) {
	return func(yield func(work.Task) bool) {
		for _, s := range shards {
			if !yield(work.Task{Shard: s}) {
				return
			}
		}
	}
}

func TestRunnerDoesAllThatFollows(t *testing.T) {
	for _, workers := range []int{0, 1, 7} {
		t.Run(fmt.Sprint(workers), func(t *testing.T) {
			var mu sync.Mutex
			var total int64
			err := local.Runner{Workers: workers}.Run(t.Context(), first("1000", "1", "234"), halves{}, func(m overgrant.Message) error {
				mu.Lock()
				defer mu.Unlock()
				total += m.Measured.Exposure.Objects
				return nil
			})
			if err != nil || total != 1235 {
				t.Errorf("Run = %v with %d objects; want nil with 1235", err, total)
			}
		})
	}
}

func TestRunnerEndsWithTheFault(t *testing.T) {
	quiet := func(overgrant.Message) error { return nil }
	if err := (local.Runner{}).Run(t.Context(), first("100"), halves{fail: "25"}, quiet); err == nil || err.Error() != "broken 25" {
		t.Errorf("Run = %v; want broken 25", err)
	}
	full := errors.New("disk full")
	if err := (local.Runner{}).Run(t.Context(), first("100"), halves{}, func(overgrant.Message) error { return full }); !errors.Is(err, full) {
		t.Errorf("Run = %v; want %v", err, full)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := (local.Runner{}).Run(ctx, first("100"), halves{}, quiet); !errors.Is(err, context.Canceled) {
		t.Errorf("Run = %v; want context canceled", err)
	}
}

func TestRunnerHandsOutBeforeWhatFollows(t *testing.T) {
	var order []string
	err := local.Runner{Workers: 1}.Run(t.Context(), first("3"), halves{}, func(m overgrant.Message) error {
		order = append(order, m.Measured.Shard)
		return nil
	})
	if want := []string{"3", "1", "2", "1", "1"}; err != nil || !slices.Equal(order, want) {
		t.Errorf("order = %v, %v; want %v", order, err, want)
	}
}
