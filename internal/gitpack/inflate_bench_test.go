package gitpack

import (
	"bytes"
	stdflate "compress/flate"
	"encoding/base64"
	"io"
	"os"
	"testing"

	"github.com/klauspost/compress/flate"
)

// BenchmarkInflate compares the inflater with the one it replaces.
func BenchmarkInflate(b *testing.B) {
	source, err := os.ReadFile("walk.go")
	if err != nil {
		b.Fatal(err)
	}
	texts := []struct {
		name string
		text []byte
	}{
		{"commit", source[:300]},
		{"source", source},
		{"large", bytes.Repeat(source, 20)},
		{"base64", []byte(base64.StdEncoding.EncodeToString(samples()["noise"]))},
	}
	for _, tt := range texts {
		packed := append(deflated(b, tt.text, stdflate.DefaultCompression), make([]byte, 20)...) // as inside a pack
		b.Run(tt.name+"/ours", func(b *testing.B) {
			b.SetBytes(int64(len(tt.text)))
			b.ReportAllocs()
			f, dst := new(inflater), make([]byte, len(tt.text)+inflateSlack)
			for b.Loop() {
				if _, _, err := f.inflate(dst, len(tt.text), packed); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(tt.name+"/klauspost", func(b *testing.B) {
			b.SetBytes(int64(len(tt.text)))
			b.ReportAllocs()
			src, dst := bytes.NewReader(packed), make([]byte, len(tt.text))
			z := flate.NewReader(src)
			for b.Loop() {
				src.Reset(packed)
				z.(flate.Resetter).Reset(src, nil)
				if _, err := io.ReadFull(z, dst); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
