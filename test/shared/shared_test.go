package shared_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/overgrant/overgrant/internal/cli"
)

var _ = cli.Main

// filled puts a model and other things into a container.
func filled(t *testing.T) *account {
	a := newAccount(t)
	a.PutContainer(t, "models", "")
	a.PutBlob(t, "models", "resnet/config.json", []byte(`{"model_type": "resnet"}`))
	a.PutBlob(t, "models", "resnet/weights.txt", []byte("weights"))
	a.PutBlob(t, "models", "resnet2/other.txt", []byte("other"))
	a.PutBlob(t, "models", "notes.txt", []byte("notes"))
	return a
}

// TestDelegated shares by user delegation, and tries what the links open.
func TestDelegated(t *testing.T) {
	a := filled(t)
	before := a.state(t)
	code, plan, said := a.share(t, a.owning(), "--dry-run", a.at("models/resnet/"))
	if code != 0 || plan.State != "planned" || plan.Kind != "user_delegation_sas" || plan.Count != 2 || plan.Reach.Objects != 2 || plan.Others.Objects != 0 {
		t.Fatalf("dry run = %d, %+v\n%s", code, plan, said)
	}
	if a.state(t) != before {
		t.Error("the dry run changed the account")
	}
	code, made, said := a.share(t, a.owning(), "--yes", "--purpose", "review", "--name", "resnet", "-o", a.path("links.txt"), a.at("models/resnet/"))
	if code != 0 || made.State != "made" || len(made.IDs) != 2 || len(made.Links) != 0 {
		t.Fatalf("share = %d, %+v\n%s", code, made, said)
	}
	if a.state(t) != before {
		t.Error("sharing by user delegation changed the account")
	}
	for i, link := range a.lines(t, "links.txt") {
		if status, body := a.ask(t, http.MethodGet, link); status != 200 || !strings.Contains(body, []string{"resnet", "weights"}[i]) {
			t.Errorf("download %d = %d %q", i, status, body)
		}
	}
	t.Log(said)
}
