package find_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/find"
)

// memory is content that is read in place.
type memory struct{ *bytes.Reader }

func (memory) Close() error { return nil }

func pieceOf(text []byte, base *overgrant.Base) overgrant.Piece {
	return overgrant.Piece{Size: int64(len(text)), Base: base, Open: func(context.Context) (overgrant.Content, error) {
		return memory{bytes.NewReader(text)}, nil
	}}
}

// short describes hits for comparison.
func short(hits []find.Hit, lines bool) []string {
	var out []string
	for _, h := range hits {
		g := h.Link.Grant
		s := fmt.Sprintf("%.8s %s %q %s/%s/%s %v %v %v", h.Link.ID, g.Kind, g.Shape, g.Account, g.Container, g.Path, g.Joined, h.Span, h.Encoding)
		if lines {
			s += fmt.Sprintf(" %d:%d", h.Line, h.Column)
		}
		out = append(out, s)
	}
	return out
}

func equal(t interface{ Fatalf(string, ...any) }, what string, got, want []string) {
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Fatalf("%s:\n%s\nwant:\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// vocabulary gives the parts of which texts are drawn: prose, source code,
// links in several encodings, parts of links.
func vocabulary() []string {
	words := []string{
		"\n", "\n\n", " ", "func main() { sig := sign(x) }\n", strings.Repeat("lorem ipsum dolor sit amet ", 40) + "\n",
		strings.Repeat("x", 700), `"`, `" +` + "\n    \"", "&sig=", `\u0026sig=`, "sv=2021-10-04&", "https://quietmeadow42.blob.core.windows.net/",
		"account: quietmeadow42\n", strings.Repeat("0123456789abcdef\n", 300), "\x00\x01\x02", "%26sig%3D",
	}
	all := wrappings()
	for i, s := range secrets() {
		words = append(words, s.text, s.text+"\n", strings.TrimPrefix(s.text, "https://quietmeadow42.blob.core.windows.net/"), s.text[:len(s.text)/2], s.text[len(s.text)/2:])
		for k := i; k < len(all); k += 5 {
			words = append(words, all[k].do(s.text))
		}
	}
	return words
}

func drawText(t *rapid.T, words []string, n int) []byte {
	var b bytes.Buffer
	for range rapid.IntRange(0, n).Draw(t, "parts") {
		b.WriteString(rapid.SampledFrom(words).Draw(t, "part"))
	}
	return b.Bytes()
}

// drip gives its bytes in chunks of any size.
type drip struct {
	data []byte
	next func() int
}

func (d *drip) ReadAt(p []byte, off int64) (int, error) {
	n := copy(p[:min(len(p), d.next())], d.data[off:])
	if int(off)+n == len(d.data) {
		return n, io.EOF
	}
	return n, nil
}

func TestStreamEqualsText(t *testing.T) {
	words := vocabulary()
	f := find.New(find.Options{})
	for _, size := range []int{0, 1 << 20, 3<<20 + 77} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				text := drawText(t, words, 30)
				if size > 0 { // a text that crosses the ends of chunks
					pad := bytes.Repeat([]byte("all work and no play\n"), size/21+1)
					at := max(0, size-rapid.IntRange(0, 2*len(text)+20000).Draw(t, "before"))
					text = append(append(append([]byte{}, pad[:at]...), text...), pad[:5000]...)
				}
				step := rapid.SampledFrom([]int{1 << 16, 1 << 22, 8191}).Draw(t, "step")
				var got []find.Hit
				for h, err := range f.Stream(context.Background(), &drip{text, func() int { return step }}, int64(len(text))) {
					if err != nil {
						t.Fatal(err)
					}
					got = append(got, h)
				}
				equal(t, "hits of the stream", short(got, true), short(f.Text(text), true))
			})
		})
	}
}

// edit makes a text from base and says what was copied.
func edit(t *rapid.T, base []byte, words []string) ([]byte, []overgrant.Copy) {
	var out []byte
	var copies []overgrant.Copy
	keep := func(from, to int) {
		if to > from {
			copies = append(copies, overgrant.Copy{At: int64(len(out)), From: int64(from), Size: int64(to - from)})
			out = append(out, base[from:to]...)
		}
	}
	at := 0
	for range rapid.IntRange(0, 4).Draw(t, "edits") {
		next := rapid.IntRange(at, len(base)).Draw(t, "keep")
		keep(at, next)
		switch rapid.IntRange(0, 3).Draw(t, "edit") {
		case 0: // insert
			out = append(out, rapid.SampledFrom(words).Draw(t, "word")...)
			at = next
		case 1: // delete a little
			at = min(len(base), next+rapid.IntRange(1, 300).Draw(t, "gone"))
		case 2: // change one byte
			out = append(out, "Q"...)
			at = min(len(base), next+1)
		case 3: // move: copy a part from anywhere
			from := rapid.IntRange(0, len(base)).Draw(t, "from")
			keep(from, min(len(base), from+rapid.IntRange(0, 20000).Draw(t, "size")))
			at = next
		}
	}
	keep(at, len(base))
	return out, copies
}

func TestDeltaEqualsText(t *testing.T) {
	words := vocabulary()
	f := find.New(find.Options{Closed: true})
	rapid.Check(t, func(t *rapid.T) {
		s := f.Shard()
		text := drawText(t, words, 40)
		base := &overgrant.Base{}
		for depth := range 4 {
			if depth > 0 {
				var copies []overgrant.Copy
				text, copies = edit(t, text, words)
				base = &overgrant.Base{Depth: depth, Copies: copies}
			}
			var got []find.Hit
			for h, err := range s.Piece(context.Background(), pieceOf(text, base)) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, h)
			}
			equal(t, fmt.Sprintf("hits at depth %d", depth), short(got, false), short(f.Text(text), false))
		}
	})
}

func TestSiblingsShareTheirBase(t *testing.T) {
	words := vocabulary()
	f := find.New(find.Options{Closed: true})
	rapid.Check(t, func(t *rapid.T) {
		s := f.Shard()
		texts := [][]byte{drawText(t, words, 30)}
		visit := func(text []byte, base *overgrant.Base) {
			var got []find.Hit
			for h, err := range s.Piece(context.Background(), pieceOf(text, base)) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, h)
			}
			equal(t, "hits", short(got, false), short(f.Text(text), false))
		}
		visit(texts[0], &overgrant.Base{})
		for range 6 {
			depth := rapid.IntRange(1, len(texts)).Draw(t, "depth")
			text, copies := edit(t, texts[depth-1], words)
			visit(text, &overgrant.Base{Depth: depth, Copies: copies})
			texts = append(texts[:depth], text)
		}
	})
}

// counting counts the bytes that are read.
type counting struct {
	memory
	n *int64
}

func (c counting) ReadAt(p []byte, off int64) (int, error) {
	*c.n += int64(len(p))
	return c.memory.ReadAt(p, off)
}

func TestDeltaReadsLittle(t *testing.T) {
	link := secrets()[0].text + "\n"
	text := []byte(strings.Repeat(strings.Repeat("plain words of a notebook\n", 4000)+link, 20))
	f := find.New(find.Options{Closed: true})
	s := f.Shard()
	for range s.Piece(context.Background(), pieceOf(text, &overgrant.Base{})) {
	}
	at := int64(len(text) / 2)
	edited := append(append(append([]byte{}, text[:at]...), "one more line\n"...), text[at:]...)
	copies := []overgrant.Copy{{Size: at}, {At: at + 14, From: at, Size: int64(len(text)) - at}}
	var read int64
	p := overgrant.Piece{Base: &overgrant.Base{Depth: 1, Copies: copies}, Open: func(context.Context) (overgrant.Content, error) {
		return counting{memory{bytes.NewReader(edited)}, &read}, nil
	}}
	hits := 0
	for _, err := range s.Piece(context.Background(), p) {
		if err != nil {
			t.Fatal(err)
		}
		hits++
	}
	if hits != 20 || read > 40000 {
		t.Errorf("edit of %d bytes: %d hits, %d bytes read; want 20 hits and at most 40000 bytes", len(text), hits, read)
	}
}

func TestPieceThatCannotBeOpened(t *testing.T) {
	s := find.New(find.Options{}).Shard()
	p := overgrant.Piece{Place: overgrant.Place{Path: "a.txt"}, Open: func(context.Context) (overgrant.Content, error) {
		return nil, errors.New("gone")
	}}
	n := 0
	for _, err := range s.Piece(context.Background(), p) {
		var skip *find.Skip
		if !errors.As(err, &skip) || skip.Reason == "" || skip.Place.Path != "a.txt" {
			t.Errorf("error of a piece that is gone: %v; want a Skip with its place", err)
		}
		n++
	}
	if n != 1 {
		t.Errorf("%d errors; want 1", n)
	}
}
