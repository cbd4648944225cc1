package shared_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/overgrant/overgrant/internal/cli"
	"github.com/overgrant/overgrant/kind"
)

// killAt is the variable by which a test makes this binary the program, which
// ends itself as kill -9 does when it asks for the time for the so many-th time;
// 0 for never.
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
	var n atomic.Int64
	w := cli.World{In: strings.NewReader(""), Out: os.Stdout, Err: os.Stderr, Getenv: getenv}
	w.Wait = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
	w.Now = func() time.Time {
		if n.Add(1) == at {
			if p, err := os.FindProcess(os.Getpid()); err == nil {
				_ = p.Kill()
			}
			select {}
		}
		return time.Now()
	}
	return w
}

// child runs the program in a process of its own.
func (a *account) child(t *testing.T, at int64, args ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	var said bytes.Buffer
	c := exec.Command(os.Args[0], args...)
	c.Env = append(os.Environ(), fmt.Sprintf("%s=%d", killAt, at))
	c.Stdout, c.Stderr = &said, &said
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	return c, &said
}

// killed reports whether a program was ended from outside.
func killed(c *exec.Cmd) bool { return !c.ProcessState.Exited() || runtime.GOOS == "windows" }

// demo are the arguments that share two objects under the name demo.
func (a *account) demo(right []string) []string {
	return append(append([]string{"share"}, right...), "--yes", "--purpose", "p", "--name", "demo", "-o", a.path("links.txt"), a.at("models/resnet/"))
}

// takenBack checks after a run that was ended anywhere that the ledger knows of
// all that is left of it, and takes it back.
func (a *account) takenBack(t *testing.T, right []string, before string) {
	t.Helper()
	e, known := a.ledger(t)["demo"]
	if a.state(t) != before && (!known || e.Policy == "" || e.State != "begun" && e.State != "live") {
		t.Errorf("something was made that the ledger does not know: %+v", e)
	}
	if text, err := os.ReadFile(a.path("links.txt")); err == nil {
		for _, link := range strings.Fields(string(text)) {
			l, err := kind.Parse(link)
			if err != nil || !slices.Contains(e.IDs, l.ID) {
				t.Errorf("a link was handed out that the ledger does not know: %v", err)
			}
		}
	}
	if !known {
		return
	}
	if code, _, said := a.run(t, a.demo(right)...); code != 2 || !strings.Contains(said, "taken") {
		t.Errorf("the name can be taken again: %d\n%s", code, said)
	}
	code, out, said := a.run(t, append(append([]string{"share", "revoke"}, right...), "--yes", "--delegation-keys", "demo")...)
	if e := a.ledger(t)["demo"]; code != 0 || e.State == "begun" || e.State == "live" || e.Begun != "" {
		t.Errorf("share revoke = %d, and the ledger says %+v\n%s\n%s", code, e, out, said)
	}
	if strings.Contains(a.state(t), "demo-") {
		t.Error("its policy is left in the account")
	}
}

// killsPassedOver is how many moments are passed over from one kill to the next,
// unless OVERGRANT_KILLS is set: then none is.
const killsPassedOver = 7

// TestKilledAtAnyMoment ends a share with kill -9 where the program asks for the
// time, and takes back what is left.
func TestKilledAtAnyMoment(t *testing.T) {
	for name, right := range map[string]func(*account) []string{"delegated": (*account).owning, "policy_bound": (*account).keyed} {
		t.Run(name, func(t *testing.T) {
			stride := int64(killsPassedOver)
			if os.Getenv("OVERGRANT_KILLS") != "" {
				stride = 1
			}
			for at := int64(1); ; at += stride {
				a := filled(t)
				before := a.state(t)
				c, said := a.child(t, at, a.demo(right(a))...)
				err := c.Wait()
				if err != nil && !killed(c) {
					t.Fatalf("the program ended by itself: %v\n%s", err, said)
				}
				if _, there := os.Stat(a.path("store.db")); there == nil {
					a.takenBack(t, right(a), before)
				} else if a.state(t) != before {
					t.Error("something was made before there was a ledger")
				}
				if err == nil {
					t.Logf("killed %d times", (at-1)/stride)
					return
				}
				if at > 500 {
					t.Fatal("the program asks for the time without end")
				}
			}
		})
	}
}

// TestKilledInARequest ends a share with kill -9 while the service holds the
// request that makes its policy, before it is made and after.
func TestKilledInARequest(t *testing.T) {
	for _, after := range []bool{false, true} {
		a := filled(t)
		before := a.state(t)
		hold := a.stall.hold(http.MethodPut, "comp=acl", after)
		c, said := a.child(t, 0, a.demo(a.keyed())...)
		done := make(chan error, 1)
		go func() { done <- c.Wait() }()
		select {
		case <-hold.reached:
		case err := <-done:
			t.Fatalf("the program ended before it asked: %v\n%s", err, said)
		}
		if e := a.ledger(t)["demo"]; e.State != "begun" {
			t.Errorf("while the request is on its way the ledger says %+v", e)
		}
		if err := c.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		<-done
		close(hold.release)
		a.arrived(t, before)
		a.takenBack(t, a.keyed(), before)
	}
}

// arrived waits until the request of a program that is no more was carried out.
func (a *account) arrived(t *testing.T, before string) {
	t.Helper()
	for a.state(t) == before {
		if err := t.Context().Err(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestAtTheSameMoment has two runs take one name, both of which found it free.
func TestAtTheSameMoment(t *testing.T) {
	a := filled(t)
	if code, _, said := a.share(t, a.keyed(), "--yes", "--purpose", "p", "--name", "first", "-o", a.path("first.txt"), a.at("models/notes.txt")); code != 0 {
		t.Fatal(said)
	}
	hold := a.stall.hold(http.MethodGet, "comp=list", false)
	type end struct {
		code int
		said string
	}
	slow := make(chan end, 1)
	go func() {
		args := append(append([]string{"share"}, a.keyed()...), "--yes", "--purpose", "p", "--name", "demo", "-o", a.path("slow.txt"), a.at("models/resnet/"))
		code, _, said := a.run(t, args...)
		slow <- end{code, said}
	}()
	<-hold.reached // it has read the ledger, in which the name is free
	code, _, said := a.run(t, a.demo(a.keyed())...)
	if code != 0 {
		t.Errorf("the quick one = %d\n%s", code, said)
	}
	before := a.state(t)
	close(hold.release)
	if got := <-slow; got.code != 2 || !strings.Contains(got.said, "has a share of that name") {
		t.Errorf("the slow one = %d\n%s", got.code, got.said)
	}
	if _, err := os.Stat(a.path("slow.txt")); err == nil || a.state(t) != before {
		t.Error("the one that came too late made something")
	}
	if e := a.ledger(t)["demo"]; e.State != "live" || e.Links != 2 || e.Begun != "" {
		t.Errorf("the ledger says %+v", e)
	}
}
