package disk_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/overgrant/overgrant/internal/unpack/disk"
)

// tight are limits that let a fuzzer try much.
var tight = disk.Limits{Files: 3000, Depth: 20, Volumes: 8, Bytes: 32 << 20, Held: 4 << 20, Runs: 5000}

// exercise reads all that there is to an image and checks what must hold of it
// whatever is in it.
func exercise(t *testing.T, r io.ReaderAt, size int64) {
	t.Helper()
	im, err := disk.Open(t.Context(), r, size, tight)
	if err != nil {
		if gapIn(err).Reason == "" {
			t.Fatalf("Open() = %v; want a *Gap", err)
		}
		return
	}
	buf := make([]byte, 8<<10)
	opens := 0
	for _, v := range im.Volumes() {
		for f, err := range v.Files(t.Context()) {
			if err != nil {
				if gapIn(err).Reason == "" {
					t.Fatalf("Files() = %v; want a *Gap", err)
				}
				continue
			}
			if !shown(f.Path) || f.Path == "" || f.Path[0] == '/' || !shown(f.Link) || f.Size < 0 {
				t.Fatalf("%+v has a path, link or size that must not be", f)
			}
			if opens++; opens > 100 {
				continue
			}
			if r, err := f.Open(); err == nil {
				for _, off := range []int64{0, f.Size / 2, f.Size - 1} {
					if n, err := r.ReadAt(buf, max(0, off)); err == nil && n < len(buf) {
						t.Fatalf("%s: a short read without an error", f.Path)
					}
				}
			}
		}
	}
}

func shown(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if unicode.IsControl(r) {
			return false
		}
	}
	return true
}

// over is an image with changed sectors.
type over struct {
	r       io.ReaderAt
	sectors map[int64][]byte
}

func (o over) ReadAt(p []byte, off int64) (int, error) {
	n, err := o.r.ReadAt(p, off)
	for at := off / 512 * 512; at < off+int64(n); at += 512 {
		if s := o.sectors[at]; s != nil {
			from := max(off, at)
			copy(p[from-off:n], s[from-at:])
		}
	}
	return n, err
}

// fuzzOver lets the fuzzer change bytes of a real image wherever it is not
// empty: four bytes of place, one of how many follow.
func fuzzOver(f *testing.F, img string) {
	file, err := os.Open(img)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { file.Close() })
	info, err := file.Stat()
	if err != nil {
		f.Fatal(err)
	}
	var places []int64
	block, zero := make([]byte, 1<<20), make([]byte, 1<<20)
	for off := int64(0); off < info.Size(); off += int64(len(block)) {
		n, _ := file.ReadAt(block, off)
		if bytes.Equal(block[:n], zero[:n]) {
			continue
		}
		for at := 0; at+512 <= n; at += 512 {
			if !bytes.Equal(block[at:at+512], zero[:512]) {
				places = append(places, off+int64(at))
			}
		}
	}
	f.Add([]byte{})
	for i := range min(len(places), 40) {
		for _, value := range []byte{0, 0x80, 0xff} {
			patch := binary.LittleEndian.AppendUint32(nil, uint32(i<<9|(i*37+int(value))&511))
			f.Add(append(patch, 4, value, value, value, value))
		}
	}
	f.Fuzz(func(t *testing.T, patch []byte) {
		o := over{file, map[int64][]byte{}}
		for len(patch) >= 5 && len(o.sectors) < 64 {
			place, n := binary.LittleEndian.Uint32(patch), min(int(patch[4]), len(patch)-5)
			at := places[int(place>>9)%len(places)]
			s := o.sectors[at]
			if s == nil {
				s = make([]byte, 512)
				if _, err := file.ReadAt(s, at); err != nil {
					t.Fatal(err)
				}
				o.sectors[at] = s
			}
			copy(s[place&511:], patch[5:5+n])
			patch = patch[5+n:]
		}
		exercise(t, o, info.Size())
	})
}

// few makes a small folder with a bit of everything.
func few(t testing.TB) string {
	t.Helper()
	root := t.TempDir()
	write(t, root, "a/b/c.txt", []byte("c"))
	write(t, root, "big.bin", pattern(100_000))
	write(t, root, "a/hole", []byte("begin"))
	if err := os.Truncate(filepath.Join(root, "a/hole"), 100_000); err != nil {
		t.Fatal(err)
	}
	for i := range 40 {
		write(t, root, fmt.Sprintf("many/a name of some length that repeats %02d", i), []byte("x"))
	}
	return root
}

func FuzzNTFS(f *testing.F) {
	img := mkntfs(f, 4<<20, func(root string) {
		run(f, "cp", "-r", few(f)+"/.", root)
		write(f, root, "s", []byte("main"))
		write(f, root, "s:stream", []byte("stream"))
	})
	fuzzOver(f, img)
}

func FuzzExt(f *testing.F) {
	need(f, "mke2fs")
	img := sparse(f, 2<<20)
	run(f, "mke2fs", "-t", "ext4", "-b", "1024", "-O", "inline_data", "-I", "256", "-q", "-F", "-d", few(f), img)
	fuzzOver(f, img)
}

func FuzzExt2(f *testing.F) {
	need(f, "mke2fs")
	img := sparse(f, 2<<20)
	run(f, "mke2fs", "-t", "ext2", "-b", "1024", "-q", "-F", "-d", few(f), img)
	fuzzOver(f, img)
}

func FuzzXFS(f *testing.F) {
	need(f, "mkfs.xfs")
	img := sparse(f, 320<<20)
	run(f, "mkfs.xfs", "-q", "-f", "-b", "size=1024", "-p", protofile(f, few(f)), img)
	fuzzOver(f, img)
}

func FuzzFAT(f *testing.F) {
	need(f, "mkfs.fat", "mcopy")
	img := sparse(f, 1<<20)
	root := few(f)
	run(f, "mkfs.fat", "-F", "12", img)
	run(f, "mcopy", "-s", "-i", img, root+"/a", root+"/big.bin", root+"/many", "::/")
	fuzzOver(f, img)
}

func FuzzExFAT(f *testing.F) {
	need(f, "mkfs.exfat")
	img := sparse(f, 4<<20)
	run(f, "mkfs.exfat", img)
	fuzzOver(f, img)
}

func FuzzPartitions(f *testing.F) {
	img := partitioned(f, "label: dos\nstart=2048, size=16384, type=c\nstart=20480, size=100000, type=5\nstart=22528, size=16384, type=c\n", 2048, 22528)
	fuzzOver(f, img)
}

func FuzzGPT(f *testing.F) {
	img := partitioned(f, "label: gpt\nstart=2048, size=16384\nstart=20480, size=16384\n", 2048, 20480)
	fuzzOver(f, img)
}

// fuzzImage fuzzes an image of a small volume of FAT in a format.
func fuzzImage(f *testing.F, format string, options ...string) {
	need(f, "mkfs.fat", "mcopy", "qemu-img")
	raw := sparse(f, 1<<20)
	run(f, "mkfs.fat", "-F", "12", raw)
	run(f, "mcopy", "-s", "-i", raw, few(f)+"/a", "::/")
	img := filepath.Join(f.TempDir(), "image")
	run(f, "qemu-img", append(append([]string{"convert", "-O", format}, options...), "-f", "raw", raw, img)...)
	fuzzOver(f, img)
}

func FuzzVHD(f *testing.F)         { fuzzImage(f, "vpc") }
func FuzzVMDK(f *testing.F)        { fuzzImage(f, "vmdk") }
func FuzzVMDKStream(f *testing.F)  { fuzzImage(f, "vmdk", "-o", "subformat=streamOptimized") }
func FuzzQcow2(f *testing.F)       { fuzzImage(f, "qcow2", "-o", "cluster_size=4k") }
func FuzzQcow2Packed(f *testing.F) { fuzzImage(f, "qcow2", "-c", "-o", "compression_type=zstd") }
func FuzzVDI(f *testing.F)         { fuzzImage(f, "vdi") }

// FuzzVHDX changes an image and its log and seals them again, so that the
// checksums let the changes pass.
func FuzzVHDX(f *testing.F) {
	need(f, "qemu-img")
	raw := rawDisk(f, 2<<20)
	img := filepath.Join(f.TempDir(), "image")
	run(f, "qemu-img", "convert", "-f", "raw", "-O", "vhdx", "-o", "subformat=dynamic,block_size=1048576", raw, img)
	whole, err := os.ReadFile(img)
	if err != nil {
		f.Fatal(err)
	}
	le, table := binary.LittleEndian, crc32.MakeTable(crc32.Castagnoli)
	for _, place := range []uint32{64<<10 + 48, 128<<10 + 68, 192<<10 + 8, 256<<10 + 32, 1 << 20, 1<<20 + 8, 2 << 20, 2<<20 + 32, 3 << 20} {
		f.Add(append(le.AppendUint32(nil, place), "\x08loge\x00\x10\x00\x00"...))
	}
	f.Fuzz(func(t *testing.T, patch []byte) {
		b := bytes.Clone(whole)
		for len(patch) >= 5 {
			place, n := int(le.Uint32(patch))%len(b), min(int(patch[4]), len(patch)-5)
			copy(b[place:], patch[5:5+n])
			patch = patch[5+n:]
		}
		seal := func(at, n int) {
			if n >= 8 && at+n <= len(b) {
				clear(b[at+4 : at+8])
				le.PutUint32(b[at+4:], crc32.Checksum(b[at:at+n], table))
			}
		}
		seal(64<<10, 4096)
		seal(128<<10, 4096)
		seal(192<<10, 64<<10)
		seal(256<<10, 64<<10)
		for at := 1 << 20; at+4096 <= min(len(b), 4<<20); at += 4096 {
			if string(b[at:at+4]) == "loge" {
				seal(at, int(le.Uint32(b[at+8:])))
			}
		}
		exercise(t, bytes.NewReader(b), int64(len(b)))
	})
}

// FuzzOpen opens anything.
func FuzzOpen(f *testing.F) {
	boot := make([]byte, 1024)
	boot[510], boot[511] = 0x55, 0xaa
	for _, mark := range []string{"vhdxfile", "conectix", "KDMV", "COWD", "# Disk DescriptorFile\nRW 1 FLAT \"a\" 0\n", "QFI\xfb\x00\x00\x00\x03", "XFSB", "\xeb\x52\x90NTFS    ", "\xeb\x76\x90EXFAT   "} {
		f.Add(append([]byte(mark), boot...))
	}
	f.Add(boot)
	f.Fuzz(func(t *testing.T, b []byte) {
		tail := b[max(0, len(b)-disk.TailSize):]
		disk.Sniff(b[:min(len(b), disk.HeadSize)], tail)
		exercise(t, bytes.NewReader(b), int64(len(b)))
	})
}

func FuzzLZNT1(f *testing.F) {
	f.Add([]byte("\x06\xb0\x02a\x00\x80bcde"))
	f.Add([]byte("\x03\x30abcd\x00\x00"))
	f.Fuzz(func(t *testing.T, packed []byte) {
		_ = disk.UnpackLZNT1(make([]byte, 64<<10), packed)
	})
}
