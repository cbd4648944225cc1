package remedy_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/cloud"
	"github.com/overgrant/overgrant/internal/remedy"
)

// bench is a made-up account with one key, a clock, and the journal.
type bench struct {
	remedy.Closing
	clock   time.Time
	journal []overgrant.Remedied
	proofs  []overgrant.Proof
	key     string
	calls   int
	fails   []error // what Do answers first, one after the other; nil carries the step out
	lost    bool    // the step is carried out, but the answer is lost
	states  []overgrant.State
	asked   int
	stop    int // Wait ends ctx at this call
	waits   []time.Duration
}

var errCut = errors.New("the connection was cut")

func newBench(states ...overgrant.State) *bench {
	b := &bench{clock: now, key: "h1", states: states}
	b.Closing = remedy.Closing{Owner: b, Prove: b.prove, Record: b.record, Now: func() time.Time { return b.clock }, Wait: b.wait}
	return b
}

func (b *bench) Do(_ context.Context, s overgrant.Step) (cloud.Done, error) {
	b.calls++
	if len(b.fails) > 0 {
		err := b.fails[0]
		b.fails = b.fails[1:]
		if err != nil {
			return cloud.Done{}, err
		}
	}
	if b.key != s.KeyHash {
		return cloud.Done{Already: true, Before: "key1 is another"}, nil
	}
	b.key = "h9"
	if b.lost {
		b.lost = false
		return cloud.Done{}, errCut
	}
	return cloud.Done{Before: "key1 h1", After: "key1 h9"}, nil
}

func (b *bench) prove(context.Context) (overgrant.Proof, error) {
	s := b.states[min(b.asked, len(b.states)-1)]
	b.asked++
	return overgrant.Proof{State: s, CheckedAt: b.clock, Why: string(s) + " it says"}, nil
}

func (b *bench) record(m overgrant.Message) error {
	switch {
	case m.Remedied != nil:
		b.journal = append(b.journal, *m.Remedied)
	case m.Proven != nil:
		b.proofs = append(b.proofs, m.Proven.Proof)
	}
	return nil
}

func (b *bench) wait(_ context.Context, d time.Duration) error {
	b.waits = append(b.waits, d)
	if b.stop > 0 && len(b.waits) == b.stop {
		return context.Canceled
	}
	b.clock = b.clock.Add(d)
	return nil
}

// told is the journal in short.
func (b *bench) told() (all []string) {
	for _, r := range b.journal {
		text := string(r.State)
		if r.Step > 0 {
			text += fmt.Sprint(" ", r.Step)
		}
		all = append(all, text)
	}
	return all
}

// last returns the attempt as the journal has it.
func (b *bench) last() *overgrant.Attempt {
	all := overgrant.Attempts(b.journal)
	return &all[len(all)-1]
}

func rotation(keys ...string) *overgrant.Route {
	r := &overgrant.Route{Name: remedy.RotateKey}
	for i, k := range keys {
		r.Steps = append(r.Steps, overgrant.Step{Deed: overgrant.RotateKey, Account: "contoso", Key: k, KeyHash: fmt.Sprint("h", i+1)})
	}
	return r
}

func (b *bench) plan(t *testing.T) *overgrant.Attempt {
	t.Helper()
	a, err := b.Plan("00", "1", rotation(cloud.Key1), now.Add(-day))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestClosed(t *testing.T) {
	b := newBench(overgrant.Dead)
	a := b.plan(t)
	if err := b.Carry(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	p, err := b.Confirm(t.Context(), a, 0)
	if err != nil || p.State != overgrant.Dead || a.End != overgrant.Closed {
		t.Fatalf("Confirm() = %v, %v, end %q; want dead and closed", p.State, err, a.End)
	}
	want := []string{"planned", "begun 1", "done 1", "checked 1", "checked 2", "closed"}
	if got := b.told(); !slices.Equal(got, want) {
		t.Errorf("journal %q; want %q", got, want)
	}
	if !slices.Equal(b.waits, []time.Duration{time.Minute}) || len(b.proofs) != 2 {
		t.Errorf("waits %v, %d proofs; want a minute between two", b.waits, len(b.proofs))
	}
	if got := b.last(); got.End != overgrant.Closed || !got.Made.Equal(now.Add(-day)) || got.Taken[0].State != overgrant.Done {
		t.Errorf("the journal folds to %+v; want a closed attempt", got)
	}
}

// TestKilledAnywhere goes on after every prefix of a journal, with the step
// carried out by then or not.
func TestKilledAnywhere(t *testing.T) {
	whole := newBench(overgrant.Dead)
	a := whole.plan(t)
	_ = whole.Carry(t.Context(), a)
	_, _ = whole.Confirm(t.Context(), a, 0)
	for n := 1; n <= len(whole.journal); n++ {
		for _, done := range []bool{false, true} {
			if begun := n >= 2; done && !begun || !done && n >= 3 {
				continue
			}
			b := newBench(overgrant.Dead)
			b.journal = slices.Clone(whole.journal[:n])
			b.clock = now.Add(time.Hour)
			if done {
				b.key = "h9"
			}
			again := b.last()
			if !again.Open() {
				continue
			}
			if err := b.Carry(t.Context(), again); err != nil {
				t.Fatal(err)
			}
			if _, err := b.Confirm(t.Context(), again, 0); err != nil || b.key != "h9" {
				t.Fatalf("after %d entries: %v, key %s", n, err, b.key)
			}
			got := b.last()
			if _, carried := got.Carried(); got.End != overgrant.Closed || !carried {
				t.Errorf("after %d entries (done %v): %q; want a closed attempt whose step is done", n, done, b.told())
			}
			if n == 2 && done != strings.HasPrefix(got.Taken[0].Detail, "found done") {
				t.Errorf("the step tells %q; done before is %v", got.Taken[0].Detail, done)
			}
		}
	}
}

func TestStepsThatFail(t *testing.T) {
	tests := []struct {
		name  string
		fails []error
		lost  bool
		want  error
		told  []string
	}{
		{"refused", []error{&cloud.RightsError{Action: "regeneratekey"}}, false, remedy.ErrRefused, []string{"planned", "begun 1", "failed 1", "given_up"}},
		{"locked", []error{&cloud.LockedError{Lock: "freeze"}}, false, remedy.ErrRefused, []string{"planned", "begun 1", "failed 1", "given_up"}},
		{"not_answered", []error{errCut}, false, remedy.ErrUnsure, []string{"planned", "begun 1"}},
		{"answer_lost", nil, true, remedy.ErrUnsure, []string{"planned", "begun 1"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(overgrant.Dead)
			b.fails, b.lost = tt.fails, tt.lost
			err := b.Carry(t.Context(), b.plan(t))
			if !errors.Is(err, tt.want) || !slices.Equal(b.told(), tt.told) {
				t.Fatalf("Carry() = %v, journal %q; want %v, %q", err, b.told(), tt.want, tt.told)
			}
			if !errors.Is(tt.want, remedy.ErrUnsure) {
				return
			}
			// A refusal now says nothing of what became of the step then.
			b.fails = []error{cloud.ErrNoLogin}
			if err := b.Carry(t.Context(), b.last()); !errors.Is(err, remedy.ErrUnsure) || !errors.Is(err, cloud.ErrNoLogin) || !b.last().Open() {
				t.Errorf("Carry() again = %v, %q; want an attempt that stays open", err, b.told())
			}
			if err := b.Carry(t.Context(), b.last()); err != nil || b.key != "h9" {
				t.Errorf("Carry() at last = %v, key %s; want it rotated once", err, b.key)
			}
		})
	}
}

func TestConfirm(t *testing.T) {
	const alive, dead, unclear = overgrant.Alive, overgrant.Dead, overgrant.Inconclusive
	tests := []struct {
		name   string
		route  string
		states []overgrant.State
		keep   time.Duration
		end    overgrant.Progress
		last   overgrant.State
		checks int
	}{
		{"late_by_a_moment", remedy.DeletePolicy, []overgrant.State{alive, dead}, 0, overgrant.Closed, dead, 3},
		{"still_alive", remedy.RotateKey, []overgrant.State{alive}, 0, "", alive, 2},
		{"slow_route", remedy.NoSharedKey, []overgrant.State{alive, alive, alive, alive, alive, dead}, 0, overgrant.Closed, dead, 7},
		{"slow_route_that_fails", remedy.RevokeDelegation, []overgrant.State{alive}, 0, "", alive, 31},
		{"dead_and_back", remedy.RotateKey, []overgrant.State{dead, alive}, 0, "", alive, 2},
		{"unclear", remedy.RotateKey, []overgrant.State{unclear}, 0, "", unclear, 5},
		{"unclear_for_a_while", remedy.RotateKey, []overgrant.State{unclear, dead}, 0, overgrant.Closed, dead, 3},
		{"for_a_day", remedy.RotateKey, []overgrant.State{dead}, 24 * time.Hour, overgrant.Closed, dead, 10},
		{"revived_later", remedy.DeletePolicy, []overgrant.State{dead, dead, dead, alive}, 24 * time.Hour, overgrant.Closed, alive, 4},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(tt.states...)
			r := rotation(cloud.Key1)
			r.Name = tt.route
			a, err := b.Plan("00", "1", r, time.Time{})
			if err == nil {
				err = b.Carry(t.Context(), a)
			}
			if err != nil {
				t.Fatal(err)
			}
			p, err := b.Confirm(t.Context(), a, tt.keep)
			if err != nil || p.State != tt.last || a.End != tt.end || len(a.Checks) != tt.checks {
				t.Errorf("Confirm() = %s, %v, end %q, %d checks (waits %v); want %s, end %q, %d checks", p.State, err, a.End, len(a.Checks), b.waits, tt.last, tt.end, tt.checks)
			}
			for _, w := range b.waits {
				if w < time.Minute || w > 6*time.Hour {
					t.Errorf("a pause of %s", w)
				}
			}
		})
	}
}

// TestConfirmGoesOn interrupts the checks and takes them up again.
func TestConfirmGoesOn(t *testing.T) {
	b := newBench(overgrant.Dead)
	b.stop = 1
	a := b.plan(t)
	_ = b.Carry(t.Context(), a)
	if _, err := b.Confirm(t.Context(), a, 0); !errors.Is(err, context.Canceled) || !a.Open() {
		t.Fatalf("Confirm() = %v, end %q; want it interrupted and open", err, a.End)
	}
	b.clock = b.clock.Add(2 * time.Hour)
	again := b.last()
	if _, err := b.Confirm(t.Context(), again, 0); err != nil || again.End != overgrant.Closed || len(b.waits) != 1 {
		t.Errorf("Confirm() = %v, end %q, waits %v; want it closed by one more answer", err, again.End, b.waits)
	}
	if got := b.told(); !slices.Equal(got[3:], []string{"checked 1", "checked 2", "closed"}) {
		t.Errorf("journal %q", got)
	}
}

func TestReady(t *testing.T) {
	with := func(entries ...overgrant.Remedied) remedy.Known {
		c := caseOf(link("0b", nil))
		for i := range entries {
			entries[i].ID, entries[i].Attempt = "0b", "1"
		}
		c.Remedies = entries
		return remedy.Known{Now: now, Cases: []*overgrant.Case{c}}
	}
	planned := overgrant.Remedied{State: overgrant.Planned, Route: rotation(cloud.Key1)}
	begun := overgrant.Remedied{State: overgrant.Begun, Step: 1, At: now.Add(-time.Minute)}
	done := overgrant.Remedied{State: overgrant.Done, Step: 1, At: now.Add(-time.Minute)}
	long := overgrant.Remedied{State: overgrant.Done, Step: 1, At: now.Add(-48 * time.Hour)}
	closed := overgrant.Remedied{State: overgrant.Closed, At: now}
	key2 := rotation(cloud.Key2)
	tests := []struct {
		name  string
		id    string
		route *overgrant.Route
		known remedy.Known
		moved remedy.Moved
		want  error
	}{
		{"nothing_before", "0a", key2, remedy.Known{Now: now}, false, nil},
		{"not_to_be_taken", "0a", &overgrant.Route{Name: "x", Not: "why"}, remedy.Known{Now: now}, false, remedy.ErrNot},
		{"both_keys", "0a", rotation(cloud.Key1, cloud.Key2), remedy.Known{Now: now}, true, remedy.ErrBothKeys},
		{"own_attempt_open", "0b", key2, with(planned), false, remedy.ErrOpen},
		{"another_planned", "0a", key2, with(planned), false, nil},
		{"another_begun", "0a", key2, with(planned, begun), true, remedy.ErrOpen},
		{"other_key_just_now", "0a", key2, with(planned, begun, done), false, remedy.ErrBothKeys},
		{"other_key_just_now_and_closed", "0b", key2, with(planned, begun, done, closed), false, remedy.ErrBothKeys},
		{"clients_moved", "0a", key2, with(planned, begun, done), true, nil},
		{"other_key_long_ago", "0a", key2, with(planned, begun, long), false, nil},
		{"same_key", "0a", rotation(cloud.Key1), with(planned, begun, done), false, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := remedy.Ready(tt.id, tt.route, tt.known, tt.moved); !errors.Is(err, tt.want) || (err == nil) != (tt.want == nil) {
				t.Errorf("Ready() = %v; want %v", err, tt.want)
			}
		})
	}
}
