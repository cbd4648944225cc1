package shared_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/overgrant/overgrant/internal/cloud/fake/arm"
)

// The rights that a share may need.
const (
	accountType = "Microsoft.Storage/storageAccounts/"
	readAccount = accountType + "read"
	listKeys    = accountType + "listkeys/action"
	delegate    = accountType + "blobServices/generateUserDelegationKey/action"
	listAll     = accountType + "blobServices/containers/read"
)

// TestRights takes rights away from the login.
func TestRights(t *testing.T) {
	a := filled(t)
	before := a.state(t)
	file := a.at("models/notes.txt")
	share := func(args ...string) (int, string) {
		t.Helper()
		code, _, said := a.share(t, a.owning(), append([]string{"--yes", "--purpose", "p"}, append(args, file)...)...)
		return code, said
	}

	a.manager.Deny(delegate)
	if code, said := share("-o", a.path("none.txt")); code != 2 || !strings.Contains(said, "generateUserDelegationKey") {
		t.Errorf("without the right to delegate = %d\n%s", code, said)
	}
	a.manager.Allow(delegate)

	a.manager.Deny(readAccount, listKeys, listAll)
	code, said := share("-o", a.path("narrow.txt"), "--name", "narrow")
	if code != 0 {
		t.Errorf("with a right to data alone = %d\n%s", code, said)
	} else if status, body := a.ask(t, http.MethodGet, a.lines(t, "narrow.txt")[0]); status != 200 || body != "notes" {
		t.Errorf("download = %d %q", status, body)
	}
	if code, said := share("-o", a.path("none.txt"), "--revocable", "--name", "keyless"); code != 2 || !strings.Contains(said, "signed with an account key") {
		t.Errorf("bound to a policy without the right to the keys = %d\n%s", code, said)
	}
	a.manager.Allow(readAccount, listKeys, listAll)

	state, _ := a.manager.Account(a.Name)
	a.manager.Lock("freeze", arm.ReadOnly, state.ID())
	if code, said := share("-o", a.path("none.txt"), "--revocable", "--name", "frozen"); code != 2 || !strings.Contains(said, "locked") {
		t.Errorf("locked = %d\n%s", code, said)
	}
	a.manager.Unlock("freeze")

	if a.state(t) != before {
		t.Error("a share that failed left something in the account")
	}
	for name, e := range a.ledger(t) {
		if name != "narrow" && (e.Live > 0 || e.Begun != "") {
			t.Errorf("the ledger says of a share that failed: %+v", e)
		}
	}
}
