//go:build unix

package dir_test

import (
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/overgrant/overgrant/internal/source/dir"
	"github.com/overgrant/overgrant/internal/source/sourcetest"
)

func TestSpecialFiles(t *testing.T) {
	root := tree(t, map[string]string{"f": "x"})
	must(t, unix.Mkfifo(filepath.Join(root, "pipe"), 0o644))
	l, err := net.Listen("unix", filepath.Join(root, "socket"))
	must(t, err)
	defer l.Close()
	read, skips := sourcetest.Pieces(t, dir.New(root, dir.Options{}))
	if len(read) != 1 || len(skips) != 2 {
		t.Fatalf("%d pieces, %d skips; want 1 and 2", len(read), len(skips))
	}
	for _, s := range skips {
		if s.Reason != dir.Special || !s.Benign {
			t.Errorf("skip = %+v", s)
		}
	}
	for _, err := range dir.New(filepath.Join(root, "pipe"), dir.Options{}).Shards(t.Context()) {
		if err == nil {
			t.Error("a pipe is a target")
		}
	}
}

// A pipe that takes the place of a file is not waited for.
func TestFileBecomesAPipe(t *testing.T) {
	root := tree(t, map[string]string{"f": "abc"})
	s := dir.New(root, dir.Options{})
	for shard := range s.Shards(t.Context()) {
		path := filepath.Join(root, "f")
		must(t, os.Remove(path))
		must(t, unix.Mkfifo(path, 0o644))
		if n, reason := readOne(t, s, shard); n > 0 || reason == "" {
			t.Errorf("read %d bytes, %q", n, reason)
		}
	}
}

func TestNoPermission(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may read everything")
	}
	root := tree(t, map[string]string{"f": "x", "d/g": "y", "h": "z"})
	must(t, os.Chmod(filepath.Join(root, "f"), 0))
	must(t, os.Chmod(filepath.Join(root, "d"), 0))
	defer os.Chmod(filepath.Join(root, "d"), 0o755)
	read, skips := sourcetest.Pieces(t, dir.New(root, dir.Options{}))
	if len(read) != 1 || len(skips) != 2 || skips[0].Reason != dir.Denied || skips[1].Reason != dir.Denied {
		t.Errorf("%d pieces, skips %v", len(read), skips)
	}
}

// Paths are longer than what the system takes at once.
func TestDeepTree(t *testing.T) {
	const deep = 4200
	root := t.TempDir()
	fd, err := unix.Open(root, unix.O_DIRECTORY, 0)
	must(t, err)
	name := "folder"
	for range deep {
		must(t, unix.Mkdirat(fd, name, 0o755))
		next, err := unix.Openat(fd, name, unix.O_DIRECTORY, 0)
		must(t, err)
		must(t, unix.Close(fd))
		fd = next
	}
	f, err := unix.Openat(fd, "leaf", unix.O_CREAT|unix.O_WRONLY, 0o644)
	must(t, err)
	_, err = unix.Write(f, []byte("found"))
	must(t, err)
	must(t, unix.Close(f))
	must(t, unix.Close(fd))
	read, skips := sourcetest.Pieces(t, dir.New(root, dir.Options{}))
	if len(read) != 1 || string(read[0].Bytes) != "found" || len(skips) != 0 {
		t.Errorf("%d pieces, skips %v", len(read), skips)
	}
	if n := strings.Count(read[0].Place.Path, name); n != deep {
		t.Errorf("path has %d folders; want %d", n, deep)
	}
}

func TestKernelFiles(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("no /proc")
	}
	read, _ := sourcetest.Pieces(t, dir.New("/proc/self/status", dir.Options{}))
	if len(read) != 1 || !strings.Contains(string(read[0].Bytes), "Pid:") {
		t.Error("/proc/self/status is not read")
	}
	for _, err := range dir.New("/proc/sys/kernel", dir.Options{}).Shards(t.Context()) {
		_ = err
	}
}

// A sparse file of ten gigabytes costs no memory.
func TestHugeFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "huge")
	f, err := os.Create(path)
	must(t, err)
	const size = 10 << 30
	must(t, f.Truncate(size))
	_, err = f.WriteAt([]byte("end"), size-3)
	must(t, err)
	must(t, f.Close())
	s := dir.New(path, dir.Options{})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for shard := range s.Shards(t.Context()) {
		for p, err := range s.Pieces(t.Context(), shard) {
			must(t, err)
			c, err := p.Open(t.Context())
			must(t, err)
			var tail [3]byte
			if n, err := c.ReadAt(tail[:], size-3); n != 3 || string(tail[:]) != "end" {
				t.Errorf("ReadAt(end) = %d, %v", n, err)
			}
			must(t, c.Close())
		}
	}
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 4<<20 {
		t.Errorf("%d bytes were allocated", grown)
	}
}
