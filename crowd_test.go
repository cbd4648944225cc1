package overgrant_test

import (
	"encoding/json"
	"math/rand/v2"
	"testing"

	"github.com/overgrant/overgrant"
)

// crowdOf is a crowd of n members, the same for the same seed.
func crowdOf(seed uint64, n int) (c overgrant.Crowd) {
	r := rand.New(rand.NewPCG(seed, 7))
	for range n {
		c.Join(r.Uint64())
	}
	return c
}

func TestCrowdCountsMembersOnce(t *testing.T) {
	for _, n := range []int{0, 1, 5, 300, 5000, 65_536} {
		c := crowdOf(1, n)
		c.Add(crowdOf(1, n))
		c.Add(crowdOf(1, n/2))
		if got, exact := c.Count(); got != int64(n) || !exact {
			t.Errorf("a crowd of %d counts %d, exact %v", n, got, exact)
		}
		other := crowdOf(2, 100)
		c.Add(other)
		if got, _ := c.Count(); n < 60_000 && got != int64(n)+100 {
			t.Errorf("%d and 100 others count %d", n, got)
		}
		if got, _ := other.Count(); got != 100 {
			t.Errorf("what was added counts %d afterwards; want 100", got)
		}
	}
}

func TestCrowdEstimatesWhatItCannotHold(t *testing.T) {
	for _, n := range []int{70_000, 1_000_000} {
		c := crowdOf(3, n)
		got, exact := c.Count()
		if off := float64(got)/float64(n) - 1; exact || off > 0.02 || off < -0.02 {
			t.Errorf("a crowd of %d counts %d, exact %v", n, got, exact)
		}
	}
}

func TestCrowdDoesNotDependOnOrder(t *testing.T) {
	a, b, c := crowdOf(1, 50_000), crowdOf(2, 40_000), crowdOf(3, 200)
	var one, two overgrant.Crowd
	for _, x := range []overgrant.Crowd{a, b, c} {
		one.Add(x)
	}
	for _, x := range []overgrant.Crowd{c, a, c, b, a} {
		two.Add(x)
	}
	x, _ := json.Marshal(one)
	y, _ := json.Marshal(two)
	if string(x) != string(y) {
		t.Error("the same members in another order make another crowd")
	}
	var back overgrant.Crowd
	if err := json.Unmarshal(x, &back); err != nil {
		t.Fatal(err)
	}
	n, exact := one.Count()
	if m, e := back.Count(); m != n || e != exact {
		t.Errorf("read back: %d, %v; want %d, %v", m, e, n, exact)
	}
}

func TestCrowdRefusesDamage(t *testing.T) {
	var c overgrant.Crowd
	for _, text := range []string{`"!"`, `""`, `"AAAA"`} {
		if err := json.Unmarshal([]byte(text), &c); err == nil {
			t.Errorf("read %s without an error", text)
		}
	}
}

func BenchmarkCrowdAdd(b *testing.B) {
	var small []overgrant.Crowd
	for i := range 1000 {
		small = append(small, crowdOf(uint64(i), 60))
	}
	b.ReportAllocs()
	for b.Loop() {
		var all overgrant.Crowd
		for _, c := range small {
			all.Add(c)
			all.Count()
		}
	}
}
