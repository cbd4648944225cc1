package shared_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/share"
	"github.com/overgrant/overgrant/kind"
	"github.com/overgrant/overgrant/test/azurite"
)

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

// narrow checks that a link reads one object and does nothing else.
func (a *account) narrow(t *testing.T, link, path, content string) {
	t.Helper()
	if status, body := a.ask(t, http.MethodGet, link); status != http.StatusOK || body != content {
		t.Errorf("download of %s = %d %q", path, status, body)
	}
	for what, request := range map[string][2]string{
		"overwrite":         {http.MethodPut, link},
		"delete":            {http.MethodDelete, link},
		"change metadata":   {http.MethodPut, link + "&comp=metadata"},
		"read another":      {http.MethodGet, elsewhere(t, link, path, "notes.txt")},
		"read a neighbour":  {http.MethodGet, elsewhere(t, link, path, "resnet2/other.txt")},
		"list":              {http.MethodGet, elsewhere(t, link, "/"+path, "") + "&restype=container&comp=list"},
		"read the policies": {http.MethodGet, elsewhere(t, link, "/"+path, "") + "&restype=container&comp=acl"},
	} {
		if status, _ := a.ask(t, request[0], request[1]); status < 400 {
			t.Errorf("a link to %s can %s: %d", path, what, status)
		}
	}
}

// verified proves a link through the program and checks that the ledger knows it.
func (a *account) verified(t *testing.T, link string) (overgrant.State, string) {
	t.Helper()
	l, err := kind.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	code, out, said := a.run(t, append(append([]string{"verify", "--save", "--format", "jsonl"}, a.reaching()...), "--file", a.write(t, "one.txt", link))...)
	var c struct {
		ID    string
		Proof *overgrant.Proof
	}
	if code > 1 || json.Unmarshal([]byte(out), &c) != nil || c.Proof == nil || c.ID != l.ID {
		t.Fatalf("verify = %d\n%s\n%s", code, out, said)
	}
	for _, e := range a.ledger(t) {
		for _, id := range e.IDs {
			if id == l.ID {
				return c.Proof.State, e.Name
			}
		}
	}
	return c.Proof.State, ""
}

// TestDelegated shares by user delegation, and tries what the links open.
func TestDelegated(t *testing.T) {
	a := filled(t)
	before := a.state(t)
	code, plan, said := a.share(t, a.owning(), "--dry-run", a.at("models/resnet/"))
	if code != 0 || plan.State != "planned" || plan.Kind != "user_delegation_sas" || plan.Count != 2 || plan.Reach.Objects != 2 || plan.Others.Objects != 0 || len(plan.Stops) != 0 {
		t.Fatalf("dry run = %d, %+v\n%s", code, plan, said)
	}
	if _, err := os.Stat(a.path("store.db")); err == nil {
		t.Error("the dry run made a store")
	}
	if code, _, said := a.share(t, a.owning(), "--yes", "--purpose", "review", a.at("models/resnet/")); code != 2 || !strings.Contains(said, "-o FILE") {
		t.Errorf("with no place for the links = %d\n%s", code, said)
	}
	if code, _, said := a.share(t, a.owning(), "--purpose", "review", "-o", a.path("links.txt"), a.at("models/resnet/")); code != 2 || !strings.Contains(said, "--yes") {
		t.Errorf("with nobody to ask = %d\n%s", code, said)
	}
	if _, err := os.Stat(a.path("links.txt")); err == nil || len(a.ledger(t)) != 0 {
		t.Error("something was made that nobody agreed to")
	}
	code, made, said := a.share(t, a.owning(), "--yes", "--purpose", "review", "--name", "resnet", "-o", a.path("links.txt"), a.at("models/resnet/"))
	if code != 0 || made.State != "made" || len(made.IDs) != 2 || len(made.Links) != 0 || !strings.Contains(made.Snippet, "(LINK)") {
		t.Fatalf("share = %d, %+v\n%s", code, made, said)
	}
	if a.state(t) != before {
		t.Error("sharing by user delegation changed the account")
	}
	links := a.lines(t, "links.txt")
	a.narrow(t, links[0], "resnet/config.json", `{"model_type": "resnet"}`)
	a.narrow(t, links[1], "resnet/weights.txt", "weights")
	for _, link := range links {
		u, _ := url.Parse(link)
		q := u.Query()
		if q.Get("skoid") == "" || q.Get("sr") != "b" || q.Get("sp") != "r" || q.Get("spr") != "https" || q.Get("si") != "" {
			t.Error("the link is no narrow one")
		}
		if state, name := a.verified(t, link); state != overgrant.Alive || name != "resnet" {
			t.Errorf("verify: %s, in the ledger as %q", state, name)
		}
	}
	if a.state(t) != before {
		t.Error("something was changed through a link")
	}
	a.delegatedChanges(t, links)
}

// delegatedChanges tries to extend and revoke what cannot be.
func (a *account) delegatedChanges(t *testing.T, links []string) {
	t.Helper()
	code, out, said := a.run(t, append(append([]string{"share", "revoke"}, a.owning()...), "--yes", "resnet")...)
	if code != 1 || !strings.Contains(out, "cannot be revoked alone") || !strings.Contains(out, "--delegation-keys") {
		t.Errorf("revoke of a delegated share = %d\n%s\n%s", code, out, said)
	}
	code, out, said = a.run(t, append(append([]string{"share", "extend"}, a.owning()...), "--yes", "--for", "3d", "-o", a.path("more.txt"), "resnet")...)
	if code != 0 || !strings.Contains(said, "cannot be extended") {
		t.Errorf("extend of a delegated share = %d\n%s\n%s", code, out, said)
	}
	more := a.lines(t, "more.txt")
	if e := a.ledger(t)["resnet"]; len(more) != 2 || more[0] == links[0] || e.Links != 4 || e.Live != 4 || time.Until(e.Expiry) < 70*time.Hour {
		t.Errorf("after the extension: %+v", e)
	}
	code, out, said = a.run(t, append(append([]string{"share", "revoke"}, a.owning()...), "--yes", "--delegation-keys", "resnet")...)
	if e := a.ledger(t)["resnet"]; code != 0 || e.State != "revoked" || e.Live != 0 {
		t.Errorf("revoke with the delegation keys = %d, %+v\n%s\n%s", code, e, out, said)
	}
	if status, _ := a.ask(t, http.MethodGet, more[1]); status < 400 {
		t.Errorf("the link still works: %d", status)
	}
}

// TestPolicyBound shares for long, and extends and revokes it.
func TestPolicyBound(t *testing.T) {
	a := filled(t)
	a.SetPolicies(t, "blob", "models", "", azurite.Policy{ID: "readers", Permissions: "r", Expiry: azurite.Stamp(time.Now().Add(24 * time.Hour))})
	other := a.at("models/notes.txt?" + a.BlobSAS(azurite.SAS{Policy: "readers", Container: "models", Blob: "notes.txt"}))
	file := a.at("models/resnet/weights.txt")
	code, got, said := a.share(t, a.keyed(), "--yes", "--purpose", "course", "--for", "30d", "-o", a.path("no.txt"), file)
	if code != 1 || got.State != "refused" || len(got.Stops) != 1 || got.Stops[0].Code != "lives-over-a-week" || len(a.ledger(t)) != 0 {
		t.Fatalf("thirty days with nothing accepted = %d, %+v\n%s", code, got, said)
	}
	long := []string{"--yes", "--purpose", "course", "--for", "30d", "--accept", "lives-over-a-week", "--why", "the course lasts a month"}
	code, got, said = a.share(t, a.keyed(), append(long, "--name", "course", "-o", a.path("links.json"), "--sha256", file)...)
	if code != 0 || got.Kind != "policy_sas" || !strings.HasPrefix(got.Policy, "course-") || len(got.IDs) != 1 {
		t.Fatalf("share = %d, %+v\n%s", code, got, said)
	}
	var list share.Listed
	if err := json.Unmarshal([]byte(strings.Join(a.lines(t, "links.json"), " ")), &list); err != nil || len(list.Files) != 1 {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte("weights"))
	if f := list.Files[0]; f.SHA256 != hex.EncodeToString(sum[:]) || f.Size != 7 || f.MD5 == "" || f.Name != "weights.txt" {
		t.Errorf("the list has %+v", f.Object)
	}
	link := list.Files[0].Link
	a.narrow(t, link, "resnet/weights.txt", "weights")
	if state, name := a.verified(t, link); state != overgrant.Alive || name != "course" {
		t.Errorf("verify: %s, in the ledger as %q", state, name)
	}
	e := a.ledger(t)["course"]
	if e.State != "live" || len(e.Accepts) != 1 || e.Accepts[0].Why != "the course lasts a month" || e.Purpose != "course" || e.Owner != "ada" || e.Policy != got.Policy {
		t.Errorf("ledger: %+v", e)
	}
	if n := len(a.ledger(t, "--expiring", "7d")); n != 0 {
		t.Errorf("%d shares end within a week; want none", n)
	}
	if code, _, said := a.share(t, a.keyed(), append(long, "--name", "course", "-o", a.path("twice.txt"), file)...); code != 2 || !strings.Contains(said, "taken") {
		t.Errorf("a name that is taken = %d\n%s", code, said)
	}

	code, out, said := a.run(t, append(append([]string{"share", "extend"}, a.keyed()...), "--yes", "--for", "60d", "course")...)
	if e := a.ledger(t)["course"]; code != 0 || time.Until(e.Expiry) < 59*24*time.Hour || e.Links != 1 {
		t.Errorf("extend = %d, %+v\n%s\n%s", code, e, out, said)
	}
	if !strings.Contains(a.state(t), got.Policy) {
		t.Error("the policy is gone")
	}
	code, out, said = a.run(t, append(append([]string{"share", "extend"}, a.keyed()...), "--yes", "--for", "30m", "course")...)
	if e := a.ledger(t, "--expiring", "1h")["course"]; code != 0 || e.Name == "" {
		t.Errorf("shortened = %d, %+v\n%s\n%s", code, e, out, said)
	}

	code, out, said = a.run(t, append(append([]string{"share", "revoke"}, a.keyed()...), "--yes", "course")...)
	if e := a.ledger(t)["course"]; code != 0 || e.State != "revoked" || !strings.Contains(out, "dead") {
		t.Errorf("revoke = %d, %+v\n%s\n%s", code, e, out, said)
	}
	if status, _ := a.ask(t, http.MethodGet, link); status < 400 {
		t.Errorf("the link still works: %d", status)
	}
	if status, _ := a.ask(t, http.MethodGet, other); status != 200 || strings.Contains(a.state(t), got.Policy) {
		t.Errorf("another link died with it, or the policy is left: %d", status)
	}
	if code, out, _ := a.run(t, append(append([]string{"share", "revoke"}, a.keyed()...), "--yes", "course")...); code != 0 || !strings.Contains(out, "No link") {
		t.Errorf("revoke again = %d\n%s", code, out)
	}
	if code, _, said := a.run(t, append(append([]string{"share", "extend"}, a.keyed()...), "--yes", "--for", "2d", "course")...); code != 2 || !strings.Contains(said, "revoked") {
		t.Errorf("extend what is revoked = %d\n%s", code, said)
	}
}

// TestPage shares a signed model as a page.
func TestPage(t *testing.T) {
	a := filled(t)
	key := signingKey(t, a)
	code, got, said := a.share(t, a.owning(), "--yes", "--purpose", "For <reviewers> & friends", "--name", "page", "--sign-key", key, "-o", a.path("page.html"), "--reveal", a.at("models/resnet/"))
	if code != 0 || len(got.Links) != 2 || got.Signature != a.path("page.sig") || !strings.Contains(got.Snippet, "manifest verify") {
		t.Fatalf("share = %d, %+v\n%s", code, got, said)
	}
	page := strings.Join(a.lines(t, "page.html"), " ")
	for _, want := range []string{`name="referrer" content="no-referrer"`, "default-src 'none'", "SHA-256 ", "For &lt;reviewers&gt; &amp; friends", "config.json"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(page, "<script") {
		t.Error("the page has a script")
	}
	if status, body := a.ask(t, http.MethodGet, got.Links[1]); status != 200 || body != "weights" {
		t.Errorf("download = %d %q", status, body)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{"config.json": `{"model_type": "resnet"}`, "weights.txt": "weights"} {
		if err := os.WriteFile(dir+"/"+name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	verify := []string{"manifest", "verify", "--public-key", a.path("signing.pub"), "--signature", got.Signature, dir}
	if code, out, said := a.run(t, verify...); code != 0 {
		t.Errorf("manifest verify = %d\n%s\n%s", code, out, said)
	}
	if err := os.WriteFile(dir+"/weights.txt", []byte("w3ights"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, _ := a.run(t, verify...); code != 1 {
		t.Errorf("manifest verify of what was changed = %d", code)
	}
}
