package shared_test

import (
	"strings"
	"testing"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/store"
	"github.com/overgrant/overgrant/internal/store/sqlite"
	"github.com/overgrant/overgrant/test/azurite"
)

// TestBegun takes back what a run left that was ended between the policy and the
// ledger.
func TestBegun(t *testing.T) {
	a := filled(t)
	a.SetPolicies(t, "blob", "models", "", azurite.Policy{ID: "demo-5e5e5e5e", Permissions: "r", Expiry: azurite.Stamp(time.Now().Add(time.Hour))},
		azurite.Policy{ID: "readers", Permissions: "r", Expiry: azurite.Stamp(time.Now().Add(time.Hour))})
	db, err := sqlite.Open(t.Context(), a.path("store.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	intent := overgrant.Minted{Name: "demo", At: time.Now().UTC(), Change: overgrant.Intended, Text: a.at("models"), Owner: "ada", Purpose: "p", Expiry: time.Now().Add(time.Hour), Attempt: "1",
		Paths: []string{"models/notes.txt"}, Grant: overgrant.Grant{Kind: "policy_sas", Provider: "azure", Account: a.Name, Container: "models", PolicyID: "demo-5e5e5e5e"}}
	if err := db.Put(t.Context(), store.NewRun(time.Now(), [4]byte{}), overgrant.Message{Minted: &intent}); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if code, out, _ := a.run(t, "share", "list", "--expiring", "1d", "--store", a.path("store.db")); code != 1 || !strings.Contains(out, "never finished") || !strings.Contains(out, "take all of it back") {
		t.Errorf("share list = %d\n%s", code, out)
	}
	if code, _, said := a.share(t, a.keyed(), "--yes", "--purpose", "p", "--name", "demo", "-o", a.path("x.txt"), a.at("models/notes.txt")); code != 2 || !strings.Contains(said, "never finished") {
		t.Errorf("share of the same name = %d\n%s", code, said)
	}
	code, out, said := a.run(t, append(append([]string{"share", "revoke"}, a.keyed()...), "--yes", "demo")...)
	if state := a.state(t); code != 0 || strings.Contains(state, "demo-5e5e5e5e") || !strings.Contains(state, "readers") {
		t.Errorf("share revoke = %d\n%s\n%s", code, out, said)
	}
	if e := a.ledger(t)["demo"]; e.State != "revoked" || e.Begun != "" {
		t.Errorf("the ledger says %+v", e)
	}
	for _, format := range []string{"text", "csv", "markdown"} {
		if code, out, _ := a.run(t, "share", "list", "--format", format, "--store", a.path("store.db")); code != 0 || strings.Contains(out, "0001") {
			t.Errorf("share list --format %s = %d\n%s", format, code, out)
		}
	}
}
