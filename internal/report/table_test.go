package report_test

import (
	"strings"
	"testing"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/report"
)

func TestTable(t *testing.T) {
	ids := []string{strings.Repeat("a1", 32), strings.Repeat("b2", 32), strings.Repeat("c3", 32)}
	messages := []overgrant.Message{
		{Found: &overgrant.Found{Link: overgrant.Link{ID: ids[0], Grant: overgrant.Grant{Kind: "account_sas", Account: "contoso\x1b[31m", Endless: true}}}},
		{Judged: &overgrant.Judged{ID: ids[0], Status: overgrant.LiveShape, Verdict: overgrant.Verdict{Severity: overgrant.Critical}}},
		{Seen: &overgrant.Seen{ID: ids[0], Sighting: overgrant.Sighting{Place: overgrant.Place{Path: strings.Repeat("deep/", 20) + "README.md"}, Line: 3}}},
		{Seen: &overgrant.Seen{ID: ids[0], Sighting: overgrant.Sighting{Place: overgrant.Place{Path: "x"}}}},
		{Proven: &overgrant.Proven{ID: ids[0], Proof: overgrant.Proof{State: overgrant.Inconclusive, Cause: overgrant.CauseFirewall}}},
		{Measured: &overgrant.Measured{ID: ids[0], Round: "1", Exposure: overgrant.Exposure{Tally: overgrant.Tally{Objects: 2, Bytes: 3000}}, Rest: []string{"more"}}},
		{Found: &overgrant.Found{Link: overgrant.Link{ID: ids[1], Grant: overgrant.Grant{Kind: "s3_presigned_v4", Container: "models"}}}},
		{Judged: &overgrant.Judged{ID: ids[1], Status: overgrant.LiveShape, Verdict: overgrant.Verdict{Severity: overgrant.Low}}},
		{Found: &overgrant.Found{Link: overgrant.Link{ID: ids[2], Grant: overgrant.Grant{Kind: "account_key", Shape: overgrant.Placeholder}}}},
		{Judged: &overgrant.Judged{ID: ids[2], Status: "placeholder"}},
	}
	write := func(o report.Options, ms ...overgrant.Message) string {
		var b strings.Builder
		o.Now = time.Date(2026, 1, 15, 0, 0, 0, 0, time.UTC)
		r := report.NewTable(&b, o)
		for _, m := range ms {
			if err := r.Add(m); err != nil {
				t.Fatal(err)
			}
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	got := write(report.Options{}, messages...)
	for _, want := range []string{"a1a1a1a1a1a1  critical  never expires", "inconclusive: firewall", "3.0 kB in 2 objects so far", "README.md:3 +1", "b2b2b2b2b2b2  low", "models   ", "2 cases: 1 critical, 1 low"} {
		if !strings.Contains(got, want) {
			t.Errorf("the table lacks %q:\n%s", want, got)
		}
	}
	if strings.Contains(got, "\x1b") || strings.Contains(got, "account_key") {
		t.Errorf("the table has an escape, or a case that opens nothing:\n%s", got)
	}
	lines := strings.Split(write(report.Options{Width: 140}, messages...), "\n")
	if len([]rune(lines[1])) > 140 || !strings.HasSuffix(lines[1], "…") {
		t.Errorf("line of %d columns; want it cut to the terminal: %s", len([]rune(lines[1])), lines[1])
	}
	if got := write(report.Options{All: true}, messages...); !strings.Contains(got, "placeholder") {
		t.Errorf("with All the table lacks the placeholder:\n%s", got)
	}
	if got := write(report.Options{}); !strings.HasPrefix(got, "No cases.") {
		t.Errorf("an empty table is %q", got)
	}
}
