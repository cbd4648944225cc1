package overgrant_test

import (
	"testing"
	"time"

	"github.com/overgrant/overgrant"
)

// TestFoldLedgerIntentions folds what was begun with what came of it, in any
// order.
func TestFoldLedgerIntentions(t *testing.T) {
	at := func(hour int) time.Time { return time.Date(2026, 3, 1, hour, 0, 0, 0, time.UTC) }
	entry := func(hour int, c overgrant.Change, id, attempt string) overgrant.Minted {
		return overgrant.Minted{Name: "demo", At: at(hour), Change: c, ID: id, Attempt: attempt, Expiry: at(23)}
	}
	tests := []struct {
		name    string
		entries []overgrant.Minted
		begun   int
		links   int
		revoked bool
	}{
		{"begun", []overgrant.Minted{entry(1, overgrant.Intended, "", "a")}, 1, 0, false},
		{"made", []overgrant.Minted{entry(1, overgrant.Intended, "", "a"), entry(1, overgrant.Made, "1", "a"), entry(1, overgrant.Made, "2", "a")}, 0, 2, false},
		{"given_up", []overgrant.Minted{entry(1, overgrant.Intended, "", "a"), entry(2, overgrant.Revoked, "attempt a", "a")}, 0, 0, false},
		{"taken_back", []overgrant.Minted{entry(1, overgrant.Intended, "", "a"), entry(2, overgrant.Revoked, "", "")}, 0, 0, false},
		{"extension_begun", []overgrant.Minted{entry(1, overgrant.Made, "1", "a"), entry(2, overgrant.Intended, "1", "b")}, 1, 1, false},
		{"extended", []overgrant.Minted{entry(1, overgrant.Made, "1", "a"), entry(2, overgrant.Intended, "1", "b"), entry(2, overgrant.Extended, "1", "b")}, 0, 1, false},
		{"given_up_beside_a_link", []overgrant.Minted{entry(1, overgrant.Made, "1", "a"), entry(2, overgrant.Intended, "", "b"), entry(3, overgrant.Revoked, "attempt b", "b")}, 0, 1, false},
		{"revoked_and_begun_again", []overgrant.Minted{entry(1, overgrant.Made, "1", "a"), entry(2, overgrant.Revoked, "1", "b"), entry(3, overgrant.Intended, "", "c")}, 1, 1, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for turn := range tt.entries {
				turned := append(append([]overgrant.Minted{}, tt.entries[turn:]...), tt.entries[:turn]...)
				s := overgrant.FoldLedger(append(turned, turned...))
				if len(s.Links) != tt.links || s.Revoked.IsZero() == tt.revoked || (len(s.Begun) > 0) != (tt.begun > 0) {
					t.Errorf("FoldLedger, turned by %d = %d links, %d begun, revoked %v", turn, len(s.Links), len(s.Begun), s.Revoked)
				}
			}
		})
	}
}
