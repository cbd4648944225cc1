package unpack_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/overgrant/overgrant/internal/unpack"
)

// prose is text that packs about as well as source code.
func prose(n int) string {
	r := rand.New(rand.NewPCG(1, 2))
	words := strings.Fields("func return package import struct range storage account blob container value error context select type string bytes reader writer offset")
	var b strings.Builder
	for b.Len() < n {
		fmt.Fprintf(&b, "%s %s%d ", words[r.IntN(len(words))], words[r.IntN(len(words))], r.IntN(5000))
		if r.IntN(8) == 0 {
			b.WriteByte('\n')
		}
	}
	return b.String()[:n]
}

func BenchmarkMembers(b *testing.B) {
	const size = 8 << 20
	text := prose(size)
	list := make([]string, 0, 1024)
	for i := range 512 {
		list = append(list, fmt.Sprintf("dir/file%d.go", i), text[i*(size/512):(i+1)*(size/512)])
	}
	tarball := tarOf(b, list...)
	for _, c := range []struct {
		name string
		data []byte
	}{
		{"tar", tarball}, {"zip", zipOf(b, zip.Deflate, list...)}, {"zip_stored", zipOf(b, zip.Store, list...)},
		{"tar_gz", gzipOf(b, tarball)}, {"tar_zst", zstdOf(b, tarball)}, {"tar_xz", xzOf(b, tarball)}, {"tar_lz4", lz4Of(b, tarball)},
		{"zip_in_tar_gz", gzipOf(b, tarOf(b, "a.zip", string(zipOf(b, zip.Deflate, list...))))},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(size)
			b.ReportAllocs()
			for b.Loop() {
				for m, err := range unpack.Members(context.Background(), bytes.NewReader(c.data), int64(len(c.data)), unpack.Limits{}) {
					must(b, err)
					if m.Whole == nil {
						_, _ = io.Copy(io.Discard, m.Reader)
					}
				}
			}
		})
	}
}

func BenchmarkSniff(b *testing.B) {
	text := []byte(prose(4096))
	head, tail := text[:unpack.HeadSize], text[len(text)-unpack.TailSize:]
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := unpack.Sniff(head, tail); ok {
			b.Fatal("text is taken for a container")
		}
	}
}
