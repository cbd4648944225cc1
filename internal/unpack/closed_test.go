package unpack_test

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/overgrant/overgrant/internal/unpack"
)

// A member that is closed comes as it stands, wherever it lies; others of the
// same sort are opened.
func TestClosedMembersAreNotOpened(t *testing.T) {
	zipped := func(method uint16, members ...string) string {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for i := 0; i < len(members); i += 2 {
			f, err := z.CreateHeader(&zip.FileHeader{Name: members[i], Method: method})
			must(t, err)
			_, err = io.WriteString(f, members[i+1])
			must(t, err)
		}
		must(t, z.Close())
		return b.String()
	}
	inner := zipped(zip.Deflate, "in.txt", "inside")
	for name, method := range map[string]uint16{"stored": zip.Store, "packed": zip.Deflate} {
		t.Run(name, func(t *testing.T) {
			outer := zipped(method, "a.pt", inner, "b.zip", inner, "c.zip", zipped(method, "d.pt", inner))
			var got []string
			lim := unpack.Limits{Closed: func(path string) bool { return strings.HasSuffix(path, ".pt") }}
			for m, err := range unpack.Members(context.Background(), strings.NewReader(outer), int64(len(outer)), lim) {
				must(t, err)
				text, err := io.ReadAll(m.Reader)
				must(t, err)
				if m.At != nil && m.Whole == nil && len(text) > 0 {
					again := make([]byte, m.Size)
					if n, _ := m.At.ReadAt(again, 0); string(again[:n]) != string(text) {
						t.Errorf("%s: At and Reader differ", m.Path)
					}
				}
				switch string(text) {
				case inner:
					got = append(got, m.Path+" closed")
				case "inside":
					got = append(got, m.Path+" opened")
				}
			}
			slices.Sort(got)
			if want := []string{"!a.pt closed", "!b.zip!in.txt opened", "!c.zip!d.pt closed"}; !slices.Equal(got, want) {
				t.Errorf("members %q; want %q", got, want)
			}
		})
	}
}

// Of a stored member that is closed nothing is read before it is asked for.
func TestClosedMembersAreNotReadAhead(t *testing.T) {
	archive := sparseZip(20, 1<<20)
	at := &metered{at: archive}
	all := func(string) bool { return true }
	n := 0
	for m, err := range unpack.Members(context.Background(), at, archive.size, unpack.Limits{Pick: func(string, int64) bool { return true }, Closed: all}) {
		must(t, err)
		if m.At != nil && m.Size == 1<<20 {
			n++
		}
	}
	if n != 20 || at.bytes > 200<<10 {
		t.Errorf("%d members, %d bytes read; want 20, and little more than the directory", n, at.bytes)
	}
}
