package disk_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/overgrant/overgrant/internal/unpack/disk"
)

// rawDisk makes a disk of size bytes with stretches of data here and there.
func rawDisk(t testing.TB, size int64) string {
	t.Helper()
	path := sparse(t, size)
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 40 {
		b := pattern(1 + rnd.IntN(300_000))
		if _, err := f.WriteAt(b, rnd.Int64N(size-int64(len(b)))); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

// sameDisk compares an image with the raw disk it was made of.
func sameDisk(t *testing.T, im *disk.Image, raw string) {
	t.Helper()
	want, err := os.ReadFile(raw)
	if err != nil {
		t.Fatal(err)
	}
	if im.Size < int64(len(want)) {
		t.Fatalf("Size = %d; want %d", im.Size, len(want))
	}
	got := make([]byte, len(want))
	if n, err := im.Disk().ReadAt(got, 0); n != len(got) {
		t.Fatalf("read %d of %d bytes: %v", n, len(got), err)
	}
	if !bytes.Equal(got, want) {
		t.Error("other bytes than were put there")
	}
	rnd := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		off := rnd.Int64N(int64(len(want)))
		b := make([]byte, min(rnd.Int64N(100_000), int64(len(want))-off))
		if n, err := im.Disk().ReadAt(b, off); n != len(b) || !bytes.Equal(b, want[off:off+int64(len(b))]) {
			t.Fatalf("read of %d bytes at %d: other bytes, or %v", len(b), off, err)
		}
	}
}

func TestImages(t *testing.T) {
	need(t, "qemu-img")
	raw := rawDisk(t, 37<<20)
	for _, tt := range []struct{ name, format, options string }{
		{"vhd_dynamic", "vpc", "subformat=dynamic"},
		{"vhd_fixed", "vpc", "subformat=fixed"},
		{"vhdx_dynamic", "vhdx", "subformat=dynamic,block_size=1048576"},
		{"vhdx_of_large_blocks", "vhdx", "subformat=dynamic,block_size=33554432"},
		{"vhdx_fixed", "vhdx", "subformat=fixed"},
		{"vmdk_sparse", "vmdk", "subformat=monolithicSparse"},
		{"vmdk_stream", "vmdk", "subformat=streamOptimized"},
		{"qcow2_v2", "qcow2", "compat=0.10"},
		{"qcow2_v3", "qcow2", "compat=1.1"},
		{"qcow2_of_small_clusters", "qcow2", "cluster_size=512"},
		{"qcow2_of_large_clusters", "qcow2", "cluster_size=2M"},
		{"qcow2_extended", "qcow2", "extended_l2=on,cluster_size=128k"},
		{"qcow2_deflate", "qcow2", "-c"},
		{"qcow2_zstd", "qcow2", "-c,compression_type=zstd"},
		{"vdi_dynamic", "vdi", "static=off"},
		{"vdi_fixed", "vdi", "static=on"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			img := filepath.Join(t.TempDir(), "image")
			args := []string{"convert", "-f", "raw", "-O", tt.format}
			options, packed := strings.CutPrefix(tt.options, "-c")
			if packed {
				args = append(args, "-c")
			}
			if options = strings.TrimPrefix(options, ","); options != "" {
				args = append(args, "-o", options)
			}
			run(t, "qemu-img", append(args, raw, img)...)
			im, _ := opened(t, img)
			if want, _, _ := strings.Cut(tt.name, "_"); im.Format != want {
				t.Errorf("Format = %q; want %q", im.Format, want)
			}
			sameDisk(t, im, raw)
		})
	}
}

func TestImagesThatNeedMore(t *testing.T) {
	need(t, "qemu-img")
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	run(t, "qemu-img", "create", "-q", "-f", "qcow2", at("base.qcow2"), "64M")
	run(t, "qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", at("base.qcow2"), at("child.qcow2"))
	run(t, "qemu-img", "create", "-q", "-f", "vmdk", at("base.vmdk"), "64M")
	run(t, "qemu-img", "create", "-q", "-f", "vmdk", "-F", "vmdk", "-b", at("base.vmdk"), at("child.vmdk"))
	run(t, "qemu-img", "create", "-q", "-f", "vmdk", "-o", "subformat=monolithicFlat", at("flat.vmdk"), "64M")
	luks, err := os.ReadFile(at("base.qcow2"))
	if err != nil {
		t.Fatal(err)
	}
	luks[35] = 2 // crypt_method; qemu-img can make one only where it can time its key derivation
	if err := os.WriteFile(at("luks.qcow2"), luks, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, reason, detail string }{
		{"child.qcow2", disk.Parent, "base.qcow2"},
		{"child.vmdk", disk.Parent, "base.vmdk"},
		{"flat.vmdk", disk.Parent, "flat-flat.vmdk"},
		{"luks.qcow2", disk.Encrypted, "LUKS"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b, err := os.ReadFile(at(tt.name))
			if err != nil {
				t.Fatal(err)
			}
			_, err = disk.Open(t.Context(), bytes.NewReader(b), int64(len(b)), disk.Limits{})
			var g *disk.Gap
			if !errors.As(err, &g) || g.Reason != tt.reason || !strings.Contains(g.Detail, tt.detail) {
				t.Errorf("Open() = %v; want %s: …%s", err, tt.reason, tt.detail)
			}
		})
	}
}

func TestVHDsThatNeedMore(t *testing.T) {
	need(t, "qemu-img")
	img := filepath.Join(t.TempDir(), "disk.vhd")
	run(t, "qemu-img", "create", "-q", "-f", "vpc", img, "64M")
	b, err := os.ReadFile(img)
	if err != nil {
		t.Fatal(err)
	}
	be := binary.BigEndian
	head := b[be.Uint64(b[len(b)-512+16:]):]
	copy(head[40:], "a unique id, 16 ")
	copy(head[64:], "\x00p\x00a\x00r\x00e\x00n\x00t\x00.\x00v\x00h\x00d")
	_, err = disk.Open(t.Context(), bytes.NewReader(b), int64(len(b)), disk.Limits{})
	var g *disk.Gap
	if !errors.As(err, &g) || g.Reason != disk.Parent || g.Detail != "parent.vhd" {
		t.Errorf("Open() = %v; want %s: parent.vhd", err, disk.Parent)
	}
	// Without the footer the copy at the beginning serves.
	copy(head[40:], make([]byte, 16))
	if im, err := disk.Open(t.Context(), bytes.NewReader(b[:len(b)-512]), int64(len(b)-512), disk.Limits{}); err != nil || im.Format != "vhd" {
		t.Errorf("Open() without a footer = %v", err)
	}
}

// TestVHDXReplaysItsLog puts writes into the log of an image that its blocks
// do not have: one of data and one of zeros, in two entries, of which the
// second runs over the end of the ring.
func TestVHDXReplaysItsLog(t *testing.T) {
	need(t, "qemu-img")
	raw := rawDisk(t, 8<<20)
	img := filepath.Join(t.TempDir(), "disk.vhdx")
	run(t, "qemu-img", "convert", "-f", "raw", "-O", "vhdx", "-o", "subformat=fixed", raw, img)
	b, err := os.ReadFile(img)
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(raw)
	if err != nil {
		t.Fatal(err)
	}
	first := 0 // where the first block lies is found by its bytes
	for off := 1 << 20; off < len(b); off += 1 << 20 {
		if bytes.Equal(b[off:off+4096], want[:4096]) && bytes.Equal(b[off:off+1<<20], want[:1<<20]) {
			first = off
			break
		}
	}
	dirty(t, b, int64(first))
	copy(want[8192:], pattern(4096))
	clear(want[16384:20480])
	im, err := disk.Open(t.Context(), bytes.NewReader(b), int64(len(b)), disk.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 64<<10)
	if _, err := im.Disk().ReadAt(got, 0); err != nil || !bytes.Equal(got, want[:len(got)]) {
		t.Errorf("the log was not replayed: %v", err)
	}
}

// dirty writes two entries into the log of the image b, whose first block lies
// at first.
func dirty(t *testing.T, b []byte, first int64) {
	t.Helper()
	le := binary.LittleEndian
	table := crc32.MakeTable(crc32.Castagnoli)
	seal := func(b []byte) {
		clear(b[4:8])
		le.PutUint32(b[4:], crc32.Checksum(b, table))
	}
	id := []byte("guid of this log")
	var ring []byte
	for _, at := range []int{64 << 10, 128 << 10} {
		h := b[at : at+4096]
		if string(h[:4]) != "head" {
			continue
		}
		copy(h[48:], id)
		seal(h)
		ring = b[le.Uint64(h[72:]):][:le.Uint32(h[68:])]
	}
	clear(ring)
	entry := func(seq uint64, at, tail int, descriptor, data []byte) {
		e := make([]byte, 4096+len(data))
		copy(e, "loge")
		le.PutUint32(e[8:], uint32(len(e)))
		le.PutUint32(e[12:], uint32(tail))
		le.PutUint64(e[16:], seq)
		le.PutUint32(e[24:], 1)
		copy(e[32:], id)
		copy(e[64:], descriptor)
		copy(e[4096:], data)
		seal(e)
		n := copy(ring[at:], e)
		copy(ring, e[n:])
	}
	zero := make([]byte, 32)
	copy(zero, "zero")
	le.PutUint64(zero[8:], 4096)
	le.PutUint64(zero[16:], uint64(first+16384))
	le.PutUint64(zero[24:], 7)
	last := len(ring) - 8192
	entry(7, last, last, zero, nil)

	page := pattern(4096)
	desc, data := make([]byte, 32), make([]byte, 4096)
	copy(desc, "desc")
	copy(desc[4:8], page[4092:])
	copy(desc[8:16], page[:8])
	le.PutUint64(desc[16:], uint64(first+8192))
	le.PutUint64(desc[24:], 8)
	copy(data, "data")
	copy(data[8:], page[8:4092])
	le.PutUint32(data[4092:], 8)
	entry(8, last+4096, last, desc, data)
}

func TestSniff(t *testing.T) {
	gpt := make([]byte, 64<<10)
	copy(gpt[512:], "EFI PART")
	mbr := make([]byte, 512)
	mbr[446+4], mbr[446+8], mbr[446+12], mbr[510], mbr[511] = 7, 1, 1, 0x55, 0xaa
	tail := make([]byte, 1024)
	copy(tail[512:], "conectix")
	tests := []struct {
		name       string
		head, tail []byte
		want       string
		ok         bool
	}{
		{"vhdx", []byte("vhdxfile"), nil, "vhdx", true},
		{"vhd", append([]byte("conectix"), make([]byte, 504)...), nil, "vhd", true},
		{"vhd_fixed", make([]byte, 512), tail, "vhd", true},
		{"vmdk", []byte("KDMV"), nil, "vmdk", true},
		{"vmdk_descriptor", []byte("# Disk DescriptorFile\n"), nil, "vmdk", true},
		{"qcow2", []byte("QFI\xfb"), nil, "qcow2", true},
		{"gpt", gpt, nil, "raw", true},
		{"mbr", mbr, nil, "raw", true},
		{"ntfs", append([]byte("\xeb\x52\x90NTFS    "), make([]byte, 512)...), nil, "raw", true},
		{"text", []byte("hello"), []byte("hello"), "", false},
		{"nothing", nil, nil, "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, ok := disk.Sniff(tt.head, tt.tail); got != tt.want || ok != tt.ok {
				t.Errorf("Sniff() = %q, %v; want %q, %v", got, ok, tt.want, tt.ok)
			}
		})
	}
}
