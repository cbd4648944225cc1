package azure_test

import (
	"net/url"
	"testing"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/cloud"
	"github.com/overgrant/overgrant/internal/cloud/azure"
	"github.com/overgrant/overgrant/internal/cloud/fake"
	"github.com/overgrant/overgrant/internal/wire"
	"github.com/overgrant/overgrant/kind"
)

// TestProveAgainstFake proves what the emulator lacks: directories, files,
// versions, policies of shares, in a server that has the names of the service.
func TestProveAgainstFake(t *testing.T) {
	const version = "2026-01-02T03:04:05.0000000Z"
	keys := []string{newKey(), newKey()}
	s := fake.New(fake.Options{
		Keys: keys, Hierarchy: true,
		Containers: []fake.Container{{Name: "models", Objects: []fake.Object{
			{Name: "a/b/c.bin", Body: []byte("abc")}, {Name: "old.bin", Body: []byte("x"), State: fake.Version, Stamp: version}, {Name: "old.bin", Body: []byte("y")}}}},
		Shares:     []fake.Share{{Name: "office", Named: []fake.Object{{Name: "plan.txt", Body: []byte("a plan")}}}},
		Properties: &fake.Properties{SoftDelete: 7, LogWrites: true},
		Policies: []fake.Policy{
			{Service: "file", Container: "office", ID: "all", Permissions: "rcwdl", Expiry: far},
			{Service: "file", Container: "office", ID: "few", Permissions: "l", Expiry: far},
			{Service: "blob", Container: "models", ID: "few", Permissions: "rl", Expiry: far}},
	})
	t.Cleanup(s.Close)
	link := func(service, path string, params ...string) string {
		v := url.Values{"sv": {"2022-11-02"}}
		for i := 0; i < len(params); i += 2 {
			v.Set(params[i], params[i+1])
		}
		return "https://contoso." + service + ".core.windows.net" + path + "?" + s.Sign(service, path, v, 1)
	}
	tests := []struct{ name, link, want string }{
		{"account", link("blob", "/", "ss", "bf", "srt", "sco", "sp", "rwl", "se", far), "list granted, read granted, write proven_by_signature"},
		{"directory", link("blob", "/models/a/b", "sr", "d", "sdd", "2", "sp", "rw", "se", far), "read granted, write proven_by_signature"},
		{"directory_of_a_path", link("blob", "/models/a/b/c.bin", "sr", "d", "sdd", "1", "sp", "rd", "se", far), "delete proven_by_signature, read granted"},
		{"version", link("blob", "/models/old.bin", "sr", "bv", "sp", "r", "se", far, "versionid", version), "read granted"},
		{"share", link("file", "/office", "sr", "s", "sp", "rcwdl", "se", far), "create proven_by_signature, delete proven_by_signature, list granted, read granted, write proven_by_signature"},
		{"file", link("file", "/office/plan.txt", "sr", "f", "sp", "rw", "se", far), "read granted, write proven_by_signature"},
		{"share_policy", link("file", "/office", "sr", "s", "si", "all"), "delete granted, list granted, read granted, write granted"},
		{"share_policy_narrow", link("file", "/office", "sr", "s", "si", "few"), "delete refused, list granted, read refused, write refused"},
		{"container_policy", link("blob", "/models", "sr", "c", "si", "few"), "add refused, create refused, delete refused, list granted, read granted, tag refused, write refused"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := proveFake(t, s, tt.link, keys)
			if p.State != overgrant.Alive || standings(&p) != tt.want || p.Key != "key1" {
				t.Errorf("Prove() = %s by %q, %q; want alive by key1, %q\n%s", p.State, p.Key, standings(&p), tt.want, shows(&p))
			}
		})
	}
	for _, q := range s.Violations() {
		t.Errorf("%s %s %s would have changed something", q.Method, q.Service, q.Path)
	}
}

func proveFake(t *testing.T, s *fake.Server, link string, keys []string) overgrant.Proof {
	t.Helper()
	client := wire.NewReadOnly(wire.Options{Run: "test", RootCAs: s.Roots, Tries: 2, Resolve: s.Resolve, Dial: s.Dial,
		Probes: wire.Probes{Writes: true, Conditional: true}})
	defer client.Close()
	l, err := kind.Parse(link)
	if err != nil {
		t.Fatalf("Parse: %v", err)
	}
	o := cloud.Options{Client: client, Now: time.Now()}
	for _, k := range keys {
		o.Keys = append(o.Keys, overgrant.NewSecret(k))
	}
	r, err := azure.Driver.Open(l, o)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	p, err := r.Prove(t.Context(), cloud.Ask{Writes: cloud.Given, Conditional: cloud.Given})
	if err != nil {
		t.Fatalf("Prove: %v", err)
	}
	checkSane(t, &p, link)
	return p
}
