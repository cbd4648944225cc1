package browser_test

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/overgrant/overgrant/internal/report"
	"github.com/overgrant/overgrant/internal/report/reporttest"
)

// contrastOf is the least contrast of a page, and where it is.
type contrastOf struct {
	Ratio float64
	Text  string
}

// exposure is what exposure.mjs saw of a page.
type exposure struct {
	Text, Told, Top                       string
	Contrast, DarkContrast                contrastOf
	MostFirst, LeastFirst                 string
	FindRows, FindsLeft                   int
	Boxes, ZoomedOut, Clicked, ClickedOut int
	ByBytes, ByObjects, BackToBytes       bool
	ByBytesNarrow, Printed                bool
	Zoomed                                []string
	Dark                                  string
	Narrow, WithoutScripts, DeadControls  int
	Faults, Requests                      []string
}

// TestExposureInABrowser opens the report of a large leak and uses it: tables,
// the map, both colour schemes, a telephone, paper, and a browser without
// scripts. OVERGRANT_PICTURES names a folder that is to have screenshots.
func TestExposureInABrowser(t *testing.T) {
	if _, err := os.Stat("node_modules"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("the browser is not set up; run test/setup")
		}
		t.Skip("the browser is not set up; run test/setup")
	}
	v := look(t, incidentPage(t))
	if len(v.Faults) > 0 || len(v.Requests) > 0 {
		t.Errorf("faults %q, requests %q; want none", v.Faults, v.Requests)
	}
	for _, want := range []string{"38.1 TB in 1,362,047 objects in 212 containers", "2 workstation backups", "31,402 chat messages of 359 people", "61 models anyone with the link could replace"} {
		if !strings.Contains(v.Text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if v.Contrast.Ratio < 4.5 || v.DarkContrast.Ratio < 4.5 {
		t.Errorf("contrast %.2f (%q), in the dark %.2f (%q); want 4.5 at least", v.Contrast.Ratio, v.Contrast.Text, v.DarkContrast.Ratio, v.DarkContrast.Text)
	}
	if !strings.HasSuffix(v.MostFirst, " messages") || !strings.HasPrefix(v.LeastFirst, "1 ") {
		t.Errorf("finds sorted by count begin with %q and %q", v.MostFirst, v.LeastFirst)
	}
	if v.FindsLeft == 0 || v.FindsLeft >= v.FindRows || !strings.Contains(v.Told, " of ") {
		t.Errorf("%d of %d finds after a filter, told as %q", v.FindsLeft, v.FindRows, v.Told)
	}
	if !v.ByBytes || !v.ByObjects || !v.BackToBytes || !v.ByBytesNarrow {
		t.Errorf("areas fit bytes: %v, objects: %v, bytes again: %v, on a telephone: %v; want all", v.ByBytes, v.ByObjects, v.BackToBytes, v.ByBytesNarrow)
	}
	if v.Boxes != reporttest.Containers || len(v.Zoomed) != 1 || !strings.HasPrefix(v.Zoomed[0], "corp-backup: ") || v.ZoomedOut != v.Boxes || v.Clicked != 1 || v.ClickedOut != v.Boxes {
		t.Errorf("%d boxes; zoomed %q, then %d, %d, %d", v.Boxes, v.Zoomed, v.ZoomedOut, v.Clicked, v.ClickedOut)
	}
	if v.Narrow > 390 || v.Dark == "rgb(246, 247, 249)" || v.WithoutScripts != v.Boxes || v.DeadControls != 0 || !v.Printed {
		t.Errorf("width %d on a telephone, dark page %s, %d boxes and %d dead controls without scripts, all printed: %v", v.Narrow, v.Dark, v.WithoutScripts, v.DeadControls, v.Printed)
	}
	if !strings.HasSuffix(v.Top, " objects") {
		t.Errorf("the highest month is %q after the change to objects", v.Top)
	}
}

// incidentPage writes the report of the leak and returns its path.
func incidentPage(t *testing.T) string {
	t.Helper()
	page := filepath.Join(t.TempDir(), "exposure.html")
	f, err := os.Create(page)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	now := time.Date(2023, 9, 18, 0, 0, 0, 0, time.UTC)
	r, err := report.New("html", f, report.Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range reporttest.Incident(now) {
		if err := r.Add(m); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	return page
}

func look(t *testing.T, page string) (v exposure) {
	t.Helper()
	args := []string{"exposure.mjs", page}
	if folder := os.Getenv("OVERGRANT_PICTURES"); folder != "" {
		args = append(args, folder)
	}
	out, err := exec.Command("node", args...).Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) && len(out) == 0 {
		t.Fatalf("open the page: %v: %s", err, exit.Stderr)
	}
	if err := json.Unmarshal(out, &v); err != nil {
		t.Fatalf("read what the browser saw: %v", err)
	}
	return v
}
