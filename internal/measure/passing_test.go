package measure_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/measure"
	"github.com/overgrant/overgrant/internal/source"
)

// moment is a failure that another try may not meet.
type moment struct{ later bool }

func (moment) Error() string { return "budget is spent" }
func (m moment) Later() bool { return m.later }

// spent opens objects that cannot be read from the byte at on.
type spent struct {
	*memory
	at  int64
	err error
}

func (s *spent) Content(ctx context.Context, o source.Named) (overgrant.Content, error) {
	if s.at < 0 {
		return nil, fmt.Errorf("read %s: %w", o.Name, s.err)
	}
	got, err := s.memory.Content(ctx, o)
	return ending{got, s}, err
}

type ending struct {
	overgrant.Content
	s *spent
}

func (e ending) ReadAt(p []byte, off int64) (int, error) {
	if e.s.err != nil && off+int64(len(p)) > e.s.at {
		return 0, fmt.Errorf("read: %w", e.s.err)
	}
	return e.Content.ReadAt(p, off)
}

// TestWhatFailsForNowIsReadLater reads objects while the budget of the run is
// spent: they are not lost to the run that comes after.
func TestWhatFailsForNowIsReadLater(t *testing.T) {
	tests := []struct {
		name string
		at   int64
		err  error
		open bool
	}{
		{"not_opened", -1, moment{true}, true},
		{"not_read", 0, moment{true}, true},
		{"not_for_now_only", 0, moment{false}, false},
		{"broken", 0, errors.New("broken"), false},
		{"at_its_end", 0, io.ErrUnexpectedEOF, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			service := &spent{memory: filled(300)}
			m := measure.New(service, all)
			_, choice := choose(t, measure.New(service.memory, all), 0)
			service.at, service.err = tt.at, tt.err
			for _, name := range choice.Shards {
				got, err := m.Shard(t.Context(), name)
				if errors.Is(err, measure.ErrNothing) != tt.open {
					t.Errorf("Shard = %v; left for later: want %t", err, tt.open)
				}
				if tt.open && !errors.Is(err, tt.err) {
					t.Errorf("Shard = %v; want the cause %v in it", err, tt.err)
				}
				if !tt.open && len(got.Exposure.Coverage.Skipped) == 0 {
					t.Errorf("coverage = %+v; want objects that were skipped", got.Exposure.Coverage)
				}
			}
			service.at, service.err = 0, nil
			read := total(walk(t, m, choice.Shards...))
			if n := read.Coverage.Complete.Objects; n != choice.Planned.Objects {
				t.Errorf("read %d objects afterwards; want %d", n, choice.Planned.Objects)
			}
		})
	}
}
