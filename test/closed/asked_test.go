package closed_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/cli"
	"github.com/overgrant/overgrant/internal/store"
	"github.com/overgrant/overgrant/internal/store/sqlite"
)

// TestAsked answers at a terminal. Where more stops than the link, yes is not
// enough.
func TestAsked(t *testing.T) {
	a := newAccount(t)
	a.PutContainer(t, "models", "")
	a.PutBlob(t, "models", "weights.bin", []byte("weights"))
	long := longSAS()
	leaked := a.link("models", "weights.bin", a.BlobSAS(long))
	long.Permissions = "rl"
	ids := a.leak(t, leaked, a.link("models", "weights.bin", a.BlobSAS(long)))
	answer := func(in string, args ...string) (int, string) {
		code, out, said := a.with(t, func(w *cli.World) { w.Answers, w.In = true, strings.NewReader(in) },
			append(append([]string{"revoke"}, a.owning()...), append(args, ids[0])...)...)
		return code, out + said
	}
	for _, in := range []string{"", "no\n", "y\n", "yes\n", "yes"} {
		if code, said := answer(in, "--route", "rotate_account_key"); code != 2 || len(a.rotations()) != 0 {
			t.Fatalf("answered %q: %d\n%s", in, code, said)
		}
	}
	code, said := answer(strings.ToUpper(a.Name)+"\n", "--route", "rotate_account_key")
	if code != 0 || a.opens(t, leaked) || !strings.Contains(said, "Closed: ") || !strings.Contains(said, "1 more case died") {
		t.Fatalf("answered with the account: %d\n%s", code, said)
	}

	// What died with it is put on record by asking for all of it at once.
	code, out, text := a.run(t, append(append([]string{"revoke", "--confirm", "--died-with-it"}, a.reaching()...), ids[0])...)
	if code != 0 || strings.Count(out, "Closed: ") != 2 || !strings.Contains(text, "2 links are asked again") && !strings.Contains(text, "is asked again") {
		t.Errorf("revoke --confirm --died-with-it = %d\n%s\n%s", code, out, text)
	}
	if j := overgrant.Attempts(a.journal(t, ids[1])); len(j) != 1 || j[0].End != overgrant.Closed {
		t.Errorf("the journal of what died too tells %+v; want it closed", j)
	}
}

// TestConfirmSeveral asks for a link that works and for one that does not: the
// one does not keep the other from its end, and the exit tells of the worse.
func TestConfirmSeveral(t *testing.T) {
	a := newAccount(t)
	a.PutContainer(t, "models", "")
	a.PutBlob(t, "models", "weights.bin", []byte("weights"))
	works, dead := longSAS(), longSAS()
	dead.Key = 2
	ids := a.leak(t, a.link("models", "weights.bin", a.BlobSAS(works)), a.link("models", "weights.bin", a.BlobSAS(dead)))
	a.RotateKey(t, 2)
	code, out, said := a.run(t, append(append([]string{"revoke", "--confirm"}, a.reaching()...), ids...)...)
	if code != 1 || strings.Count(out, "Closed: ") != 1 {
		t.Errorf("revoke --confirm of two = %d\n%s\n%s", code, out, said)
	}
	for i, want := range []overgrant.Progress{"", overgrant.Closed} {
		if j := overgrant.Attempts(a.journal(t, ids[i])); len(j) != 1 || j[0].End != want {
			t.Errorf("the journal of link %d tells %+v; want its end to be %q", i, j, want)
		}
	}
}

// TestInterrupted ends the checks and takes them up again.
func TestInterrupted(t *testing.T) {
	a := newAccount(t)
	a.PutContainer(t, "models", "")
	a.PutBlob(t, "models", "weights.bin", []byte("weights"))
	id := a.leak(t, a.link("models", "weights.bin", a.BlobSAS(longSAS())))[0]
	code, _, said := a.with(t, func(w *cli.World) {
		w.Wait = func(context.Context, time.Duration) error { return context.Canceled }
	}, append(append([]string{"revoke"}, a.owning()...), "--yes", "--route", "rotate_account_key", id)...)
	if code != 3 || !strings.Contains(said, "--confirm") {
		t.Fatalf("interrupted = %d\n%s", code, said)
	}
	a.mu.Lock()
	a.ahead += 2 * time.Minute
	a.mu.Unlock()
	if code, got, said := a.revoke(t, "--confirm", id); code != 0 || got.State != "closed" || got.Chosen != "rotate_account_key" {
		t.Errorf("revoke --confirm = %d, %+v\n%s", code, got, said)
	}
	if n := len(a.rotations()); n != 1 {
		t.Errorf("%d rotations; want 1", n)
	}
}

// TestGivenUp ends an attempt that was begun, and says what is not known of it.
func TestGivenUp(t *testing.T) {
	a, id, leaked, _ := rotating(t)
	a.manager.Break(cutBefore)
	if code, _, said := a.revoke(t, append(append([]string{}, rotation...), id)...); code != 3 {
		t.Fatalf("revoke = %d\n%s", code, said)
	}
	if code, got, said := a.revoke(t, "--give-up", id); code != 0 || got.State != "given_up" || !strings.Contains(got.Why, "not known") {
		t.Errorf("revoke --give-up = %d, %+v\n%s", code, got, said)
	}
	if !a.opens(t, leaked) {
		t.Error("the link is dead, though nothing was done")
	}
}

// TestLedgerIsTold revokes a link of ours: the ledger says so afterwards, of it
// and of what died with it.
func TestLedgerIsTold(t *testing.T) {
	a := newAccount(t)
	a.PutContainer(t, "models", "")
	a.PutBlob(t, "models", "weights.bin", []byte("weights"))
	long := longSAS()
	id := a.leak(t, a.link("models", "weights.bin", a.BlobSAS(long)))[0]
	grant := overgrant.Grant{Kind: "service_sas", Provider: "azure", Account: a.Name, Signer: "account_key"}
	mint := func(name, id string, key int) overgrant.Message {
		return overgrant.Message{Minted: &overgrant.Minted{Name: name, At: time.Now().UTC().Add(-time.Hour), Change: overgrant.Made, ID: id, Text: "https://…", Grant: grant,
			KeyHash: hashOf(t, a.Key(key)), Owner: "ada", Purpose: "a test"}}
	}
	db, err := sqlite.Open(t.Context(), a.path("store.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	err = db.Put(t.Context(), store.NewRun(time.Now(), [4]byte{}), mint("itself", id, 1), mint("same-key", "aa", 1), mint("other-key", "bb", 2))
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if code, got, said := a.revoke(t, append(append([]string{}, rotation...), id)...); code != 0 {
		t.Fatalf("revoke = %d, %+v\n%s", code, got, said)
	}
	if db, err = sqlite.Open(t.Context(), a.path("store.db"), sqlite.Options{}); err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for s, err := range db.Ledger(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if revoked := !s.Revoked.IsZero(); revoked == (s.Name == "other-key") {
			t.Errorf("share %s is revoked: %v", s.Name, revoked)
		}
	}
}
