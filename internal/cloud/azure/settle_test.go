package azure_test

import (
	"strings"
	"testing"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/cloud/fake"
	"github.com/overgrant/overgrant/test/azurite"
)

// TestHostsThatDoNotTellTheirService gives links for several services that lead
// to a queue: what reads a blob would take its messages.
func TestHostsThatDoNotTellTheirService(t *testing.T) {
	a := stage(t)
	before, err := a.State(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, service, container, ss string }{
		{"queue", "queue", "jobs", "bqt"},
		{"queues", "queue", "", "bqt"},
		{"messages", "queue", "jobs/messages", "bqt"},
		{"table", "table", "people", "bqt"},
		{"blob", "blob", "private", "bqt"},
		{"secure", "secure", "private", "bfqt"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := azurite.SAS{Services: tt.ss, Types: "sco", Permissions: "rwdlacup", Expiry: far}
			text := a.Link(tt.service, tt.container, "", a.AccountSAS(s))
			var heard tap
			p := prove(t, a.Server(), trial{text: text, consent: consent{true, true}, tap: &heard})
			if p.State != overgrant.Alive {
				t.Errorf("Prove() = %s\n%s", p.State, shows(&p))
			}
			for _, q := range heard.requests(t) {
				if q.Host == a.Server().Host("queue") && strings.Count(strings.Trim(q.URL.Path, "/"), "/") > 1 && q.URL.Query().Get("peekonly") != "true" {
					t.Errorf("%s %s to the queues", q.Method, q.URL.Path)
				}
			}
			walk(t, openText(t, text, a.Server().Hosts(), "all"))
		})
	}
	after, err := a.State(t.Context())
	if err != nil || after != before {
		t.Errorf("the emulator's state changed (%v):\n%s\n---\n%s", err, before, after)
	}
}

// TestEveryHostOfTheFakeIsTold starts at each service of an account on ports
// that tell nothing.
func TestEveryHostOfTheFakeIsTold(t *testing.T) {
	s := serve(t, fake.Options{Containers: []fake.Container{{Name: "data", Blobs: 20, Kind: fake.Images}},
		Shares: []fake.Share{{Name: "files", Kind: fake.Profiles, Files: 9}}, Queues: []fake.Queue{{Name: "jobs", Messages: []string{"a"}}}, Tables: []fake.Table{{Name: "people", Rows: 2}}})
	want := walk(t, allOf(t, s, ""))
	for _, service := range []string{"file", "queue", "table"} {
		if got := walk(t, openText(t, s.At(service)+"?"+s.Sign("blob", "/", everything(), 1), s.Hosts(), "")); got.containers != want.containers || got.current != want.current {
			t.Errorf("from the %s service: %+v; want %+v", service, got, want)
		}
	}
	for _, q := range s.Violations() {
		t.Errorf("%s %s %s would have changed something", q.Method, q.Service, q.Path)
	}
}

// TestServicesThatAreNotAsked are told of, with the host that would be asked.
func TestServicesThatAreNotAsked(t *testing.T) {
	a := stage(t)
	text := a.Link("blob", "", "", a.AccountSAS(azurite.SAS{Services: "bfqt", Types: "sco", Permissions: "rl", Expiry: far}))
	p := prove(t, a.Server(), trial{text: text})
	told := false
	for _, s := range p.Services {
		told = told || s.Service == "file" && s.State == overgrant.Inconclusive && s.Cause == overgrant.CauseForeign
	}
	if !told {
		t.Errorf("services = %+v; want the file service, not asked", p.Services)
	}
	got := walk(t, openText(t, text, []string{a.Server().Host("blob")}, ""))
	for _, gap := range got.gaps {
		if gap.Reason == "service not asked" && (len(gap.Detail) > 100 || !strings.Contains(gap.Detail, "--allow-host 127.0.0.1:")) {
			t.Errorf("gap = %q; want the host that would be asked", gap.Detail)
		}
	}
}
