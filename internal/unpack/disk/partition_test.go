package disk_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/overgrant/overgrant/internal/unpack/disk"
)

// partitioned writes a table by a script for sfdisk and small FAT volumes into
// its partitions.
func partitioned(t testing.TB, script string, starts ...int64) string {
	t.Helper()
	need(t, "sfdisk", "mkfs.fat", "mcopy")
	img := sparse(t, 64<<20)
	c := exec.Command("sfdisk", "-q", img)
	c.Stdin = strings.NewReader(script)
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("sfdisk: %v\n%s", err, out)
	}
	for i, start := range starts {
		run(t, "mkfs.fat", "--offset", fmt.Sprint(start), img, "4096")
		name := filepath.Join(t.TempDir(), fmt.Sprintf("in%d.txt", i+1))
		if err := os.WriteFile(name, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		run(t, "mcopy", "-i", fmt.Sprintf("%s@@%d", img, start*512), name, "::/")
	}
	return img
}

func TestPartitions(t *testing.T) {
	for _, tt := range []struct {
		name, script string
		starts       []int64
		want         string
	}{
		{"gpt", "label: gpt\nstart=2048, size=16384, name=\"EFI system\"\nstart=20480, size=16384\n", []int64{2048, 20480}, "1 EFI system fat12 1048576 8388608, 2 fat12 10485760 8388608"},
		{"mbr", "label: dos\nstart=2048, size=16384, type=c\nstart=20480, size=16384, type=83\n", []int64{2048, 20480}, "1 fat12 1048576 8388608, 2 fat12 10485760 8388608"},
		{
			"mbr_logical", "label: dos\nstart=2048, size=16384, type=c\nstart=20480, size=100000, type=5\nstart=22528, size=16384, type=c\nstart=43008, size=16384, type=c\n",
			[]int64{2048, 22528, 43008}, "1 fat12 1048576 8388608, 2 fat12 11534336 8388608, 3 fat12 22020096 8388608",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			im, _ := opened(t, partitioned(t, tt.script, tt.starts...))
			var got []string
			for i, v := range im.Volumes() {
				got = append(got, fmt.Sprintf("%s %s %d %d", v.Name, v.FS, v.Start, v.Size))
				files := 0
				for f, err := range v.Files(t.Context()) {
					if err != nil || f.Path != fmt.Sprintf("in%d.txt", i+1) {
						t.Errorf("volume %s: %q, %v", v.Name, f.Path, err)
					}
					files++
				}
				if files != 1 {
					t.Errorf("volume %s: %d files; want 1", v.Name, files)
				}
			}
			if all := strings.Join(got, ", "); all != tt.want {
				t.Errorf("Volumes() = %s; want %s", all, tt.want)
			}
			if len(im.Gaps()) > 0 {
				t.Errorf("Gaps() = %v", im.Gaps())
			}
		})
	}
}

// TestGPTFromItsCopy opens a disk of which the first table is damaged.
func TestGPTFromItsCopy(t *testing.T) {
	img := partitioned(t, "label: gpt\nstart=2048, size=16384\n", 2048)
	b, err := os.ReadFile(img)
	if err != nil {
		t.Fatal(err)
	}
	clear(b[512 : 34*512])
	im, err := disk.Open(t.Context(), bytes.NewReader(b), int64(len(b)), disk.Limits{})
	if err != nil || len(im.Volumes()) != 1 || im.Volumes()[0].FS != "fat12" {
		t.Errorf("Open() = %+v, %v; want one volume of FAT", im, err)
	}
}

// TestHostileTables opens tables that lead in a circle or nowhere.
func TestHostileTables(t *testing.T) {
	entry := func(b []byte, k int, kind byte, start, size uint32) {
		b[446+16*k+4] = kind
		binary.LittleEndian.PutUint32(b[446+16*k+8:], start)
		binary.LittleEndian.PutUint32(b[446+16*k+12:], size)
		b[510], b[511] = 0x55, 0xaa
	}
	tests := []struct {
		name    string
		make    func(b []byte)
		volumes int
		reason  string
	}{
		{"extended_in_a_circle", func(b []byte) {
			entry(b, 0, 5, 10, 100)
			entry(b[5120:], 0, 7, 1, 1)
			entry(b[5120:], 1, 5, 0, 100)
		}, 1, disk.Corrupt},
		{"beyond_the_end", func(b []byte) { entry(b, 0, 7, 1, 1<<30) }, 1, disk.Truncated},
		{"outside", func(b []byte) { entry(b, 0, 7, 1<<31, 1) }, 0, disk.Corrupt},
		{"gpt_of_nothing", func(b []byte) { copy(b[512:], "EFI PART") }, 0, disk.Corrupt},
		{"gpt_of_many", func(b []byte) {
			copy(b[512:], "EFI PART")
			le := binary.LittleEndian
			le.PutUint64(b[512+72:], 2)
			le.PutUint32(b[512+80:], 1<<31)
			le.PutUint32(b[512+84:], 128)
			for at := 1024; at < 1024+200*128; at += 128 {
				b[at] = 1
				le.PutUint64(b[at+32:], 1)
				le.PutUint64(b[at+40:], 1)
			}
		}, 128, disk.Limit},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := make([]byte, 1<<20)
			tt.make(b)
			im, err := disk.Open(t.Context(), bytes.NewReader(b), int64(len(b)), disk.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if len(im.Volumes()) != tt.volumes {
				t.Errorf("%d volumes; want %d", len(im.Volumes()), tt.volumes)
			}
			for _, g := range im.Gaps() {
				if g.Reason == tt.reason {
					return
				}
			}
			t.Errorf("Gaps() = %v; want %s", im.Gaps(), tt.reason)
		})
	}
}
