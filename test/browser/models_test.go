package browser_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/overgrant/overgrant/internal/cli"
)

// TestModelsInABrowser opens a report on models as a reader would.
func TestModelsInABrowser(t *testing.T) {
	if _, err := os.Stat("node_modules"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("the browser is not set up; run test/setup")
		}
		t.Skip("the browser is not set up; run test/setup")
	}
	dir := t.TempDir()
	for i := range 7 {
		body := []byte("cposix\nsystem\n(S'echo this is a test'\ntR.")
		if i >= 5 {
			body = []byte("\x80\x02}q\x00.")
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("<b>net-%d.pkl", i)), body, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	page := filepath.Join(t.TempDir(), "models.html")
	var errs bytes.Buffer
	w := cli.World{In: strings.NewReader(""), Out: &errs, Err: &errs, Now: time.Now, Getenv: os.Getenv}
	if code := cli.Main([]string{"model", "--format", "html", "-o", page, dir}, w); code != 1 {
		t.Fatalf("model exits with %d: %s", code, errs.String())
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
	if v.Cases != 7 || v.Visible != 7 || v.Filtered != 0 {
		t.Errorf("%d models, %d visible, %d after a filter that fits none; want 7, 7, 0", v.Cases, v.Visible, v.Filtered)
	}
	if v.Narrow > 400 {
		t.Errorf("the page is %d wide in a window of 400", v.Narrow)
	}
	for _, want := range []string{"7 models: 5 dangerous, 2 clean", "<b>net-0.pkl", "posix.system('echo this is a test')"} {
		if !strings.Contains(v.Text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}
