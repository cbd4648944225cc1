package closed_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/cloud/fake/arm"
	"github.com/overgrant/overgrant/internal/store"
	"github.com/overgrant/overgrant/internal/store/sqlite"
	"github.com/overgrant/overgrant/kind"
	"github.com/overgrant/overgrant/test/azurite"
)

// TestEveryRoute leaks a link, finds it, proves that it works, closes it by one
// route, and asks.
func TestEveryRoute(t *testing.T) {
	now := time.Now().UTC()
	long := azurite.SAS{Permissions: "r", Start: stamp(now.Add(-24 * time.Hour)), Expiry: stamp(now.Add(400 * 24 * time.Hour)), Container: "models", Blob: "weights.bin", Key: 2}
	bound := azurite.SAS{Policy: "readers", Container: "models", Blob: "weights.bin"}
	tests := []struct {
		route   string
		make    func(*account) string
		revives bool
	}{
		{"delete_stored_policy", func(a *account) string { return a.link("models", "weights.bin", a.BlobSAS(bound)) }, true},
		{"end_stored_policy", func(a *account) string { return a.link("models", "weights.bin", a.BlobSAS(bound)) }, true},
		{"block_long_signatures", func(a *account) string { return a.link("models", "weights.bin", a.BlobSAS(long)) }, true},
		{"rotate_account_key", func(a *account) string { return a.link("models", "weights.bin", a.BlobSAS(long)) }, true},
		{"disable_shared_key", func(a *account) string { return a.link("models", "weights.bin", a.BlobSAS(long)) }, true},
		{"revoke_delegation_keys", func(a *account) string {
			k := a.Delegate(t, now.Add(-time.Hour), now.Add(24*time.Hour))
			s := long
			s.Expiry = stamp(now.Add(20 * time.Hour))
			return a.link("models", "weights.bin", a.DelegationSAS(k, s))
		}, true},
	}
	for _, tt := range tests {
		t.Run(tt.route, func(t *testing.T) {
			a := newAccount(t)
			a.PutContainer(t, "models", "")
			a.PutBlob(t, "models", "weights.bin", []byte("weights"))
			a.SetPolicies(t, "blob", "models", "", azurite.Policy{ID: "readers", Permissions: "r", Expiry: stamp(now.Add(24 * time.Hour))})
			link := tt.make(a)
			id := a.leak(t, link)[0]
			if got := a.verified(t, id); got != overgrant.Alive || !a.opens(t, link) {
				t.Fatalf("the link is %s before", got)
			}
			code, plan, said := a.revoke(t, "--dry-run", "--route", tt.route, id)
			if code != 0 || plan.State != "planned" || !a.opens(t, link) {
				t.Fatalf("dry run = %d, %s\n%s", code, plan.State, said)
			}
			if code, _, said := a.revoke(t, "--route", tt.route, id); code != 2 || !strings.Contains(said, "--yes") || !a.opens(t, link) {
				t.Fatalf("revoke without a word = %d\n%s", code, said)
			}
			code, got, said := a.revoke(t, "--yes", "--route", tt.route, id)
			if code != 0 || got.State != "closed" || got.Chosen != tt.route || got.Proof == nil || got.Proof.State != overgrant.Dead {
				t.Fatalf("revoke = %d, %+v\n%s", code, got, said)
			}
			if a.opens(t, link) || a.verified(t, id) != overgrant.Dead {
				t.Error("the link still works")
			}
			if (got.Revives != "") != tt.revives {
				t.Errorf("Revives = %q", got.Revives)
			}
			a.tells(t, id, tt.route)
		})
	}
}

// tells checks the record of a case that was closed.
func (a *account) tells(t *testing.T, id, route string) {
	t.Helper()
	code, out, said := a.run(t, "cases", "--store", a.path("store.db"), "--timeline", "--format", "json", id)
	var line overgrant.Timeline
	if code != 0 || json.Unmarshal([]byte(out), &line) != nil {
		t.Fatalf("cases --timeline = %d\n%s\n%s", code, out, said)
	}
	var order []string
	for _, m := range line.Moments {
		order = append(order, string(m.What))
		if m.What == overgrant.Shut && m.Detail != strings.ReplaceAll(route, "_", " ") {
			t.Errorf("revoked by %q; want %s", m.Detail, route)
		}
	}
	if text := strings.Join(order, " "); !line.Closed || !strings.Contains(text, "found proven revoked confirmed") {
		t.Errorf("timeline %q, closed %v; want found, proven, revoked, confirmed", text, line.Closed)
	}
	code, out, said = a.run(t, "cases", "--store", a.path("store.db"), "--timeline", "--format", "markdown", id)
	if code != 0 || !strings.Contains(out, "**confirmed dead**") {
		t.Errorf("cases --timeline = %d\n%s\n%s", code, out, said)
	}
}

// TestPublicAccess closes what anybody can read. Such a case is found by no scan
// of text: it is in the store, or its address is given.
func TestPublicAccess(t *testing.T) {
	for _, route := range []string{"close_container", "disable_public_access"} {
		t.Run(route, func(t *testing.T) {
			a := newAccount(t)
			for _, name := range []string{"open", "other"} {
				a.PutContainer(t, name, "container")
				a.PutBlob(t, name, "page.html", []byte("page"))
			}
			l, err := kind.Anonymous(strings.TrimSuffix(a.link("open", "page.html", ""), "?"))
			if err != nil {
				t.Fatal(err)
			}
			a.remember(t, l)
			if got := a.verified(t, l.ID); got != overgrant.Alive {
				t.Fatalf("the link is %s before", got)
			}
			which := l.ID
			if route == "close_container" {
				which = strings.TrimSuffix(a.link("open", "other.html", ""), "?")
			}
			code, got, said := a.revoke(t, "--yes", "--route", route, which)
			if code != 0 || got.ID != l.ID || got.State != "closed" {
				t.Fatalf("revoke = %d, %+v\n%s", code, got, said)
			}
			if a.opens(t, a.link("open", "page.html", "")) || a.opens(t, a.link("other", "page.html", "")) != (route == "close_container") {
				t.Error("another container is open than was planned")
			}
		})
	}
}

// remember puts a link into the store and its vault.
func (a *account) remember(t *testing.T, l overgrant.Link) {
	t.Helper()
	ctx := context.Background()
	db, err := sqlite.Open(ctx, a.path("store.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	key, err := store.ReadKey(a.path("key.txt"), "")
	if err == nil {
		err = db.Put(ctx, store.NewRun(time.Now(), [4]byte{}), overgrant.Message{Found: &overgrant.Found{Link: l}},
			overgrant.Message{Judged: &overgrant.Judged{ID: l.ID, Status: overgrant.LiveShape, Verdict: overgrant.Verdict{Severity: overgrant.High}}})
	}
	if err == nil {
		err = store.NewVault(db, key).Seal(ctx, l)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestRevived makes a policy again under the name of one that was deleted: the
// link comes back, and asking tells.
func TestRevived(t *testing.T) {
	a := newAccount(t)
	policy := azurite.Policy{ID: "readers", Permissions: "r", Expiry: stamp(time.Now().Add(24 * time.Hour))}
	a.PutContainer(t, "models", "")
	a.PutBlob(t, "models", "weights.bin", []byte("weights"))
	a.SetPolicies(t, "blob", "models", "", policy)
	link := a.link("models", "weights.bin", a.BlobSAS(azurite.SAS{Policy: "readers", Container: "models", Blob: "weights.bin"}))
	id := a.leak(t, link)[0]
	if code, got, said := a.revoke(t, "--yes", id); code != 0 || got.Chosen != "delete_stored_policy" || !strings.Contains(got.Revives, "again") {
		t.Fatalf("revoke = %d, %+v\n%s", code, got, said)
	}
	if code, got, said := a.revoke(t, "--confirm", "--confirm-for", "5m", id); code != 0 || got.State != "closed" {
		t.Fatalf("revoke --confirm = %d, %+v\n%s", code, got, said)
	}
	a.SetPolicies(t, "blob", "models", "", policy)
	code, got, said := a.revoke(t, "--confirm", id)
	if code != 1 || got.State != "alive" {
		t.Fatalf("revoke --confirm after the policy came back = %d, %+v\n%s", code, got, said)
	}
	_, out, _ := a.run(t, "cases", "--store", a.path("store.db"), "--timeline", "--format", "text", id)
	if !strings.Contains(out, "WORKS AGAIN") || !a.opens(t, link) {
		t.Errorf("the timeline does not tell that it works again:\n%s", out)
	}
	if code, got, said := a.revoke(t, "--yes", "--route", "rotate_account_key", id); code != 0 || got.State != "closed" || a.opens(t, link) {
		t.Errorf("revoke for good = %d, %+v\n%s", code, got, said)
	}
}

// TestRefused tries what cannot be done.
func TestRefused(t *testing.T) {
	a := newAccount(t)
	a.PutContainer(t, "models", "")
	a.PutBlob(t, "models", "weights.bin", []byte("weights"))
	now := time.Now()
	sas := azurite.SAS{Permissions: "r", Start: stamp(now.Add(-time.Hour)), Expiry: stamp(now.Add(1000 * time.Hour)), Container: "models", Blob: "weights.bin"}
	link := a.link("models", "weights.bin", a.BlobSAS(sas))
	sas.Key = 2
	ids := a.leak(t, link, a.link("models", "weights.bin", a.BlobSAS(sas)))
	id, second := ids[0], ids[1]
	const rotate = "--route=rotate_account_key"
	alive := func(what string) {
		t.Helper()
		if !a.opens(t, link) || len(a.rotations()) != 0 {
			t.Fatalf("%s: something was changed", what)
		}
	}

	code, _, said := a.run(t, append(append([]string{"revoke"}, a.reaching()...), "--yes", id)...)
	if code != 2 || !strings.Contains(said, "--login") {
		t.Errorf("without a right = %d\n%s", code, said)
	}
	alive("not ours")

	a.manager.Deny("Microsoft.Storage/storageAccounts/regeneratekey/action")
	code, got, said := a.revoke(t, "--yes", rotate, id)
	if code != 2 || got.State != "given_up" || !strings.Contains(said, "regeneratekey") {
		t.Errorf("without rights at the manager = %d, %s\n%s", code, got.State, said)
	}
	a.manager.Allow("Microsoft.Storage/storageAccounts/regeneratekey/action")
	alive("no rights")

	state, _ := a.manager.Account(a.Name)
	a.manager.Lock("freeze", arm.ReadOnly, state.ID())
	if code, _, said := a.revoke(t, "--yes", rotate, id); code != 2 || !strings.Contains(said, "locked") {
		t.Errorf("locked = %d\n%s", code, said)
	}
	a.manager.Unlock("freeze")
	alive("locked")

	a.manager.Break(arm.Fault{Name: "regenerateKey", Times: 10, How: arm.CutBefore})
	code, got, said = a.revoke(t, "--yes", rotate, id)
	if code != 3 || got.State != "open" || !strings.Contains(said, "--resume") {
		t.Errorf("not answered = %d, %s\n%s", code, got.State, said)
	}
	if code, _, said := a.revoke(t, "--yes", rotate, id); code != 2 || !strings.Contains(said, "--resume") {
		t.Errorf("with an attempt that is open = %d\n%s", code, said)
	}
	if code, _, said := a.revoke(t, "--yes", rotate, second); code != 2 || !strings.Contains(said, "--resume") {
		t.Errorf("with another case's attempt open = %d\n%s", code, said)
	}
	for range 20 { // whatever is left of the fault
		if code, got, said = a.revoke(t, "--yes", "--resume", id); code == 0 {
			break
		}
	}
	if code != 0 || got.State != "closed" {
		t.Fatalf("resume = %d, %s\n%s", code, got.State, said)
	}
	if code, _, said := a.revoke(t, "--yes", rotate, second); code != 2 || !strings.Contains(said, "--clients-moved") {
		t.Errorf("both keys in one go = %d\n%s", code, said)
	}
	if code, got, said := a.revoke(t, "--yes", "--clients-moved", rotate, second); code != 0 || got.State != "closed" {
		t.Errorf("the second key = %d, %s\n%s", code, got.State, said)
	}
	if got := a.rotations(); len(got) != 2 || got[0] != "key1" || got[1] != "key2" {
		t.Errorf("rotated %v; want key1, then key2", got)
	}
	if code, _, said := a.revoke(t, "--resume", id); code != 2 || !strings.Contains(said, "no attempt") {
		t.Errorf("resume with nothing open = %d\n%s", code, said)
	}
}
