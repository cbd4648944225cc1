package disk_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"testing"

	"github.com/overgrant/overgrant/internal/unpack/disk"
)

// homes makes one small volume with mke2fs.
func homes(t testing.TB) []byte {
	t.Helper()
	need(t, "mke2fs")
	img := sparse(t, 16<<20)
	run(t, "mke2fs", "-t", "ext4", "-b", "1024", "-q", "-F", "-d", home(t), img)
	b, err := os.ReadFile(img)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestLimits lists a volume with each limit too small for it.
func TestLimits(t *testing.T) {
	b := homes(t)
	for _, tt := range []struct {
		name string
		lim  disk.Limits
		most int // files that may be yielded
	}{
		{"files", disk.Limits{Files: 10}, 10},
		{"depth", disk.Limits{Depth: 2}, 1000},
		{"bytes", disk.Limits{Bytes: 70_000}, 1000},
		{"held", disk.Limits{Held: 100}, 1000},
	} {
		t.Run(tt.name, func(t *testing.T) {
			im, err := disk.Open(t.Context(), bytes.NewReader(b), int64(len(b)), tt.lim)
			if err != nil {
				t.Fatal(err)
			}
			files, limits := 0, 0
			for _, err := range im.Volumes()[0].Files(t.Context()) {
				var g *disk.Gap
				if errors.As(err, &g) && g.Reason == disk.Limit {
					limits++
				} else if err == nil {
					files++
				}
			}
			if limits == 0 || files > tt.most {
				t.Errorf("%d files, %d limits told; want at most %d, at least 1", files, limits, tt.most)
			}
		})
	}
	t.Run("runs", func(t *testing.T) {
		im, err := disk.Open(t.Context(), bytes.NewReader(b), int64(len(b)), disk.Limits{Runs: 1})
		if err != nil {
			t.Fatal(err)
		}
		for f, err := range im.Volumes()[0].Files(t.Context()) {
			if err != nil && gapIn(err).Reason != disk.Limit {
				t.Errorf("%s: %v", f.Path, err)
			}
		}
	})
}

func TestFilesEndsWithItsContext(t *testing.T) {
	b := homes(t)
	im, err := disk.Open(t.Context(), bytes.NewReader(b), int64(len(b)), disk.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	n := 0
	var last error
	for _, err := range im.Volumes()[0].Files(ctx) {
		cancel()
		n, last = n+1, err
	}
	if n != 2 || !errors.Is(last, context.Canceled) {
		t.Errorf("after %d items %v; want 2, context.Canceled", n, last)
	}
	for range im.Volumes()[0].Files(t.Context()) {
		break
	}
	cancel()
	if _, err := disk.Open(ctx, bytes.NewReader(b), int64(len(b)), disk.Limits{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Open() = %v; want context.Canceled", err)
	}
}

// failing is a reader that cannot read some of its bytes.
type failing struct {
	b        []byte
	from, to int64
}

func (f failing) ReadAt(p []byte, off int64) (int, error) {
	if off < f.to && off+int64(len(p)) > f.from {
		return 0, fmt.Errorf("the network is down")
	}
	return bytes.NewReader(f.b).ReadAt(p, off)
}

func TestUnreadableParts(t *testing.T) {
	b := homes(t)
	im, err := disk.Open(t.Context(), failing{b, 8 << 20, 9 << 20}, int64(len(b)), disk.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for f, err := range im.Volumes()[0].Files(t.Context()) {
		if err != nil {
			if gapIn(err).Reason != disk.Unreadable {
				t.Errorf("Files() = %v; want %s", err, disk.Unreadable)
			}
			continue
		}
		if f.Dir || f.Link != "" {
			continue
		}
		r, err := f.Open()
		if err == nil {
			_, err = r.ReadAt(make([]byte, f.Size), 0)
		}
		if g := gapIn(err); err != nil && !errors.Is(err, io.EOF) && (g.Reason != disk.Unreadable || g.Path != f.Path) {
			t.Errorf("read %s: %v; want %s", f.Path, err, disk.Unreadable)
		}
	}
	if _, err := disk.Open(t.Context(), failing{b, 0, 1}, int64(len(b)), disk.Limits{}); err == nil || err.Error() != "read disk image: read error: the network is down" {
		t.Errorf("Open() = %v", err)
	}
}
