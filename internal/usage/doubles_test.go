package usage

import "testing"

// TestDoubles remembers every request that there is room for, and tells of no
// other that it was met before.
func TestDoubles(t *testing.T) {
	d := doubles{sizes: []int{1 << 8, 1 << 11, 1 << 14}}
	const n = 12_000 // the tables hold 15,000 or so
	hash := func(i int) uint64 { return mix(uint64(i)*mixA, mixB) }
	for i := range n {
		if d.seen(hash(i)) {
			t.Fatalf("request %d was not met before", i)
		}
	}
	for i := range n {
		if !d.seen(hash(i)) {
			t.Fatalf("request %d is forgotten", i)
		}
	}
	if d.forgot != 0 {
		t.Errorf("%d forgotten; want none", d.forgot)
	}
	for i := range 10 * n {
		d.seen(hash(n + i))
	}
	if d.forgot < 8*n || len(d.tables) != 3 {
		t.Errorf("%d forgotten in %d tables; want nearly all of %d in 3", d.forgot, len(d.tables), 10*n)
	}
}

func BenchmarkDoubles(b *testing.B) {
	d := doubles{sizes: doubleSizes}
	for i := uint64(0); b.Loop(); i++ {
		d.seen(mix(i*mixA, mixB))
	}
}

// TestDoublesSpare makes the last table as large as there is room for, within
// its limits.
func TestDoublesSpare(t *testing.T) {
	for left, want := range map[int]int{-5: 1 << 12, 0: 1 << 12, 4 * (1<<13 + 1<<8 + 5): 1 << 13, 1 << 40: mostDoubles} {
		d := doubles{sizes: []int{1 << 8, 1 << 12}, spare: func() int { return left }}
		if n := d.size(); n != 1<<8 {
			t.Errorf("the first table has %d slots; want %d", n, 1<<8)
		}
		d.tables = []table32{{slots: make([]uint32, 1<<8)}}
		if n := d.size(); n != want {
			t.Errorf("with %d bytes left the last table has %d slots; want %d", left, n, want)
		}
	}
}
