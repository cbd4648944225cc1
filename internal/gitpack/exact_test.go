package gitpack_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"testing"

	"github.com/overgrant/overgrant/internal/gitpack"
)

// truth is what git says of an object.
type truth struct {
	kind string
	size int64
	sum  [32]byte
}

// catFile asks git for every object of a repository.
func catFile(t testing.TB, dir string) map[string]truth {
	t.Helper()
	cmd := exec.Command("git", "cat-file", "--batch-all-objects", "--batch", "--unordered", "--buffer")
	cmd.Dir = dir
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	all := map[string]truth{}
	r := bufio.NewReaderSize(out, 1<<20)
	for {
		head, err := r.ReadString('\n')
		if err == io.EOF {
			break
		}
		var id string
		var tr truth
		if _, err := fmt.Sscan(head, &id, &tr.kind, &tr.size); err != nil {
			t.Fatalf("read %q of git cat-file: %v", strings.TrimSpace(head), err)
		}
		h := sha256.New()
		if _, err := io.CopyN(h, r, tr.size); err != nil {
			t.Fatal(err)
		}
		h.Sum(tr.sum[:0])
		r.ReadByte()
		all[id] = tr
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	return all
}

func sum(data []byte) [32]byte { return sha256.Sum256(data) }

// checker compares the objects of walks with what git says.
type checker struct {
	t     testing.TB
	want  map[string]truth
	got   map[string]int
	above []*kept // by depth, copied at the time they were yielded
}

type kept struct {
	id   gitpack.ID
	data []byte
}

func (c *checker) object(o *gitpack.Object) {
	t, id := c.t, o.ID.String()
	w, ok := c.want[id]
	if !ok {
		t.Fatalf("Walk yields %s, which git does not know", id)
	}
	if !o.Seen {
		c.got[id]++
	}
	data := o.AppendRange(nil, 0, o.Size)
	if o.Type.String() != w.kind || o.Size != w.size || sum(data) != w.sum {
		t.Fatalf("Walk yields %s as %v of %d bytes; want %s of %d, or other content", id, o.Type, o.Size, w.kind, w.size)
	}
	if o.Depth > len(c.above) {
		t.Fatalf("Walk yields %s at depth %d under %d objects", id, o.Depth, len(c.above))
	}
	c.above = append(c.above[:o.Depth], &kept{o.ID, data})
	at := int64(0)
	for i, p := range o.Copies {
		base := c.above[o.Depth-1]
		if p.At < at || p.Size <= 0 || p.At+p.Size > o.Size || p.From < 0 || p.From+p.Size > int64(len(base.data)) {
			t.Fatalf("%s has copy %d %+v after %d, of %d bytes from %d", id, i, p, at, o.Size, len(base.data))
		}
		if !bytes.Equal(data[p.At:p.At+p.Size], base.data[p.From:p.From+p.Size]) {
			t.Fatalf("%s copy %+v is not what stands in %s", id, p, base.id)
		}
		if i > 0 && o.Copies[i-1].At+o.Copies[i-1].Size == p.At && o.Copies[i-1].From+o.Copies[i-1].Size == p.From {
			t.Fatalf("%s has copies %d and %d that are one", id, i-1, i)
		}
		at = p.At + p.Size
	}
	switch {
	case o.Depth == 0 && (len(o.Copies) > 0 || !o.Base.IsZero()):
		t.Fatalf("%s has depth 0 and a base %v", id, o.Base)
	case o.Depth > 0 && o.Base != c.above[o.Depth-1].id:
		t.Fatalf("%s has base %v; want %v", id, o.Base, c.above[o.Depth-1].id)
	}
	c.read(o, data)
}

// read tries the other ways to an object's content.
func (c *checker) read(o *gitpack.Object, data []byte) {
	n := o.Size
	for _, r := range [][2]int64{{-3, 10}, {n / 2, 20}, {n - 5, 50}, {n / 3, n / 3}, {n + 1, 3}, {0, 0}} {
		low, high := max(0, min(n, r[0])), max(0, min(n, r[0]+r[1]))
		if got := o.AppendRange([]byte("x"), r[0], r[1]); string(got) != "x"+string(data[low:max(low, high)]) {
			c.t.Fatalf("AppendRange(%s, %d, %d) differs", o.ID, r[0], r[1])
		}
	}
	if len(c.got)%3 == 0 {
		if all, err := io.ReadAll(o.Reader()); err != nil || !bytes.Equal(all, data) {
			c.t.Fatalf("Reader(%s) differs: %v", o.ID, err)
		}
	}
	if len(c.got)%2 == 0 && !bytes.Equal(o.Bytes(), data) {
		c.t.Fatalf("Bytes(%s) differs", o.ID)
	}
}

// checkAll walks a store and compares it with git, object by object.
func checkAll(t *testing.T, store *gitpack.Store, want map[string]truth, opt gitpack.PlanOptions) {
	t.Helper()
	c := &checker{t: t, want: want, got: map[string]int{}}
	announced := 0
	for _, shard := range gitpack.Plan(store, opt) {
		announced += shard.Objects
		for o, err := range gitpack.Walk(context.Background(), shard, gitpack.WalkOptions{}) {
			if err != nil {
				t.Fatal(err)
			}
			c.object(o)
		}
	}
	for id := range want {
		if c.got[id] != 1 {
			t.Fatalf("Walk yields %s %d times; want once", id, c.got[id])
		}
	}
	if announced != len(want) {
		t.Errorf("Plan announces %d objects; want %d", announced, len(want))
	}
}
