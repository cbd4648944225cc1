package unpack_test

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/overgrant/overgrant/internal/unpack"
)

// tarBlock makes a header of the old kind, without a signature.
func tarBlock(name string, kind byte, size int) []byte {
	b := make([]byte, 512)
	copy(b, name)
	copy(b[100:], "0000644\x00")
	copy(b[124:], fmt.Sprintf("%011o\x00", size))
	b[156] = kind
	return tarSum(b)
}

func tarFill(text string) []byte { return []byte(fill(text, 512)) }

func TestTarDialects(t *testing.T) {
	long := strings.Repeat("folder/", 40) + "file"
	written := func(h *tar.Header, text string) []byte {
		return packed(t, nil, func(w io.Writer) (io.WriteCloser, error) {
			z := tar.NewWriter(w)
			h.Size, h.Mode = int64(len(text)), 0o644
			must(t, z.WriteHeader(h))
			_, err := io.WriteString(z, text)
			must(t, err)
			return nopWriter{z}, nil
		})
	}
	zeros := make([]byte, 1024)
	tests := map[string]struct {
		data []byte
		path string
		want string
	}{
		"v7":               {slicesOf(tarBlock("a", 0, 5), tarFill("first"), zeros), "!a", "first"},
		"v7_sum_of_signed": {slicesOf(signedSum(tarBlock("caf\xe9", 0, 5)), tarFill("first"), zeros), `!caf\xe9`, "first"},
		"gnu_long_name":    {written(&tar.Header{Name: long, Format: tar.FormatGNU}, "first"), "!" + long, "first"},
		"pax_long_name":    {written(&tar.Header{Name: long, Format: tar.FormatPAX}, "first"), "!" + long, "first"},
		"ustar_prefix":     {written(&tar.Header{Name: strings.Repeat("p/", 60) + "n", Format: tar.FormatUSTAR}, "first"), "!" + strings.Repeat("p/", 60) + "n", "first"},
		"no_end":           {slicesOf(tarBlock("a", '0', 5), tarFill("first")), "!a", "first"},
		"behind_the_end":   {slicesOf(tarBlock("a", '0', 5), tarFill("first"), zeros, []byte("and a last line")), "", "and a last line"},
		"second_archive":   {slicesOf(tarBlock("a", '0', 5), tarFill("first"), zeros, tarBlock("b", '0', 6), tarFill("second"), zeros), "!b", "second"},
		"old_sparse":       {slicesOf(oldSparse(), tarFill("firstsecond"), tarBlock("b", '0', 1), tarFill("x")), "!a", "first" + strings.Repeat("\x00", 64) + "second"},
		"pax_sparse": {
			slicesOf(paxHeader("GNU.sparse.map=0,5,1000000,6", "GNU.sparse.name=a"), tarBlock("s", '0', 11), tarFill("firstsecond")),
			"!a", "first" + strings.Repeat("\x00", 64) + "second",
		},
		"pax_size": {slicesOf(paxHeader("size=5"), tarBlock("a", '0', 0), tarFill("first"), tarBlock("b", '0', 1), tarFill("x")), "!a", "first"},
		"link":     {slicesOf(tarBlock("a", '2', 700), tarBlock("b", '0', 1), tarFill("x"), zeros), "!b", "x"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := read(t, tt.data, unpack.Limits{})
			if r.texts[tt.path] != tt.want || r.damaged() {
				t.Errorf("texts %q, cuts %q; want %s: %q", r.texts, r.cuts, tt.path, tt.want)
			}
		})
	}
}

// signedSum puts in the checksum that programs with signed characters make.
func signedSum(b []byte) []byte {
	copy(b[148:156], "        ")
	sum := 0
	for _, c := range b {
		sum += int(int8(c))
	}
	copy(b[148:156], fmt.Sprintf("%06o\x00 ", sum))
	return b
}

func oldSparse() []byte {
	b := tarBlock("a", 'S', 11)
	copy(b[386:], "00000000000\x0000000000005\x00"+"00000100000\x0000000000000\x00")
	b[482] = 1
	more := make([]byte, 512)
	copy(more, "00010000000\x0000000000006\x00")
	return append(tarSum(b), more...)
}

func paxHeader(records ...string) []byte {
	text := ""
	for _, r := range records {
		n := len(r) + 4
		if n >= 100 {
			n++
		}
		text += fmt.Sprintf("%d %s\n", n, r)
	}
	return slicesOf(tarBlock("pax", 'x', len(text)), tarFill(text))
}

func TestTarKeepsAllText(t *testing.T) {
	data := slicesOf(paxHeader("comment=a word of the author"), tarBlock("a", '2', 0), tarBlock("b", '0', 5), tarFill("first"))
	copy(data[1024+157:], "https://host/target")
	tarSum(data[1024:])
	r := read(t, data, unpack.Limits{})
	for _, want := range []string{"a word of the author", "https://host/target"} {
		if !strings.Contains(r.beside["!a"], want) {
			t.Errorf("beside the member stands %q; want %q", r.beside["!a"], want)
		}
	}
}

// Behind a header that is damaged, the text is still searched.
func TestTarDamaged(t *testing.T) {
	data := tarOf(t, "a", "first", "b", "second", "c", "third")
	data[1024+10] ^= 1
	r := read(t, data, unpack.Limits{})
	if !r.has(unpack.Corrupt) || r.texts["!a"] != "first" || !strings.Contains(r.texts[""], "second") || !strings.Contains(r.texts[""], "third") {
		t.Errorf("texts %q, cuts %q", r.texts, r.cuts)
	}
}

// An archive on disk is read where it stands: large members cost no memory,
// and zip archives among them are opened in place.
func TestTarInPlace(t *testing.T) {
	inner := zipOf(t, 0, "z", strings.Repeat("0123456789", 100_000))
	data := tarOf(t, "a.zip", string(inner), "b", "after")
	r := read(t, data, unpack.Limits{Held: 1000})
	if len(r.texts["!a.zip!z"]) != 1_000_000 || r.texts["!b"] != "after" || r.damaged() {
		t.Errorf("%d bytes, cuts %q", len(r.texts["!a.zip!z"]), r.cuts)
	}
	if !bytes.Contains(data, inner) {
		t.Error("the test does not test what it says")
	}
}
