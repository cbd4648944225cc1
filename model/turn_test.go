package model_test

import (
	"strings"
	"testing"

	"github.com/overgrant/overgrant/model"
)

// counter is a lock that counts.
type counter struct{ locked, unlocked int }

func (c *counter) Lock()   { c.locked++ }
func (c *counter) Unlock() { c.unlocked++ }

func TestOnlyWhatTakesMemoryWaitsForItsTurn(t *testing.T) {
	tests := []struct {
		name, text string
		want       int
	}{
		{"calls", armedCalls(60), 0},
		{"a_pickle_of_ten_thousand_values", "\x80\x04](" + strings.Repeat("K\x01\x94", 10_000) + "e.", 0},
		{"a_memo_flood", "\x80\x04](" + strings.Repeat("]\x94", 300_000) + "e.", 1},
		{"a_stack_flood", "\x80\x04](" + strings.Repeat("]", 100_000) + "e.", 1},
		{"marks", "\x80\x04" + strings.Repeat("(", 100_000), 1},
		{"two_of_them", "\x80\x04" + strings.Repeat("(", 50_000) + strings.Repeat("]\x94", 300_000) + ".", 1},
		{"xz", packers["xz"](t, "\x80\x04]."), 1},
		{"gzip", packers["gzip"](t, "\x80\x04]."), 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := &counter{}
			if _, err := model.Scan(t.Context(), "m.pkl", strings.NewReader(tt.text), int64(len(tt.text)), model.Limits{Turn: c}); err != nil {
				t.Fatal(err)
			}
			if c.locked != tt.want || c.unlocked != tt.want {
				t.Errorf("Scan locked %d times and unlocked %d times; want %d", c.locked, c.unlocked, tt.want)
			}
		})
	}
}
