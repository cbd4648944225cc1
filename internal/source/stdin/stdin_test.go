package stdin_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/overgrant/overgrant/internal/source"
	"github.com/overgrant/overgrant/internal/source/sourcetest"
	"github.com/overgrant/overgrant/internal/source/stdin"
)

func TestContract(t *testing.T) {
	for name, held := range map[string]int64{"in_memory": 0, "in_a_file": 10} {
		t.Run(name, func(t *testing.T) {
			sourcetest.Test(t, func(tb testing.TB) source.Source {
				return opened(tb, strings.NewReader(strings.Repeat("some text\n", 100)), stdin.Options{Held: held, Dir: t.TempDir()})
			})
		})
	}
}

func opened(tb testing.TB, r io.Reader, o stdin.Options) *stdin.Stdin {
	s := stdin.New(r, o)
	tb.Cleanup(func() { _ = s.Close() })
	return s
}

func TestPieces(t *testing.T) {
	data := make([]byte, 1000)
	for i := range data {
		data[i] = byte(rand.Uint32())
	}
	for _, size := range []int{0, 1, 99, 100, 101, 1000} {
		s := opened(t, iotest.OneByteReader(bytes.NewReader(data[:size])), stdin.Options{Held: 100, Dir: t.TempDir(), Path: "log"})
		read, skips := sourcetest.Pieces(t, s)
		if len(read) != 1 || len(skips) != 0 || !bytes.Equal(read[0].Bytes, data[:size]) {
			t.Errorf("%d bytes: not read as they are", size)
		}
		if read[0].Place.Path != "log" || read[0].Place.Source != "stdin" {
			t.Errorf("Place = %+v", read[0].Place)
		}
	}
}

func TestNothingIsLeftBehind(t *testing.T) {
	dir := t.TempDir()
	s := stdin.New(strings.NewReader(strings.Repeat("x", 1000)), stdin.Options{Held: 10, Dir: dir})
	sourcetest.Pieces(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("%d files are left", len(left))
	}
	if err := s.Close(); err != nil {
		t.Errorf("second Close() = %v", err)
	}
}

func TestBrokenStream(t *testing.T) {
	broken := io.MultiReader(strings.NewReader(strings.Repeat("y", 50)), iotest.ErrReader(errors.New("gone")))
	for _, held := range []int64{10, 1000} {
		s := opened(t, broken, stdin.Options{Held: held, Dir: t.TempDir()})
		read, skips := sourcetest.Pieces(t, s)
		if len(read) != 1 || len(read[0].Bytes) != 50 {
			t.Errorf("held %d: what came before the failure is not read", held)
		}
		if len(skips) != 1 || skips[0].Reason != "read error" {
			t.Errorf("held %d: skips = %v", held, skips)
		}
		broken = io.MultiReader(strings.NewReader(strings.Repeat("y", 50)), iotest.ErrReader(errors.New("gone")))
	}
}
