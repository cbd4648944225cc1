package pst_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/overgrant/overgrant/internal/classify/pst"
)

// encode puts content into an encoding, by the reader's own tables.
func encode(b []byte, encoding pst.Encoding, id uint64) { pst.Encode(b, encoding, id) }

func folders(n int) []folder {
	var inbox, chats folder
	for i := range n {
		m := message{"IPM.Note", fmt.Sprintf("Person %d", i%37), "Ada Exämple; Bob"}
		if i%5 == 0 {
			m.class = "IPM.Note.SMIME"
		}
		inbox.messages = append(inbox.messages, m)
	}
	for i := range 30 {
		chats.messages = append(chats.messages, message{"IPM.SkypeTeams.Message", fmt.Sprintf("Person %d", i%3), ""})
	}
	return []folder{inbox, chats, {}}
}

var layouts = []struct {
	name   string
	layout pst.Layout
}{{"ansi", pst.ANSI}, {"unicode", pst.Unicode}, {"unicode_4k", pst.Unicode4K}}

func TestSurvey(t *testing.T) {
	for _, l := range layouts {
		for _, encoding := range []pst.Encoding{pst.Plain, pst.Permute, pst.Cyclic} {
			for _, n := range []int{12, 5000} {
				t.Run(fmt.Sprintf("%s_%d_%d", l.name, encoding, n), func(t *testing.T) {
					b := store(t, l.layout, encoding, folders(n)...)
					if dir := os.Getenv("PST_DIR"); dir != "" { // to look at them with other readers
						_ = os.WriteFile(fmt.Sprintf("%s/%s-%d-%d.pst", dir, l.name, encoding, n), b, 0o600)
					}
					s, err := pst.Open(bytes.NewReader(b), int64(len(b)))
					if err != nil {
						t.Fatal(err)
					}
					if s.Layout != l.layout || s.Encoding != encoding {
						t.Errorf("layout %d, encoding %d", s.Layout, s.Encoding)
					}
					people := map[string]bool{}
					sum, err := s.Survey(context.Background(), func(name []byte) { people[string(name)] = true })
					if err != nil {
						t.Fatal(err)
					}
					names := min(n, 37) + 2
					got := fmt.Sprint(sum.Folders, sum.Messages, sum.Listed, sum.Classes, len(people))
					want := fmt.Sprint(3, n+30, n+30, map[string]int64{"IPM.Note": int64(n - (n+4)/5), "IPM.Note.SMIME": int64((n + 4) / 5), "IPM.SkypeTeams.Message": 30}, names)
					if got != want {
						t.Errorf("Survey() = %s; want %s", got, want)
					}
				})
			}
		}
	}
}

// TestLittle holds the survey to reading little of a store whose messages are
// large: here they are a block of their own each.
func TestLittle(t *testing.T) {
	b := store(t, pst.Unicode, pst.Permute, folders(5000)...)
	at := &counting{r: bytes.NewReader(b)}
	s, err := pst.Open(at, int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Survey(context.Background(), func([]byte) {}); err != nil {
		t.Fatal(err)
	}
	if at.calls > len(b)/4096 {
		t.Errorf("%d reads of %d bytes for a store of %d bytes", at.calls, at.read, len(b))
	}
}

type counting struct {
	r           io.ReaderAt
	read, calls int
}

func (c *counting) ReadAt(b []byte, off int64) (int, error) {
	n, err := c.r.ReadAt(b, off)
	c.read += n
	c.calls++
	return n, err
}

func TestBadStores(t *testing.T) {
	b := store(t, pst.Unicode, pst.Plain, folders(200)...)
	tests := map[string][]byte{
		"short":   b[:500],
		"cut":     b[:len(b)/2],
		"no_tree": append(append([]byte(nil), b[:1024]...), make([]byte, 4096)...),
		"text":    []byte(strings.Repeat("!BDN", 300)),
	}
	for name, b := range tests {
		t.Run(name, func(t *testing.T) {
			s, err := pst.Open(bytes.NewReader(b), int64(len(b)))
			if err == nil {
				_, err = s.Survey(context.Background(), func([]byte) {})
			}
			if !errors.Is(err, pst.ErrDamaged) {
				t.Errorf("err = %v; want ErrDamaged", err)
			}
		})
	}
}

func FuzzStore(f *testing.F) {
	for _, l := range layouts {
		f.Add(store(f, l.layout, pst.Permute, folders(3)...))
		f.Add(store(f, l.layout, pst.Cyclic, folder{}))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 1<<17 {
			return
		}
		s, err := pst.Open(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return
		}
		sum, _ := s.Survey(context.Background(), func([]byte) {})
		if sum.Listed > 64*int64(len(b))+1024 {
			t.Errorf("%d messages in %d bytes", sum.Listed, len(b))
		}
	})
}
