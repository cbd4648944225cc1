package shared_test

import (
	"strings"
	"testing"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/store"
	"github.com/overgrant/overgrant/internal/store/sqlite"
)

// TestKnown finds a link of ours where it leaked, and sees it in use.
func TestKnown(t *testing.T) {
	a := filled(t)
	code, got, said := a.share(t, a.keyed(), "--yes", "--purpose", "for the reviewers", "--name", "leaks", "--owner", "Grace", "-o", a.path("links.txt"), a.at("models/notes.txt"))
	if code != 0 {
		t.Fatalf("share = %d\n%s", code, said)
	}
	leak := a.write(t, "README.md", "see "+a.lines(t, "links.txt")[0]+"\n")
	saving := []string{"scan", "--save", "--no-cache", "--store", a.path("store.db"), "--vault-key", a.path("key.txt")}
	if _, out, said := a.run(t, append(saving, leak)...); !strings.Contains(out, "share leaks, made by Grace") || !strings.Contains(out, "for the reviewers") {
		t.Errorf("scan does not know a link of ours:\n%s\n%s", out, said)
	}
	if _, out, _ := a.run(t, append(saving, "--format", "jsonl", leak)...); !strings.Contains(out, `"ledger":"leaks"`) {
		t.Errorf("scan --format jsonl does not know it:\n%s", out)
	}
	if _, out, said := a.run(t, "cases", "--store", a.path("store.db"), got.IDs[0][:12]); !strings.Contains(out, "share leaks") {
		t.Errorf("cases does not know it:\n%s\n%s", out, said)
	}

	db, err := sqlite.Open(t.Context(), a.path("store.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	last := time.Date(2026, 2, 1, 10, 0, 0, 0, time.UTC)
	used := overgrant.Used{Schema: "overgrant.usage/1", Token: "t", Kind: "policy_sas", Account: a.Name, First: last.Add(-time.Hour), Last: last, Requests: 12, BytesOut: 3456,
		Match: overgrant.UsedMatch{Ledger: "leaks", By: "signature"}}
	if err := db.Put(t.Context(), store.NewRun(time.Now(), [4]byte{}), overgrant.Message{Used: &used}); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if e := a.ledger(t)["leaks"]; !e.Used || e.Requests != 12 || !e.LastUsed.Equal(last) || e.BytesOut != 3456 {
		t.Errorf("the ledger says of its use: %+v", e)
	}
	for format, want := range map[string]string{"text": "12 requests, last 2026-02-01 10:00 UTC", "csv": "2026-02-01T10:00:00Z,12", "markdown": "| 12 |", "jsonl": `"last_used":"2026-02-01T10:00:00Z"`} {
		if _, out, said := a.run(t, "share", "list", "--format", format, "--store", a.path("store.db")); !strings.Contains(out, want) {
			t.Errorf("share list --format %s lacks %q:\n%s\n%s", format, want, out, said)
		}
	}
	if code, out, _ := a.run(t, "share", "list", "--expiring", "2d", "--store", a.path("store.db"), "leaks"); code != 1 || !strings.Contains(out, "leaks") {
		t.Errorf("share list --expiring = %d\n%s", code, out)
	}
	if code, out, _ := a.run(t, "share", "list", "--expiring", "1h", "--store", a.path("store.db")); code != 0 {
		t.Errorf("share list --expiring with none = %d\n%s", code, out)
	}
}
