package find_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/find"
)

// repeated is a text of any length that repeats unit, without holding it.
type repeated struct {
	unit string
	size int64
}

func (r repeated) ReadAt(p []byte, off int64) (int, error) {
	p = p[:max(0, min(int64(len(p)), r.size-off))]
	for i := 0; i < len(p); {
		i += copy(p[i:], r.unit[(off+int64(i))%int64(len(r.unit)):])
	}
	if off+int64(len(p)) >= r.size {
		return len(p), io.EOF
	}
	return len(p), nil
}

// Texts that are all marks, escapes or quotes must cost time in proportion to
// their length. The sizes are chosen so that anything worse would not end.
func TestHostileTextsEnd(t *testing.T) {
	nested := "sig="
	for range 12 {
		nested = base64.StdEncoding.EncodeToString([]byte(nested + nested))
	}
	links := secrets()
	units := map[string]string{
		"escaped_marks":    `\u0026sig=`,
		"percent_signs":    "%25",
		"percent_marks":    "%2526sig%253D",
		"nested_base64":    nested,
		"quotes":           `" + "`,
		"assignments":      `sig = "aB3dE5gH7jK9mN1pQ3sT5vW7yZ" + ` + "\n",
		"backslashes":      `\`,
		"entities":         "&amp;",
		"one_long_line":    "x",
		"zeros":            "\x00",
		"line_breaks":      "\n",
		"key_ends":         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaA==",
		"open_brackets":    "sig=<",
		"companions":       "sv=20",
		"links":            links[0].text + " ",
		"links_in_a_line":  links[1].text,
		"split_everywhere": strings.Join(strings.Split(links[0].text, ""), `"+"`),
	}
	f := find.New(find.Options{})
	for name, unit := range units {
		t.Run(name, func(t *testing.T) {
			n := 0
			for _, err := range f.Stream(context.Background(), repeated{unit, 300_000}, 300_000) {
				if err != nil {
					t.Fatal(err)
				}
				n++
			}
			if n > 300_000/100 {
				t.Errorf("%d links in 300,000 bytes; want at most one for each 100", n)
			}
		})
	}
}

func TestStreamIsBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 2 GB")
	}
	f := find.New(find.Options{})
	size := int64(2 << 30)
	r := repeated{strings.Repeat("no links here, one line only; ", 1<<15), size}
	allocated := testing.AllocsPerRun(1, func() {
		for h, err := range f.Stream(context.Background(), r, size) {
			t.Errorf("found %v, %v", h.Span, err)
		}
	})
	if allocated > 200 {
		t.Errorf("%v allocations for %d bytes; want a fixed number", allocated, size)
	}
}

func TestStreamStopsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var last error
	for _, err := range find.New(find.Options{}).Stream(ctx, repeated{"x", 1 << 40}, 1<<40) {
		last = err
	}
	if !errors.Is(last, context.Canceled) {
		t.Errorf("error of a cancelled stream: %v; want context.Canceled", last)
	}
}

func TestContainers(t *testing.T) {
	link := secrets()[0]
	var inner bytes.Buffer
	z := zip.NewWriter(&inner)
	w, _ := z.Create("docs/note.txt")
	_, _ = w.Write([]byte("line one\nsee " + link.text + "\n"))
	_ = z.Close()
	var outer bytes.Buffer
	z = zip.NewWriter(&outer)
	w, _ = z.Create("inner.jar")
	_, _ = w.Write(inner.Bytes())
	_ = z.Close()
	var gz bytes.Buffer
	g := gzip.NewWriter(&gz)
	_, _ = g.Write([]byte("see " + link.text))
	_ = g.Close()
	tests := []struct {
		name string
		data []byte
		path string
		line int
	}{
		{"zip_in_zip", outer.Bytes(), "!inner.jar!docs/note.txt", 2},
		{"gzip", gz.Bytes(), "", 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := find.New(find.Options{}).Shard()
			n := 0
			for h, err := range s.Piece(context.Background(), pieceOf(test.data, nil)) {
				if err != nil {
					t.Fatal(err)
				}
				if h.Link.ID != link.id || h.Path != test.path || h.Line != test.line {
					t.Errorf("hit at %q line %d; want %q line %d", h.Path, h.Line, test.path, test.line)
				}
				n++
			}
			if n != 1 || s.Counts().Pieces < 2 || s.Counts().Bytes <= int64(len(test.data)) {
				t.Errorf("%d hits, counts %+v; want 1 hit and the members counted", n, s.Counts())
			}
		})
	}
	t.Run("truncated", func(t *testing.T) {
		s := find.New(find.Options{}).Shard()
		skips := 0
		data := gz.Bytes()[:gz.Len()-12]
		for _, err := range s.Piece(context.Background(), pieceOf(data, nil)) {
			var skip *find.Skip
			if errors.As(err, &skip) && skip.Reason != "" {
				skips++
			}
		}
		if skips != 1 {
			t.Errorf("%d skips for a truncated archive; want 1", skips)
		}
	})
	t.Run("closed", func(t *testing.T) {
		s := find.New(find.Options{Closed: true}).Shard()
		for h := range s.Piece(context.Background(), pieceOf(gz.Bytes(), nil)) {
			t.Errorf("hit %q in an archive that is not opened", h.Path)
		}
	})
}

func TestLinesAndColumns(t *testing.T) {
	link := secrets()[0]
	text := "first\nsecond " + link.text + "\nthird\n\n  (" + link.text + ")\n"
	var got [][2]int
	for _, h := range find.New(find.Options{}).Text([]byte(text)) {
		got = append(got, [2]int{h.Line, h.Column})
		if text[h.Span[0]:h.Span[1]] != link.text {
			t.Errorf("span %v covers other bytes than the link", h.Span)
		}
	}
	if len(got) != 2 || got[0] != [2]int{2, 8} || got[1] != [2]int{5, 4} {
		t.Errorf("lines and columns = %v; want [[2 8] [5 4]]", got)
	}
}

func TestEncodingIsNamed(t *testing.T) {
	link := secrets()[0].text
	tests := []struct{ name, text, want string }{
		{"plain", link, ""},
		{"markdown", "see [it](" + link + ").", "markdown"},
		{"html", strings.ReplaceAll(link, "&", "&amp;"), "html"},
		{"json", strings.ReplaceAll(link, "&", `\u0026`), "json"},
		{"caret", strings.NewReplacer("&", "^&", "%", "%%").Replace(link), "caret"},
		{"base64", base64.StdEncoding.EncodeToString([]byte(link)), "base64"},
		{"html_in_base64", base64.StdEncoding.EncodeToString([]byte(strings.ReplaceAll(link, "&", "&amp;"))), "base64 html"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, h := range find.New(find.Options{}).Text([]byte("a " + test.text + "\n")) {
				if got := strings.Join(h.Encoding, " "); got != test.want {
					t.Errorf("encoding = %q; want %q", got, test.want)
				}
			}
		})
	}
}

func FuzzText(f *testing.F) {
	for _, s := range secrets() {
		for _, w := range wrappings() {
			f.Add([]byte(w.do(s.text)))
		}
	}
	finder := find.New(find.Options{})
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, h := range finder.Text(text) {
			if h.Span[0] < 0 || h.Span[0] >= h.Span[1] || h.Span[1] > int64(len(text)) || h.Line < 1 || h.Column < 1 {
				t.Fatalf("hit at %v line %d column %d of %d bytes", h.Span, h.Line, h.Column, len(text))
			}
		}
	})
}

func FuzzStream(f *testing.F) {
	for _, s := range secrets() {
		for i, w := range wrappings() {
			f.Add([]byte(w.do(s.text)), uint16(97*i+1), uint32(1<<20-200))
		}
	}
	finder := find.New(find.Options{})
	f.Fuzz(func(t *testing.T, text []byte, step uint16, pad uint32) {
		if pad %= 3 << 20; pad > 0 { // a text that crosses the end of a chunk
			text = append(bytes.Repeat([]byte("all work and no play\n"), int(pad)/21+1)[:pad], text...)
		}
		var got []find.Hit
		n := 0
		r := &drip{text, func() int { n++; return 1 + (int(step)*n)%(1<<16) + len(text)/64 }}
		for h, err := range finder.Stream(context.Background(), r, int64(len(text))) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, h)
		}
		equal(t, "hits of the stream", short(got, true), short(finder.Text(text), true))
	})
}

func FuzzDelta(f *testing.F) {
	for _, s := range secrets() {
		f.Add([]byte("a "+s.text+" b"), uint16(3), uint16(40), []byte("&"))
	}
	finder := find.New(find.Options{Closed: true})
	f.Fuzz(func(t *testing.T, base []byte, from, to uint16, insert []byte) {
		a := min(int(from), len(base))
		b := min(max(a, int(to)), len(base))
		text := append(append(append([]byte{}, base[:a]...), insert...), base[b:]...)
		copies := []overgrant.Copy{{Size: int64(a)}, {At: int64(a + len(insert)), From: int64(b), Size: int64(len(base) - b)}}
		s := finder.Shard()
		for range s.Piece(context.Background(), pieceOf(base, &overgrant.Base{})) {
		}
		var got []find.Hit
		for h, err := range s.Piece(context.Background(), pieceOf(text, &overgrant.Base{Depth: 1, Copies: copies})) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, h)
		}
		equal(t, "hits of the delta", short(got, false), short(finder.Text(text), false))
	})
}
