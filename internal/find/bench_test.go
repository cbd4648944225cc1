package find

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// corpus joins the files below dir with the extension ext, up to size bytes.
func corpus(tb testing.TB, dir, ext string, size int) []byte {
	var all []byte
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && (ext == "" || filepath.Ext(path) == ext) && len(all) < size {
			b, _ := os.ReadFile(path)
			all = append(all, b...)
		}
		return nil
	})
	if len(all) == 0 {
		tb.Skip("no " + ext + " below " + dir)
	}
	return all[:min(len(all), size)]
}

func BenchmarkScan(b *testing.B) {
	for _, c := range []struct{ name, dir, ext string }{
		{"go", "/usr/local/go/src", ".go"},
		{"share", "/usr/share", ""},
	} {
		text := corpus(b, c.dir, c.ext, 32<<20)
		s := allMarks()
		b.Run(c.name+"/candidates", func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			n := 0
			for b.Loop() {
				n = 0
				for at := 0; at < len(text); {
					i, bits := nextVector(&s.tables, s.wide, text, at)
					if bits != 0 {
						n++
					}
					at = i + block
				}
			}
			b.ReportMetric(float64(len(text))/float64(n), "B/block")
		})
		b.Run(c.name+"/marks", func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			var found []mark
			for b.Loop() {
				found = s.marks(found[:0], text, 0, len(text)-width)
			}
			b.ReportMetric(float64(len(text))/float64(len(found)+1), "B/mark")
		})
	}
}

func BenchmarkText(b *testing.B) {
	for _, c := range []struct{ name, dir, ext string }{
		{"go", "/usr/local/go/src", ".go"},
		{"share", "/usr/share", ""},
	} {
		text := corpus(b, c.dir, c.ext, 32<<20)
		f := New(Options{})
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				n = len(f.Text(text))
			}
			b.ReportMetric(float64(n), "hits")
		})
	}
}

func BenchmarkNewScanner(b *testing.B) {
	for b.Loop() {
		newScanner(allWanted())
	}
}
