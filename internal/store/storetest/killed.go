package storetest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/overgrant/overgrant/internal/store"
)

// childEnv holds the folder of the store, for the program that will be killed.
const childEnv = "OVERGRANT_STORETEST_FOLDER"

const killedShards = 2000

// child plays the program that will be killed, where it was started as that: it
// stores shards, says of each that it is on record, and does not end.
func child(t *testing.T, open Open) bool {
	folder := os.Getenv(childEnv)
	if folder == "" {
		return false
	}
	s := open(t, folder)
	for n := 0; ; n++ {
		ms := shard(idA, n%killedShards)
		ms.Measured.Inventory = make([]byte, 200_000) // a transaction takes a while
		if err := s.Put(context.Background(), runA, ms); err != nil {
			t.Fatal(err)
		}
		fmt.Println("stored", n%killedShards)
	}
}

// killed ends a program in the middle of its writes, again and again, and looks
// whether all that was on record is there, once.
func killed(t *testing.T, open Open) {
	folder := t.TempDir()
	last := -1
	for _, after := range []int{1, 3, 17, 58, 123} {
		last = max(last, kill(t, folder, after))
		check(t, open(t, folder), last)
	}
	s := open(t, folder)
	defer s.Close()
	for n := range last + 50 { // go on: what is there is delivered again
		put(t, s, runA, shard(idA, n))
	}
	check(t, s, last+49)
}

// kill starts the program, ends it when it has stored some shards, and returns
// the last that it said was stored.
func kill(t *testing.T, folder string, after int) (last int) {
	t.Helper()
	name, _, _ := strings.Cut(t.Name(), "/")
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), program, "-test.run=^"+name+"$", "-test.v=false")
	c.Env = append(os.Environ(), childEnv+"="+folder)
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	last = -1
	for n := 0; lines.Scan(); n++ {
		word, number, _ := strings.Cut(lines.Text(), " ")
		if word != "stored" {
			t.Errorf("the program says %q", lines.Text())
			continue
		}
		if last, err = strconv.Atoi(number); err != nil {
			t.Fatal(err)
		}
		if n == after {
			_ = c.Process.Kill()
		}
	}
	var ended *exec.ExitError
	if err := c.Wait(); !errors.As(err, &ended) {
		t.Fatalf("the program ended with %v; want it killed", err)
	}
	return last
}

// check looks whether shards 0 to last are there, and perhaps one more, and
// whether the totals count each once.
func check(t *testing.T, s store.Store, last int) {
	t.Helper()
	defer s.Close()
	shards := all(t, s.Shards(t.Context(), idA, roundA, everything))
	total, err := s.Total(t.Context(), idA, roundA)
	if err != nil {
		t.Fatal(err)
	}
	segments := all(t, s.Inventory(t.Context(), idA, roundA))
	if n := len(shards); n < last+1 || n > last+2 || total.Objects != int64(n) || len(segments) != n {
		t.Fatalf("%d shards, %d objects, %d segments; want %d of each, or one more", n, total.Objects, len(segments), last+1)
	}
	for i, m := range shards {
		if m.Shard != fmt.Sprintf("shard/%04d", i) || len(m.Finds) != 1 || len(segments[i].Data) == 0 {
			t.Errorf("shard %d is %q with %d finds", i, m.Shard, len(m.Finds))
		}
	}
	c, err := s.Case(t.Context(), idA)
	if err != nil || c.Reach.Objects != total.Objects || len(c.Finds) != len(shards) {
		t.Errorf("Case() = %v; want it to have the same totals", err)
	}
}
