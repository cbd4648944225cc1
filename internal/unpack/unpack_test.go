package unpack_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/unpack"
)

var reasons = []string{
	unpack.Bomb, unpack.Encrypted, unpack.Truncated, unpack.Corrupt, unpack.Checksum, unpack.Deep,
	unpack.Unsupported, unpack.Large, unpack.Memory, unpack.Unreadable, unpack.Stray,
}

// result is all that a walk gave.
type result struct {
	texts  map[string]string // of the members with bytes
	beside map[string]string
	cuts   []string // path, colon, reason
	bytes  int64
	count  int
}

func (r result) has(reason string) bool {
	return slices.ContainsFunc(r.cuts, func(c string) bool { return strings.HasSuffix(c, ":"+reason) })
}

// read walks through a container and checks what holds for every one.
func read(t testing.TB, data []byte, lim unpack.Limits) result {
	t.Helper()
	r := result{texts: map[string]string{}, beside: map[string]string{}}
	for m, err := range unpack.Members(context.Background(), bytes.NewReader(data), int64(len(data)), lim) {
		if err != nil {
			r.cut(t, err)
			continue
		}
		r.member(t, m)
	}
	return r
}

func (r *result) cut(t testing.TB, err error) {
	t.Helper()
	var c *unpack.Cut
	if !errors.As(err, &c) || !slices.Contains(reasons, c.Reason) {
		t.Fatalf("error without a fixed reason: %v", err)
	}
	if !printable(c.Path) || !printable(c.Detail) {
		t.Errorf("cut %q %q cannot be printed", c.Path, c.Detail)
	}
	r.cuts = append(r.cuts, c.Path+":"+c.Reason)
}

func (r *result) member(t testing.TB, m unpack.Member) {
	t.Helper()
	if !printable(m.Path) {
		t.Errorf("path %q cannot be printed", m.Path)
	}
	var text bytes.Buffer
	n, err := io.Copy(&text, io.LimitReader(m.Reader, 1<<20))
	rest, restErr := io.Copy(io.Discard, m.Reader)
	if err != nil || restErr != nil {
		t.Errorf("%s: reading fails: %v, %v", m.Path, err, restErr)
	}
	n += rest
	if m.Whole != nil && (!bytes.Equal(m.Whole, text.Bytes()) || m.Size != n) {
		t.Errorf("%s: Whole differs from Reader, or Size %d from %d", m.Path, m.Size, n)
	}
	if m.Whole == nil && n <= 1<<20 && m.Size >= 0 && !r.damaged() {
		t.Logf("%s: %d bytes are not given whole", m.Path, n)
	}
	r.bytes += n
	r.count++
	if n > 0 {
		r.texts[m.Path] += text.String()
	}
	r.beside[m.Path] += string(m.Beside)
}

func (r *result) damaged() bool { return len(r.cuts) > 0 }

func printable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}

func TestAll_is_complete(t *testing.T) {
	all := samples(t)
	seen := map[string]bool{}
	for _, f := range unpack.All {
		if f.Name == "" || f.Doc == "" || seen[f.Name] {
			t.Errorf("format %q: no name, no Doc, or twice in the list", f.Name)
		}
		seen[f.Name] = true
		if len(all[f.Name]) == 0 {
			t.Errorf("format %s has no samples", f.Name)
		}
	}
	for name := range all {
		if !seen[name] {
			t.Errorf("format %s is not in the list", name)
		}
	}
}

func each(t *testing.T, do func(*testing.T, string, sample)) {
	for name, list := range samples(t) {
		for i, s := range list {
			t.Run(fmt.Sprintf("%s_%d", name, i), func(t *testing.T) { do(t, name, s) })
		}
	}
}

// texts leaves out the headers that stand before the bytes asked for, as they
// are searched as they are.
func TestMembers(t *testing.T) {
	each(t, func(t *testing.T, name string, s sample) {
		f, ok := unpack.Sniff(s.good[:min(len(s.good), unpack.HeadSize)], nil)
		if !ok || f.Name != name {
			t.Errorf("Sniff() = %q, %t", f.Name, ok)
		}
		r := read(t, s.good, unpack.Limits{})
		for path, want := range s.want {
			if have := r.texts[path]; !strings.HasSuffix(have, want) {
				t.Errorf("%s: text %q; want %q", path, have, want)
			}
		}
		if known := slices.Contains([]string{"cab", "git-bundle", "git-pack"}, name); r.damaged() != known {
			t.Errorf("cuts %q", r.cuts)
		}
	})
}

// What is in a container that is itself packed, read forwards, is the same.
func TestMembersForwards(t *testing.T) {
	each(t, func(t *testing.T, name string, s sample) {
		direct, inner := read(t, s.good, unpack.Limits{}), read(t, gzipOf(t, s.good), unpack.Limits{})
		if !maps.Equal(direct.texts, inner.texts) || !slices.Equal(direct.cuts, inner.cuts) {
			t.Errorf("members %q %q; want %q %q", inner.texts, inner.cuts, direct.texts, direct.cuts)
		}
	})
}

// Wherever a container is cut off, what stands before the cut is read, and that
// it is cut is told.
func TestTruncated(t *testing.T) {
	each(t, func(t *testing.T, name string, s sample) {
		if bytes.HasPrefix(s.good, []byte("\x50\x2a\x4d\x18")) {
			t.Skip("the first frame may stand alone")
		}
		for n := range s.good {
			r := read(t, s.good[:n], unpack.Limits{})
			if _, ok := unpack.Sniff(s.good[:min(n, unpack.HeadSize)], nil); ok && n < len(s.good)/2 && !r.damaged() && len(r.texts) == 0 {
				t.Errorf("cut after %d of %d bytes, nothing is told", n, len(s.good))
			}
		}
	})
}

func TestTruncatedKeepsWhatIsThere(t *testing.T) {
	var long strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&long, "line %d %x\n", i, i*7919)
	}
	text := long.String()
	for name, data := range map[string][]byte{
		"gzip": gzipOf(t, []byte(text)), "xz": xzOf(t, []byte(text)), "zstd": zstdOf(t, []byte(text)), "lz4": lz4Of(t, []byte(text)),
		"tar": tarOf(t, "a", text), "zip": zipOf(t, zip.Deflate, "a", text), "ar": arOf("a", text), "cpio": cpioOf("a", text),
		"tar_gz": gzipOf(t, tarOf(t, "a", text)), "zlib": zlibOf(t, []byte(text)),
	} {
		t.Run(name, func(t *testing.T) {
			r := read(t, data[:len(data)*3/4], unpack.Limits{})
			have := r.texts["!a"] + r.texts[""]
			if !strings.HasPrefix(have, text[:len(text)/10]) {
				t.Errorf("%d of %d bytes are read", len(have), len(text))
			}
			if !r.has(unpack.Truncated) || len(r.cuts) > 2 {
				t.Errorf("cuts %q", r.cuts)
			}
		})
	}
}

func TestBombs(t *testing.T) {
	each(t, func(t *testing.T, name string, s sample) {
		if s.bomb == nil {
			t.Skip("no bomb can be made of it")
		}
		lim := unpack.Limits{Bytes: 16 << 20, Ratio: 100}
		r := read(t, s.bomb, lim)
		if !r.has(unpack.Bomb) && !r.has(unpack.Memory) && !r.has(unpack.Truncated) {
			t.Errorf("cuts %q", r.cuts)
		}
		if r.bytes > 17<<20 || r.count > 100_000 {
			t.Errorf("%d members, %d bytes", r.count, r.bytes)
		}
	})
}

func TestBadChecksum(t *testing.T) {
	for name, at := range map[string]int{"gzip": -8, "xz": -0, "zlib": -1, "zip": 14, "bzip2": -5} {
		t.Run(name, func(t *testing.T) {
			s := samples(t)[name][0]
			data := bytes.Clone(s.good)
			switch {
			case name == "xz":
				at = bytes.Index(data, []byte(hello)) + len(hello) + 4
			case name == "zip": // in the directory
				at = bytes.Index(data, []byte("PK\x01\x02")) + 16
			case at < 0:
				at += len(data)
			}
			data[at] ^= 1
			r := read(t, data, unpack.Limits{})
			for path, want := range s.want {
				if r.texts[path] != want {
					t.Errorf("%s: text %q; want %q", path, r.texts[path], want)
				}
			}
			if name != "bzip2" && !r.has(unpack.Checksum) || !r.damaged() {
				t.Errorf("cuts %q", r.cuts)
			}
		})
	}
}

func TestNesting(t *testing.T) {
	inner := zipOf(t, zip.Deflate, "c.txt", "deep")
	for name, data := range map[string][]byte{
		"!b.zip!c.txt":             tarOf(t, "b.zip", string(inner)),
		"!a.tgz!b.zip!c.txt":       zipOf(t, zip.Store, "a.tgz", string(gzipOf(t, tarOf(t, "b.zip", string(inner))))),
		"!x.deb!data.tar.xz!c.txt": cpioOf("x.deb", string(arOf("data.tar.xz", string(xzOf(t, tarOf(t, "c.txt", "deep")))))),
		"!s.sh!c.txt":              zipOf(t, zip.Deflate, "s.sh", "#!/bin/sh\nexec unzip $0\n"+string(inner)),
	} {
		if r := read(t, data, unpack.Limits{}); r.texts[name] != "deep" || r.damaged() {
			t.Errorf("%s is not read: %q %q", name, slices.Collect(maps.Keys(r.texts)), r.cuts)
		}
	}
}

func TestDepth(t *testing.T) {
	data := []byte(hello)
	for range 12 {
		data = gzipOf(t, data)
	}
	if r := read(t, data, unpack.Limits{}); !r.has(unpack.Deep) || r.texts[""] == "" {
		t.Errorf("cuts %q, texts %q", r.cuts, r.texts)
	}
	if r := read(t, data, unpack.Limits{Depth: 12}); r.damaged() || r.texts[""] != hello {
		t.Errorf("cuts %q, texts %q", r.cuts, r.texts)
	}
}

func TestLimits(t *testing.T) {
	many := make([]string, 0, 400)
	for i := range 200 {
		many = append(many, fmt.Sprint(i), "text")
	}
	t.Run("members", func(t *testing.T) {
		r := read(t, tarOf(t, many...), unpack.Limits{Members: 50})
		if r.count != 50 || !r.has(unpack.Bomb) || len(r.cuts) != 1 {
			t.Errorf("%d members, cuts %q", r.count, r.cuts)
		}
	})
	t.Run("bytes", func(t *testing.T) {
		r := read(t, gzipOf(t, []byte(strings.Repeat("some text ", 1000))), unpack.Limits{Bytes: 5000})
		if r.bytes < 1000 || r.bytes > 10_000 || !r.has(unpack.Bomb) {
			t.Errorf("%d bytes, cuts %q", r.bytes, r.cuts)
		}
	})
	t.Run("one_bomb_leaves_the_others_alone", func(t *testing.T) {
		r := read(t, zipOf(t, zip.Deflate, "bomb", strings.Repeat("\x00", 20<<20), "after", hello), unpack.Limits{Ratio: 50})
		if r.texts["!after"] != hello || !slices.Equal(r.cuts, []string{"!bomb:" + unpack.Bomb}) {
			t.Errorf("cuts %q, after %q", r.cuts, r.texts["!after"])
		}
	})
	t.Run("held", func(t *testing.T) {
		seven := vector(lzma2SevenVector)
		r := read(t, tarOf(t, "a.7z", string(seven), "b", hello), unpack.Limits{Held: 100})
		if !slices.Equal(r.cuts, []string{"!a.7z:" + unpack.Large}) || r.texts["!a.7z"] != string(seven) || r.texts["!b"] != hello {
			t.Errorf("cuts %q, texts %q", r.cuts, r.texts)
		}
	})
	t.Run("zip_that_cannot_be_held_is_read_forwards", func(t *testing.T) {
		data := gzipOf(t, tarOf(t, "a.zip", string(zipOf(t, zip.Deflate, many...))))
		if r := read(t, data, unpack.Limits{Held: 100}); r.damaged() || r.texts["!a.zip!199"] != "text" {
			t.Errorf("cuts %q, %d members", r.cuts, r.count)
		}
	})
	t.Run("window", func(t *testing.T) {
		if r := read(t, xzOf(t, []byte(hello)), unpack.Limits{Window: 4096}); !r.has(unpack.Memory) {
			t.Errorf("cuts %q", r.cuts)
		}
	})
}

// However soon nobody asks for more, the walk ends without a word.
func TestStops(t *testing.T) {
	each(t, func(t *testing.T, _ string, s sample) {
		for stop := range 5 {
			n := 0
			for range unpack.Members(t.Context(), bytes.NewReader(s.good), int64(len(s.good)), unpack.Limits{}) {
				if n++; n > stop {
					break
				}
			}
		}
	})
}

func TestCancelled(t *testing.T) {
	each(t, func(t *testing.T, name string, s sample) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		for m, err := range unpack.Members(ctx, bytes.NewReader(s.good), int64(len(s.good)), unpack.Limits{}) {
			if err == nil {
				t.Errorf("member %q", m.Path)
			} else if !errors.Is(err, context.Canceled) {
				t.Errorf("error %v", err)
			}
		}
	})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	data := gzipOf(t, make([]byte, 50<<20))
	for m, err := range unpack.Members(ctx, bytes.NewReader(data), int64(len(data)), unpack.Limits{}) {
		if err != nil {
			if !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
			continue
		}
		cancel()
		if n, _ := io.Copy(io.Discard, m.Reader); n > 2<<20 {
			t.Errorf("%d bytes are read after the end", n)
		}
	}
}

func TestUnreadable(t *testing.T) {
	data := tarOf(t, "a", strings.Repeat("x", 1<<20), "b", "y")
	var cuts []string
	for _, err := range unpack.Members(t.Context(), broken{bytes.NewReader(data), 1000}, int64(len(data)), unpack.Limits{}) {
		var c *unpack.Cut
		if errors.As(err, &c) {
			cuts = append(cuts, c.Reason)
		}
	}
	if !slices.Equal(cuts, []string{unpack.Unreadable}) {
		t.Errorf("cuts %q", cuts)
	}
}

// broken cannot be read from at on.
type broken struct {
	r  io.ReaderAt
	at int64
}

func (b broken) ReadAt(p []byte, off int64) (int, error) {
	if off+int64(len(p)) > b.at {
		return 0, errors.New("device error")
	}
	return b.r.ReadAt(p, off)
}

func TestSniffLeavesTextAlone(t *testing.T) {
	for _, text := range []string{
		"", "P", "PK", "PK\x03\x04", "MZ", "x^2 + y^2 = z^2, said he", "BZh9 is no archive", "070701 is a number" + strings.Repeat("7", 100),
		strings.Repeat("0", 1000), strings.Repeat(" ", 1000), strings.Repeat("\x00", 1000), "!<arc", "Rar! he cried, and then some",
		"MZONE=12;" + strings.Repeat("MZ says hello. ", 20), "]\x00\x00 not a stream",
	} {
		for len(text) < 1<<20 {
			if f, ok := unpack.Sniff([]byte(text[:min(len(text), unpack.HeadSize)]), []byte(text[max(0, len(text)-unpack.TailSize):])); ok {
				t.Errorf("Sniff(%.20q) = %s", text, f.Name)
			}
			text += "\nand more text behind it\n" + text
		}
	}
}

func TestNothing(t *testing.T) {
	if r := read(t, []byte("plain text"), unpack.Limits{}); r.count != 0 || r.damaged() {
		t.Errorf("%d members of plain text, cuts %q", r.count, r.cuts)
	}
}

func TestSkipped(t *testing.T) {
	c := &unpack.Cut{Path: "!a!b", Reason: unpack.Bomb, Detail: "why", Bytes: 5}
	got := c.Skipped(overgrant.Place{Source: "dir", Path: "x.zip"})
	want := overgrant.Skipped{Place: overgrant.Place{Source: "dir", Path: "x.zip!a!b"}, Reason: unpack.Bomb, Detail: "why", Bytes: 5}
	if got != want {
		t.Errorf("Skipped() = %+v; want %+v", got, want)
	}
}

// An archive of archives of archives: each level is small, all together is not.
func TestManyLevels(t *testing.T) {
	level := zipOf(t, zip.Deflate, "zeros", strings.Repeat("\x00", 4<<20))
	for range 5 {
		var list []string
		for i := range 16 {
			list = append(list, fmt.Sprint(i), string(level))
		}
		level = zipOf(t, zip.Deflate, list...)
	}
	r := read(t, level, unpack.Limits{})
	if limit := int64(64<<20 + 1001*len(level)); r.bytes > limit || !r.has(unpack.Bomb) {
		t.Errorf("%d bytes of %d packed; the limit is %d; cuts %q", r.bytes, len(level), limit, r.cuts)
	}
}

// endless is an archive that has one member, of text made as it is read.
type endless struct{ head []byte }

func (e endless) ReadAt(p []byte, off int64) (int, error) {
	n := 0
	if off < int64(len(e.head)) {
		n = copy(p, e.head[off:])
	}
	for i := n; i < len(p); i += copy(p[i:], "some text that repeats itself, ") {
	}
	return len(p), nil
}

// Memory does not grow with the size of an archive or a member.
func TestTenGigabytes(t *testing.T) {
	if testing.Short() {
		t.Skip("reads ten gigabytes")
	}
	const size = 10 << 30
	head := tarBlock("a", '0', 0)
	copy(head[124:], fmt.Sprintf("%011o ", int64(size)))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	n := int64(0)
	for m, err := range unpack.Members(t.Context(), endless{tarSum(head)}, size+512, unpack.Limits{}) {
		must(t, err)
		buf := make([]byte, 256<<10)
		for {
			k, err := m.Reader.Read(buf)
			n += int64(k)
			if err != nil {
				break
			}
		}
	}
	runtime.ReadMemStats(&after)
	if grown := after.TotalAlloc - before.TotalAlloc; n != size || grown > 8<<20 {
		t.Errorf("%d bytes were read, %d allocated", n, grown)
	}
}
