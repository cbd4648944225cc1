package disk_test

import (
	"bytes"
	"encoding/binary"
	"os"
	"testing"

	"github.com/overgrant/overgrant/internal/unpack/disk"
)

// TestFoldersInACircle links a folder below itself.
func TestFoldersInACircle(t *testing.T) {
	need(t, "mke2fs", "debugfs")
	img := sparse(t, 4<<20)
	run(t, "mke2fs", "-t", "ext4", "-q", "-F", "-d", few(t), img)
	run(t, "debugfs", "-w", "-R", "link /a /a/b/back", img)
	im, _ := opened(t, img)
	circles := 0
	for f, err := range im.Volumes()[0].Files(t.Context()) {
		if g := gapIn(err); g.Reason == disk.Corrupt && g.Path == "a/b/back" {
			circles++
		} else if err != nil {
			t.Errorf("%s: %v", f.Path, err)
		}
	}
	if circles != 1 {
		t.Errorf("%d circles told; want 1", circles)
	}
}

// TestNTFSTableOfAPetabyte makes the file table claim more than there is.
func TestNTFSTableOfAPetabyte(t *testing.T) {
	img := mkntfs(t, 4<<20, func(root string) { write(t, root, "a/b.txt", []byte("b")) })
	b, err := os.ReadFile(img)
	if err != nil {
		t.Fatal(err)
	}
	le := binary.LittleEndian
	record := b[int(le.Uint64(b[0x30:]))*int(le.Uint16(b[0x0b:]))*int(b[0x0d]):]
	at := int(le.Uint16(record[20:]))
	for le.Uint32(record[at:]) != 0x80 {
		at += int(le.Uint32(record[at+4:]))
	}
	for _, field := range []int{40, 48, 56} {
		le.PutUint64(record[at+field:], 1<<49)
	}
	im, err := disk.Open(t.Context(), bytes.NewReader(b), int64(len(b)), disk.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if got := listing(t, im); len(got) != 2 || string(contents(t, got["a/b.txt"])) != "b" {
		t.Errorf("listing() = %v; want a and a/b.txt", got)
	}
}

// TestXFSTree makes trees of one and two levels of the extents of a file, which
// mkfs.xfs makes of none.
func TestXFSTree(t *testing.T) {
	need(t, "mkfs.xfs")
	root := t.TempDir()
	write(t, root, "big.bin", pattern(3<<20))
	img := sparse(t, 320<<20)
	run(t, "mkfs.xfs", "-q", "-f", "-p", protofile(t, root), img)
	b, err := os.ReadFile(img)
	if err != nil {
		t.Fatal(err)
	}
	be := binary.BigEndian
	inode := []byte(nil)
	for at := 0; at+512 <= len(b); at += 512 {
		if b[at] == 'I' && b[at+1] == 'N' && be.Uint64(b[at+56:]) == 3<<20 {
			inode = b[at : at+512]
		}
	}
	if inode == nil {
		t.Fatal("the file has no inode")
	}
	fork := inode[176:]
	if end := int(inode[82]) * 8; end > 0 {
		fork = fork[:end]
	}
	count := int(be.Uint32(inode[76:]))
	records := bytes.Clone(fork[:16*count])
	size, last := int(be.Uint32(b[4:])), int(be.Uint32(b[84:]))-8
	block := func(number, level int, fill func(b []byte)) {
		p := b[number*size : (number+1)*size]
		clear(p)
		copy(p, "BMA3")
		be.PutUint16(p[4:], uint16(level))
		fill(p)
	}
	block(last, 0, func(p []byte) {
		be.PutUint16(p[6:], uint16(count))
		copy(p[72:], records)
	})
	block(last+1, 1, func(p []byte) {
		be.PutUint16(p[6:], 1)
		be.PutUint64(p[72+8*((size-72)/16):], uint64(last))
	})
	block(last+2, 1, func(p []byte) { // one that leads to itself
		be.PutUint16(p[6:], 1)
		be.PutUint64(p[72+8*((size-72)/16):], uint64(last+2))
	})
	inode[5] = 3
	for _, tt := range []struct {
		name         string
		level, child int
		ok           bool
	}{
		{"one_level", 1, last, true},
		{"two_levels", 2, last + 1, true},
		{"to_itself", 2, last + 2, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			clear(fork)
			be.PutUint16(fork, uint16(tt.level))
			be.PutUint16(fork[2:], 1)
			be.PutUint64(fork[4+8*((len(fork)-4)/16):], uint64(tt.child))
			im, err := disk.Open(t.Context(), bytes.NewReader(b), int64(len(b)), disk.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			f := listing(t, im)["big.bin"]
			if !tt.ok {
				if _, err := f.Open(); gapIn(err).Reason != disk.Corrupt {
					t.Errorf("Open() = %v; want %s", err, disk.Corrupt)
				}
				return
			}
			if !bytes.Equal(contents(t, f), pattern(3<<20)) {
				t.Error("other bytes than were put there")
			}
		})
	}
}

// TestVHDXTellsItsParent makes a differencing image of one that is none.
func TestVHDXTellsItsParent(t *testing.T) {
	need(t, "qemu-img")
	img := t.TempDir() + "/disk.vhdx"
	run(t, "qemu-img", "create", "-q", "-f", "vhdx", img, "64M")
	b, err := os.ReadFile(img)
	if err != nil {
		t.Fatal(err)
	}
	le := binary.LittleEndian
	region := b[bytes.Index(b[1<<20:], []byte("metadata"))+1<<20:]
	count := int(le.Uint16(region[10:]))
	parameters := []byte{0x37, 0x67, 0xa1, 0xca}
	for i := range count {
		if e := region[32+32*i:]; bytes.HasPrefix(e, parameters) {
			region[le.Uint32(e[16:])+4] |= 2
		}
	}
	wide := func(s string) (b []byte) {
		for _, c := range s {
			b = append(b, byte(c), 0)
		}
		return b
	}
	key, value := wide("relative_path"), wide(`.\base.vhdx`)
	locator := make([]byte, 32)
	le.PutUint16(locator[18:], 1)
	le.PutUint32(locator[20:], 32)
	le.PutUint32(locator[24:], uint32(32+len(key)))
	le.PutUint16(locator[28:], uint16(len(key)))
	le.PutUint16(locator[30:], uint16(len(value)))
	locator = append(append(locator, key...), value...)
	copy(region[512<<10:], locator)
	e := region[32+32*count:]
	copy(e, "\x2d\x5f\xd3\xa8\x0b\xb3\x4d\x45\xab\xf7\xd3\xd8\x48\x34\xab\x0c")
	le.PutUint32(e[16:], 512<<10)
	le.PutUint32(e[20:], uint32(len(locator)))
	le.PutUint16(region[10:], uint16(count+1))
	_, err = disk.Open(t.Context(), bytes.NewReader(b), int64(len(b)), disk.Limits{})
	if g := gapIn(err); g.Reason != disk.Parent || g.Detail != `.\base.vhdx` {
		t.Errorf("Open() = %v; want %s: .\\base.vhdx", err, disk.Parent)
	}
}
