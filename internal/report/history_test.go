package report_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/report"
	"github.com/overgrant/overgrant/internal/report/reporttest"
)

// closedCase are the messages of a link that was closed; again says that it was
// seen to work afterwards.
func closedCase(again bool) []overgrant.Message {
	at := func(h int) time.Time { return time.Date(2026, 2, 1, h, 0, 0, 0, time.UTC) }
	id := strings.Repeat("0c", 32)
	entry := func(s overgrant.Progress, step, h int) overgrant.Message {
		return overgrant.Message{Remedied: &overgrant.Remedied{ID: id, Attempt: "1", State: s, Step: step, At: at(h)}}
	}
	plan := entry(overgrant.Planned, 0, 10)
	plan.Remedied.Route = &overgrant.Route{Name: "rotate_account_key", Doc: "Makes key1 anew. " + reporttest.Hostile, Steps: []overgrant.Step{{Deed: overgrant.RotateKey}}}
	plan.Remedied.KeyMade = time.Date(2021, 5, 1, 0, 0, 0, 0, time.UTC)
	checked := entry(overgrant.Checked, 1, 12)
	checked.Remedied.Proof = &overgrant.Proof{State: overgrant.Dead, Why: "The signature does not match."}
	end := entry(overgrant.Closed, 0, 13)
	end.Remedied.Detail = "The signature does not match"
	ms := []overgrant.Message{
		{Run: &overgrant.Run{Schema: "overgrant.events/1", Started: at(8)}},
		{Found: &overgrant.Found{First: at(8), Link: overgrant.Link{ID: id, Redacted: "https://contoso/?sig=…", Grant: overgrant.Grant{Kind: "account_sas", Provider: "azure", Account: "contoso",
			SignedVersion: "2020-08-04", Start: time.Date(2021, 10, 5, 0, 0, 0, 0, time.UTC), Expiry: time.Date(2051, 10, 6, 0, 0, 0, 0, time.UTC)}}}},
		{Judged: &overgrant.Judged{ID: id, Status: overgrant.LiveShape, Verdict: overgrant.Verdict{Severity: overgrant.Critical}}},
		{Seen: &overgrant.Seen{ID: id, Sighting: overgrant.Sighting{Place: overgrant.Place{Source: "git", Repository: "r", Path: "README.md"}, Commit: strings.Repeat("c0", 20), Author: reporttest.Hostile, Time: time.Date(2021, 10, 6, 0, 0, 0, 0, time.UTC)}}},
		{Proven: &overgrant.Proven{ID: id, Proof: overgrant.Proof{State: overgrant.Alive, CheckedAt: at(9)}}},
		plan, entry(overgrant.Begun, 1, 11), entry(overgrant.Done, 1, 11), checked,
		{Proven: &overgrant.Proven{ID: id, Proof: overgrant.Proof{State: overgrant.Dead, CheckedAt: at(13)}}}, end,
		{Used: &overgrant.Used{Token: "t", Account: "contoso", First: time.Date(2021, 11, 1, 0, 0, 0, 0, time.UTC), Last: at(7), Requests: 12, Writes: 2, Match: overgrant.UsedMatch{Known: id}}},
	}
	if again {
		ms = append(ms, overgrant.Message{Proven: &overgrant.Proven{ID: id, Proof: overgrant.Proof{State: overgrant.Alive, CheckedAt: at(14)}}})
	}
	return append(ms, overgrant.Message{Summary: &overgrant.Summary{}})
}

var later = time.Date(2026, 2, 2, 0, 0, 0, 0, time.UTC)

func folded(ms []overgrant.Message) *overgrant.Case {
	var cs overgrant.Cases
	for _, m := range ms {
		cs.Add(m)
	}
	return cs.Sorted(later)[0]
}

func TestTimeline(t *testing.T) {
	line := folded(closedCase(false)).Timeline(later)
	var got []string
	for _, m := range line.Moments {
		got = append(got, string(m.What))
	}
	want := []string{"opened", "published", "used_first", "used_last", "found", "proven", "revoked", "confirmed", "expires"}
	if !slices.Equal(got, want) || !line.Closed {
		t.Errorf("moments %q, closed %v; want %q, closed", got, line.Closed, want)
	}
	if m := line.Moments[0]; m.NotBefore.Format(time.DateOnly) != "2021-05-01" || m.NotAfter.Format(time.DateOnly) != "2021-10-06" || !strings.Contains(m.Detail, "2021-10-05") {
		t.Errorf("opened = %+v; want it between the making of the key and the commit, with the start that it claims", m)
	}
	if line.Exposed.Still || line.Exposed.Until.Hour() != 11 {
		t.Errorf("exposed %+v; want until it was revoked", line.Exposed)
	}
	again := folded(closedCase(true)).Timeline(later)
	if again.Closed || !slices.ContainsFunc(again.Moments, func(m overgrant.Moment) bool { return m.What == overgrant.Reopened }) || !again.Exposed.Still {
		t.Errorf("a link that works again: %+v", again)
	}
}

func TestWriteTimelines(t *testing.T) {
	all := []overgrant.Timeline{folded(closedCase(false)).Timeline(later)}
	for format, want := range map[string]string{
		"markdown": "| 2026-02-01 13:00:00 | **confirmed dead** |",
		"text":     "2026-02-01 13:00:00",
		"json":     `"what": "confirmed"`,
	} {
		var b bytes.Buffer
		if err := report.WriteTimelines(&b, format, all, report.Options{}); err != nil || !strings.Contains(b.String(), want) {
			t.Errorf("WriteTimelines(%s) = %v; want %q in\n%s", format, err, want, b.String())
		}
		if strings.ContainsAny(b.String(), "\x1b\a\u202e") {
			t.Errorf("WriteTimelines(%s) lets escapes through", format)
		}
		if format == "json" && json.Unmarshal(b.Bytes(), &overgrant.Timeline{}) != nil {
			t.Error("WriteTimelines(json) writes no JSON")
		}
	}
	if err := report.WriteTimelines(&bytes.Buffer{}, "csv", all, report.Options{}); err == nil {
		t.Error("WriteTimelines(csv) = nil; want an error")
	}
}

// TestClosedCaseInEveryFormat tells of a case that was closed, and of one that
// works again, wherever a case is told whole.
func TestClosedCaseInEveryFormat(t *testing.T) {
	wants := map[string][2]string{
		"text":     {"closed by rotate account key", "WORKS AGAIN"},
		"markdown": {"closed by rotate account key", "WORKS AGAIN"},
		"html":     {"confirmed dead", "WORKS AGAIN"},
		"jsonl":    {`"closing":{"attempt":"1","state":"closed","route":"rotate_account_key"`, `"state":"works_again"`},
	}
	for format, want := range wants {
		for i, again := range []bool{false, true} {
			var b bytes.Buffer
			r, err := report.New(format, &b, report.Options{Now: later, Width: 200})
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range closedCase(again) {
				if err := r.Add(m); err != nil {
					t.Fatal(err)
				}
			}
			if err := r.Close(); err != nil || !strings.Contains(b.String(), want[i]) {
				t.Errorf("%s (works again: %v) = %v; want %q", format, again, err, want[i])
			}
			if strings.ContainsAny(b.String(), "\x1b\a") || strings.Contains(b.String(), "<img src=x") && format == "html" {
				t.Errorf("%s lets a hostile name through", format)
			}
		}
	}
}

func TestWriteRoutes(t *testing.T) {
	dies := make([]overgrant.Collateral, 20)
	for i := range dies {
		dies[i] = overgrant.Collateral{Sort: []string{"case", "ledger", "client"}[i%3], ID: strings.Repeat("a", 64), What: "thing " + reporttest.Hostile, Why: "signed with key1", Uses: int64(i)}
	}
	c := &report.Closing{ID: strings.Repeat("0c", 32), Text: "https://contoso/?sig=…", Account: "contoso", Chosen: "rotate_account_key", State: "planned", Routes: []overgrant.Route{
		{Name: "rotate_account_key", Doc: "Makes key1 anew.", Holds: "at once", Dies: dies, Survives: []string{"a", "b"}, Unknown: "others",
			Steps: []overgrant.Step{{Deed: overgrant.RotateKey, Account: "contoso", Key: "key1"}}},
		{Name: "delete_commit", Doc: "Deletes the commit.", Not: "no remedy: it goes on"},
	}}
	var b bytes.Buffer
	if err := report.WriteRoutes(&b, c, report.Options{Width: 100}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"1. rotate_account_key ← this one", "replace key1 of account contoso", "7 known links, 7 links of ours and 6 clients in the logs", "and 8 more", "2 other known links", "it cannot be undone", "no remedy: it goes on"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("WriteRoutes() does not say %q:\n%s", want, b.String())
		}
	}
	if strings.ContainsAny(b.String(), "\x1b\a\u202e") {
		t.Error("WriteRoutes() lets escapes through")
	}
	for state, want := range map[string]string{"closed": "refused the link twice", "alive": "STILL ALIVE", "inconclusive": "Not confirmed", "given_up": "Given up", "open": "Not finished"} {
		b.Reset()
		c.State, c.Steps = state, []report.ClosingStep{{Step: 1, State: overgrant.Done, Detail: "was → is"}}
		if err := report.WriteClosed(&b, c, report.Options{}); err != nil || !strings.Contains(b.String(), want) || !strings.Contains(b.String(), "done: was → is") {
			t.Errorf("WriteClosed(%s) = %v\n%s", state, err, b.String())
		}
	}
}

func TestStepText(t *testing.T) {
	for _, d := range []overgrant.Deed{overgrant.EditPolicy, overgrant.DeletePolicy, overgrant.SetExpirationPolicy, overgrant.RotateKey, overgrant.RevokeDelegationKeys, overgrant.DisableSharedKey, overgrant.DisablePublicAccess, overgrant.CloseContainer} {
		s := overgrant.Step{Deed: d, Account: "contoso", Service: "blob", Container: "models", Policy: "readers", Key: "key1", Period: 24 * time.Hour}
		if text := report.StepText(&s); !strings.Contains(text, "contoso") && !strings.Contains(text, "models") {
			t.Errorf("StepText(%s) = %q; want it to say where", d, text)
		}
	}
}
