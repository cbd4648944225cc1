package report_test

import (
	"strings"
	"testing"

	"github.com/overgrant/overgrant/internal/report"
)

func TestAll(t *testing.T) {
	names := map[string]bool{}
	for _, f := range report.All {
		if f.Name == "" || names[f.Name] {
			t.Errorf("format %q: a name that is empty or stands twice", f.Name)
		}
		names[f.Name] = true
		if first, _, _ := strings.Cut(f.Doc, "\n"); !strings.HasSuffix(first, ".") && !strings.HasSuffix(first, ". ") {
			t.Errorf("format %s: Doc does not begin with a sentence of its own: %q", f.Name, first)
		}
	}
	if got, want := report.Names(), "text, json, jsonl, events, sarif, csv, markdown, html, junit"; got != want {
		t.Errorf("Names() = %q; want %q", got, want)
	}
}

// TestFormatsPage keeps doc/formats.md the page that Doc makes it.
func TestFormatsPage(t *testing.T) {
	var b strings.Builder
	b.WriteString("# Formats\n\n<!-- Generated from internal/report by go test ./internal/report -update. Do not edit. -->\n\n" +
		"`overgrant scan --format NAME` writes the cases of a run, and `overgrant report FROM --format NAME` those of events that were\n" +
		"stored. By default only links are printed that could work now, will work later or have expired; the statuses that open\n" +
		"nothing are counted, and printed with `--all`. Suppressed cases are counted and not printed. Secrets are never printed\n" +
		"unless `--reveal` is given. Control characters and terminal escapes in names and authors are written as escapes that\n" +
		"can be seen.\n")
	for _, f := range report.All {
		b.WriteString("\n## " + f.Name + "\n\n" + f.Doc + "\n")
	}
	golden(t, "../../doc/formats.md", b.String())
}
