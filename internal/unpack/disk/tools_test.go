package disk_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/overgrant/overgrant/internal/unpack/disk"
)

// need skips a test for want of a program, except where all of them must be.
func need(t testing.TB, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			miss(t, "no "+p+"; test/setup installs it")
		}
	}
}

func miss(t testing.TB, why string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatal(why)
	}
	t.Skip(why)
}

func run(t testing.TB, name string, args ...string) {
	t.Helper()
	c := exec.Command(name, args...)
	c.Env = append(os.Environ(), "MTOOLS_SKIP_CHECK=1")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
}

// sparse makes a file of size bytes that takes no room.
func sparse(t testing.TB, size int64) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "disk.img")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, size); err != nil {
		t.Fatal(err)
	}
	return path
}

// mkntfs makes an NTFS volume of size bytes and fills it while it is mounted.
func mkntfs(t testing.TB, size int64, fill func(root string)) string {
	t.Helper()
	need(t, "mkntfs", "ntfs-3g", "fusermount")
	img := sparse(t, size)
	run(t, "mkntfs", "-F", "-Q", "-q", "-p", "0", "-s", "512", "-H", "255", "-S", "63", img)
	mounted(t, img, fill)
	return img
}

// mounted lets fill write to the NTFS volume in img.
func mounted(t testing.TB, img string, fill func(root string)) {
	t.Helper()
	root := filepath.Join(t.TempDir(), "mnt")
	if err := os.Mkdir(root, 0o700); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("ntfs-3g", "-o", "compression,streams_interface=windows,big_writes", img, root).CombinedOutput(); err != nil {
		miss(t, fmt.Sprintf("ntfs-3g cannot mount here: %s", out))
	}
	done := sync.OnceFunc(func() { run(t, "fusermount", "-u", root) })
	t.Cleanup(done)
	fill(root)
	done()
}

// write makes a file and the folders above it.
func write(t testing.TB, root, path string, data []byte) {
	t.Helper()
	full := filepath.Join(root, path)
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(full, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// pattern is n bytes that tell of their place, none of them zero.
func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i*7+i>>8*13+i>>16*29) | 1
	}
	return b
}

// counter counts the blocks that are read of a file, as a cache of blocks would
// fetch them.
type counter struct {
	r      io.ReaderAt
	block  int64
	mu     sync.Mutex
	blocks map[int64]bool
	calls  int
}

func (c *counter) ReadAt(p []byte, off int64) (int, error) {
	c.mu.Lock()
	c.calls++
	for b := off / c.block; b*c.block < off+int64(len(p)); b++ {
		c.blocks[b] = true
	}
	c.mu.Unlock()
	return c.r.ReadAt(p, off)
}

func (c *counter) bytes() int64 { return int64(len(c.blocks)) * c.block }

// opened opens an image file and counts what is read of it.
func opened(t testing.TB, path string) (*disk.Image, *counter) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	c := &counter{r: f, block: 256 << 10, blocks: map[int64]bool{}}
	im, err := disk.Open(t.Context(), c, info.Size(), disk.Limits{})
	if err != nil {
		t.Fatalf("Open(%s) = %v", filepath.Base(path), err)
	}
	return im, c
}

// listing gives the files of all volumes by path.
func listing(t testing.TB, im *disk.Image) map[string]disk.File {
	t.Helper()
	all := map[string]disk.File{}
	for _, v := range im.Volumes() {
		for f, err := range v.Files(t.Context()) {
			if err != nil {
				t.Errorf("volume %s (%s): %v", v.Name, v.FS, err)
				continue
			}
			if _, twice := all[f.Path]; twice && !f.Deleted {
				t.Errorf("%s was yielded twice", f.Path)
			}
			if !f.Deleted {
				all[f.Path] = f
			}
		}
	}
	return all
}

// contents reads a file whole.
func contents(t testing.TB, f disk.File) []byte {
	t.Helper()
	r, err := f.Open()
	if err != nil {
		t.Fatalf("open %s: %v", f.Path, err)
	}
	b := make([]byte, f.Size)
	if n, err := r.ReadAt(b, 0); n != len(b) || err != nil && !errors.Is(err, io.EOF) {
		t.Fatalf("read %s: %d of %d bytes, %v", f.Path, n, len(b), err)
	}
	return b
}

// same compares what is in an image with the folder it was made of.
func same(t *testing.T, root string, got map[string]disk.File, except ...string) {
	t.Helper()
	want := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == root {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		want[name] = true
		f, ok := got[name]
		if !ok {
			t.Errorf("%s is missing", name)
			return nil
		}
		return sameFile(t, f, path, d)
	})
	if err != nil {
		t.Fatal(err)
	}
	for name := range maps.Keys(got) {
		if !want[name] && !slices.Contains(except, name) {
			t.Errorf("%s was not put there", name)
		}
	}
}

func sameFile(t *testing.T, f disk.File, path string, d fs.DirEntry) error {
	t.Helper()
	info, err := d.Info()
	if err != nil {
		return err
	}
	if f.Dir != d.IsDir() {
		t.Errorf("%s: Dir = %v; want %v", f.Path, f.Dir, d.IsDir())
	}
	if d.Type()&fs.ModeSymlink != 0 {
		if target, _ := os.Readlink(path); f.Link != target {
			t.Errorf("%s: Link = %q; want %q", f.Path, f.Link, target)
		}
		return nil
	}
	if !d.Type().IsRegular() {
		return nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if f.Size != info.Size() {
		t.Errorf("%s: Size = %d; want %d", f.Path, f.Size, info.Size())
		return nil
	}
	if !bytes.Equal(contents(t, f), data) {
		t.Errorf("%s: other bytes than were put there", f.Path)
	}
	return nil
}

// gapIn gives the gap that an error is, or an empty one.
func gapIn(err error) disk.Gap {
	var g *disk.Gap
	if errors.As(err, &g) {
		return *g
	}
	return disk.Gap{}
}
