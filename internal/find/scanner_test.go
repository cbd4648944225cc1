package find

import (
	"math/rand"
	"testing"
)

// The vector code and the portable code must agree on every position.
func TestNextAgrees(t *testing.T) {
	s := allMarks()
	rng := rand.New(rand.NewSource(1))
	letters := []byte("sig=SIG\x00%3D\\u&naturegAw=c2lnz \xff")
	for range 300 {
		p := make([]byte, rng.Intn(300))
		for i := range p {
			p[i] = letters[rng.Intn(len(letters))]
		}
		want := positions(p, s.wide.next)
		got := positions(p, func(p []byte, from int) (int, uint32) { return nextVector(&s.tables, s.wide, p, from) })
		if len(want) != len(got) {
			t.Fatalf("positions of %q: %v; want %v", p, got, want)
		}
		for i := range want {
			if want[i] != got[i] {
				t.Fatalf("positions of %q: %v; want %v", p, got, want)
			}
		}
	}
}

func positions(p []byte, next func([]byte, int) (int, uint32)) []int {
	var all []int
	for at := 0; at < len(p); at += block {
		var bits uint32
		at, bits = next(p, at)
		for k := range block {
			if bits>>k&1 != 0 {
				all = append(all, at+k)
			}
		}
	}
	return all
}
