package store_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/store"
)

func TestNewRunSortsByTime(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.FixedZone("", 3600))
	first, second := store.NewRun(at, [4]byte{0xff}), store.NewRun(at.Add(time.Microsecond), [4]byte{})
	if first >= second || first != "20260102T020405.000006Z-ff000000" {
		t.Errorf("NewRun() = %s, then %s", first, second)
	}
}

func TestDefaultPath(t *testing.T) {
	abs, err := filepath.Abs("state")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, goos string
		env        map[string]string
		want       string
	}{
		{"xdg", "linux", map[string]string{"HOME": "/h", "XDG_STATE_HOME": abs}, filepath.Join(abs, "overgrant", "store.db")},
		{"xdg_relative_does_not_count", "linux", map[string]string{"HOME": "/h", "XDG_STATE_HOME": "x"}, "/h/.local/state/overgrant/store.db"},
		{"home", "freebsd", map[string]string{"HOME": "/h"}, "/h/.local/state/overgrant/store.db"},
		{"mac", "darwin", map[string]string{"HOME": "/h", "XDG_STATE_HOME": abs}, "/h/Library/Application Support/overgrant/store.db"},
		{"windows", "windows", map[string]string{"LocalAppData": "/l", "HOME": "/h"}, "/l/overgrant/store.db"},
		{"nothing", "linux", nil, ""},
		{"nothing_on_windows", "windows", map[string]string{"HOME": "/h"}, ""},
		{"nothing_on_mac", "darwin", nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := store.DefaultPath(tt.goos, func(name string) string { return tt.env[name] })
			if got != filepath.FromSlash(tt.want) {
				t.Errorf("DefaultPath() = %q; want %q", got, tt.want)
			}
		})
	}
}

// TestOrders checks that the orders which decide what stays are total: the same
// whichever way they are asked.
func TestOrders(t *testing.T) {
	link := func(g overgrant.Grant, text string) overgrant.Link {
		return overgrant.Link{ID: "1", Redacted: text, Grant: g}
	}
	links := []overgrant.Link{ // least first
		link(overgrant.Grant{Account: "b"}, "b"), link(overgrant.Grant{}, "a"),
		link(overgrant.Grant{Kind: "k", Shape: overgrant.Placeholder, Account: "a", Host: "h"}, "a"),
		link(overgrant.Grant{Kind: "k", Account: "a", Joined: []string{"account"}}, "a"),
		link(overgrant.Grant{Kind: "k", Account: "a"}, "b"), link(overgrant.Grant{Kind: "k", Account: "a"}, "a"),
		link(overgrant.Grant{Kind: "k", Account: "a", Host: "h"}, "a"),
	}
	judged := func(s overgrant.Status, v overgrant.Severity) *overgrant.Judged {
		return &overgrant.Judged{Status: s, Verdict: overgrant.Verdict{Severity: v}}
	}
	verdicts := []*overgrant.Judged{judged("placeholder", overgrant.Critical), judged(overgrant.Expired, overgrant.High),
		judged(overgrant.NotYetValid, overgrant.Low), judged(overgrant.LiveShape, overgrant.Low), judged(overgrant.LiveShape, overgrant.High)}
	hushed := []*overgrant.Hushed{{Why: "b"}, {Why: "a"}, {Why: "b", Broken: "x"}, {Why: "a", Broken: "x"}}
	ascending(t, "CompareLinks", links, store.CompareLinks)
	ascending(t, "CompareJudged", verdicts, store.CompareJudged)
	ascending(t, "CompareHushed", hushed, store.CompareHushed)
}

func ascending[T any](t *testing.T, name string, all []T, compare func(a, b T) int) {
	t.Helper()
	for i, a := range all {
		for k, b := range all {
			if got := compare(a, b); got < 0 != (i < k) || got > 0 != (i > k) {
				t.Errorf("%s(%d, %d) = %d", name, i, k, got)
			}
		}
	}
}

// ledger is a store that writes down what is put.
type ledger struct {
	store.Store
	puts   [][]string
	sealed int
	fault  error
}

func (l *ledger) Put(ctx context.Context, _ string, ms ...overgrant.Message) error {
	if l.fault != nil || ctx.Err() != nil {
		return errors.Join(l.fault, ctx.Err())
	}
	sorts := []string{}
	for _, m := range ms {
		switch {
		case m.Seen != nil:
			sorts = append(sorts, "seen")
		case m.Found != nil:
			sorts = append(sorts, "found")
		default:
			sorts = append(sorts, "other")
		}
	}
	l.puts = append(l.puts, sorts)
	return nil
}

func (l *ledger) HasSealed(context.Context, store.Sealed) (bool, error) { return l.sealed > 0, nil }
func (l *ledger) PutSealed(context.Context, store.Sealed) error         { l.sealed++; return nil }

func TestRecorder(t *testing.T) {
	_, public := secretKey(t)
	key, err := store.ParseKey(public)
	if err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel() // what was found is stored all the same
	l := &ledger{}
	r := store.NewRecorder(ended, l, "run", store.NewVault(l, key))
	put := func(ms ...overgrant.Message) {
		t.Helper()
		for _, m := range ms {
			if err := r.Put(m); err != nil {
				t.Fatal(err)
			}
		}
	}
	found := overgrant.Message{Found: &overgrant.Found{Link: overgrant.Link{ID: "1", Secret: overgrant.NewSecret("sig=x")}}}
	seen := overgrant.Message{Seen: &overgrant.Seen{ID: "1"}}
	put(found, seen, seen, found, seen)
	if want := [][]string{{"found"}, {"seen", "seen", "found"}}; !slices.EqualFunc(l.puts, want, slices.Equal) {
		t.Errorf("stored %v; want %v", l.puts, want)
	}
	if l.sealed != 1 {
		t.Errorf("sealed %d times; want once", l.sealed)
	}
	for range 2000 {
		put(seen)
	}
	if len(l.puts) < 4 {
		t.Errorf("%d puts; want sightings not to wait for ever", len(l.puts))
	}
	if err := errors.Join(r.Close(), r.Close()); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, p := range l.puts {
		n += len(p)
	}
	if n != 2005 {
		t.Errorf("%d messages are stored; want 2005", n)
	}
	l.fault = errors.New("disk full")
	if err := r.Put(found); !errors.Is(err, l.fault) {
		t.Errorf("Put() = %v; want %v", err, l.fault)
	}
	put(seen)
	if err := r.Close(); !errors.Is(err, l.fault) {
		t.Errorf("Close() = %v; want %v", err, l.fault)
	}
}
