package report_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/report"
)

// sheets writes the sheet of every case of the fixture.
func sheets(t *testing.T, o report.Options) string {
	t.Helper()
	var cases overgrant.Cases
	for _, m := range stream() {
		cases.Add(m)
	}
	var b bytes.Buffer
	for _, c := range cases.Sorted(now) {
		if err := report.Sheet(&b, c, o); err != nil {
			t.Fatal(err)
		}
		b.WriteString("\n\n")
	}
	return b.String()
}

func TestSheet(t *testing.T) {
	golden(t, "testdata/sheets.text", sheets(t, report.Options{Now: now, Width: 100}))
}

func TestSheetOfALinkAlone(t *testing.T) {
	var b bytes.Buffer
	c := &overgrant.Case{Link: overgrant.Link{ID: hash("alone"), Redacted: "sv=…&sig=…", Grant: policyGrant}}
	if err := report.Sheet(&b, c, report.Options{Now: now}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"stored access policy", "live_shape", "partners"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the sheet does not say %q:\n%s", want, b.String())
		}
	}
	if c.Status != "" {
		t.Error("Sheet changed the case")
	}
}

func TestSheetOfWhatOpensNothing(t *testing.T) {
	for _, shape := range []overgrant.Shape{overgrant.Placeholder, overgrant.Emulator, overgrant.PublishedExample, overgrant.Malformed} {
		t.Run(string(shape), func(t *testing.T) {
			g := wideGrant
			g.Shape = shape
			var b bytes.Buffer
			if err := report.Sheet(&b, &overgrant.Case{Link: overgrant.Link{ID: hash("quiet"), Redacted: "sig=…", Grant: g}}, report.Options{Now: now}); err != nil {
				t.Fatal(err)
			}
			for _, bad := range []string{"How to make it stop", "revoke", "rotate"} {
				if strings.Contains(b.String(), bad) {
					t.Errorf("the sheet says %q of a link that opens nothing:\n%s", bad, b.String())
				}
			}
		})
	}
}

func TestKeysAreNotSignedByAKey(t *testing.T) {
	bus := overgrant.Grant{Kind: "connection_string", Provider: "azure", Host: "contoso.servicebus.windows.net", Services: []string{"servicebus"},
		Scope: "service", Actions: []string{"everything"}, Endless: true, KeyName: "Root", Signer: "shared_access_policy",
		Revocation: overgrant.Revocation{Route: "regenerate_policy_key"}}
	device := bus
	device.Services, device.Signer, device.KeyName, device.Revocation.Route = []string{"iothub"}, "device_key", "", "regenerate_device_key"
	storage, database := keyGrant, keyGrant
	storage.Kind, database.Kind = "connection_string", "connection_string"
	database.Services, database.Revocation.Route = []string{"cosmosdb"}, "rotate_database_key"
	for name, c := range map[string]struct {
		grant          overgrant.Grant
		signer, revoke string
	}{
		"account_key":                {keyGrant, "nobody: it is itself an account key", "change (rotate) this account key"},
		"storage_connection_string":  {storage, "nobody: it holds an account key itself", "change (rotate) this account key"},
		"database_connection_string": {database, "nobody: it holds an account key itself", "change (rotate) this key of the database account"},
		"bus_connection_string":      {bus, "nobody: it holds the key of the policy Root itself", "regenerate this key of the shared access policy"},
		"device_connection_string":   {device, "nobody: it holds the key of a device itself", "regenerate this key of the device"},
		"signed_link":                {wideGrant, "an account key; which of the two", "change (rotate) the account key that signed it"},
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := report.Sheet(&b, &overgrant.Case{Link: overgrant.Link{ID: hash(name), Redacted: "key=…", Grant: c.grant}}, report.Options{Now: now, Width: 110}); err != nil {
				t.Fatal(err)
			}
			for _, want := range []string{"signer    " + c.signer, "revoke    " + c.revoke, "The narrowest way: " + c.revoke} {
				if !strings.Contains(b.String(), want) {
					t.Errorf("the sheet does not say %q:\n%s", want, b.String())
				}
			}
		})
	}
}

type brokenWriter struct{}

var errBroken = errors.New("disk full")

func (brokenWriter) Write([]byte) (int, error) { return 0, errBroken }

func TestWriterThatFails(t *testing.T) {
	for _, f := range report.All {
		r, err := report.New(f.Name, brokenWriter{}, report.Options{Now: now})
		if err != nil {
			t.Fatal(err)
		}
		var last error
		for _, m := range stream() {
			if err := r.Add(m); err != nil {
				last = err
			}
		}
		if err := errors.Join(last, r.Close()); !errors.Is(err, errBroken) {
			t.Errorf("%s: error %v; want the writer's", f.Name, err)
		}
	}
	if err := report.Sheet(brokenWriter{}, &overgrant.Case{}, report.Options{}); !errors.Is(err, errBroken) {
		t.Errorf("Sheet: error %v; want the writer's", err)
	}
}
