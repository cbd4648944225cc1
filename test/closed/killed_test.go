package closed_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
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

// The variables by which a test makes this binary the program, which ends itself
// as kill -9 does: when it asks for the time, or begins to wait, for the so
// many-th time, or for the first time after its journal has an entry of a state.
const (
	killAt    = "OVERGRANT_TEST_KILL_AT"
	killAfter = "OVERGRANT_TEST_KILL_AFTER"
)

func TestMain(m *testing.M) {
	at, err := strconv.ParseInt(os.Getenv(killAt), 10, 64)
	if err != nil {
		os.Exit(m.Run())
	}
	os.Exit(cli.Main(os.Args[1:], mortal(at, overgrant.Progress(os.Getenv(killAfter)))))
}

// mortal is the world of a program that ends itself.
func mortal(at int64, after overgrant.Progress) cli.World {
	var n, ahead atomic.Int64
	tick := func() {
		if n.Add(1) == at || after != "" && lastState(os.Args) == after {
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

// lastState returns the state of the last entry in the journal of the case that
// the arguments name at their end.
func lastState(args []string) overgrant.Progress {
	path := args[slices.Index(args, "--store")+1]
	db, err := sqlite.Open(context.Background(), path, sqlite.Options{Existing: true})
	if err != nil {
		return ""
	}
	defer db.Close()
	last := overgrant.Progress("")
	for r := range db.Remedies(context.Background(), args[len(args)-1]) {
		last = r.State
	}
	return last
}

// child runs the program in a process of its own.
func (a *account) child(t *testing.T, at int64, after overgrant.Progress, id string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	var said bytes.Buffer
	c := exec.Command(os.Args[0], append(append(append([]string{"revoke"}, a.owning()...), rotation...), id)...)
	c.Env = append(os.Environ(), fmt.Sprintf("%s=%d", killAt, at), fmt.Sprintf("%s=%s", killAfter, after))
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

// usualStride is how many points are passed over from one kill to the next,
// unless OVERGRANT_KILLS is set: then none is.
const usualStride = 4

// TestKilledAtAnyMoment ends a rotation with kill -9 at points where the program
// asks for the time or waits, and goes on.
func TestKilledAtAnyMoment(t *testing.T) {
	stride := int64(usualStride)
	if os.Getenv("OVERGRANT_KILLS") != "" {
		stride = 1
	}
	for at := int64(1); ; at += stride {
		a, id, leaked, other := rotating(t)
		c, said := a.child(t, at, "", id)
		err := c.Wait()
		if err != nil && !killed(c) {
			t.Fatalf("the program ended by itself: %v\n%s", err, said)
		}
		a.settled(t, id, leaked, other)
		if err == nil {
			t.Logf("killed %d times", (at-1)/stride)
			return
		}
		if at > 200 {
			t.Fatal("the program asks for the time without end")
		}
	}
}

// killed reports whether a program was ended from outside.
func killed(c *exec.Cmd) bool { return !c.ProcessState.Exited() || runtime.GOOS == "windows" }

// TestKilledBetweenAnyTwoSteps ends a rotation with kill -9 after each entry of
// its journal, and goes on.
func TestKilledBetweenAnyTwoSteps(t *testing.T) {
	for _, state := range []overgrant.Progress{overgrant.Planned, overgrant.Begun, overgrant.Done, overgrant.Checked} {
		t.Run(string(state), func(t *testing.T) {
			a, id, leaked, other := rotating(t)
			c, said := a.child(t, -1, state, id)
			if err := c.Wait(); err == nil || !killed(c) {
				t.Fatalf("the program was not killed: %v\n%s", err, said)
			}
			if j := a.journal(t, id); len(j) == 0 || j[len(j)-1].State != state {
				t.Fatalf("the journal has %d entries; want %s as the last", len(j), state)
			}
			a.settled(t, id, leaked, other)
		})
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
			c, said := a.child(t, -1, "", id)
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
