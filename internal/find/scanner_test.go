package find

import (
	"math/rand"
	"slices"
	"testing"
)

// The vector code and the portable code must agree on every position.
func TestNextAgrees(t *testing.T) {
	if !haveVectors {
		t.Skip("no vectors on this machine")
	}
	s := allMarks()
	rng := rand.New(rand.NewSource(1))
	letters := []byte("sig=SIG\x00%3D\\u&naturegAw=c2lnz \xff")
	for range 300 {
		p := make([]byte, rng.Intn(300))
		for i := range p {
			p[i] = letters[rng.Intn(len(letters))]
		}
		agree(t, s, p)
	}
}

func FuzzScanner(f *testing.F) {
	if !haveVectors {
		f.Skip("no vectors on this machine")
	}
	f.Add([]byte("sig=aB3dE5"), uint8(0))
	f.Add([]byte("\x00s\x00i\x00g=c2lnPQ==\\u0026sig\\u003d"), uint8(31))
	s := allMarks()
	f.Fuzz(func(t *testing.T, p []byte, shift uint8) {
		agree(t, s, append(make([]byte, shift), p...)[shift:]) // at any alignment
	})
}

func agree(t *testing.T, s *scanner, p []byte) {
	t.Helper()
	want := positions(p, s.wide.next)
	got := positions(p, func(p []byte, from int) (int, uint32) { return nextVector(&s.tables, s.wide, p, from) })
	if !slices.Equal(want, got) {
		t.Fatalf("positions of %q: %v; want %v", p, got, want)
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
