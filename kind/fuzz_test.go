package kind_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/kind"
)

func seeds(f *testing.F) []string {
	var all []string
	for _, k := range kind.All {
		for _, v := range vectorsOf(f, k.Name, 7) {
			all = append(all, v.Text)
		}
	}
	return all
}

func FuzzFind(f *testing.F) {
	for _, s := range seeds(f) {
		f.Add([]byte(s))
	}
	f.Add([]byte(strings.Repeat("&sig=", 2000)))
	f.Add([]byte(strings.Repeat("sig=AccountKey=", 500)))
	f.Fuzz(func(t *testing.T, text []byte) {
		last := 0
		for s := range kind.Find(text) {
			if s.Start < last || s.End <= s.Start || s.End > len(text) {
				t.Fatalf("Find yields [%d,%d) after %d in %d bytes", s.Start, s.End, last, len(text))
			}
			last = s.End
			l, err := kind.Parse(string(text[s.Start:s.End]))
			if err == nil {
				kind.Join(&l, string(text), s.Start)
			}
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, s := range seeds(f) {
		for sp := range kind.Find([]byte(s)) {
			f.Add(s[sp.Start:sp.End])
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		l, err := kind.Parse(text)
		if err != nil {
			if !errors.Is(err, kind.ErrNotMine) {
				t.Fatalf("Parse fails with %v; want ErrNotMine", err)
			}
			return
		}
		again, err := kind.Parse(l.Secret.Reveal())
		if err != nil || again.ID != l.ID || again.Redacted != l.Redacted || again.Grant.Kind != l.Grant.Kind {
			t.Fatalf("Parse of the same link gives another: %v", err)
		}
		raw, decoded := kind.SecretOf(text)
		for _, v := range []string{raw, decoded} {
			if len(v) >= 8 && strings.Contains(l.Redacted, v) {
				t.Fatalf("Redacted holds the secret of a %s", l.Grant.Kind)
			}
		}
		if g := l.Grant; g.Shape != overgrant.Whole && g.ShapeWhy == "" {
			t.Fatalf("shape %q without a reason", g.Shape)
		}
		if _, err := l.Grant.Expiry.MarshalText(); err != nil {
			t.Fatalf("expiry cannot be written: %v", err)
		}
		if _, err := l.Grant.Start.MarshalText(); err != nil {
			t.Fatalf("start cannot be written: %v", err)
		}
	})
}

func FuzzExpiry(f *testing.F) {
	for _, s := range []string{"2051-10-06", "2051-10-06T07:00Z", "2051-10-06T07:09:59Z", "2024-06-17T09:04:42.3118793Z",
		"2051-10-06T07:00+02:00", "20161214T212456Z", "8023-05-19T23:23:00Z", "9999-12-31T23:59:59-12:00", "2018-12-#27T03:19:28Z", "0000-00-00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		at, ok := kind.ReadTime(text)
		if !ok {
			if !at.IsZero() {
				t.Fatalf("ReadTime(%q) fails with %v", text, at)
			}
			return
		}
		again, ok := kind.ReadTime(at.Format("2006-01-02T15:04:05.0000000Z"))
		if !ok || !again.Equal(at.Truncate(100)) {
			t.Fatalf("ReadTime(%q) = %v; reads back as %v", text, at, again)
		}
	})
}
