package wire_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/overgrant/overgrant/internal/wire"
)

func TestErrorsOfTheMoment(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		err  error
		want bool
	}{
		{"budget", wire.ErrBudget, true},
		{"throttled", &wire.ThrottledError{Status: 503}, true},
		{"unreachable", wire.ErrUnreachable, true},
		{"stalled", wire.ErrStalled, true},
		{"record", fmt.Errorf("%w: disk full", wire.ErrRecord), true},
		{"body_cut_for_ever", wire.ErrCut, false},
		{"changed", wire.ErrChanged, false},
		{"refused", wire.ErrRefused, false},
		{"answer", &wire.StatusError{Status: 403}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var e interface{ Later() bool }
			if got := errors.As(fmt.Errorf("read range: %w", tt.err), &e) && e.Later(); got != tt.want {
				t.Errorf("%v: later = %t; want %t", tt.err, got, tt.want)
			}
		})
	}
	if !errors.Is(wire.ErrCut, wire.ErrUnreachable) || !errors.Is(wire.ErrStalled, wire.ErrUnreachable) {
		t.Error("what was cut is no longer unreachable")
	}
}
