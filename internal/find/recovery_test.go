package find_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/find"
)

// broken is content whose reading panics beyond a position.
type broken struct {
	memory
	beyond int64
}

func (b broken) ReadAt(p []byte, off int64) (int, error) {
	if off+int64(len(p)) > b.beyond {
		panic("content is broken")
	}
	return b.memory.ReadAt(p, off)
}

// abandon searches a piece and is stopped by a panic of its content, or of the
// loop over its hits if the content has none. It reports whether it was.
func abandon(s *find.Searcher, p overgrant.Piece) (stopped bool) {
	defer func() { stopped = recover() != nil }()
	for range s.Piece(context.Background(), p) {
		panic("the loop is broken")
	}
	return false
}

// A Searcher goes on after a panic. A piece that was made from the one that was
// left half done, or from one that never came, is searched in full.
func TestSearcherGoesOnAfterAPanic(t *testing.T) {
	f := find.New(find.Options{Closed: true})
	filler := strings.Repeat("plain words of a notebook\n", 100_000)
	var first strings.Builder
	for _, s := range secrets() {
		first.WriteString(s.text + "\n" + filler[:30_000])
	}
	base := first.String()
	text := "a new line\n" + base + secrets()[0].text + "\n"
	copies := []overgrant.Copy{{At: 11, Size: int64(len(base))}}
	openBroken := func(beyond int64) overgrant.Piece {
		return overgrant.Piece{Base: &overgrant.Base{}, Size: int64(len(base)), Open: func(context.Context) (overgrant.Content, error) {
			return broken{memory{bytes.NewReader([]byte(base))}, beyond}, nil
		}}
	}
	tests := []struct {
		name  string
		leave func(*find.Searcher) bool
	}{
		{"at_the_start", func(s *find.Searcher) bool { return abandon(s, openBroken(0)) }},
		{"half_way", func(s *find.Searcher) bool { return abandon(s, openBroken(int64(len(base)/2))) }},
		{"in_the_loop", func(s *find.Searcher) bool {
			return abandon(s, pieceOf([]byte(base), &overgrant.Base{}))
		}},
		{"in_a_delta", func(s *find.Searcher) bool {
			for range s.Piece(context.Background(), pieceOf([]byte(base), &overgrant.Base{})) {
			}
			p := openBroken(0)
			p.Base = &overgrant.Base{Depth: 1}
			return abandon(s, p)
		}},
		{"in_the_loop_over_a_delta", func(s *find.Searcher) bool {
			for range s.Piece(context.Background(), pieceOf([]byte(base), &overgrant.Base{})) {
			}
			same := []overgrant.Copy{{Size: int64(len(base))}}
			return abandon(s, pieceOf([]byte(base), &overgrant.Base{Depth: 1, Copies: same}))
		}},
	}
	for _, test := range tests {
		for depth := 1; depth <= 3; depth++ {
			t.Run(fmt.Sprintf("%s/base_at_depth_%d", test.name, depth), func(t *testing.T) {
				s := f.Shard()
				if !test.leave(s) {
					t.Fatal("the search was not stopped by a panic")
				}
				var got []find.Hit
				for h, err := range s.Piece(context.Background(), pieceOf([]byte(text), &overgrant.Base{Depth: depth, Copies: copies})) {
					if err != nil {
						t.Fatal(err)
					}
					got = append(got, h)
				}
				equal(t, "hits after a panic", short(got, false), short(f.Text([]byte(text)), false))
			})
		}
	}
}

// What a Searcher keeps of a piece does not change with the memory of the piece.
func TestHitsOutliveTheirPiece(t *testing.T) {
	s := find.New(find.Options{Closed: true}).Shard()
	link := secrets()[0]
	var want, got []string
	var hits []find.Hit
	buffer := []byte("see " + link.text + "\n")
	for h := range s.Piece(context.Background(), pieceOf(buffer, &overgrant.Base{})) {
		hits = append(hits, h)
		want = append(want, h.Link.Secret.Reveal())
	}
	size := int64(len(buffer))
	copy(buffer, bytes.Repeat([]byte("x"), len(buffer)))
	for h := range s.Piece(context.Background(), pieceOf(buffer, &overgrant.Base{Depth: 1, Copies: []overgrant.Copy{{Size: size}}})) {
		hits = append(hits, h)
	}
	for _, h := range hits {
		got = append(got, h.Link.Secret.Reveal())
	}
	if len(got) != 2 || got[0] != want[0] || got[1] != want[0] || want[0] != link.text {
		t.Errorf("%d links, some changed with the memory of their piece", len(got))
	}
}
