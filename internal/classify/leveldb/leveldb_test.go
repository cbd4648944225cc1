package leveldb_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	writer "github.com/syndtr/goleveldb/leveldb"
	"github.com/syndtr/goleveldb/leveldb/opt"

	"github.com/overgrant/overgrant/internal/classify/leveldb"
)

// written returns the files of a store that another implementation wrote.
func written(t testing.TB, compression opt.Compression, entries, size int) map[string][]byte {
	t.Helper()
	dir := t.TempDir()
	db, err := writer.OpenFile(dir, &opt.Options{WriteBuffer: 256 << 10, Compression: compression})
	if err != nil {
		t.Fatal(err)
	}
	for i := range entries {
		if err := db.Put(fmt.Appendf(nil, "key %06d", i), bytes.Repeat(fmt.Appendf(nil, "value %d ", i), size), nil); err != nil {
			t.Fatal(err)
		}
		if i%10 == 9 {
			if err := db.Delete(fmt.Appendf(nil, "key %06d", i-5), nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	files := map[string][]byte{}
	names, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		if files[n.Name()], err = os.ReadFile(filepath.Join(dir, n.Name())); err != nil {
			t.Fatal(err)
		}
	}
	return files
}

func TestFiles(t *testing.T) {
	tests := []struct {
		name          string
		compression   opt.Compression
		entries, size int
	}{
		{"log_only", opt.SnappyCompression, 50, 2},
		{"snappy", opt.SnappyCompression, 20_000, 5},
		{"plain", opt.NoCompression, 20_000, 5},
		{"long_values", opt.SnappyCompression, 40, 20_000},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			live, deleted := map[string]bool{}, map[string]bool{}
			for name, b := range written(t, test.compression, test.entries, test.size) {
				var entries func(func(leveldb.Entry, error) bool)
				at := &counting{r: bytes.NewReader(b)}
				switch filepath.Ext(name) {
				case ".ldb":
					if !leveldb.IsTable(b[len(b)-48:]) {
						t.Errorf("IsTable(%s) = false", name)
					}
					entries = leveldb.Table(at, int64(len(b)))
				case ".log":
					if len(b) > 0 && !leveldb.IsLog(b[:min(len(b), 4096)]) {
						t.Errorf("IsLog(%s) = false", name)
					}
					entries = leveldb.Log(at, int64(len(b)))
				default:
					continue
				}
				for e, err := range entries {
					if err != nil {
						t.Fatalf("%s: %v", name, err)
					}
					if e.Deleted {
						deleted[string(e.Key)] = true
						continue
					}
					var i int
					if _, err := fmt.Sscanf(string(e.Key), "key %d", &i); err != nil || !bytes.Equal(e.Value, bytes.Repeat(fmt.Appendf(nil, "value %d ", i), test.size)) {
						t.Fatalf("%s: the value of %s differs", name, e.Key)
					}
					live[string(e.Key)] = true
				}
				if at.calls > 4+len(b)/(128<<10) {
					t.Errorf("%s: %d reads for %d bytes", name, at.calls, len(b))
				}
			}
			// Compaction may have dropped values that were deleted.
			if len(live) < test.entries-test.entries/10 || len(deleted) > test.entries/10 {
				t.Errorf("%d values, %d deleted; want %d", len(live), len(deleted), test.entries)
			}
		})
	}
}

// TestDamage reads on past a block that is damaged.
func TestDamage(t *testing.T) {
	for name, b := range written(t, opt.SnappyCompression, 20_000, 5) {
		if filepath.Ext(name) != ".ldb" {
			continue
		}
		bad := bytes.Clone(b)
		for i := range 600 {
			bad[len(bad)/3+i] ^= 0x5a
		}
		good, damage := 0, 0
		for _, err := range leveldb.Table(bytes.NewReader(bad), int64(len(bad))) {
			if errors.Is(err, leveldb.ErrDamaged) {
				damage++
			} else if err != nil {
				t.Fatal(err)
			}
			good++
		}
		if damage == 0 || good < 100 {
			t.Errorf("%s: %d entries, %d damaged", name, good, damage)
		}
		break
	}
}

type counting struct {
	r     io.ReaderAt
	calls int
}

func (c *counting) ReadAt(b []byte, off int64) (int, error) {
	c.calls++
	return c.r.ReadAt(b, off)
}

func FuzzTable(f *testing.F) {
	dir := written(f, opt.SnappyCompression, 6000, 5)
	for name, b := range dir {
		if filepath.Ext(name) == ".ldb" && len(b) < 64<<10 {
			f.Add(b)
		}
	}
	f.Fuzz(func(_ *testing.T, b []byte) {
		for e := range leveldb.Table(bytes.NewReader(b), int64(len(b))) {
			_ = e
		}
	})
}

func FuzzLog(f *testing.F) {
	for name, b := range written(f, opt.NoCompression, 20, 3) {
		if filepath.Ext(name) == ".log" {
			f.Add(b)
		}
	}
	f.Fuzz(func(_ *testing.T, b []byte) {
		leveldb.IsLog(b)
		for e := range leveldb.Log(bytes.NewReader(b), int64(len(b))) {
			_ = e
		}
	})
}
