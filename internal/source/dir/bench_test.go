package dir_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/overgrant/overgrant/internal/source/dir"
)

// BenchmarkTree reads a tree of small files, and compares with the plainest
// loop that reads the same bytes. OVERGRANT_TREE names another tree.
func BenchmarkTree(b *testing.B) {
	root := os.Getenv("OVERGRANT_TREE")
	if root == "" {
		files := map[string]string{}
		for i := range 2000 {
			files[fmt.Sprintf("d%d/e%d/f%d.txt", i%10, i%100, i)] = strings.Repeat("some line of text\n", 1+i)
		}
		root = tree(b, files)
	}
	b.Run("source", func(b *testing.B) { measure(b, root, readSource) })
	b.Run("plain", func(b *testing.B) { measure(b, root, readPlain) })
	b.Run("walk_alone", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			for range dir.New(root, dir.Options{}).Shards(b.Context()) {
			}
		}
	})
}

func measure(b *testing.B, root string, read func(testing.TB, string) int64) {
	b.SetBytes(read(b, root))
	b.ReportAllocs()
	for b.Loop() {
		read(b, root)
	}
}

func readSource(b testing.TB, root string) (n int64) {
	s := dir.New(root, dir.Options{})
	buf := make([]byte, 1<<20)
	for shard, err := range s.Shards(b.Context()) {
		must(b, err)
		for p, err := range s.Pieces(b.Context(), shard) {
			must(b, err)
			c, err := p.Open(b.Context())
			must(b, err)
			if m, ok := c.(interface{ Bytes() []byte }); ok {
				n += int64(len(m.Bytes()))
			} else {
				for off := int64(0); off < c.Size(); off += int64(len(buf)) {
					k, _ := c.ReadAt(buf, off)
					n += int64(k)
				}
			}
			must(b, c.Close())
		}
	}
	return n
}

func readPlain(b testing.TB, root string) (n int64) {
	buf := make([]byte, 1<<20)
	must(b, filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		for {
			k, err := f.Read(buf)
			n += int64(k)
			if err != nil {
				return nil
			}
		}
	}))
	return n
}
