package report_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/report"
	"github.com/overgrant/overgrant/internal/report/reporttest"
)

var update = flag.Bool("update", false, "rewrite golden files and generated pages")

// write runs messages through a format.
func write(t testing.TB, format string, o report.Options, messages []overgrant.Message) string {
	t.Helper()
	var b bytes.Buffer
	r, err := report.New(format, &b, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range messages {
		if err := r.Add(m); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// golden compares got with a file of testdata.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs from what is written now; look at it with: go test ./internal/report -update && git diff\n%s", path, firstDifference(string(want), got))
	}
}

func firstDifference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(w), len(g)) {
		if w[i] != g[i] {
			return fmt.Sprintf("line %d:\n- %.300s\n+ %.300s", i+1, w[i], g[i])
		}
	}
	return fmt.Sprintf("%d lines; want %d", len(g), len(w))
}

func TestGolden(t *testing.T) {
	empty := []overgrant.Message{
		{Run: &overgrant.Run{Schema: "overgrant.events/1", Version: "1.0.0", Started: now}},
		{Summary: &overgrant.Summary{Pieces: 12, Bytes: 3400, Elapsed: 20 * time.Millisecond}},
	}
	unread := slices.Concat(empty[:1], notRead(), empty[1:])
	for _, f := range report.All {
		t.Run(f.Name, func(t *testing.T) {
			golden(t, filepath.Join("testdata", "default."+f.Name), write(t, f.Name, report.Options{Now: now, Width: 100}, stream()))
			golden(t, filepath.Join("testdata", "all."+f.Name), write(t, f.Name, report.Options{Now: now, All: true, Width: 60, FailOn: overgrant.Critical}, stream()))
			golden(t, filepath.Join("testdata", "empty."+f.Name), write(t, f.Name, report.Options{Now: now}, empty))
		})
	}
	for _, f := range report.All {
		if f.Name != "events" && f.Name != "json" { // the stream is the fixture; the array is jsonl in brackets
			golden(t, filepath.Join("testdata", "incident."+f.Name), write(t, f.Name, report.Options{Now: now, Width: 100}, reporttest.Incident(now)))
		}
	}
	for _, format := range []string{"text", "markdown", "html", "sarif"} {
		golden(t, "testdata/unread."+format, write(t, format, report.Options{Now: now}, unread))
	}
	golden(t, "testdata/color.text", write(t, "text", report.Options{Now: now, Width: 100, Color: true}, stream()))
}

// notRead are skips whose places say little: a repository, a source or nothing.
func notRead() []overgrant.Message {
	git := overgrant.Place{Source: "git", Repository: repository}
	benign := func(p overgrant.Place, reason, detail string) overgrant.Message {
		m := skip(p, reason, detail, 0)
		m.Skipped.Benign = true
		return m
	}
	all := []overgrant.Message{
		skip(overgrant.Place{Path: "a.7z"}, "encrypted archive", "", 0),
		skip(git, "shallow clone", "history before 1 commit is not here", 0),
		skip(overgrant.Place{}, "damaged event", "line 3: not a message", 0),
		skip(overgrant.Place{}, "lost", "", 0),
		benign(git, "unreachable", "5 sightings in objects that no ref leads to; --unreachable shows them"),
		benign(overgrant.Place{Source: "git"}, "not remembered", "write cache: no space left"),
		benign(overgrant.Place{Source: "dir", Path: "run/app.sock"}, "socket", ""),
	}
	for _, name := range []string{"one", "two", "three", "four"} {
		all = append(all, benign(overgrant.Place{Source: "git", Repository: repository, Path: "libs/" + name}, "submodule", "a repository of its own"))
	}
	return all
}

func TestWhatWasNotReadIsNamed(t *testing.T) {
	for _, format := range []string{"text", "markdown", "html"} {
		out := write(t, format, report.Options{Now: now, Width: 1000}, notRead())
		out = regexp.MustCompile(`</td><td class="num" data-v="\d+">[^<]*</td><td>`).ReplaceAllString(out, ": ")
		out = strings.NewReplacer("\\", "", "\n", " ").Replace(html.UnescapeString(out))
		for _, want := range []string{
			"shallow clone: " + repository + " (history before 1 commit is not here)", "damaged event: line 3: not a message", "lost",
			"unreachable: " + repository + " (5 sightings in objects that no ref leads to; --unreachable shows them)",
			"not remembered: write cache: no space left", "libs/one (a repository of its own)", "and 1 more",
		} {
			if !strings.Contains(strings.Join(strings.Fields(out), " "), want) {
				t.Errorf("%s does not say %q:\n%s", format, want, out)
			}
		}
		if strings.Contains(out, "not named") {
			t.Errorf("%s speaks of a place that is not named", format)
		}
	}
}

func TestSecretsStayHidden(t *testing.T) {
	for _, f := range report.All {
		for _, all := range []bool{false, true} {
			out := write(t, f.Name, report.Options{Now: now, All: all}, stream())
			for _, c := range fixtureCases() {
				name := c.link.Secret.Reveal()
				if secret := name[strings.LastIndex(name, "=")-43:]; strings.Contains(out, secret) {
					t.Errorf("%s prints a secret", f.Name)
				}
			}
		}
	}
}

func TestReveal(t *testing.T) {
	o := report.Options{Now: now, Reveal: overgrant.Secret.Reveal, Width: 1000}
	for _, format := range []string{"text", "json", "jsonl", "csv", "markdown", "html", "junit"} {
		out := write(t, format, o, stream())
		out = strings.NewReplacer("\n", "", " ", "", "&amp;", "&", "&#43;", "+").Replace(out)
		if !strings.Contains(out, signature("wide")) {
			t.Errorf("%s does not print the link with Reveal", format)
		}
	}
	if out := write(t, "events", o, stream()); strings.Contains(out, signature("wide")) {
		t.Error("events print a secret with Reveal; the stream is stored and holds none")
	}
}

// TestHostileText proves that no format lets through what a terminal, a reader
// or a spreadsheet acts on.
func TestRevealedLinksAreNotBroken(t *testing.T) {
	o := report.Options{Now: now, All: true, Reveal: overgrant.Secret.Reveal, Width: 40}
	text, sheet := strings.Split(write(t, "text", o, stream()), "\n"), strings.Split(sheets(t, o), "\n")
	for _, c := range fixtureCases() {
		whole := c.link.Secret.Reveal()
		if hidden := c.hushed != nil && c.hushed.Broken == ""; !hidden && !slices.Contains(text, whole) {
			t.Errorf("text has no line that is the link %.12s and nothing else", c.link.ID)
		}
		if !slices.Contains(sheet, whole) {
			t.Errorf("the sheet has no line that is the link %.12s and nothing else", c.link.ID)
		}
		if !slices.Contains(sheet, c.link.ID) {
			t.Errorf("the sheet breaks the case id %s", c.link.ID)
		}
	}
}

func TestHostileText(t *testing.T) {
	both := slices.Concat(stream(), reporttest.Incident(now))
	for _, f := range report.All {
		out := write(t, f.Name, report.Options{Now: now, All: true}, both)
		for _, r := range out {
			if r != '\n' && (unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Bidi_Control, r)) {
				t.Errorf("%s lets %U through", f.Name, r)
				break
			}
		}
	}
	if out := write(t, "html", report.Options{Now: now}, both); strings.Contains(out, "<img") || strings.Count(out, "</script>") != 1 || strings.Contains(out, "<!--") {
		t.Error("html lets a tag through")
	}
	if out := write(t, "markdown", report.Options{Now: now}, both); strings.Contains(out, "\n](") {
		t.Error("markdown lets a link through")
	}
}

func TestUnknownFormat(t *testing.T) {
	if _, err := report.New("pdf", nil, report.Options{}); err == nil || !strings.Contains(err.Error(), "text, json") {
		t.Errorf(`New("pdf") = %v; want an error that lists the formats`, err)
	}
}

func TestAddFromManyGoroutines(t *testing.T) {
	for _, f := range report.All {
		var b bytes.Buffer
		r, err := report.New(f.Name, &b, report.Options{Now: now})
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				for _, m := range stream() {
					if err := r.Add(m); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestYearsThatNoFormatHas: a commit may claim any time.
func TestYearsThatNoFormatHas(t *testing.T) {
	far := time.Unix(1<<50, 0)
	m := stream()
	m = append(m, overgrant.Message{Seen: &overgrant.Seen{ID: hash("wide"), Sighting: overgrant.Sighting{Place: overgrant.Place{Path: "far"}, Time: far, LastTime: far, Removed: far}}})
	for _, f := range report.All {
		if out := write(t, f.Name, report.Options{Now: now, All: true}, m); !strings.Contains(out, "far") && f.Name != "text" && f.Name != "markdown" {
			t.Errorf("%s lost a sighting with an absurd time", f.Name)
		}
	}
}

func TestManySightings(t *testing.T) {
	m := stream()
	for i := range 5000 {
		m = append(m, overgrant.Message{Seen: &overgrant.Seen{ID: hash("wide"), Sighting: overgrant.Sighting{
			Place: overgrant.Place{Source: "dir", Path: fmt.Sprintf("copy/%04d.md", i)}, Line: 1, Span: [2]int64{0, 9}}}})
	}
	sizes := map[string]int{"text": 30_000, "markdown": 65_536, "html": 120_000}
	for format, most := range sizes {
		if n := len(write(t, format, report.Options{Now: now}, m)); n > most {
			t.Errorf("%s writes %d bytes; want at most %d", format, n, most)
		}
	}
	var c struct{ Seen []any }
	line, _, _ := strings.Cut(write(t, "jsonl", report.Options{Now: now}, m), "\n")
	if err := json.Unmarshal([]byte(line), &c); err != nil || len(c.Seen) < 5000 {
		t.Errorf("jsonl holds %d sightings (%v); want all", len(c.Seen), err)
	}
}

func TestManySkippedAreCountedNotKept(t *testing.T) {
	m := stream()[:1]
	for i := range 3000 {
		m = append(m, skip(overgrant.Place{Path: fmt.Sprintf("f%d", i)}, "cannot be opened", "", 0))
	}
	out := write(t, "text", report.Options{Now: now}, m)
	if !strings.Contains(out, "3,000 ×") || !strings.Contains(out, "and 2,997 more") {
		t.Errorf("text does not count the skipped items:\n%s", out)
	}
	out = write(t, "sarif", report.Options{Now: now}, m)
	if !strings.Contains(out, "2,000 items more") {
		t.Error("sarif does not tell of the notifications it leaves out")
	}
}

func TestNewSummary(t *testing.T) {
	var b bytes.Buffer
	r := report.NewSummary(&b, report.Options{Now: now, Width: 100})
	for _, m := range stream() {
		_ = r.Add(m)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if out := b.String(); !strings.Contains(out, "6 cases: 2 critical") || strings.Contains(out, "Whoever") {
		t.Errorf("NewSummary writes\n%s", out)
	}
}
