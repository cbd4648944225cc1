package manifest_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/overgrant/overgrant/model/manifest"
)

// endless is a file of zeros.
type endless int64

func (e endless) Size() int64  { return int64(e) }
func (e endless) Close() error { return nil }
func (e endless) ReadAt(p []byte, off int64) (int, error) {
	n := min(int64(len(p)), int64(e)-off)
	clear(p[:n])
	return int(n), nil
}

func zeros(names int, size int64) func(yield func(manifest.File, error) bool) {
	return func(yield func(manifest.File, error) bool) {
		for i := range names {
			f := manifest.File{Path: fmt.Sprintf("weights-%05d.bin", i), Noted: manifest.Noted{Size: size}}
			f.Open = func(context.Context) (manifest.Content, error) { return endless(size), nil }
			if !yield(f, nil) {
				return
			}
		}
	}
}

// BenchmarkBuild digests files.
func BenchmarkBuild(b *testing.B) {
	const size = 64 << 20
	for _, bb := range []struct {
		name string
		opt  manifest.BuildOptions
	}{
		{"sha256", manifest.BuildOptions{}},
		{"sha256_and_md5", manifest.BuildOptions{Notes: manifest.NoteMD5}},
		{"blake2b", manifest.BuildOptions{Hash: manifest.BLAKE2b}},
		{"blake3", manifest.BuildOptions{Hash: manifest.BLAKE3}},
		{"one_worker", manifest.BuildOptions{Workers: 1}},
		{"shards", manifest.BuildOptions{ShardSize: 1 << 20}},
	} {
		b.Run(bb.name, func(b *testing.B) {
			b.SetBytes(2 * size)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := manifest.Build(b.Context(), "m", zeros(2, size), bb.opt); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func many(b *testing.B, n int) []byte {
	made, err := manifest.Build(b.Context(), "m", zeros(n, 1), manifest.BuildOptions{Notes: manifest.NoteMD5})
	if err != nil {
		b.Fatal(err)
	}
	text, err := made.Statement()
	if err != nil {
		b.Fatal(err)
	}
	return text
}

// BenchmarkParseStatement reads a manifest of 10,000 files.
func BenchmarkParseStatement(b *testing.B) {
	text := many(b, 10_000)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := manifest.ParseStatement(text, manifest.Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCompare compares 10,000 files with a listing.
func BenchmarkCompare(b *testing.B) {
	m, err := manifest.ParseStatement(many(b, 10_000), manifest.Limits{})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := manifest.Compare(b.Context(), m, zeros(10_000, 1), manifest.CompareOptions{Read: manifest.ReadNothing}); err != nil {
			b.Fatal(err)
		}
	}
}
