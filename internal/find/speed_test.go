package find_test

import (
	"context"
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

// BenchmarkDense searches text that is nothing but links.
func BenchmarkDense(b *testing.B) {
	f := find.New(find.Options{})
	var text strings.Builder
	for text.Len() < 1<<20 {
		for _, s := range secrets() {
			text.WriteString(s.text + "\n")
		}
	}
	b.SetBytes(int64(text.Len()))
	b.ReportAllocs()
	for b.Loop() {
		f.Text([]byte(text.String()))
	}
}
