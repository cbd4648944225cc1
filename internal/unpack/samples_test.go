package unpack_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"github.com/ulikunitz/xz"
	"github.com/ulikunitz/xz/lzma"
)

const hello = "hello from 7z\n"

// sample is what every format comes with.
type sample struct {
	good []byte
	want map[string]string // path to text, of the members with bytes
	bomb []byte            // costs far more than it has bytes, or says it does
}

// samples has one or more for each format.
func samples(t testing.TB) map[string][]sample {
	once.Do(func() { made = makeSamples(t) })
	return made
}

var (
	once sync.Once
	made map[string][]sample
)

func makeSamples(t testing.TB) map[string][]sample {
	zeros := make([]byte, 24<<20)
	one := func(good, bomb []byte) sample { return sample{good, map[string]string{"": hello}, bomb} }
	files := map[string]string{"!a.txt": hello, "!d/b.txt": "b"}
	list := []string{"a.txt", hello, "d/b.txt", "b"}
	return map[string][]sample{
		"zip": {
			{zipOf(t, zip.Deflate, list...), files, zipOf(t, zip.Deflate, "zeros", string(zeros))},
			{zipOf(t, zip.Store, list...), files, zipSameBytes(t)},
		},
		"gzip":  {one(gzipOf(t, []byte(hello)), gzipOf(t, zeros)), one(slicesOf(gzipOf(t, []byte(hello[:5])), gzipOf(t, []byte(hello[5:]))), nil)},
		"bzip2": {one(vector(hBzip2Vector), vector(zerosBzip2Vector))},
		"xz":    {one(xzOf(t, []byte(hello)), xzOf(t, zeros)), one(slicesOf(xzOf(t, []byte(hello)), make([]byte, 8)), xzWindow(t))},
		"zstd":  {one(zstdOf(t, []byte(hello)), zstdOf(t, zeros)), one(slicesOf([]byte("\x50\x2a\x4d\x18\x03\x00\x00\x00abc"), zstdOf(t, []byte(hello))), zstdWindow())},
		"lz4":   {one(lz4Of(t, []byte(hello)), lz4Of(t, zeros))},
		"7z": {
			{vector(lzma2SevenVector), map[string]string{"!h.txt": hello}, vector(bombSevenVector)},
			{vector(ppmdSevenVector), map[string]string{"!h.txt": hello}, sevenWindow()},
			{vector(bcj2SevenVector), map[string]string{"!h.txt": hello}, sevenHeader(1 << 40)},
			{vector(twoSevenVector), map[string]string{"!two/a.txt": hello, "!two/b.txt": "another text\n"}, nil},
		},
		"ar":  {{arOf(list...), files, []byte("!<arch>\n" + arHeader("a", 1<<33))}},
		"rpm": {{rpmOf(t), map[string]string{"!signature": strings.Repeat("s", 24), "!header": strings.Repeat("h", 20), "!a.txt": hello, "!d/b.txt": "b"}, rpmHuge()}},
		"rar": {
			{rar5Of(0, list...), files, rar5Of(rarHuge, list...)},
			{rar5Of(rarPacked, list...), files, nil},
			{rar5Of(rarPacked|rarSolid, list...), files, nil},
			{rar4Of(list...), files, nil},
		},
		"cab":        {one([]byte("MSCF\x00\x00\x00\x00"+hello), nil)},
		"git-bundle": {one([]byte("# v2 git bundle\n"+hello), nil)},
		"git-pack":   {one([]byte("PACK\x00\x00\x00\x02"+hello), nil)},
		"tar":        {{tarOf(t, list...), files, tarHuge(t)}},
		"cpio":       {{cpioOf(list...), files, []byte(cpioHeader("a", 1<<32-1))}, {cpioOldOf(list...), files, nil}},
		"program":    {{slicesOf(programOf(), zipOf(t, zip.Deflate, list...)), files, slicesOf(programOf(), vector(bombSevenVector))}, {slicesOf(programOf(), vector(lzma2SevenVector)), map[string]string{"!h.txt": hello}, nil}},
		"lzma":       {one(lzmaOf(t, []byte(hello)), lzmaOf(t, zeros))},
		"zlib":       {one(zlibOf(t, []byte(hello)), zlibOf(t, zeros))},
	}
}

func vector(text string) []byte {
	b, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		panic(err)
	}
	return b
}

func slicesOf(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// packed runs data through a writer.
func packed(t testing.TB, data []byte, open func(io.Writer) (io.WriteCloser, error)) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := open(&out)
	must(t, err)
	_, err = w.Write(data)
	must(t, err)
	must(t, w.Close())
	return out.Bytes()
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func gzipOf(t testing.TB, data []byte) []byte {
	return packed(t, data, func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriter(w), nil })
}

func zlibOf(t testing.TB, data []byte) []byte {
	return packed(t, data, func(w io.Writer) (io.WriteCloser, error) { return zlib.NewWriter(w), nil })
}

func zstdOf(t testing.TB, data []byte) []byte {
	return packed(t, data, func(w io.Writer) (io.WriteCloser, error) { return zstd.NewWriter(w) })
}

func lz4Of(t testing.TB, data []byte) []byte {
	return packed(t, data, func(w io.Writer) (io.WriteCloser, error) {
		z := lz4.NewWriter(w)
		return z, z.Apply(lz4.BlockSizeOption(lz4.Block64Kb))
	})
}

func xzOf(t testing.TB, data []byte) []byte {
	return packed(t, data, func(w io.Writer) (io.WriteCloser, error) { return xz.NewWriter(w) })
}

func lzmaOf(t testing.TB, data []byte) []byte {
	return packed(t, data, func(w io.Writer) (io.WriteCloser, error) { return lzma.NewWriter(w) })
}

// zipOf packs pairs of name and text.
func zipOf(t testing.TB, method uint16, list ...string) []byte {
	return packed(t, nil, func(w io.Writer) (io.WriteCloser, error) {
		z := zip.NewWriter(w)
		for i := 0; i < len(list); i += 2 {
			f, err := z.CreateHeader(&zip.FileHeader{Name: list[i], Method: method})
			must(t, err)
			_, err = io.WriteString(f, list[i+1])
			must(t, err)
		}
		return nopWriter{z}, nil
	})
}

// nopWriter writes nothing, for archives whose members are written already.
type nopWriter struct{ io.Closer }

func (nopWriter) Write(p []byte) (int, error) { return len(p), nil }

// zipSameBytes names one member ten thousand times.
func zipSameBytes(t testing.TB) []byte {
	one := zipOf(t, zip.Deflate, "zeros", strings.Repeat("\x00", 8<<20))
	end := bytes.LastIndex(one, []byte("PK\x05\x06"))
	from := bytes.Index(one, []byte("PK\x01\x02"))
	record := one[from:end]
	const times = 10_000
	out := append(bytes.Clone(one[:from]), bytes.Repeat(record, times)...)
	tail := bytes.Clone(one[end:])
	binary.LittleEndian.PutUint16(tail[8:], times)
	binary.LittleEndian.PutUint16(tail[10:], times)
	binary.LittleEndian.PutUint32(tail[12:], uint32(times*len(record)))
	return append(out, tail...)
}

func tarOf(t testing.TB, list ...string) []byte {
	return packed(t, nil, func(w io.Writer) (io.WriteCloser, error) {
		z := tar.NewWriter(w)
		for i := 0; i < len(list); i += 2 {
			must(t, z.WriteHeader(&tar.Header{Name: list[i], Size: int64(len(list[i+1])), Mode: 0o644}))
			_, err := io.WriteString(z, list[i+1])
			must(t, err)
		}
		return nopWriter{z}, nil
	})
}

// tarHuge says it has a member of four exabytes.
func tarHuge(t testing.TB) []byte {
	b := tarOf(t, "a", "x")
	copy(b[124:136], "\x80\x00\x00\x00\x40\x00\x00\x00\x00\x00\x00\x00")
	return tarSum(b)
}

// tarSum corrects the checksum of the header that b begins with.
func tarSum(b []byte) []byte {
	copy(b[148:156], "        ")
	sum := 0
	for _, c := range b[:512] {
		sum += int(c)
	}
	copy(b[148:156], fmt.Sprintf("%06o\x00 ", sum))
	return b
}

func arHeader(name string, size int64) string {
	return fmt.Sprintf("%-16s%-12d%-6d%-6d%-8s%-10d`\n", name+"/", 0, 0, 0, "100644", size)
}

func arOf(list ...string) []byte {
	out := "!<arch>\n"
	for i := 0; i < len(list); i += 2 {
		out += arHeader(list[i], int64(len(list[i+1]))) + list[i+1] + strings.Repeat("\n", len(list[i+1])%2)
	}
	return []byte(out)
}

func cpioHeader(name string, size int64) string {
	h := fmt.Sprintf("070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", 1, 0o100644, 0, 0, 1, 0, size, 0, 0, 0, 0, len(name)+1, 0)
	return fill(h+name+"\x00", 4)
}

func fill(s string, align int) string { return s + strings.Repeat("\x00", -len(s)&(align-1)) }

func cpioOf(list ...string) []byte {
	out := ""
	for i := 0; i < len(list); i += 2 {
		out += cpioHeader(list[i], int64(len(list[i+1]))) + fill(list[i+1], 4)
	}
	return []byte(out + cpioHeader("TRAILER!!!", 0) + strings.Repeat("\x00", 100))
}

func cpioOldOf(list ...string) []byte {
	var out []byte
	add := func(name, text string) {
		le := binary.LittleEndian
		h := le.AppendUint16(nil, 0o70707)
		h = append(h, make([]byte, 18)...)
		h = le.AppendUint16(h, uint16(len(name)+1))
		h = le.AppendUint16(le.AppendUint16(h, uint16(len(text)>>16)), uint16(len(text)))
		out = append(out, fill(string(h)+name+"\x00", 2)+fill(text, 2)...)
	}
	for i := 0; i < len(list); i += 2 {
		add(list[i], list[i+1])
	}
	add("TRAILER!!!", "")
	return out
}

func rpmHeader(entries, size uint32) []byte {
	be := binary.BigEndian
	return be.AppendUint32(be.AppendUint32([]byte("\x8e\xad\xe8\x01\x00\x00\x00\x00"), entries), size)
}

func rpmLead() []byte { return append([]byte("\xed\xab\xee\xdb\x03"), make([]byte, 91)...) }

func rpmOf(t testing.TB) []byte {
	out := slicesOf(rpmLead(), rpmHeader(1, 8), bytes.Repeat([]byte("s"), 24), rpmHeader(1, 4), bytes.Repeat([]byte("h"), 20))
	payload := gzipOf(t, cpioOf("a.txt", hello, "d/b.txt", "b", "rest", strings.Repeat("r", 2000)))
	// A package has at least a block.
	return slicesOf(out, payload, make([]byte, max(0, 512-len(out)-len(payload))))
}

func rpmHuge() []byte {
	return slicesOf(rpmLead(), rpmHeader(1<<32-1, 1<<32-1), make([]byte, 512))
}

func programOf() []byte {
	p := make([]byte, 1000)
	copy(p, "MZ")
	return p
}

// xzWindow asks for a dictionary of four gigabytes.
func xzWindow(t testing.TB) []byte {
	b := xzOf(t, []byte(hello))
	at := bytes.Index(b, []byte("\x21\x01")) + 2
	b[at] = 40
	end := 12 + (int(b[12])+1)*4
	binary.LittleEndian.PutUint32(b[end-4:], crc32.ChecksumIEEE(b[12:end-4]))
	return b
}

// zstdWindow asks for a window of two terabytes.
func zstdWindow() []byte {
	return []byte("\x28\xb5\x2f\xfd\x00\xf8\x01\x00\x00aaaaaaaaaaaaaaaa")
}

// sevenSigned puts a signature before a header.
func sevenSigned(header []byte) []byte {
	le := binary.LittleEndian
	start := le.AppendUint64(nil, 0)
	start = le.AppendUint64(start, uint64(len(header)))
	start = le.AppendUint32(start, crc32.ChecksumIEEE(header))
	out := le.AppendUint32([]byte("7z\xbc\xaf\x27\x1c\x00\x04"), crc32.ChecksumIEEE(start))
	return slicesOf(out, start, header)
}

// sevenHeader says that it has n folders.
func sevenHeader(n uint64) []byte {
	return sevenSigned(slicesOf([]byte{1, 4, 6, 0, 1, 9, 0, 0, 7, 11, 0xff}, binary.LittleEndian.AppendUint64(nil, n), make([]byte, 100)))
}

// sevenWindow asks LZMA for a dictionary of four gigabytes, and says it needs it.
func sevenWindow() []byte {
	return sevenSigned([]byte{
		1, 4, 6, 0, 1, 9, 1, 0, 7, 11, 1, 0, 1, 0x23, 3, 1, 1, 5, 0x5d, 0xff, 0xff, 0xff, 0xff,
		12, 0xff, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 5, 1, 17, 5, 0, 'a', 0, 0, 0, 0, 0,
	})
}
