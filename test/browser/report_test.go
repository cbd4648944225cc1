package browser_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/overgrant/overgrant/internal/cli"
)

// view is what report.mjs saw of a page.
type view struct {
	Title, Text              string
	Cases, Filtered, Visible int
	Narrow                   int // width of the page in a window of 400
	Faults, Requests         []string
}

// TestReportInABrowser opens an HTML report as a reader would: it shows every
// case, filters them, fits a telephone, and asks for nothing from outside.
func TestReportInABrowser(t *testing.T) {
	if _, err := os.Stat("node_modules"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("the browser is not set up; run test/setup")
		}
		t.Skip("the browser is not set up; run test/setup")
	}
	dir := t.TempDir()
	secrets := writeLinks(t, dir, 12)
	page := filepath.Join(dir, "report.html")
	var errs bytes.Buffer
	w := cli.World{In: strings.NewReader(""), Out: &errs, Err: &errs, Now: time.Now, Getenv: os.Getenv}
	if code := cli.Main([]string{"scan", "--format", "html", "-o", page, "dir:" + dir}, w); code != 1 {
		t.Fatalf("scan exits with %d: %s", code, errs.String())
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
	if v.Cases != 12 || v.Visible != 12 || v.Filtered != 0 {
		t.Errorf("%d cases, %d visible, %d after a filter that fits none; want 12, 12, 0", v.Cases, v.Visible, v.Filtered)
	}
	if v.Narrow > 400 {
		t.Errorf("the page is %d wide in a window of 400", v.Narrow)
	}
	for _, s := range secrets {
		if strings.Contains(v.Text, s) {
			t.Errorf("the page shows a secret")
		}
	}
}

// writeLinks writes n files with a link each and returns the signatures.
func writeLinks(t *testing.T, dir string, n int) (signatures []string) {
	t.Helper()
	for i := range n {
		sum := make([]byte, 32)
		_, _ = rand.Read(sum)
		sig := url.QueryEscape(base64.StdEncoding.EncodeToString(sum))
		link := fmt.Sprintf("https://contoso%02d.blob.core.windows.net/models/net.ckpt?sv=2022-11-02&ss=b&srt=sco&sp=rwdl&se=2051-10-06&sig=%s", i, sig)
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("readme%02d.md", i)), []byte(link), 0o600); err != nil {
			t.Fatal(err)
		}
		signatures = append(signatures, sig)
	}
	return signatures
}
