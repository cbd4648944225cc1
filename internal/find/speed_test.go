package find_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/find"
)

// BenchmarkDelta searches one small edit of a large text that was searched
// before.
func BenchmarkDelta(b *testing.B) {
	link := secrets()[0].text + "\n"
	text := []byte(strings.Repeat(strings.Repeat("plain words of a notebook\n", 4000)+link, 20))
	s := find.New(find.Options{Closed: true}).Shard()
	for range s.Piece(context.Background(), pieceOf(text, &overgrant.Base{})) {
	}
	at := int64(len(text) / 2)
	edited := append(append(append([]byte{}, text[:at]...), "one more line\n"...), text[at:]...)
	copies := []overgrant.Copy{{Size: at}, {At: at + 14, From: at, Size: int64(len(text)) - at}}
	b.SetBytes(int64(len(edited)))
	b.ReportAllocs()
	for b.Loop() {
		for range s.Piece(context.Background(), pieceOf(edited, &overgrant.Base{Depth: 1, Copies: copies})) {
		}
	}
}

// dense is text that is nothing but links, each of them another.
func dense(size int) []byte {
	var b strings.Builder
	for b.Len() < size {
		for _, s := range secrets() {
			b.WriteString(s.text + "\n")
		}
	}
	return []byte(b.String())
}

// mixed is text that is nothing but links in all encodings.
func mixed(size int) []byte {
	var b strings.Builder
	all := wrappings()
	for i := 0; b.Len() < size; i++ {
		if w := all[i%len(all)]; !w.last {
			b.WriteString("value: " + w.do(secrets()[i%4].text) + "\n")
		}
	}
	return []byte(b.String())
}

// varied repeats unit with random bytes between, so that no window is like
// another.
func varied(unit string, size int) []byte {
	var b strings.Builder
	for b.Len() < size {
		b.WriteString(base64.RawURLEncoding.EncodeToString(random(6)) + strings.Repeat(unit, 20))
	}
	return []byte(b.String())
}

// minified is JavaScript in one line, with short names, as bundlers write it.
func minified(size int) []byte {
	rng := rand.New(rand.NewPCG(1, 2))
	parts := strings.Fields("function( ){ return( .prototype. =this. ,e.exports= void(0) \"use strict\"; t.default n( && || ?sig: ===e " +
		"for(var ;e<t.length;e++) [0] .push( new(Error)(\"account\") \"https://example.com/a?b=c&d=\" .sig= se:sp:sv: \\u0026 %20 Object.assign({},e)")
	var b strings.Builder
	for b.Len() < size {
		b.WriteString(parts[rng.IntN(len(parts))])
		b.WriteByte(byte('a' + rng.IntN(26)))
	}
	return []byte(b.String())
}

// encoded is random bytes in lines of base64, as certificates and pictures are.
func encoded(size int) []byte {
	return []byte(strings.Join(pieces(base64.StdEncoding.EncodeToString(random(size*3/4)), 76), "\n"))
}

// BenchmarkKinds searches texts of several kinds with nothing known before.
func BenchmarkKinds(b *testing.B) {
	links := secrets()
	for _, c := range []struct {
		name string
		text []byte
	}{
		{"links", dense(1 << 20)},
		{"links_in_all_encodings", mixed(1 << 20)},
		{"base64_in_lines", encoded(8 << 20)},
		{"base64_in_one_line", bytes.ReplaceAll(encoded(8<<20), []byte("\n"), nil)},
		{"minified_javascript", minified(200_000)},
		{"escaped_marks", varied(`\u0026sig=`, 300_000)},
		{"percent_marks", varied("%2526sig%253D", 300_000)},
		{"open_brackets", varied("sig=<", 300_000)},
		{"key_ends", varied(strings.Repeat("a", 85)+"A==", 300_000)},
		{"same_links_in_a_line", bytes.Repeat([]byte(links[1].text), 1000)},
		{"same_brackets", bytes.Repeat([]byte("sig=<"), 60_000)},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(c.text)))
			b.ReportAllocs()
			for b.Loop() {
				find.New(find.Options{}).Text(c.text)
			}
		})
	}
}

// BenchmarkVersions searches versions of a page with many links, each with one
// more line.
func BenchmarkVersions(b *testing.B) {
	page := dense(60 * 300)
	s := find.New(find.Options{Closed: true}).Shard()
	b.ReportAllocs()
	for b.Loop() {
		for range s.Piece(context.Background(), pieceOf(page, &overgrant.Base{})) {
		}
		size := int64(len(page))
		for depth := 1; depth <= 100; depth++ {
			next := append(slices.Clip(page), "\n"+strings.Repeat("x", depth)...)
			for range s.Piece(context.Background(), pieceOf(next, &overgrant.Base{Depth: depth, Copies: []overgrant.Copy{{Size: size}}})) {
			}
		}
	}
}
