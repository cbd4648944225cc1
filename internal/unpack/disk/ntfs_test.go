package disk_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/overgrant/overgrant/internal/unpack/disk"
)

func TestNTFS(t *testing.T) {
	big := pattern(5 << 20)
	text := bytes.Repeat([]byte("all work and no play makes a dull file. "), 20_000)
	when := time.Date(2023, 6, 22, 10, 11, 12, 0, time.UTC)
	want := map[string][]byte{
		"big.bin":                   big,
		"empty":                     {},
		"a/b/c/small.txt":           []byte("resident"),
		"Users/é ü 漢字/ключ.pem":     []byte("unicode"),
		"packed/text.log":           text,
		"packed/random.bin":         pattern(300_000),
		"notes.txt":                 []byte("main"),
		"notes.txt:Zone.Identifier": []byte("[ZoneTransfer]\r\nZoneId=3\r\n"),
		"hard/one":                  []byte("two names"),
	}
	img := mkntfs(t, 64<<20, func(root string) {
		if err := os.MkdirAll(filepath.Join(root, "packed"), 0o755); err != nil {
			t.Fatal(err)
		}
		const compressed = 0x800
		if err := syscall.Setxattr(filepath.Join(root, "packed"), "system.ntfs_attrib", []byte{0x10, compressed >> 8, 0, 0}, 0); err != nil {
			t.Fatal(err)
		}
		write(t, root, "notes.txt", want["notes.txt"])
		for path, data := range want {
			write(t, root, path, data)
		}
		if err := os.Chtimes(filepath.Join(root, "big.bin"), when, when); err != nil {
			t.Fatal(err)
		}
		if err := os.Link(filepath.Join(root, "hard/one"), filepath.Join(root, "hard/two")); err != nil {
			t.Fatal(err)
		}
		hole := filepath.Join(root, "hole")
		write(t, root, "hole", []byte("begin"))
		if err := os.Truncate(hole, 3<<20); err != nil {
			t.Fatal(err)
		}
		fragment(t, root)
	})
	im, _ := opened(t, img)
	got := listing(t, im)
	for path, data := range want {
		f, ok := got[path]
		if !ok {
			t.Errorf("%s is missing", path)
			continue
		}
		if f.Size != int64(len(data)) || !bytes.Equal(contents(t, f), data) {
			t.Errorf("%s: other bytes than were put there", path)
		}
	}
	if f := got["big.bin"]; !f.Modified.Equal(when) {
		t.Errorf("Modified = %v; want %v", f.Modified, when)
	}
	if one, two := got["hard/one"], got["hard/two"]; one.Again == two.Again || string(contents(t, two)) != "two names" {
		t.Errorf("two names of a file: Again = %v and %v; want one of them", one.Again, two.Again)
	}
	if f := got["hole"]; f.Size != 3<<20 || !bytes.Equal(contents(t, f), append([]byte("begin"), make([]byte, 3<<20-5)...)) {
		t.Errorf("hole: Size = %d, or other bytes", f.Size)
	}
	for _, name := range []string{"left", "right"} {
		if data := contents(t, got["frag/"+name]); !bytes.Equal(data, bytes.Repeat([]byte(name+"\n"), len(data)/len(name+"\n"))) || len(data) == 0 {
			t.Errorf("frag/%s: other bytes than were put there", name)
		}
	}
	for path := range got {
		if strings.HasPrefix(path, "$") {
			t.Errorf("%s belongs to the file system", path)
		}
	}
}

// fragment writes two files in turns, so that their run lists outgrow a record.
func fragment(t *testing.T, root string) {
	t.Helper()
	write(t, root, "frag/left", nil)
	write(t, root, "frag/right", nil)
	for range 700 {
		for _, name := range []string{"left", "right"} {
			f, err := os.OpenFile(filepath.Join(root, "frag", name), os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			line := name + "\n"
			if _, err := f.Write([]byte(strings.Repeat(line, 4096*len(line)/len(line)/len(line)+1))); err != nil {
				t.Fatal(err)
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// reparsed makes a reparse point of a file or folder.
func reparsed(t *testing.T, path string, tag uint32, data []byte) {
	t.Helper()
	b := binary.LittleEndian.AppendUint32(nil, tag)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(data)))
	b = append(append(b, 0, 0), data...)
	if err := syscall.Setxattr(path, "system.ntfs_reparse_data", b, 0); err != nil {
		t.Fatal(err)
	}
}

func TestNTFSTellsOfWhatIsElsewhere(t *testing.T) {
	img := mkntfs(t, 16<<20, func(root string) {
		for _, name := range []string{"wof", "dedup", "away", "link"} {
			write(t, root, name, pattern(5000))
		}
		if err := os.MkdirAll(filepath.Join(root, "junction"), 0o755); err != nil {
			t.Fatal(err)
		}
		utf := func(s string) (b []byte) {
			for _, c := range s {
				b = append(b, byte(c), 0)
			}
			return b
		}
		name := utf(`C:\Users\ada`)
		head := binary.LittleEndian.AppendUint16([]byte{0, 0}, uint16(len(name)))
		head = append(head, 0, 0, 0, 0)
		reparsed(t, filepath.Join(root, "junction"), 0xa0000003, append(append([]byte{}, head...), name...))
		if err := os.Truncate(filepath.Join(root, "link"), 0); err != nil {
			t.Fatal(err)
		}
		reparsed(t, filepath.Join(root, "link"), 0xa000000c, append(append(append([]byte{}, head...), 0, 0, 0, 0), name...))
		if err := syscall.Setxattr(filepath.Join(root, "away"), "system.ntfs_attrib", []byte{0, 0x10, 0x40, 0}, 0); err != nil {
			t.Fatal(err)
		}
		reparsed(t, filepath.Join(root, "wof"), 0x80000017, make([]byte, 16))
		reparsed(t, filepath.Join(root, "dedup"), 0x80000013, make([]byte, 16))
	})
	im, _ := opened(t, img)
	got := listing(t, im)
	for _, name := range []string{"wof", "dedup", "away"} {
		_, err := got[name].Open()
		if g := gapIn(err); g.Reason != disk.Unsupported || g.Path != name || g.Bytes != 5000 {
			t.Errorf("open %s: %v; want a gap of 5000 bytes", name, err)
		}
	}
	for _, name := range []string{"link", "junction"} {
		if f := got[name]; f.Link != `C:\Users\ada` {
			t.Errorf("%s: Link = %q", name, f.Link)
		}
	}
}

// TestNTFSInManyPieces fills a volume, makes holes in it, and fills these: a
// file and the file table outgrow the records that tell where they lie, and so
// do many names of one file.
func TestNTFSInManyPieces(t *testing.T) {
	var big []byte
	late := 0
	img := mkntfs(t, 24<<20, func(root string) {
		n := 0
		for block := pattern(4096); ; n++ {
			if err := os.WriteFile(filepath.Join(root, fmt.Sprintf("f%05d", n)), block, 0o644); err != nil {
				break
			}
		}
		for i := 0; i < n; i += 2 {
			if err := os.Remove(filepath.Join(root, fmt.Sprintf("f%05d", i))); err != nil {
				t.Fatal(err)
			}
		}
		big = pattern(n / 4 * 4096)
		write(t, root, "big", big)
		write(t, root, "named", []byte("many names"))
		for i := range 60 {
			if err := os.Link(filepath.Join(root, "named"), filepath.Join(root, strings.Repeat("n", 100)+fmt.Sprint(i))); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.MkdirAll(filepath.Join(root, "late"), 0o755); err != nil {
			t.Fatal(err)
		}
		for ; late < 20_000; late++ {
			if err := os.WriteFile(filepath.Join(root, fmt.Sprintf("late/l%05d", late)), []byte("late"), 0o644); err != nil {
				break
			}
		}
	})
	im, _ := opened(t, img)
	got := listing(t, im)
	if !bytes.Equal(contents(t, got["big"]), big) {
		t.Error("big: other bytes than were put there")
	}
	names, lates, first := 0, 0, 0
	for path, f := range got {
		switch {
		case strings.HasPrefix(path, "late/"):
			lates++
		case strings.HasPrefix(path, "nnn"), path == "named":
			if names++; !f.Again {
				first++
			}
		}
	}
	if names != 61 || first != 1 {
		t.Errorf("%d names, %d of them first; want 61, 1", names, first)
	}
	if lates < late {
		t.Errorf("%d of %d late files", lates, late)
	}
	tight := mustOpen(t, img, disk.Limits{Held: 1000})
	if again := listing(t, tight); len(again) != len(got) {
		t.Errorf("with little memory %d files; want %d", len(again), len(got))
	} else if !bytes.Equal(contents(t, again["big"]), big) {
		t.Error("big, with little memory: other bytes than were put there")
	}
}

func mustOpen(t testing.TB, path string, lim disk.Limits) *disk.Image {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	im, err := disk.Open(t.Context(), bytes.NewReader(b), int64(len(b)), lim)
	if err != nil {
		t.Fatal(err)
	}
	return im
}

func TestNTFSTellsOfDeletedFiles(t *testing.T) {
	img := mkntfs(t, 16<<20, func(root string) {
		write(t, root, "kept/gone.kdbx", pattern(100_000))
		write(t, root, "kept/still", []byte("still"))
	})
	mounted(t, img, func(root string) {
		if err := os.Remove(filepath.Join(root, "kept/gone.kdbx")); err != nil {
			t.Fatal(err)
		}
	})
	im, _ := opened(t, img)
	for f, err := range im.Volumes()[0].Files(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(f.Path, "gone.kdbx") {
			if !f.Deleted || f.Path != "kept/gone.kdbx" {
				t.Errorf("%s: Deleted = %v; want kept/gone.kdbx, true", f.Path, f.Deleted)
			}
			return
		}
	}
	t.Error("a deleted file was not told")
}

// profile is what is worth finding in a copy of a workstation.
func profile() map[string][]byte {
	small := map[string][]byte{}
	for i := range 3000 {
		small[fmt.Sprintf("Users/ada/AppData/Local/Packages/P%03d/LocalState/cache/f_%06d.dat", i%100, i)] = pattern(200 + i%4000)
	}
	for i := range 400 {
		small[fmt.Sprintf("Windows/System32/lib%03d.dll", i)] = pattern(20_000 + 50*i)
	}
	return small
}

// finds are the files that a reader of the listing opens.
var finds = map[string][]byte{
	"Users/ada/NTUSER.DAT":                   pattern(256 << 10),
	"Users/ada/.ssh/id_rsa":                  pattern(2600),
	"Users/ada/.aws/credentials":             pattern(120),
	"Users/ada/.azure/msal_token_cache.json": pattern(9000),
	"Users/ada/Documents/secrets.kdbx":       pattern(40_000),
	"Users/ada/AppData/Roaming/Microsoft/Teams/IndexedDB/https_teams.microsoft.com_0.indexeddb.leveldb/000005.ldb":      pattern(300_000),
	"Users/ada/AppData/Roaming/Microsoft/Teams/IndexedDB/https_teams.microsoft.com_0.indexeddb.leveldb/CURRENT":         []byte("MANIFEST-000001\n"),
	"Users/ada/AppData/Roaming/Microsoft/Teams/IndexedDB/https_teams.microsoft.com_0.indexeddb.leveldb/MANIFEST-000001": pattern(700),
	"Users/ada/AppData/Local/Google/Chrome/User Data/Default/Login Data":                                                pattern(49_152),
	"Windows/System32/config/SAM": pattern(65_536),
}

// TestWorkstation lists a disk of 40 GB and reads what is worth it, with less
// than one hundredth of its allocated bytes.
func TestWorkstation(t *testing.T) {
	need(t, "qemu-img")
	if testing.Short() {
		t.Skip("writes some GB")
	}
	big := 1200 // MiB
	if os.Getenv("OVERGRANT_HEAVY") != "" {
		big = 8 << 10
	}
	small := profile()
	img := mkntfs(t, 40<<30, func(root string) {
		for path, data := range small {
			write(t, root, path, data)
		}
		for path, data := range finds {
			write(t, root, path, data)
		}
		fillUp(t, filepath.Join(root, "Users/ada/Videos"), big)
	})
	vhdx := strings.TrimSuffix(img, ".img") + ".vhdx"
	run(t, "qemu-img", "convert", "-f", "raw", "-O", "vhdx", "-o", "subformat=dynamic,block_size=2097152", img, vhdx)
	if err := os.Remove(img); err != nil {
		t.Fatal(err)
	}
	im, c := opened(t, vhdx)
	if im.Format != "vhdx" || im.Size != 40<<30 {
		t.Fatalf("Open() = %s of %d bytes; want vhdx of 40 GiB", im.Format, im.Size)
	}
	start := time.Now()
	got := listing(t, im)
	listed, calls, took := c.bytes(), c.calls, time.Since(start)
	for path := range small {
		if _, ok := got[path]; !ok {
			t.Errorf("%s is missing", path)
		}
	}
	for path, data := range finds {
		if f, ok := got[path]; !ok || !bytes.Equal(contents(t, f), data) {
			t.Errorf("%s is missing, or has other bytes", path)
		}
	}
	// What the image takes here is less than what its blocks add up to.
	taken := onDisk(t, vhdx)
	t.Logf("%d entries in %v; blocks %.0f MiB, of them written %.0f MiB; read for the list %.2f MiB in %d calls, with finds %.2f MiB: %.3f %%", len(got), took,
		mib(im.Allocated), mib(taken), mib(listed), calls, mib(c.bytes()), 100*float64(c.bytes())/float64(taken))
	if c.bytes()*100 >= taken {
		t.Errorf("read %.2f MiB of %.2f; want less than 1 %%", mib(c.bytes()), mib(taken))
	}
}

// onDisk is what a file takes, holes apart.
func onDisk(t testing.TB, path string) int64 {
	t.Helper()
	var s syscall.Stat_t
	if err := syscall.Stat(path, &s); err != nil {
		t.Fatal(err)
	}
	return s.Blocks * 512
}

func mib(n int64) float64 { return float64(n) / (1 << 20) }

// fillUp writes n MiB in files of 100 MiB.
func fillUp(t testing.TB, folder string, n int) {
	t.Helper()
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	block := pattern(1 << 20)
	for i := 0; i < n; i += 100 {
		f, err := os.Create(filepath.Join(folder, fmt.Sprintf("film%03d.mp4", i/100)))
		if err != nil {
			t.Fatal(err)
		}
		for range min(100, n-i) {
			if _, err := f.Write(block); err != nil {
				t.Fatal(err)
			}
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
