package cloudtest

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/overgrant/overgrant/internal/cloud"
	"github.com/overgrant/overgrant/internal/source"
)

// most is how much of an object is read at once, in bytes.
const most = 1 << 16

// newRandom returns numbers that are the same in every run.
func newRandom(seed uint64) *rand.Rand {
	return rand.New(rand.NewPCG(seed, 1)) // #nosec G404 -- a test wants the same again, not a secret
}

// reads compares objects with what is known of them, in ranges at random.
func reads(t *testing.T, w World) {
	if len(w.Holds) == 0 {
		t.Skip("nothing is known of any object")
	}
	r := w.Open(t)
	all, _ := everything(t, r)
	random := newRandom(1)
	found := 0
	for i := range all {
		o := &all[i]
		want, known := w.Holds[o.Range.Container+"/"+o.Name]
		if !known || o.State != source.Current {
			continue
		}
		found++
		compare(t, r, o, want, random)
	}
	if found != len(w.Holds) {
		t.Errorf("%d objects of known content listed; there are %d", found, len(w.Holds))
	}
}

// compare reads an object whole, and in parts.
func compare(t *testing.T, r cloud.Reach, o *Listed, want []byte, random *rand.Rand) {
	t.Helper()
	c, err := r.Content(t.Context(), o.Named)
	if err != nil {
		t.Errorf("open %s: %v", o.Name, err)
		return
	}
	defer c.Close()
	if c.Size() != int64(len(want)) {
		t.Errorf("%s: Size() = %d; want %d", o.Name, c.Size(), len(want))
	}
	whole, err := io.ReadAll(io.NewSectionReader(c, 0, int64(len(want))))
	if err != nil || !bytes.Equal(whole, want) {
		t.Errorf("%s: read %d bytes, %v; want %d, the same", o.Name, len(whole), err, len(want))
	}
	for range 8 {
		if len(want) == 0 {
			break
		}
		at := random.IntN(len(want))
		part := make([]byte, 1+random.IntN(min(most, len(want))))
		n, err := c.ReadAt(part, int64(at))
		end := min(at+len(part), len(want))
		if !bytes.Equal(part[:n], want[at:end]) || n < len(part) != errors.Is(err, io.EOF) {
			t.Errorf("%s: ReadAt(%d bytes at %d) = %d, %v; want %d", o.Name, len(part), at, n, err, end-at)
		}
	}
	if n, err := c.ReadAt(make([]byte, 1), int64(len(want))); n != 0 || !errors.Is(err, io.EOF) {
		t.Errorf("%s: ReadAt(its end) = %d, %v; want 0, EOF", o.Name, n, err)
	}
}

// readSome reads a part of an object twice and compares.
func readSome(t testing.TB, r cloud.Reach, o *Listed, random *rand.Rand) {
	t.Helper()
	if o.Size == 0 || o.State == source.Folder || o.Kind == 'm' || o.Kind == 'e' {
		return
	}
	c, err := r.Content(t.Context(), o.Named)
	if err != nil {
		t.Errorf("open %s: %v", o.Name, err)
		return
	}
	defer c.Close()
	at := random.Int64N(o.Size)
	one, two := make([]byte, min(4096, o.Size-at)), make([]byte, min(4096, o.Size-at))
	_, err1 := c.ReadAt(one, at)
	_, err2 := c.ReadAt(two, at)
	if err1 != nil && !errors.Is(err1, io.EOF) || err2 != nil && !errors.Is(err2, io.EOF) || !bytes.Equal(one, two) {
		t.Errorf("%s: read twice at %d: %v, %v", o.Name, at, err1, err2)
	}
}

// asListed replaces an object between its listing and its reading.
func asListed(t *testing.T, w World) {
	if w.Replace == nil {
		t.Skip("no object can be replaced")
	}
	r := w.Open(t)
	all, _ := everything(t, r)
	for i := range all {
		o := &all[i]
		if _, known := w.Holds[o.Range.Container+"/"+o.Name]; !known || o.State != source.Current || o.Size == 0 {
			continue
		}
		w.Replace(t, o.Range.Container, o.Name)
		c, err := r.Content(t.Context(), o.Named)
		if err == nil {
			_, err = c.ReadAt(make([]byte, 1), 0)
			c.Close()
		}
		if !errors.Is(err, source.ErrChanged) {
			t.Errorf("%s was replaced: %v; want %v", o.Name, err, source.ErrChanged)
		}
		return
	}
	t.Error("no object of known content was listed")
}
