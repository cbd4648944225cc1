package report_test

import (
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/report"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// used are the messages of a run over logs: a token unknown and too wide, one of
// the ledger, a key, a case with its trail, and names that bite.
func used(bad string) []overgrant.Message {
	at := func(day int) time.Time { return time.Date(2026, 1, day, 9, 30, 0, 0, time.UTC) }
	wide := overgrant.Verdict{OverProvisioned: true, Severity: overgrant.Critical, Reasons: []overgrant.Reason{{Rule: "account-scope", Severity: overgrant.Critical, Why: "The link opens all of it.", Fix: "Make a narrower one."}}}
	grant := overgrant.Grant{Kind: "account_sas", Provider: "azure", Account: "contoso", Scope: "account", Services: []string{"blob"}, Permissions: "rwdl", Actions: []string{"read", "write", "delete", "list"}, Expiry: at(20).AddDate(9, 0, 0), ExpiryRaw: "2035-01-20T09:30:00Z"}
	token := func(i int, m overgrant.UsedMatch) *overgrant.Used {
		return &overgrant.Used{
			Schema: "overgrant.usage/1", Token: strings.Repeat(string("abcdef"[i]), 64), Key: "key1", KeyHash: strings.Repeat("0", 64), Kind: "account_sas", Account: "contoso",
			Permissions: "rwdl", Expiry: grant.Expiry, First: at(1), Last: at(9), Requests: 1200, Failed: 3, BytesOut: 5_000_000_000, BytesIn: 7, Reads: 1000, Writes: 190, Deletes: 7,
			Operations: map[string]int64{"GetBlob": 1000, bad: 200}, Failures: map[string]int64{"403 " + bad: 3}, Callers: 12, Agents: 2,
			TopCallers: []overgrant.Counted{{Name: "203.0.113.7", Count: 900}, {Name: bad, Count: 3}}, TopAgents: []overgrant.Counted{{Name: bad, Count: 7}},
			Match: m, Status: overgrant.LiveShape, Verdict: wide, Grant: grant,
		}
	}
	unknown, ours, known := token(0, overgrant.UsedMatch{}), token(1, overgrant.UsedMatch{Ledger: "share " + bad, By: "parameters"}), token(2, overgrant.UsedMatch{Known: strings.Repeat("9", 64), By: "signature", LeakedBy: strings.Repeat("8", 64)})
	unknown.Unblanked = 2
	key := &overgrant.Used{Schema: "overgrant.usage/1", Token: strings.Repeat("0", 64), Key: "key1", KeyHash: strings.Repeat("0", 64), Kind: "account_key", Account: "contoso", First: at(1), Last: at(9), Requests: 5, Reads: 5, Callers: 1, Operations: map[string]int64{"GetBlob": 5}}
	trail := &overgrant.Trail{
		Schema: "overgrant.trail/1", ID: strings.Repeat("9", 64), Published: at(5), Tokens: []string{known.Token}, First: at(1), Last: at(9),
		Before: overgrant.Deeds{Requests: 400, Reads: 400}, After: overgrant.Deeds{Requests: 800, Failed: 3, Reads: 600, Writes: 190, Deletes: 7}, NewCallers: 1, NewAgents: 1,
		Days:    []overgrant.TrailDay{{Day: "2026-01-01", Deeds: overgrant.Deeds{Requests: 400, Reads: 400}}, {Day: "2026-01-09", Deeds: overgrant.Deeds{Requests: 800, Failed: 3, Reads: 600, Writes: 190, Deletes: 7}, New: 1}, {Day: bad}},
		Callers: []overgrant.TrailUser{{Name: bad, New: true, First: at(6), Last: at(9), Deeds: overgrant.Deeds{Requests: 800}}, {Name: "203.0.113.7", First: at(1), Last: at(9)}},
		Agents:  []overgrant.TrailUser{{Name: bad, New: true, First: at(6), Last: at(9)}},
		Objects: []overgrant.TrailThing{{Name: bad, Writes: 190, Deletes: 7, Last: at(9)}},
		Says:    []string{"What is not logged, " + bad + ", cannot be said."},
	}
	logged := &overgrant.Logged{
		Schema: "overgrant.logged/1", Records: 3605, Doubles: 5, Unread: 1, Bytes: 4_000_000, From: at(1), To: at(9), Schemas: map[string]int64{"resource": 3605},
		Services: []overgrant.LoggedService{{Account: "contoso", Service: "blob", From: at(1), To: at(9), Records: 3605, Reads: 3000, Writes: 500, Deletes: 21, Hours: 100, Span: 193}},
		Folded:   map[string]int64{"tokens": 4}, Says: []string{"In 93 of 193 hours nothing was logged."},
	}
	return []overgrant.Message{
		{Run: &overgrant.Run{Schema: "overgrant.events/1", Version: "v1", Started: at(10), Targets: []string{"logs"}}},
		{Skipped: &overgrant.Skipped{Place: overgrant.Place{Path: bad}, Reason: "damaged log record", Detail: "1 of them"}},
		{Used: unknown}, {Used: ours}, {Used: known}, {Used: key}, {Trail: trail}, {Logged: logged},
		{Summary: &overgrant.Summary{Pieces: 1, Bytes: 4_000_000, Elapsed: 1200 * time.Millisecond}},
	}
}

const bites = "=cmd|'/c calc'!A1 \x1b[2J <img src=x onerror=alert(1)> \"`|\u202e</script>"

// TestUsage says what matters in every format, and none of them is bitten.
func TestUsage(t *testing.T) {
	opt := report.Options{Now: time.Date(2026, 1, 10, 0, 0, 0, 0, time.UTC), Width: 100}
	for format, want := range map[string][]string{
		"text":     {"3 shared access signatures in use: 1 too wide and unknown to us.", "Use of case 999999999999", "CRITICAL", "ours: share", "signed by the leaked key of case 888888888888", "2 records of the log hold this signature whole", "WITHOUT A SIGNATURE", "In 93 of 193 hours", "damaged log record", "4 requests used tokens for which there was no room"},
		"markdown": {"# 3 shared access signatures", "## Use of case", "### By day", "| 2026-01-09 | 800 | 3 | 600 | 190 | 7 |", "## What the logs cover", "| contoso | blob |"},
		"html":     {"<h1>3 shared access signatures", "Use of case 999999999999", "class=\"change\"", "class=\"published\"", "unknown to us", "Content-Security-Policy"},
		"csv":      {"token,severity,", "account_sas", "unblanked"},
		"jsonl":    {`{"schema":"overgrant.usage/1","token":"aaaa`, `"match":{}`, `{"schema":"overgrant.trail/1"`},
		"json":     {"[\n{\"schema\":\"overgrant.usage/1\""},
		"sarif":    {`"ruleId":"used/account_sas/critical"`, `"level":"error"`},
		"junit":    {"<failure message=", "everything could be read"},
		"events":   {`"used":{`, `"trail":{`, `"logged":{`},
	} {
		t.Run(format, func(t *testing.T) {
			out := write(t, format, opt, used(bites))
			for _, w := range want {
				if !strings.Contains(out, w) {
					t.Errorf("%s has no %q in\n%s", format, w, out)
				}
			}
			for _, bad := range []string{"\x1b", "\u202e", "<img"} {
				if strings.Contains(out, bad) && !(bad == "<img" && strings.HasPrefix(format, "json")) && !(bad == "<img" && (format == "events" || format == "text" || format == "csv" || format == "sarif" || format == "junit")) {
					t.Errorf("%s is bitten by %q", format, bad)
				}
			}
			parses(t, format, out)
		})
	}
}

// parses holds a result against the readers of its format.
func parses(t *testing.T, format, out string) {
	t.Helper()
	switch format {
	case "json":
		if !json.Valid([]byte(out)) {
			t.Errorf("no JSON")
		}
	case "csv":
		rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
		if err != nil || len(rows) != 5 {
			t.Errorf("%d rows, %v; want 5", len(rows), err)
		}
		for _, row := range rows {
			for _, c := range row {
				if strings.HasPrefix(c, "=") {
					t.Errorf("a cell is a formula: %q", c)
				}
			}
		}
	case "junit":
		d := xml.NewDecoder(strings.NewReader(out))
		for {
			if _, err := d.Token(); err == io.EOF {
				return
			} else if err != nil {
				t.Fatalf("no XML: %v", err)
			}
		}
	case "sarif":
		schema, err := jsonschema.NewCompiler().Compile("testdata/sarif-schema-2.1.0.json")
		if err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(out))
		if err == nil {
			err = schema.Validate(doc)
		}
		if err != nil {
			t.Error(err)
		}
	}
}

// TestUsageReadBack writes every format from events as from the run itself.
func TestUsageReadBack(t *testing.T) {
	opt := report.Options{Now: time.Date(2026, 1, 10, 0, 0, 0, 0, time.UTC)}
	var again []overgrant.Message
	for m, err := range report.ReadEvents(strings.NewReader(write(t, "events", opt, used("agent")))) {
		if err != nil {
			t.Fatal(err)
		}
		again = append(again, m)
	}
	for _, format := range []string{"text", "markdown", "html", "csv", "json", "jsonl", "sarif", "junit"} {
		if got, want := write(t, format, opt, again), write(t, format, opt, used("agent")); got != want {
			t.Errorf("%s differs: %s", format, firstDifference(want, got))
		}
	}
}

// TestUsageEmpty says plainly that nothing was read.
func TestUsageEmpty(t *testing.T) {
	logged := &overgrant.Logged{Says: []string{"No storage log record was read, so nothing can be said about any link."}}
	out := write(t, "text", report.Options{}, []overgrant.Message{{Logged: logged}, {Summary: &overgrant.Summary{}}})
	if !strings.Contains(out, "nothing can be said about any link") {
		t.Errorf("text = %q", out)
	}
	for _, f := range report.All {
		write(t, f.Name, report.Options{}, []overgrant.Message{{Logged: logged}, {Trail: &overgrant.Trail{ID: "x"}}, {Used: &overgrant.Used{}}})
	}
}
