package disk_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/overgrant/overgrant/internal/unpack/disk"
)

// home makes a folder with what a file system may keep in different ways.
func home(t testing.TB) string {
	t.Helper()
	root := t.TempDir()
	write(t, root, "big.bin", pattern(3<<20))
	write(t, root, "empty", nil)
	write(t, root, "tiny", []byte("x"))
	write(t, root, "a/b/c/d/deep.txt", []byte("deep"))
	write(t, root, ".ssh/id_ed25519", pattern(411))
	write(t, root, "name with ünï 漢字 and quite some length.txt", pattern(5000))
	for i := range 250 {
		write(t, root, fmt.Sprintf("many/file number %04d.dat", i), pattern(i*13))
	}
	return root
}

// linked adds what FAT has not.
func linked(t testing.TB, root string) string {
	t.Helper()
	if err := os.Symlink("../.ssh/id_ed25519", filepath.Join(root, "a/link")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(strings.Repeat("far/", 120)+"away", filepath.Join(root, "a/far")); err != nil {
		t.Fatal(err)
	}
	write(t, root, "hole", []byte("begin"))
	if err := os.Truncate(filepath.Join(root, "hole"), 2<<20); err != nil {
		t.Fatal(err)
	}
	return root
}

func TestExt(t *testing.T) {
	need(t, "mke2fs")
	root := linked(t, home(t))
	for _, tt := range []struct {
		name, fs string
		args     []string
	}{
		{"ext4", "ext4", []string{"-t", "ext4"}},
		{"ext4_of_1_KiB", "ext4", []string{"-t", "ext4", "-b", "1024"}},
		{"ext4_32_bit", "ext4", []string{"-t", "ext4", "-O", "^64bit,^metadata_csum"}},
		{"ext4_meta_bg", "ext4", []string{"-t", "ext4", "-b", "1024", "-O", "meta_bg,^resize_inode"}},
		{"ext3", "ext3", []string{"-t", "ext3"}},
		{"ext2_of_1_KiB", "ext2", []string{"-t", "ext2", "-b", "1024"}},
		{"ext2_old", "ext2", []string{"-t", "ext2", "-O", "none", "-r", "0"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			img := sparse(t, 48<<20)
			run(t, "mke2fs", append(tt.args, "-q", "-F", "-d", root, img)...)
			im, _ := opened(t, img)
			if v := im.Volumes()[0]; v.FS != tt.fs {
				t.Errorf("FS = %q; want %q", v.FS, tt.fs)
			}
			same(t, root, listing(t, im), "lost+found")
		})
	}
}

// TestExtInline has no file with a hole: mke2fs makes such ones too short.
func TestExtInline(t *testing.T) {
	need(t, "mke2fs")
	root, img := home(t), sparse(t, 48<<20)
	run(t, "mke2fs", "-t", "ext4", "-O", "inline_data", "-I", "512", "-q", "-F", "-d", root, img)
	im, _ := opened(t, img)
	same(t, root, listing(t, im), "lost+found")
}

func TestXFS(t *testing.T) {
	need(t, "mkfs.xfs")
	root := linked(t, home(t))
	proto := protofile(t, root)
	for _, tt := range []struct {
		name string
		args []string
	}{
		{"v5", nil},
		{"v5_of_1_KiB", []string{"-b", "size=1024", "-m", "bigtime=0"}},
		{"v5_large_folders", []string{"-n", "size=16384", "-i", "size=1024"}},
		{"v5_many_extents", []string{"-i", "nrext64=1"}},
		{"v4", []string{"-m", "crc=0"}},
		{"v4_without_types", []string{"-m", "crc=0", "-n", "ftype=0"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			img := sparse(t, 320<<20)
			if out, err := exec.Command("mkfs.xfs", append(tt.args, "-q", "-f", "-p", proto, img)...).CombinedOutput(); err != nil {
				if strings.Contains(string(out), "unknown option") {
					t.Skipf("this mkfs.xfs cannot: %s", out)
				}
				t.Fatalf("mkfs.xfs: %v\n%s", err, out)
			}
			im, _ := opened(t, img)
			if v := im.Volumes()[0]; v.FS != "xfs" {
				t.Errorf("FS = %q; want xfs", v.FS)
			}
			same(t, root, listing(t, im))
		})
	}
}

// protofile describes root for mkfs.xfs. Names with spaces cannot be told, so
// they are renamed in root.
func protofile(t testing.TB, root string) string {
	t.Helper()
	var out strings.Builder
	out.WriteString("/stand/diag\n0 0\nd--755 0 0\n")
	var walk func(dir string)
	walk = func(dir string) {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			name := strings.ReplaceAll(e.Name(), " ", "_")
			path := filepath.Join(dir, name)
			if name != e.Name() {
				if err := os.Rename(filepath.Join(dir, e.Name()), path); err != nil {
					t.Fatal(err)
				}
			}
			switch {
			case e.IsDir():
				fmt.Fprintf(&out, "%s d--755 0 0\n", name)
				walk(path)
			case e.Type().IsRegular():
				fmt.Fprintf(&out, "%s ---644 0 0 %s\n", name, path)
			default:
				target, _ := os.Readlink(path)
				fmt.Fprintf(&out, "%s l--777 0 0 %s\n", name, target)
			}
		}
		out.WriteString("$\n")
	}
	walk(root)
	path := filepath.Join(t.TempDir(), "proto")
	if err := os.WriteFile(path, []byte(out.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFAT(t *testing.T) {
	need(t, "mkfs.fat", "mcopy")
	root := home(t)
	for _, tt := range []struct {
		name, fs string
		size     int64
		args     []string
	}{
		{"fat12", "fat12", 12 << 20, []string{"-F", "12", "-s", "8"}},
		{"fat16", "fat16", 40 << 20, []string{"-F", "16", "-s", "4"}},
		{"fat32", "fat32", 80 << 20, []string{"-F", "32", "-s", "2"}},
		{"fat32_sectors_of_4096", "fat32", 400 << 20, []string{"-F", "32", "-S", "4096", "-s", "1"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			img := sparse(t, tt.size)
			run(t, "mkfs.fat", append(tt.args, img)...)
			entries, err := os.ReadDir(root)
			if err != nil {
				t.Fatal(err)
			}
			args := []string{"-s", "-m", "-i", img}
			for _, e := range entries {
				args = append(args, filepath.Join(root, e.Name()))
			}
			c := exec.Command("mcopy", append(args, "::/")...)
			c.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "MTOOLS_SKIP_CHECK=1")
			if out, err := c.CombinedOutput(); err != nil {
				t.Fatalf("mcopy: %v\n%s", err, out)
			}
			im, _ := opened(t, img)
			if v := im.Volumes()[0]; v.FS != tt.fs {
				t.Errorf("FS = %q; want %q", v.FS, tt.fs)
			}
			same(t, root, listing(t, im))
		})
	}
}

func TestExFAT(t *testing.T) {
	need(t, "mkfs.exfat", "mount.exfat-fuse", "losetup")
	root := home(t)
	img := sparse(t, 64<<20)
	run(t, "mkfs.exfat", img)
	loop, err := exec.Command("losetup", "-f", "--show", img).Output()
	if err != nil {
		t.Skipf("no loop devices here: %v", err)
	}
	device := strings.TrimSpace(string(loop))
	t.Cleanup(func() { run(t, "losetup", "-d", device) })
	mnt := t.TempDir()
	run(t, "mount.exfat-fuse", device, mnt)
	unmount := sync.OnceFunc(func() { run(t, "umount", mnt) })
	t.Cleanup(unmount)
	run(t, "cp", "-r", root+"/.", mnt)
	fragment(t, mnt)
	run(t, "cp", "-r", filepath.Join(mnt, "frag"), root)
	unmount()
	im, _ := opened(t, img)
	if v := im.Volumes()[0]; v.FS != "exfat" {
		t.Errorf("FS = %q; want exfat", v.FS)
	}
	same(t, root, listing(t, im))
}

func TestKnownByName(t *testing.T) {
	tests := []struct {
		fs, reason, mark string
		off              int
	}{
		{"BitLocker", disk.Encrypted, "-FVE-FS-", 3},
		{"LUKS", disk.Encrypted, "LUKS\xba\xbe", 0},
		{"ReFS", disk.Unsupported, "ReFS\x00\x00\x00\x00", 3},
		{"LVM", disk.Unsupported, "LABELONE" + strings.Repeat("\x01", 16) + "LVM2 001", 512},
		{"APFS", disk.Unsupported, "NXSB", 32},
		{"HFS+", disk.Unsupported, "H+\x00\x04", 1024},
		{"btrfs", disk.Unsupported, "_BHRfS_M", 0x10040},
		{"swap", disk.Unsupported, "SWAPSPACE2", 4086},
		{"Linux RAID", disk.Unsupported, "\xfc\x4e\x2b\xa9\x01\x00\x00\x00", 4096},
		{"", disk.Unknown, "nothing", 100},
	}
	for _, tt := range tests {
		t.Run(tt.fs, func(t *testing.T) {
			b := make([]byte, 1<<20)
			copy(b[tt.off:], tt.mark)
			im, err := disk.Open(t.Context(), bytes.NewReader(b), int64(len(b)), disk.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			for _, err := range im.Volumes()[0].Files(t.Context()) {
				g := gapIn(err)
				if n++; g.Reason != tt.reason || g.Bytes != 1<<20 {
					t.Errorf("Files() = %v; want %s of 1 MiB", err, tt.reason)
				}
			}
			if v := im.Volumes()[0]; n != 1 || v.FS != tt.fs {
				t.Errorf("%d gaps of %q; want 1 of %q", n, v.FS, tt.fs)
			}
		})
	}
}
