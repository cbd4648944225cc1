package overgrant_test

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/overgrant/overgrant"
)

func hour(h int) time.Time { return time.Date(2026, 1, 2, h, 0, 0, 0, time.UTC) }

// entry is one entry of a journal, step by step in time.
func entry(attempt string, p overgrant.Progress, step, h int) overgrant.Remedied {
	r := overgrant.Remedied{ID: "aa", Attempt: attempt, State: p, Step: step, At: hour(h)}
	if p == overgrant.Planned {
		r.Route = &overgrant.Route{Name: "r", Steps: make([]overgrant.Step, 2)}
	}
	return r
}

func TestAttempts(t *testing.T) {
	journal := []overgrant.Remedied{
		entry("1", overgrant.Planned, 0, 1), entry("1", overgrant.Begun, 1, 2), entry("1", overgrant.Failed, 1, 3), entry("1", overgrant.GivenUp, 0, 3),
		entry("2", overgrant.Planned, 0, 4), entry("2", overgrant.Begun, 1, 5), entry("2", overgrant.Done, 1, 6), entry("2", overgrant.Begun, 2, 7), entry("2", overgrant.Done, 2, 8),
		entry("2", overgrant.Checked, 1, 9), entry("2", overgrant.Checked, 2, 10), entry("2", overgrant.Closed, 0, 10),
		entry("3", overgrant.Planned, 0, 11), entry("3", overgrant.Begun, 1, 12),
	}
	want := overgrant.Attempts(journal)
	if len(want) != 3 || want[0].End != overgrant.GivenUp || want[1].End != overgrant.Closed || !want[2].Open() {
		t.Fatalf("Attempts() = %+v; want one given up, one closed, one open", want)
	}
	if want[0].Taken[0].State != overgrant.Failed || len(want[1].Taken) != 2 || len(want[1].Checks) != 2 || want[2].Taken[0].State != overgrant.Begun {
		t.Errorf("Attempts() = %+v; want the steps as they went", want)
	}
	if at, ok := want[1].Carried(); !ok || !at.Equal(hour(8)) {
		t.Errorf("Carried() = %s, %v; want the last step", at, ok)
	}
	for _, n := range []int{0, 2} {
		if _, ok := want[n].Carried(); ok {
			t.Errorf("attempt %d is carried out", n+1)
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		twice := append(slices.Clone(journal), journal[random.IntN(len(journal))])
		random.Shuffle(len(twice), func(i, j int) { twice[i], twice[j] = twice[j], twice[i] })
		if got := overgrant.Attempts(twice); !reflect.DeepEqual(got, want) {
			t.Fatalf("in another order Attempts() = %+v; want %+v", got, want)
		}
	}
	if got := overgrant.Attempts(nil); got != nil {
		t.Errorf("Attempts(nil) = %v", got)
	}
}

func TestCaseClosed(t *testing.T) {
	c := overgrant.Case{Remedies: []overgrant.Remedied{entry("1", overgrant.Planned, 0, 1), entry("1", overgrant.Closed, 0, 5), entry("2", overgrant.Planned, 0, 6), entry("2", overgrant.GivenUp, 0, 7)}}
	for _, tt := range []struct {
		alive  time.Time
		closed bool
	}{{time.Time{}, true}, {hour(4), true}, {hour(6), false}} {
		c.LastAlive = tt.alive
		if got := c.Closed(); (got != nil) != tt.closed || got != nil && got.ID != "1" {
			t.Errorf("seen to work at %s: Closed() = %+v; want %v", tt.alive, got, tt.closed)
		}
	}
}

func TestFoldLedger(t *testing.T) {
	made := func(id string, c overgrant.Change, h, expiry int) overgrant.Minted {
		m := overgrant.Minted{Name: "n", ID: id, Change: c, At: hour(h), Owner: "ada"}
		if expiry > 0 {
			m.Expiry = hour(expiry)
		}
		return m
	}
	tests := []struct {
		name    string
		entries []overgrant.Minted
		links   int
		expiry  int
		revoked int
	}{
		{"nothing", nil, 0, 0, 0},
		{"made", []overgrant.Minted{made("a", overgrant.Made, 1, 5), made("b", overgrant.Made, 1, 9)}, 2, 9, 0},
		{"extended", []overgrant.Minted{made("a", overgrant.Made, 1, 5), made("a", overgrant.Extended, 2, 8)}, 1, 8, 0},
		{"all_extended", []overgrant.Minted{made("a", overgrant.Made, 1, 5), made("b", overgrant.Made, 1, 6), made("", overgrant.Extended, 2, 8)}, 2, 8, 0},
		{"one_revoked", []overgrant.Minted{made("a", overgrant.Made, 1, 5), made("b", overgrant.Made, 1, 9), made("b", overgrant.Revoked, 3, 0)}, 2, 5, 0},
		{"all_revoked", []overgrant.Minted{made("a", overgrant.Made, 1, 5), made("b", overgrant.Made, 1, 9), made("", overgrant.Revoked, 3, 0)}, 2, 0, 3},
		{"made_again", []overgrant.Minted{made("a", overgrant.Made, 1, 5), made("a", overgrant.Revoked, 2, 0), made("a", overgrant.Made, 3, 7)}, 1, 7, 0},
		{"endless", []overgrant.Minted{made("a", overgrant.Made, 1, 0), made("b", overgrant.Made, 1, 9)}, 2, 0, 0},
		{"change_of_what_was_never_made", []overgrant.Minted{made("z", overgrant.Revoked, 2, 0), made("a", overgrant.Made, 1, 5)}, 1, 5, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := overgrant.FoldLedger(tt.entries)
			at := func(h int) time.Time {
				if h == 0 {
					return time.Time{}
				}
				return hour(h)
			}
			if len(s.Links) != tt.links || !s.Expiry.Equal(at(tt.expiry)) || !s.Revoked.Equal(at(tt.revoked)) {
				t.Errorf("FoldLedger() = %+v; want %d links, expiry %s, revoked %s", s, tt.links, at(tt.expiry), at(tt.revoked))
			}
			backwards := slices.Clone(tt.entries)
			slices.Reverse(backwards)
			if again := overgrant.FoldLedger(append(backwards, tt.entries...)); !reflect.DeepEqual(again, s) {
				t.Errorf("twice, in another order: %+v; want %+v", again, s)
			}
		})
	}
}

func TestFoldUsed(t *testing.T) {
	first := overgrant.Used{Token: "t", Requests: 5, First: hour(1), Last: hour(3), KeyHash: "h"}
	second := overgrant.Used{Token: "t", Requests: 3, First: hour(2), Last: hour(6), Match: overgrant.UsedMatch{Known: "aa"}}
	got := overgrant.FoldUsed([]overgrant.Used{second, first})
	if got.Requests != 5 || !got.First.Equal(hour(1)) || !got.Last.Equal(hour(6)) || got.Match.Known != "aa" || got.KeyHash != "h" {
		t.Errorf("FoldUsed() = %+v; want the counts of the one that saw most, and the time of both", got)
	}
	if !reflect.DeepEqual(got, overgrant.FoldUsed([]overgrant.Used{first, second, first})) || overgrant.FoldUsed(nil).Token != "" {
		t.Error("FoldUsed() depends on the order")
	}
}
