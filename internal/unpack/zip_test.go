package unpack_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"io"
	"strings"
	"testing"

	"github.com/overgrant/overgrant/internal/unpack"
)

const (
	localMark   = "PK\x03\x04"
	centralMark = "PK\x01\x02"
	endMark     = "PK\x05\x06"
)

// withoutFirst takes the first record out of the directory.
func withoutFirst(b []byte) []byte {
	first := bytes.Index(b, []byte(centralMark))
	second := first + 4 + bytes.Index(b[first+4:], []byte(centralMark))
	end := bytes.LastIndex(b, []byte(endMark))
	out := append(bytes.Clone(b[:first]), b[second:]...)
	tail := out[end-(second-first):]
	le := binary.LittleEndian
	le.PutUint16(tail[8:], le.Uint16(tail[8:])-1)
	le.PutUint16(tail[10:], le.Uint16(tail[10:])-1)
	le.PutUint32(tail[12:], le.Uint32(tail[12:])-uint32(second-first))
	return out
}

// Whatever an archive hides from one program or another is read.
func TestZipHidesNothing(t *testing.T) {
	long := strings.Repeat("text between members. ", 5)
	two := func() []byte { return zipOf(t, zip.Deflate, "a", "first", "b", "second") }
	tests := map[string]struct {
		data []byte
		want map[string]string
		cut  string
	}{
		"member_without_a_record": {withoutFirst(two()), map[string]string{"!a": "first", "!b": "second"}, ""},
		"stored_without_a_record": {withoutFirst(zipOf(t, zip.Store, "a", "first", "b", "second")), map[string]string{"!a": "first"}, ""},
		"no_directory":            {two()[:bytes.Index(two(), []byte(centralMark))], map[string]string{"!a": "first", "!b": "second"}, unpack.Truncated},
		"text_before":             {slicesOf([]byte(long), two()), map[string]string{"!a": "first", "": long}, ""},
		"text_behind":             {slicesOf(two(), []byte(long)), map[string]string{"!a": "first", "": long}, ""},
		"archive_behind":          {slicesOf(two(), zipOf(t, zip.Deflate, "c", "third")), map[string]string{"!a": "first", "!c": "third"}, ""},
		"offsets_after_a_prefix":  {shifted(slicesOf([]byte(long), two()), len(long)), map[string]string{"!a": "first", "": long}, ""},
		"twice_the_same_name":     {zipOf(t, zip.Deflate, "a", "first", "a", "second"), map[string]string{"!a": "firstsecond"}, ""},
		"other_size_in_record":    {smaller(zipOf(t, zip.Store, "a", "visible"+long)), map[string]string{"!a": "visible" + "visible" + long}, unpack.Checksum},
		"odd_name":                {zipOf(t, zip.Deflate, "..\\\x00\x1b\xff/é", "x"), map[string]string{`!..\\x00\x1b\xff/é`: "x"}, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := read(t, tt.data, unpack.Limits{})
			for path, want := range tt.want {
				if !strings.Contains(r.texts[path], want) {
					t.Errorf("%s: text %q; want %q", path, r.texts[path], want)
				}
			}
			if tt.cut == "" && r.damaged() || tt.cut != "" && !r.has(tt.cut) {
				t.Errorf("cuts %q; want %q", r.cuts, tt.cut)
			}
		})
	}
}

// shifted corrects the offsets of an archive that n bytes were put before.
func shifted(b []byte, n int) []byte {
	le := binary.LittleEndian
	for i := 0; ; {
		k := bytes.Index(b[i:], []byte(centralMark))
		if k < 0 {
			break
		}
		i += k
		le.PutUint32(b[i+42:], le.Uint32(b[i+42:])+uint32(n))
		i += 4
	}
	end := b[bytes.LastIndex(b, []byte(endMark)):]
	le.PutUint32(end[16:], le.Uint32(end[16:])+uint32(n))
	return b
}

// smaller makes the directory say that a stored member has but seven bytes,
// while its own header gives its size.
func smaller(b []byte) []byte {
	le := binary.LittleEndian
	rec := b[bytes.Index(b, []byte(centralMark)):]
	size := le.Uint32(rec[20:])
	le.PutUint16(b[6:], 0)
	le.PutUint32(b[18:], size)
	le.PutUint32(b[22:], size)
	le.PutUint32(rec[20:], 7)
	le.PutUint32(rec[24:], 7)
	return b
}

func TestZipComments(t *testing.T) {
	data := packed(t, nil, func(w io.Writer) (io.WriteCloser, error) {
		z := zip.NewWriter(w)
		_, err := z.CreateHeader(&zip.FileHeader{Name: "a", Comment: "of a member", Extra: append([]byte("\xfe\xca\x28\x00"), strings.Repeat("e", 40)...)})
		must(t, err)
		must(t, z.SetComment("of the archive"))
		return nopWriter{z}, nil
	})
	r := read(t, data, unpack.Limits{})
	for path, want := range map[string]string{"": "of the archive", "!a": "of a member"} {
		if !strings.Contains(r.beside[path], want) {
			t.Errorf("%q: beside it stands %q; want %q", path, r.beside[path], want)
		}
	}
	if !strings.Contains(r.beside["!a"], strings.Repeat("e", 40)) {
		t.Errorf("the extra field is not beside the member: %q", r.beside["!a"])
	}
}

func TestZipEncrypted(t *testing.T) {
	data := zipOf(t, zip.Deflate, "a", "first", "b", "second")
	data[6] |= 1
	data[bytes.Index(data, []byte(centralMark))+8] |= 1
	r := read(t, data, unpack.Limits{})
	if len(r.cuts) != 1 || r.cuts[0] != "!a:"+unpack.Encrypted || r.texts["!b"] != "second" || r.beside["!a"] == "" {
		t.Errorf("cuts %q, texts %q, beside %q", r.cuts, r.texts, r.beside)
	}
}

func TestZipUnsupportedMethod(t *testing.T) {
	data := zipOf(t, zip.Deflate, "a", "first", "b", "second")
	data[bytes.Index(data, []byte(centralMark))+10] = 9
	data[8] = 9
	if r := read(t, data, unpack.Limits{}); len(r.cuts) != 1 || r.cuts[0] != "!a:"+unpack.Unsupported || r.texts["!b"] != "second" {
		t.Errorf("cuts %q, texts %q", r.cuts, r.texts)
	}
}

// A large archive, with records of 64 bits, over bytes that are made as they
// are read.
func TestZip64(t *testing.T) {
	data := packed(t, nil, func(w io.Writer) (io.WriteCloser, error) {
		z := zip.NewWriter(w)
		for range 70_000 {
			_, err := z.CreateHeader(&zip.FileHeader{Name: "f"})
			must(t, err)
		}
		f, err := z.Create("last")
		must(t, err)
		_, err = io.WriteString(f, hello)
		must(t, err)
		return nopWriter{z}, nil
	})
	if r := read(t, data, unpack.Limits{}); r.count != 70_001 || r.texts["!last"] != hello || r.damaged() {
		t.Errorf("%d members, cuts %q", r.count, r.cuts)
	}
}

func TestZipMethods(t *testing.T) {
	pack := func(method uint16, body []byte) []byte {
		le := binary.LittleEndian
		h := le.AppendUint16([]byte(localMark+"\x14\x00\x00\x00"), method)
		h = append(h, make([]byte, 8)...)
		h = le.AppendUint32(le.AppendUint32(h, uint32(len(body))), uint32(len(hello)))
		h = append(le.AppendUint16(le.AppendUint16(h, 1), 0), 'a')
		return append(h, body...)
	}
	alone := lzmaOf(t, []byte(hello))
	for name, data := range map[string][]byte{
		"bzip2": pack(12, vector(hBzip2Vector)), "zstd": pack(93, zstdOf(t, []byte(hello))), "xz": pack(95, xzOf(t, []byte(hello))),
		"lzma": pack(14, slicesOf([]byte{9, 20, 5, 0}, alone[:5], alone[13:])),
	} {
		if r := read(t, data, unpack.Limits{}); r.texts["!a"] != hello {
			t.Errorf("%s: texts %q, cuts %q", name, r.texts, r.cuts)
		}
	}
}
