package cli

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"testing/iotest"
)

func TestFitted(t *testing.T) {
	tests := []struct {
		name, line, want string
		columns          int
	}{
		{"unknown_width", "━━ 10%", "━━ 10%", 0},
		{"fits", "━━ 10%", "━━ 10%", 7},
		{"as_wide_as_the_terminal", "━━ 10%", "━━ 10", 6},
		{"one_column", "━━ 10%", "", 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := fitted(tt.line, tt.columns); got != tt.want {
				t.Errorf("fitted(%q, %d) = %q; want %q", tt.line, tt.columns, got, tt.want)
			}
		})
	}
}

func TestStoppableGivesAll(t *testing.T) {
	text := bytes.Repeat([]byte("0123456789abcdef"), 50_000)
	if err := iotest.TestReader(&stoppable{ctx: t.Context(), r: bytes.NewReader(text)}, text); err != nil {
		t.Error(err)
	}
	fault := errors.New("broken")
	got, err := io.ReadAll(&stoppable{ctx: t.Context(), r: io.MultiReader(bytes.NewReader(text), iotest.ErrReader(fault))})
	if !bytes.Equal(got, text) || !errors.Is(err, fault) {
		t.Errorf("ReadAll gives %d bytes and %v; want %d and %v", len(got), err, len(text), fault)
	}
}

// TestStoppableEndsWhileItWaits hangs if a read outlives its context.
func TestStoppableEndsWhileItWaits(t *testing.T) {
	ctx, stop := context.WithCancelCause(t.Context())
	silent, _ := io.Pipe()
	fault := errors.New("interrupted")
	go stop(fault)
	if _, err := io.ReadAll(&stoppable{ctx: ctx, r: silent}); !errors.Is(err, fault) {
		t.Errorf("ReadAll fails with %v; want %v", err, fault)
	}
}
