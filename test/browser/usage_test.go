package browser_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/overgrant/overgrant/internal/cli"
	"github.com/overgrant/overgrant/internal/usage/generate"
)

// TestUsageInABrowser opens the report of made-up logs as a reader would: it
// shows every token, filters them, fits a telephone, and asks for nothing.
func TestUsageInABrowser(t *testing.T) {
	if _, err := os.Stat("node_modules"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("the browser is not set up; run test/setup")
		}
		t.Skip("the browser is not set up; run test/setup")
	}
	dir := t.TempDir()
	var log []byte
	l := generate.New(generate.Options{Seed: 8, Tokens: 40, Requests: 800})
	for r := range l.Records() {
		log = append(r.AppendResource(log), '\n')
	}
	if err := os.WriteFile(filepath.Join(dir, "PT1H.json"), log, 0o600); err != nil {
		t.Fatal(err)
	}
	page := filepath.Join(dir, "usage.html")
	var errs bytes.Buffer
	w := cli.World{In: strings.NewReader(""), Out: &errs, Err: &errs, Now: time.Now, Getenv: func(string) string { return "" }}
	args := []string{"usage", "--at", "2026-02-01T00:00:00Z", "--format", "html", "-o", page, filepath.Join(dir, "PT1H.json")}
	if code := cli.Main(args, w); code != 1 {
		t.Fatalf("usage exits with %d: %s", code, errs.String())
	}
	out, err := exec.Command("node", "report.mjs", page).Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() != 1 {
		t.Fatalf("open the page: %v: %s", err, exit.Stderr)
	}
	var v view
	if err := json.Unmarshal(out, &v); err != nil {
		t.Fatalf("read what the browser saw: %v", err)
	}
	if len(v.Faults) > 0 || len(v.Requests) > 0 {
		t.Errorf("faults %q, requests %q; want none", v.Faults, v.Requests)
	}
	if v.Cases == 0 || v.Visible != v.Cases || v.Filtered != 0 {
		t.Errorf("%d tokens, %d visible, %d after a filter that fits none; want all and none", v.Cases, v.Visible, v.Filtered)
	}
	if v.Narrow > 400 {
		t.Errorf("the page is %d wide in a window of 400", v.Narrow)
	}
	if !strings.Contains(v.Text, "shared access signatures in use") {
		t.Errorf("the page does not say what is in use")
	}
}
