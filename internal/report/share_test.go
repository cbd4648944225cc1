package report_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/report"
)

var shareNoon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// sharingPlan is a container that somebody wants to share for three files.
func sharingPlan() *report.Sharing {
	return &report.Sharing{Schema: "overgrant.share/1", Name: "resnet18-20260301", Account: "contosomodels", Container: "models", Asked: []string{"models/resnet18/"},
		Scope: "container", Kind: "policy_sas", Policy: "resnet18-20260301-5e5e5e5e", Rights: "rl", IP: "203.0.113.5", Start: shareNoon, Expiry: shareNoon.Add(30 * 24 * time.Hour),
		Count: 1, AskedFor: overgrant.Tally{Objects: 3, Bytes: 46_900_000}, Reach: overgrant.Tally{Objects: 1204, Bytes: 38_000_000_000}, Others: overgrant.Tally{Objects: 1201, Bytes: 37_953_100_000},
		Worst: "workstation_backup: models/old/ADA-PC/disk.vhdx", Later: "whatever is put into the container models while the link works, under any name",
		Notes: []string{"contact_data: e-mail addresses in 2 objects"}, Advice: []string{"policy-hidden: The link hangs on a policy."}, Instead: "3 links, one for each object that was asked for: leave --as away",
		Stops: []report.SharingStop{
			{Code: "workstation_backup", Severity: overgrant.Critical, Why: "backups in 1 object", Fix: "Take it out of there.", Examples: []string{"models/old/ADA-PC/disk.vhdx\x1b[2J"}},
			{Code: "container-scope", Severity: overgrant.Medium, Why: "The link opens all files.", Fix: "Sign a link for the one object.", Accepted: "the whole course"},
		}, State: "refused"}
}

func TestWriteSharing(t *testing.T) {
	var b bytes.Buffer
	if err := report.WriteSharing(&b, sharingPlan(), report.Options{Now: shareNoon}); err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/share_plan.txt", b.String())
	s := sharingPlan()
	s.State, s.File, s.Signature, s.Snippet, s.Count = "made", "links.txt", "resnet18.sig", "## Download\n", 3
	b.Reset()
	if err := report.WriteShared(&b, s, report.Options{Now: shareNoon}); err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/share_made.txt", b.String())
}

// ledgerEntries are shares in each of the states.
func ledgerEntries() []report.LedgerEntry {
	one := report.LedgerEntry{Schema: "overgrant.ledger/1", Name: "course", State: "live", Account: "contosomodels", Container: "models", Paths: []string{"models/a", "models/b", "models/c", "models/d", "models/e"},
		Owner: "ada", Purpose: "the course | 2026", Kind: "policy_sas", Policy: "course-5e5e5e5e", Links: 5, Live: 5, Objects: overgrant.Tally{Objects: 5, Bytes: 4_690_000},
		Made: shareNoon.Add(-24 * time.Hour), Expiry: shareNoon.Add(5 * 24 * time.Hour), Accepts: []overgrant.Accept{{Rule: "lives-over-a-week", Why: "it lasts a month"}},
		Used: true, LastUsed: shareNoon.Add(-time.Hour), Requests: 1234, BytesOut: 98_765_432, IDs: []string{strings.Repeat("5e", 32)}}
	begun := one
	begun.Name, begun.State, begun.Links, begun.Live, begun.Used, begun.Begun = "begun", "begun", 0, 0, false, "2026-03-01 11:00:00: a change was begun"
	old, gone := one, one
	old.Name, old.State, old.Expiry, old.Used = "=cmd|x", "expired", shareNoon.Add(-time.Hour), false
	gone.Name, gone.State, gone.Revoked = "gone", "revoked", shareNoon.Add(-time.Hour)
	return []report.LedgerEntry{begun, one, old, gone}
}

func TestWriteLedger(t *testing.T) {
	for _, format := range strings.Split(report.LedgerFormats, ", ") {
		var b bytes.Buffer
		if err := report.WriteLedger(&b, format, ledgerEntries(), report.Options{Now: shareNoon}); err != nil {
			t.Fatal(err)
		}
		golden(t, "testdata/ledger."+format, b.String())
		b.Reset()
		if err := report.WriteLedger(&b, format, nil, report.Options{Now: shareNoon}); err != nil || format == "json" && b.String() != "[]\n" {
			t.Errorf("an empty ledger as %s: %q, %v", format, b.String(), err)
		}
	}
	if err := report.WriteLedger(&bytes.Buffer{}, "yaml", nil, report.Options{}); err == nil {
		t.Error("WriteLedger takes a format that there is not")
	}
}
