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
