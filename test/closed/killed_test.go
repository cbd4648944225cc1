package closed_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/cli"
	"github.com/overgrant/overgrant/internal/store/sqlite"
	"github.com/overgrant/overgrant/test/azurite"
)

// killAt is the variable by which a test makes this binary the program, which
// ends itself as kill -9 does: when it asks for the time, or begins to wait, for
// the so many-th time. Between any two entries of a journal it does.
const killAt = "OVERGRANT_TEST_KILL_AT"

func TestMain(m *testing.M) {
	at, err := strconv.ParseInt(os.Getenv(killAt), 10, 64)
	if err != nil {
		os.Exit(m.Run())
	}
	os.Exit(cli.Main(os.Args[1:], mortal(at)))
}

// mortal is the world of a program that ends itself.
func mortal(at int64) cli.World {
	var n, ahead atomic.Int64
	tick := func() {
		if n.Add(1) == at {
			if p, err := os.FindProcess(os.Getpid()); err == nil {
				_ = p.Kill()
			}
			select {}
		}
	}
	w := cli.World{In: strings.NewReader(""), Out: os.Stdout, Err: os.Stderr, Getenv: getenv}
	w.Now = func() time.Time {
		tick()
		return time.Now().Add(time.Duration(ahead.Load()))
	}
	w.Wait = func(ctx context.Context, d time.Duration) error {
		tick()
		ahead.Add(int64(d))
		return ctx.Err()
	}
	return w
}

// child runs the program in a process of its own.
func (a *account) child(t *testing.T, at int64, args ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	var said bytes.Buffer
	c := exec.Command(os.Args[0], append(append([]string{"revoke"}, a.owning()...), args...)...)
	c.Env = append(os.Environ(), fmt.Sprintf("%s=%d", killAt, at))
	c.Stdout, c.Stderr = &said, &said
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	return c, &said
}

// journal returns the entries that the store has of a case.
func (a *account) journal(t *testing.T, id string) (all []overgrant.Remedied) {
	t.Helper()
	db, err := sqlite.Open(t.Context(), a.path("store.db"), sqlite.Options{Existing: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for r, err := range db.Remedies(t.Context(), id) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}

// rotating returns an account with two links of different keys, of which one is
// to be closed.
func rotating(t *testing.T) (a *account, id, leaked, other string) {
	t.Helper()
	a = newAccount(t)
	a.PutContainer(t, "models", "")
	a.PutBlob(t, "models", "weights.bin", []byte("weights"))
	s := azurite.SAS{Permissions: "r", Start: stamp(time.Now().Add(-time.Hour)), Expiry: stamp(time.Now().Add(1000 * time.Hour)), Container: "models", Blob: "weights.bin"}
	leaked = a.link("models", "weights.bin", a.BlobSAS(s))
	s.Key = 2
	other = a.link("models", "weights.bin", a.BlobSAS(s))
	id = a.leak(t, leaked, other)[0]
	return a, id, leaked, other
}

var rotation = []string{"--yes", "--route", "rotate_account_key"}

// settled brings a case to its end that was left anywhere, and checks that its
// journal tells what was done: once, to one key.
func (a *account) settled(t *testing.T, id, leaked, other string) {
	t.Helper()
	before := overgrant.Attempts(a.journal(t, id))
	rotated := len(a.rotations())
	for _, b := range before {
		if _, carried := b.Carried(); carried && rotated != 1 {
			t.Fatalf("the journal has the step done, which was done %d times", rotated)
		}
		if len(b.Taken) == 0 && rotated != 0 {
			t.Fatal("a key was replaced before the journal had it begun")
		}
	}
	var code int
	var said string
	switch n := len(before); {
	case n == 0:
		code, _, said = a.revoke(t, append(slices.Clone(rotation), id)...)
	case before[n-1].Open():
		code, _, said = a.revoke(t, "--yes", "--resume", id)
	}
	if code != 0 {
		t.Fatalf("going on = %d\n%s", code, said)
	}
	after := overgrant.Attempts(a.journal(t, id))
	if len(after) != 1 || after[0].End != overgrant.Closed {
		t.Fatalf("the journal tells %+v; want one attempt, closed", after)
	}
	if at, carried := after[0].Carried(); !carried || at.Before(after[0].At) || after[0].EndAt.Before(at) {
		t.Errorf("the journal tells %+v; want the step done between plan and end", after[0])
	}
	if got := a.rotations(); !slices.Equal(got, []string{"key1"}) {
		t.Errorf("rotated %v; want key1 once", got)
	}
	if a.opens(t, leaked) || !a.opens(t, other) {
		t.Error("the leaked link works, or the other one does not")
	}
}

// TestKilledBetweenAnyTwoSteps ends a rotation with kill -9 at every point where
// the program asks for the time or waits, and goes on.
func TestKilledBetweenAnyTwoSteps(t *testing.T) {
	ended := map[string]int{}
	for at := int64(1); ; at++ {
		a, id, leaked, other := rotating(t)
		c, said := a.child(t, at, append(slices.Clone(rotation), id)...)
		err := c.Wait()
		states := "nothing"
		if j := a.journal(t, id); len(j) > 0 {
			states = string(j[len(j)-1].State)
		}
		ended[states]++
		if err == nil {
			a.settled(t, id, leaked, other)
			t.Logf("killed %d times, last entry of the journal: %v", at-1, ended)
			break
		}
		if c.ProcessState.Exited() && c.ProcessState.ExitCode() >= 0 && !strings.Contains(err.Error(), "exit status 1") {
			t.Fatalf("the program ended by itself: %v\n%s", err, said)
		}
		a.settled(t, id, leaked, other)
		if at > 100 {
			t.Fatal("the program asks for the time without end")
		}
	}
	for _, state := range []string{"nothing", "planned", "begun", "done", "checked"} {
		if ended[state] == 0 {
			t.Errorf("it was never killed with %s as the last entry: %v", state, ended)
		}
	}
}

// TestKilledInARequest ends a rotation with kill -9 while the resource manager
// holds the request, before the key is replaced and after.
func TestKilledInARequest(t *testing.T) {
	for _, when := range []string{"before", "after"} {
		t.Run(when, func(t *testing.T) {
			a, id, leaked, other := rotating(t)
			reached, release := make(chan struct{}), make(chan struct{})
			stall := func() {
				close(reached)
				<-release
			}
			if when == "before" {
				a.drive.before = stall
			} else {
				a.drive.after = stall
			}
			c, said := a.child(t, -1, append(slices.Clone(rotation), id)...)
			done := make(chan error, 1)
			go func() { done <- c.Wait() }()
			select {
			case <-reached:
			case err := <-done:
				t.Fatalf("the program ended before it asked: %v\n%s", err, said)
			}
			if j := a.journal(t, id); len(j) != 2 || j[1].State != overgrant.Begun {
				t.Errorf("the journal has %d entries while the request is on its way; want planned, begun", len(j))
			}
			if err := c.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			<-done
			a.drive.before, a.drive.after = nil, nil
			close(release)
			a.settled(t, id, leaked, other)
		})
	}
}
