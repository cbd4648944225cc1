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
	for _, command := range []string{"verify", "measure"} {
		args := append(append([]string{command, "--save"}, a.reaching()...), "--file", leak)
		if _, out, said := a.run(t, args...); !strings.Contains(out, "share leaks, made by Grace") {
			t.Errorf("%s does not know it:\n%s\n%s", command, out, said)
		}
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

// TestReading has the link through which a dry run reads in the ledger, out of
// sight.
func TestReading(t *testing.T) {
	a := filled(t)
	if code, _, said := a.share(t, a.owning(), "--yes", "--purpose", "p", "--name", "one", "-o", a.path("links.txt"), a.at("models/notes.txt")); code != 0 {
		t.Fatal(said)
	}
	if code, _, said := a.share(t, a.owning(), "--dry-run", "--name", "two", a.at("models/notes.txt")); code != 0 {
		t.Fatal(said)
	}
	if all := a.ledger(t); len(all) != 1 || all["one"].Links != 1 {
		t.Errorf("the list shows %+v", all)
	}
	for _, name := range []string{"(dry run of one)", "(dry run of two)"} {
		if e := a.ledger(t, name)[name]; e.State != "live" || e.Links != 1 || time.Until(e.Expiry) > 2*time.Hour {
			t.Errorf("the ledger has %s as %+v", name, e)
		}
	}
	db, err := sqlite.Open(t.Context(), a.path("store.db"), sqlite.Options{Existing: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for s, err := range db.Ledger(t.Context()) {
		if err != nil || len(s.Links) != 1 || len(s.Links[0].LogHash) != 64 {
			t.Errorf("%s has no hash by which logs name it: %v", s.Name, err)
		}
	}
}
