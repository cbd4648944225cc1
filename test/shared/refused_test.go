package shared_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/overgrant/overgrant/test/azurite"
)

func signingKey(t *testing.T, a *account) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	a.write(t, "signing.pub", string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})))
	return a.write(t, "signing.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})))
}

// planted are things that nobody means to share.
var planted = map[string]struct {
	name, content, code string
}{
	"passwords": {"resnet/team.kdbx", "\x03\xd9\xa2\x9a\x67\xfb\x4b\xb5\x01\x00\x04\x00", "password_store"},
	"backup":    {"resnet/WindowsImageBackup/ADA-PC/Backup 2021/disk.vhdx", "vhdxfile", "workstation_backup"},
	"armed":     {"resnet/model.pkl", "\x80\x02cposix\nsystem\nX\x0b\x00\x00\x00true secret\x85R.", "dangerous_model"},
	"key":       {"resnet/id", "-----BEGIN RSA PRIVATE KEY-----\n" + strings.Repeat("MIIEowIBAAKCAQEA7bq3x5Zp9kQmT2vXw8sYcR4nJhLfDgVtUoPiAeSdKyHzWqBx\n", 12) + "-----END RSA PRIVATE KEY-----\n", "private_key"},
}

// TestStopped plants what stops a share.
func TestStopped(t *testing.T) {
	a := filled(t)
	for what, p := range planted {
		a.PutBlob(t, "models", p.name, []byte(p.content))
		code, got, said := a.share(t, a.owning(), "--yes", "--purpose", "review", "-o", a.path("links.txt"), a.at("models/resnet/"))
		if code != 1 || got.State != "refused" || len(got.Stops) == 0 || got.Stops[0].Code != p.code || len(got.Stops[0].Examples) == 0 {
			t.Errorf("%s: share = %d, %+v\n%s", what, code, got, said)
		}
		a.DeleteBlob(t, "models", p.name)
	}
	// A container for three files reaches others, the worst of which is told.
	a.PutBlob(t, "models", "old/team.kdbx", []byte(planted["passwords"].content))
	code, got, said := a.share(t, a.owning(), "--dry-run", "--as", "container", "--list", a.at("models/resnet/"))
	codes := map[string]bool{}
	for _, s := range got.Stops {
		codes[s.Code] = true
	}
	if code != 1 || got.AskedFor.Objects != 2 || got.Others.Objects != 3 || !strings.Contains(got.Worst, "old/team.kdbx") || !codes["container-scope"] || !codes["can-list"] || !strings.Contains(got.Instead, "2 links") {
		t.Errorf("a container for two files = %d, %+v\n%s", code, got, said)
	}
	if !strings.Contains(got.Later, "any name") {
		t.Errorf("later: %q", got.Later)
	}
	// The objects alone can be shared all the same.
	if code, _, said := a.share(t, a.owning(), "--dry-run", a.at("models/resnet/")); code != 0 {
		t.Errorf("the objects alone = %d\n%s", code, said)
	}
	accepted := []string{"--yes", "--purpose", "review", "--as", "container", "--accept", "container-scope", "--accept", "password_store", "--why", "an exercise", "--name", "all", "-o", a.path("links.txt"), a.at("models/")}
	if code, got, said := a.share(t, a.owning(), accepted...); code != 0 || len(a.ledger(t)["all"].Accepts) != 2 || got.Reach.Objects != 5 {
		t.Errorf("what was accepted = %d, %+v\n%s", code, got, said)
	}
	if len(a.ledger(t)) != 1 {
		t.Error("what was refused is in the ledger")
	}
}

// TestUnsigned shares a model, which needs a signature or a reason.
func TestUnsigned(t *testing.T) {
	a := filled(t)
	a.PutBlob(t, "models", "resnet/model.safetensors", []byte("\x02\x00\x00\x00\x00\x00\x00\x00{}"))
	sharing := []string{"--yes", "--purpose", "review", a.at("models/resnet/")}
	code, got, said := a.share(t, a.owning(), append(sharing, "-o", a.path("none.txt"))...)
	if code != 1 || len(got.Stops) != 1 || got.Stops[0].Code != "unsigned_model" || !strings.Contains(got.Stops[0].Fix, "--sign-key") {
		t.Errorf("without a signature = %d, %+v\n%s", code, got, said)
	}
	if code, got, said := a.share(t, a.owning(), append(sharing, "-o", a.path("reason.txt"), "--name", "reason", "--accept", "unsigned_model", "--why", "signed where it was trained")...); code != 0 || len(got.Accepts) != 1 {
		t.Errorf("with a reason = %d, %+v\n%s", code, got, said)
	}
	if code, got, said := a.share(t, a.keyed(), append(sharing, "-o", a.path("signed.txt"), "--name", "signed", "--sign-key", signingKey(t, a))...); code != 0 || got.Signature == "" {
		t.Errorf("signed = %d, %+v\n%s", code, got, said)
	}
	for _, name := range []string{"reason", "signed"} { // what held when it was made holds still
		args := append(append([]string{"share", "extend"}, a.owning()...), "--yes", "--for", "2d", "-o", a.path("more-"+name+".txt"), name)
		if code, out, said := a.run(t, args...); code != 0 {
			t.Errorf("extend %s = %d\n%s\n%s", name, code, out, said)
		}
	}
}

// TestCannot asks for what cannot be.
func TestCannot(t *testing.T) {
	a := filled(t)
	file := a.at("models/notes.txt")
	ok := []string{"--yes", "--purpose", "p", "-o", a.path("links.txt")}
	tests := map[string]struct {
		right []string
		args  []string
		says  string
	}{
		"no_right":          {a.reaching(), []string{file}, "--login"},
		"not_there":         {a.keyed(), []string{a.at("models/none.txt")}, "there is nothing"},
		"empty_prefix":      {a.keyed(), []string{a.at("models/none/")}, "there is nothing"},
		"no_container":      {a.keyed(), []string{a.at("none/")}, "ContainerNotFound"},
		"a_link":            {a.keyed(), []string{file + "?sig=x"}, "question mark"},
		"two_containers":    {a.keyed(), []string{file, a.at("other/x")}, "one container"},
		"no_account":        {a.keyed(), []string{"models/notes.txt"}, "--account"},
		"container_alone":   {a.keyed(), []string{a.at("models")}, "models/"},
		"past":              {a.keyed(), []string{"--for", "-3h", file}, "expired"},
		"no_time":           {a.keyed(), []string{"--for", "soon", file}, "such as"},
		"address":           {a.keyed(), []string{"--ip", "10.0.0.300", file}, "IPv4"},
		"range":             {a.keyed(), []string{"--ip", "10.0.0.9-10.0.0.1", file}, "lower one first"},
		"reason":            {a.keyed(), []string{"--accept", "can-list", file}, "--why"},
		"list_an_object":    {a.keyed(), []string{"--list", file}, "lists nothing"},
		"directory":         {a.owning(), []string{"--as", "directory", a.at("models/resnet/")}, "hierarchical"},
		"page_of_container": {a.keyed(), []string{"--as", "container", "-o", a.path("x.html"), a.at("models/")}, "page"},
		"name":              {a.keyed(), []string{"--name", "a b", file}, "name share"},
		"no_folder":         {a.keyed(), []string{"-o", a.path("none/x.txt"), file}, "no such file"},
	}
	before := a.state(t)
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if code, got, said := a.share(t, tt.right, append(ok[:len(ok):len(ok)], tt.args...)...); code != 2 || !strings.Contains(said, tt.says) {
				t.Errorf("share = %d, %+v\n%s\nwant 2 and %q", code, got, said, tt.says)
			}
		})
	}
	for _, args := range [][]string{{"list"}, append([]string{"extend", "--for", "2d"}, append(a.keyed(), "none")...), append([]string{"revoke"}, append(a.keyed(), "none")...)} {
		args = append([]string{"share"}, args...)
		if args[1] == "list" {
			args = append(args, "--store", a.path("nowhere.db"))
		}
		if code, _, said := a.run(t, args...); code != 2 || said == "" {
			t.Errorf("%v = %d\n%s", args[:2], code, said)
		}
	}
	if a.state(t) != before || len(a.ledger(t)) != 0 {
		t.Error("something was changed")
	}

	var all []azurite.Policy
	for i := range 5 {
		expiry := time.Now().Add(time.Duration(i-1) * 24 * time.Hour)
		all = append(all, azurite.Policy{ID: fmt.Sprintf("policy%d", i), Permissions: "r", Expiry: azurite.Stamp(expiry)})
	}
	a.SetPolicies(t, "blob", "models", "", all...)
	before = a.state(t)
	code, _, said := a.share(t, a.keyed(), append(ok, file)...)
	if code != 2 || !strings.Contains(said, "five stored access policies") || !strings.Contains(said, "policy0 (not made by us, expired: it can go)") || a.state(t) != before {
		t.Errorf("five policies = %d\n%s", code, said)
	}
	a.ahead = time.Hour
	if code, _, said := a.share(t, a.keyed(), append(ok, file)...); code != 2 || !strings.Contains(said, "clock") {
		t.Errorf("a clock that is off = %d\n%s", code, said)
	}
	a.ahead = 0
}
