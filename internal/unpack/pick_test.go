package unpack_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/overgrant/overgrant/internal/unpack"
)

// metered counts the bytes and the reads of what lies below.
type metered struct {
	at    io.ReaderAt
	bytes int64
	reads int
}

func (m *metered) ReadAt(p []byte, off int64) (int, error) {
	n, err := m.at.ReadAt(p, off)
	m.bytes += int64(n)
	m.reads++
	return n, err
}

// sparse is bytes of which only some places are more than zeros.
type sparse struct {
	size   int64
	places map[int64][]byte
}

func (s sparse) ReadAt(p []byte, off int64) (int, error) {
	if off >= s.size {
		return 0, io.EOF
	}
	n := int(min(int64(len(p)), s.size-off))
	clear(p[:n])
	for at, b := range s.places {
		if at < off+int64(n) && at+int64(len(b)) > off {
			copy(p[max(0, at-off):n], b[max(0, off-at):])
		}
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// picks is what a walk gave for which only some members were picked.
type picks struct {
	asked, passed []string
	texts         map[string]string
	cuts          []string
}

func pick(t testing.TB, at io.ReaderAt, size int64, want ...string) picks {
	t.Helper()
	got := picks{texts: map[string]string{}}
	lim := unpack.Limits{Pick: func(path string, _ int64) bool {
		got.asked = append(got.asked, path)
		return slices.Contains(want, path)
	}}
	for m, err := range unpack.Members(context.Background(), at, size, lim) {
		if err != nil {
			got.cuts = append(got.cuts, err.Error())
			continue
		}
		text, err := io.ReadAll(io.LimitReader(m.Reader, 64<<10))
		must(t, err)
		if m.Passed {
			got.passed = append(got.passed, m.Path)
			if len(text) > 0 || m.Whole != nil || m.At != nil {
				t.Errorf("%s was passed over, and gives bytes", m.Path)
			}
		}
		if len(text) > 0 {
			got.texts[m.Path] += string(text)
		}
	}
	return got
}

// sparseZip has n stored members of size zeros, each of which begins with its
// own name.
func sparseZip(n int, size uint32) sparse {
	le := binary.LittleEndian
	s := sparse{places: map[int64][]byte{}}
	var dir []byte
	for i := range n {
		name := fmt.Sprintf("d/%06d", i)
		sizes := le.AppendUint32(le.AppendUint32(make([]byte, 4), size), size)
		head := slices.Concat([]byte{20, 0, 0, 0, 0, 0, 0, 0, 0, 0}, sizes, le.AppendUint16(nil, uint16(len(name))), []byte{0, 0})
		dir = slices.Concat(dir, []byte(centralMark+"\x14\x00"), head, make([]byte, 10), le.AppendUint32(nil, uint32(s.size)), []byte(name))
		s.places[s.size] = slices.Concat([]byte(localMark), head, []byte(name), []byte(name))
		s.size += int64(30+len(name)) + int64(size)
	}
	end := slices.Concat([]byte(endMark), make([]byte, 4), le.AppendUint16(nil, uint16(n)), le.AppendUint16(nil, uint16(n)),
		le.AppendUint32(nil, uint32(len(dir))), le.AppendUint32(nil, uint32(s.size)), make([]byte, 2))
	s.places[s.size] = append(dir, end...)
	s.size += int64(len(dir) + len(end))
	return s
}

func TestPickZipReadsWhatIsPicked(t *testing.T) {
	archive := sparseZip(2000, 100<<10)
	at := &metered{at: archive}
	if got := pick(t, at, archive.size); len(got.passed) != 2000 || len(got.cuts) > 0 || len(got.texts) > 0 {
		t.Fatalf("%d members are listed, cuts %q", len(got.passed), got.cuts)
	}
	list := at.bytes
	if at.bytes > archive.size/500 || at.reads > 12 {
		t.Errorf("%d bytes in %d reads to list; the archive has %d", at.bytes, at.reads, archive.size)
	}
	*at = metered{at: archive}
	got := pick(t, at, archive.size, "!d/000000", "!d/001000", "!d/001999")
	if len(got.passed) != 1997 || !strings.HasPrefix(got.texts["!d/001000"], "d/001000\x00") {
		t.Errorf("%d members are passed over, text %.20q", len(got.passed), got.texts["!d/001000"])
	}
	if at.bytes > archive.size/100 || at.reads > 18 {
		t.Errorf("%d bytes in %d reads for three members; the archive has %d", at.bytes, at.reads, archive.size)
	}
	t.Logf("of %d bytes, %d to list, %d in %d reads for three members", archive.size, list, at.bytes, at.reads)
}

func TestPickTarGoesPastTheRest(t *testing.T) {
	for size, percent := range map[int64]int64{20 << 10: 25, 1 << 20: 1} {
		s := sparse{places: map[int64][]byte{}}
		for i := range 200 {
			var b bytes.Buffer
			must(t, tar.NewWriter(&b).WriteHeader(&tar.Header{Name: fmt.Sprint(i), Size: size}))
			s.places[s.size] = append(b.Bytes(), "text"...)
			s.size += 512 + size
		}
		s.size += 1024
		at := &metered{at: s}
		got := pick(t, at, s.size, "!77")
		if len(got.passed) != 199 || !strings.HasPrefix(got.texts["!77"], "text") || len(got.cuts) > 0 {
			t.Errorf("%d members are passed over, text %.9q, cuts %q", len(got.passed), got.texts["!77"], got.cuts)
		}
		if limit := s.size / 100 * percent; at.bytes > limit {
			t.Errorf("%d bytes of %d were read; want %d at most", at.bytes, s.size, limit)
		}
	}
}

func TestPickTruncatedTar(t *testing.T) {
	data := tarOf(t, "a", strings.Repeat("x", 100_000), "b", strings.Repeat("y", 100_000))
	got := pick(t, bytes.NewReader(data[:150_000]), 150_000)
	if len(got.passed) != 2 || len(got.cuts) != 1 || !strings.Contains(got.cuts[0], unpack.Truncated) {
		t.Errorf("passed %q, cuts %q", got.passed, got.cuts)
	}
}

// Whatever the format, members are listed the same whether they are picked or
// not, and each is asked for once.
func TestPickAsksOnce(t *testing.T) {
	each(t, func(t *testing.T, _ string, s sample) {
		for _, data := range [][]byte{s.good, gzipOf(t, s.good)} {
			all, none := picked(t, data, true), picked(t, data, false)
			slices.Sort(all.asked)
			if !slices.Equal(all.asked, slices.Compact(slices.Clone(all.asked))) {
				t.Errorf("asked twice: %q", all.asked)
			}
			for path, want := range s.want {
				if !strings.HasSuffix(all.texts[path], want) {
					t.Errorf("%s: text %q; want %q", path, all.texts[path], want)
				}
				if path != "" && !slices.Contains(none.passed, path) {
					t.Errorf("%s is not listed: %q", path, none.passed)
				}
			}
		}
	})
}

func picked(t *testing.T, data []byte, want bool) picks {
	t.Helper()
	var paths []string
	if want {
		for m := range unpack.Members(t.Context(), bytes.NewReader(data), int64(len(data)), unpack.Limits{}) {
			paths = append(paths, m.Path)
		}
	}
	return pick(t, bytes.NewReader(data), int64(len(data)), paths...)
}

func TestPickLeavesStrayBytes(t *testing.T) {
	archive := zipOf(t, zip.Deflate, "a", "first", "b", "second")
	few, many := strings.Repeat("few ", 100), strings.Repeat("many ", 50_000)
	if got := pick(t, strings.NewReader(few+string(archive)), int64(len(few)+len(archive)), "!a"); got.texts[""] != few || got.texts["!a"] != "first" || len(got.cuts) > 0 {
		t.Errorf("few bytes before an archive: %q, cuts %q", got.texts, got.cuts)
	}
	got := pick(t, strings.NewReader(many+string(archive)), int64(len(many)+len(archive)), "!a")
	if got.texts["!a"] != "first" || got.texts[""] != "" || len(got.cuts) != 1 || !strings.Contains(got.cuts[0], unpack.Stray) {
		t.Errorf("many bytes before an archive: %q, cuts %q", got.texts, got.cuts)
	}
}

// A zip that stands unpacked in another is opened where it is.
func TestPickStoredZipInZip(t *testing.T) {
	text := prose(100 << 10)
	var list []string
	for i := range 200 {
		list = append(list, fmt.Sprint(i), text)
	}
	data := zipOf(t, zip.Store, "a", text, "in.zip", string(zipOf(t, zip.Store, list...)), "b", text)
	at := &metered{at: bytes.NewReader(data)}
	got := pick(t, at, int64(len(data)), "!in.zip", "!in.zip!77")
	if len(got.passed) != 201 || !strings.HasPrefix(got.texts["!in.zip!77"], text[:1000]) || len(got.cuts) > 0 {
		t.Errorf("%d members are passed over, cuts %q", len(got.passed), got.cuts)
	}
	if at.bytes > int64(len(data)/10) {
		t.Errorf("%d bytes of %d were read", at.bytes, len(data))
	}
}

// At reads what stands unpacked in the outermost bytes, however deep.
func TestAt(t *testing.T) {
	big := prose(2 << 20)
	inner := zipOf(t, zip.Store, "big", big)
	for name, data := range map[string][]byte{
		"!big":              inner,
		"!in.zip!big":       zipOf(t, zip.Store, "in.zip", string(inner)),
		"!in.tar!big":       zipOf(t, zip.Store, "in.tar", string(tarOf(t, "big", big))),
		"!in.zip!small.txt": zipOf(t, zip.Store, "in.zip", string(zipOf(t, zip.Store, "small.txt", big[:100]))),
	} {
		for m, err := range unpack.Members(t.Context(), bytes.NewReader(data), int64(len(data)), unpack.Limits{}) {
			must(t, err)
			if m.Path != name {
				continue
			}
			if m.At == nil {
				t.Fatalf("%s cannot be read back and forth", name)
			}
			text := make([]byte, m.Size)
			if _, err := m.At.ReadAt(text, 0); err != nil && err != io.EOF || string(text) != big[:len(text)] {
				t.Errorf("%s: other bytes, %v", name, err)
			}
		}
	}
}

// What is stored costs no more than what is read of it, so that members larger
// than the limit on bytes are opened.
func TestPickLargeStoredMember(t *testing.T) {
	archive := sparseZip(2, 1<<30)
	lim := unpack.Limits{Bytes: 64 << 20, Pick: func(path string, _ int64) bool { return path == "!d/000001" }}
	seen := false
	for m, err := range unpack.Members(t.Context(), archive, archive.size, lim) {
		must(t, err)
		if m.At == nil {
			continue
		}
		head := make([]byte, 8) // its name
		_, err := m.At.ReadAt(head, 0)
		must(t, err)
		seen = m.Size == 1<<30 && string(head) == "d/000001"
	}
	if !seen {
		t.Error("the member is not opened")
	}
}
