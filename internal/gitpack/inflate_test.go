package gitpack

import (
	"bytes"
	"compress/flate"
	"io"
	"testing"
)

// deflated compresses text at one of the standard library's levels.
func deflated(t testing.TB, text []byte, level int) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, level)
	if err != nil {
		t.Fatal(err)
	}
	w.Write(text)
	w.Close()
	return b.Bytes()
}

// samples are texts of all sorts, sizes and distributions.
func samples() map[string][]byte {
	noise := make([]byte, 70000)
	x := uint32(1)
	for i := range noise {
		x = x*1664525 + 1013904223
		noise[i] = byte(x >> 24)
	}
	skew := make([]byte, 300000)
	for i := range skew {
		x = x*1664525 + 1013904223
		skew[i] = byte(bitsSet(x) * bitsSet(x>>3))
	}
	return map[string][]byte{
		"empty": nil, "one": {7}, "zeros": make([]byte, 100000), "noise": noise, "skew": skew,
		"text":  bytes.Repeat([]byte("the quick brown fox jumps over the lazy dog; "), 999),
		"pairs": bytes.Repeat([]byte("ab"), 4000), "short": []byte("tree 0123456789\n"),
	}
}

func bitsSet(x uint32) (n uint32) {
	for ; x > 0; x &= x - 1 {
		n++
	}
	return n
}

func TestInflate(t *testing.T) {
	f := new(inflater)
	for name, text := range samples() {
		for level := flate.HuffmanOnly; level <= 9; level++ {
			packed := append(deflated(t, text, level), 1, 2, 3)
			for _, slack := range []int{0, 1, inflateSlack} {
				dst := make([]byte, len(text)+slack)
				n, used, err := f.inflate(dst, len(text), packed)
				if err != nil || n != len(text) || used != len(packed)-3 || !bytes.Equal(dst[:n], text) {
					t.Fatalf("inflate(%s, level %d, slack %d) = %d, %d, %v; want %d, %d", name, level, slack, n, used, err, len(text), len(packed)-3)
				}
			}
			if len(text) > 0 {
				if _, _, err := f.inflate(make([]byte, len(text)), len(text)-1, packed); err != errInflateLong {
					t.Errorf("inflate(%s) into too little = %v; want %v", name, err, errInflateLong)
				}
			}
			if _, _, err := f.inflate(make([]byte, len(text)), len(text), packed[:len(packed)-4]); err == nil {
				t.Errorf("inflate(%s) cut short gave no error", name)
			}
		}
	}
}

func FuzzInflate(f *testing.F) {
	for _, text := range samples() {
		f.Add(deflated(f, text[:min(len(text), 3000)], 6))
		f.Add(deflated(f, text[:min(len(text), 300)], 1))
	}
	inf := new(inflater)
	f.Fuzz(func(t *testing.T, packed []byte) {
		const most = 1 << 17
		src := bytes.NewReader(packed)
		want, wantErr := io.ReadAll(io.LimitReader(flate.NewReader(src), most+1))
		for _, slack := range []int{0, inflateSlack} {
			dst := make([]byte, most+slack)
			n, used, err := inf.inflate(dst, most, packed)
			if len(want) > most {
				return
			}
			if (err == nil) != (wantErr == nil) {
				t.Fatalf("inflate = %d, %v; want %d, %v", n, err, len(want), wantErr)
			}
			if err == nil && (!bytes.Equal(dst[:n], want) || used != len(packed)-src.Len()) {
				t.Fatalf("inflate = %d bytes of %d; want %d of %d", n, used, len(want), len(packed)-src.Len())
			}
		}
	})
}
