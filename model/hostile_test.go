package model_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"context"
	"encoding/binary"
	"io"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"

	"github.com/overgrant/overgrant/model"
)

// packer makes a stream of bytes smaller.
type packer func(t testing.TB, data string) string

func written(t testing.TB, open func(w io.Writer) (io.WriteCloser, error), data string) string {
	t.Helper()
	var b bytes.Buffer
	w, err := open(&b)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var packers = map[string]packer{
	"gzip": func(t testing.TB, data string) string {
		return written(t, func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriter(w), nil }, data)
	},
	"zlib": func(t testing.TB, data string) string {
		return written(t, func(w io.Writer) (io.WriteCloser, error) { return zlib.NewWriter(w), nil }, data)
	},
	"zstd": func(t testing.TB, data string) string {
		return written(t, func(w io.Writer) (io.WriteCloser, error) {
			return zstd.NewWriter(w, zstd.WithWindowSize(32<<20), zstd.WithEncoderConcurrency(1))
		}, data)
	},
	"lz4": func(t testing.TB, data string) string {
		return written(t, func(w io.Writer) (io.WriteCloser, error) {
			z := lz4.NewWriter(w)
			return z, z.Apply(lz4.BlockSizeOption(lz4.Block4Mb))
		}, data)
	},
	"xz": func(_ testing.TB, data string) string { return xzStored(data, 40) },
}

// xzStored is a stream of xz whose chunks are not packed, and whose dictionary is
// of the size that a byte means: 40 for 4 GiB.
func xzStored(data string, dictionary byte) string {
	var b strings.Builder
	b.WriteString("\xfd7zXZ\x00\x00\x00sum." + "\x02\x00\x21\x01" + string([]byte{dictionary}) + "\x00\x00\x00sum.")
	control := byte(1)
	n := 0
	for len(data) > 0 {
		k := min(len(data), 1<<16)
		b.WriteByte(control)
		b.WriteString(string(binary.BigEndian.AppendUint16(nil, uint16(k-1))) + data[:k])
		n += 3 + k
		data, control = data[k:], 2
	}
	b.WriteString("\x00" + strings.Repeat("\x00", (4-(n+1)%4)%4))
	b.WriteString("\x00\x00\x00\x00sum." + "sum.\x00\x00\x00\x00\x00\x00YZ")
	return b.String()
}

// lzmaZeros is what xz --format=lzma makes of a gigabyte of zeros, cut: its
// header asks for a dictionary of 1.5 GiB.
func lzmaZeros(n int) string {
	return "\x5d\x00\x00\x00\x60" + strings.Repeat("\xff", 8) + "\x00" + strings.Repeat("\x00", n)
}

// measured is a file that looks at the memory in use whenever it is read.
type measured struct {
	io.ReaderAt
	reads int
	most  uint64 // bytes in use at most
}

func (m *measured) ReadAt(b []byte, off int64) (int, error) {
	if m.reads++; m.reads&(m.reads-1) == 0 || m.reads%256 == 0 && m.reads < 4096 {
		runtime.GC()
		var s runtime.MemStats
		runtime.ReadMemStats(&s)
		m.most = max(m.most, s.HeapAlloc+s.StackInuse)
	}
	return m.ReaderAt.ReadAt(b, off)
}

// hostileInputs are small files that ask for much.
func hostileInputs(t testing.TB) map[string]string {
	t.Helper()
	zeros := strings.Repeat("\x00", 12<<20)
	marks := "\x80\x04" + strings.Repeat("(", 4<<20) + "N."
	ones := "\x80\x04(" + strings.Repeat("K\x01", 1<<20) + "t."
	objects := `{"class_name":"x","config":[` + strings.Repeat(`{"class_name":"y","a":[1]},`, 100_000) + "1]}"
	out := map[string]string{
		"marks": marks[:1<<20], "ones": ones[:1<<20], "objects": objects[:1<<20], "lzma_dictionary": lzmaZeros(200_000), "stops": strings.Repeat("\x80\x04N.", 1<<18),
		"members":                strings.Repeat("PK\x03\x04"+strings.Repeat("\x00", 26), 30_000),
		"members_in_one_another": overlapping(t, 5000), "xz_dictionary": xzStored(calm, 40), "xz_dictionary_far": xzStored(zeros[:900_000], 40),
	}
	for name, pack := range packers {
		out[name+"_zeros"], out[name+"_objects"], out[name+"_marks"] = pack(t, zeros), pack(t, objects), pack(t, marks)
		nested := pack(t, zeros[:8<<20])
		for range 7 {
			nested = pack(t, nested)
		}
		out[name+"_in_itself"] = nested
		for inner, again := range packers {
			out[name+"_of_"+inner] = pack(t, again(t, ones[:1<<20]))
		}
	}
	return out
}

// overlapping is an archive of n members that are all the same bytes.
func overlapping(t testing.TB, n int) string {
	t.Helper()
	one := zipped(t, zip.Deflate, entry{"a.pkl", strings.Repeat("\x00", 4<<20)})
	at := strings.LastIndex(one, "PK\x01\x02")
	end := strings.LastIndex(one, "PK\x05\x06")
	list := strings.Repeat(one[at:end], n)
	return one[:at] + list + "PK\x05\x06\x00\x00\x00\x00" + u16(n) + u16(n) + u32(len(list)) + u32(at) + u16(0)
}

// TestHostileInputsStaySmall: whatever small files ask for, no more than 64 MiB
// are in use at any time, and what ran out is told.
func TestHostileInputsStaySmall(t *testing.T) {
	for name, data := range hostileInputs(t) {
		t.Run(name, func(t *testing.T) {
			runtime.GC()
			var before runtime.MemStats
			runtime.ReadMemStats(&before)
			m := &measured{ReaderAt: strings.NewReader(data)}
			r, err := model.Scan(context.Background(), "f", m, int64(len(data)), model.Limits{})
			if err != nil || r.Verdict == model.Clean && r.Unread != "" {
				t.Errorf("Scan = %s %q, %v; want no error, and not clean where not all was read", r.Verdict, r.Unread, err)
			}
			if base := before.HeapAlloc + before.StackInuse; m.most > base+64<<20 {
				t.Errorf("%d MiB in use; want 64 at most", (m.most-base)>>20)
			}
		})
	}
}

func TestWhatSwellsIsTold(t *testing.T) {
	zeros := strings.Repeat("\x00", 40<<20)
	deep := calm
	for range 12 {
		deep = packers["gzip"](t, deep)
	}
	many := make([]string, 0, 6000)
	for i := range cap(many) {
		many = append(many, "\x80\x04K"+string([]byte{byte(i)})+".")
	}
	judge(t, []vector{
		{"zip_of_zeros", zipped(t, zip.Deflate, entry{"a", zeros}), "zip", model.Suspicious, "unpack to"},
		{"npz_of_zeros", zipped(t, zip.Deflate, entry{"a.npy", npy("'|u1'", "("+strconv.Itoa(len(zeros))+",)", zeros)}), "npz", model.Clean, ""},
		{"members_in_one_another", overlapping(t, 3), "zip", model.Suspicious, "in one another"},
		{"nested_deep", deep, "gzip", model.Unreadable, "nested too deep"},
		{"opcodes", packers["gzip"](t, "\x80\x04"+strings.Repeat("N0", 17<<20)+"N."), "gzip", model.Unreadable, "more opcodes"},
		{"stacked", strings.Join(many, ""), "pickle", model.Unreadable, "more pickles in a row"},
		{"shape", npy("'<f8'", "(1000000000000,)", "12345678"), "npy", model.Suspicious, "of which 8 are there"},
		{"shape_that_wraps", npy("'<f8'", "(4611686018427387904, 4)", "12345678"), "npy", model.Suspicious, "shape"},
		{"xml_cut", `<PMML version="4.4"><Header/>`, "pmml", model.Unreadable, "ends in its elements"},
	})
}

func TestDamagedStreams(t *testing.T) {
	gz := packers["gzip"](t, strings.Repeat("some text of a page\n", 10_000))
	armed := packers["gzip"](t, call+strings.Repeat("N0", 1<<20))
	tests := []struct {
		name, data string
		want       model.Verdict
	}{
		{"page.html.gz", gz[:len(gz)-20], model.NotAModel},
		{"model.pkl.gz", gz[:len(gz)-20], model.Unreadable},
		{"page.html.gz", armed[:len(armed)-20], model.Dangerous},
		{"archive.7z", "7z\xbc\xaf\x27\x1c\x00\x04" + strings.Repeat("\x01", 60), model.NotAModel},
		{"weights.pt", "7z\xbc\xaf\x27\x1c\x00\x04" + strings.Repeat("\x01", 60), model.Unreadable},
		{"page.zst", "\x28\xb5\x2f\xfd\x04\x00\xff\xff\xff", model.NotAModel},
		{"page.xz", "\xfd7zXZ\x00\x00\x04\xe6\xd6\xb4F\x02\x00\x21\x01", model.NotAModel},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := model.Scan(t.Context(), tt.name, strings.NewReader(tt.data), int64(len(tt.data)), model.Limits{})
			if err != nil || r.Verdict != tt.want {
				t.Errorf("Scan = %s %v %q, %v; want %s", r.Verdict, r.Findings, r.Unread, err, tt.want)
			}
		})
	}
}
