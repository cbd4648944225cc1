package azure_test

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/overgrant/overgrant/internal/source"
	"github.com/overgrant/overgrant/test/azurite"
)

func TestListsTheEmulator(t *testing.T) {
	s := azurite.Shared(t)
	a := s.NewAccount(t)
	a.PutContainer(t, "odd", "")
	a.PutContainer(t, "many", "")
	bodies := map[string]string{}
	for _, name := range oddNames {
		if strings.Contains(name, "\\") || strings.HasSuffix(name, ".") || strings.HasSuffix(name, "/") || strings.Contains(name, "/.") || strings.Contains(name, "//") {
			continue // the emulator takes these for something else as they are put
		}
		bodies[name] = "body of " + name
		a.PutBlob(t, "odd", name, []byte(bodies[name]))
	}
	for i := range 60 {
		a.PutBlob(t, "many", fmt.Sprintf("f%d/part-%03d", i%3, i), []byte("x"))
	}
	a.Snapshot(t, "many", "f0/part-000")
	a.PutAppendBlob(t, "many", "log", []byte("line"))
	a.PutPageBlob(t, "many", "disk", []byte("sector"))
	a.PutQueue(t, "jobs", "first", "second")
	a.PutTable(t, "people", map[string]any{"PartitionKey": "p", "RowKey": "1"}, map[string]any{"PartitionKey": "p", "RowKey": "2"})
	before, err := a.State(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, text string
		all        bool
	}{
		{"account_sas", a.Link("blob", "", "", a.AccountSAS(azurite.SAS{Services: "bfqt", Types: "sco", Permissions: "rl", Expiry: far})), true},
		{"account_key", a.ConnectionString(1), true},
		{"container_sas", a.Link("blob", "many", "", a.BlobSAS(azurite.SAS{Container: "many", Permissions: "rl", Expiry: far})), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := openText(t, tt.text, s.Hosts(), "all")
			got := walk(t, r)
			if !tt.all {
				if got.containers != 1 || got.current != 62 || got.snapshots != 1 {
					t.Errorf("containers, blobs, snapshots = %d, %d, %d; want 1, 62, 1; gaps %+v", got.containers, got.current, got.snapshots, got.gaps)
				}
				return
			}
			if got.containers != 4 || got.current != int64(62+len(bodies)) || got.snapshots != 1 || got.messages != 2 || got.entities != 2 {
				t.Errorf("%+v; want 4 containers, %d blobs, 1 snapshot, 2 messages, 2 entities", got, 62+len(bodies))
			}
			for _, o := range named(t, r, source.Range{Service: "blob", Container: "odd"}) {
				c, err := r.Content(t.Context(), o)
				if err != nil {
					t.Fatal(err)
				}
				b, err := io.ReadAll(io.NewSectionReader(c, 0, c.Size()))
				if err != nil || string(b) != bodies[o.Name] {
					t.Errorf("Content(%q) = %q, %v; want %q", o.Name, b, err, bodies[o.Name])
				}
			}
			parts, err := r.Split(t.Context(), source.Range{Service: "blob", Container: "many"}, 3)
			if err != nil || len(parts) < 2 {
				t.Errorf("Split = %+v, %v; want several", parts, err)
			}
			sum := count{}
			for _, p := range parts {
				sum.list(t, r, p)
			}
			if sum.current != 62 || sum.snapshots != 1 {
				t.Errorf("parts hold %d blobs, %d snapshots; want 62, 1", sum.current, sum.snapshots)
			}
		})
	}
	if after, err := a.State(t.Context()); err != nil || after != before {
		t.Errorf("the state of the account is another than before: %v", err)
	}
}
