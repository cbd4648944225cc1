package unpack_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"

	"github.com/overgrant/overgrant/internal/unpack"
)

// fuzzLimits keeps one run short.
var fuzzLimits = unpack.Limits{Depth: 4, Members: 2000, Bytes: 4 << 20, Ratio: 100, Held: 1 << 20, Window: 32 << 20}

// fuzz walks through whatever it is given: it must end, keep within the
// limits, and give the same each time.
func fuzz(f *testing.F, names ...string) {
	all := samples(f)
	for _, name := range names {
		for _, s := range all[name] {
			f.Add(s.good)
			if len(s.bomb) < 1<<16 {
				f.Add(s.bomb)
			}
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, ok := unpack.Sniff(data[:min(len(data), unpack.HeadSize)], data[max(0, len(data)-unpack.TailSize):]); !ok {
			return
		}
		first := walk(t, data)
		if second := walk(t, data); first != second {
			t.Errorf("walked %+v, then %+v", first, second)
		}
		// The same, read forwards.
		walk(t, gzipOf(t, data))
	})
}

type totals struct {
	members, cuts int
	bytes         int64
}

func walk(t *testing.T, data []byte) (sum totals) {
	for m, err := range unpack.Members(context.Background(), bytes.NewReader(data), int64(len(data)), fuzzLimits) {
		if err != nil {
			var c *unpack.Cut
			if !errors.As(err, &c) || c.Reason == "" || !printable(c.Path+c.Detail) {
				t.Fatalf("error %v", err)
			}
			sum.cuts++
			continue
		}
		n, err := io.Copy(io.Discard, m.Reader)
		if err != nil || !printable(m.Path) || m.Whole != nil && int64(len(m.Whole)) != n {
			t.Fatalf("member %q: %d bytes, %v", m.Path, n, err)
		}
		sum.members++
		sum.bytes += n
	}
	if limit := fuzzLimits.Bytes + int64(len(data))*int64(fuzzLimits.Depth+2) + 1<<20; sum.bytes > limit {
		t.Fatalf("%d bytes are unpacked; the limit is %d", sum.bytes, limit)
	}
	return sum
}

// FuzzPick picks every other member: no format may give bytes of those that are
// not wanted, ask for one without bytes, or end otherwise the second time.
func FuzzPick(f *testing.F) {
	for _, list := range samples(f) {
		for _, s := range list {
			f.Add(s.good)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if first, second := walkPicked(t, data), walkPicked(t, data); first != second {
			t.Errorf("walked %+v, then %+v", first, second)
		}
	})
}

func walkPicked(t *testing.T, data []byte) (sum totals) {
	lim := fuzzLimits
	lim.Pick = func(path string, size int64) bool {
		if !printable(path) || size == 0 {
			t.Fatalf("asked for %q of %d bytes", path, size)
		}
		return len(path)%2 == 0
	}
	for m, err := range unpack.Members(context.Background(), bytes.NewReader(data), int64(len(data)), lim) {
		if err != nil {
			sum.cuts++
			continue
		}
		n, err := io.Copy(io.Discard, m.Reader)
		if err != nil || m.Passed && (n > 0 || m.At != nil) || m.At != nil && m.Size < 0 {
			t.Fatalf("member %q: %d bytes, %v", m.Path, n, err)
		}
		sum.members++
		sum.bytes += n
	}
	return sum
}

func FuzzZip(f *testing.F)      { fuzz(f, "zip", "program") }
func FuzzTar(f *testing.F)      { fuzz(f, "tar") }
func FuzzGzip(f *testing.F)     { fuzz(f, "gzip", "zlib") }
func FuzzXz(f *testing.F)       { fuzz(f, "xz", "lzma") }
func FuzzZstd(f *testing.F)     { fuzz(f, "zstd", "lz4") }
func FuzzBzip2(f *testing.F)    { fuzz(f, "bzip2") }
func FuzzSevenzip(f *testing.F) { fuzz(f, "7z") }
func FuzzRar(f *testing.F)      { fuzz(f, "rar") }
func FuzzUnixPackages(f *testing.F) {
	fuzz(f, "ar", "cpio", "rpm", "cab", "git-bundle", "git-pack")
}
