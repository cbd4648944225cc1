package report_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"io"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/report"
	"github.com/overgrant/overgrant/internal/report/reporttest"
)

// TestSARIFIsValid checks against the schema of OASIS, SARIF 2.1.0 errata 01.
func TestSARIFIsValid(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile("testdata/sarif-schema-2.1.0.json")
	if err != nil {
		t.Fatal(err)
	}
	streams := map[string][]overgrant.Message{"fixture": stream(), "incident": reporttest.Incident(now), "cut": stream()[:20], "nothing": nil}
	for name, messages := range streams {
		for _, all := range []bool{false, true} {
			out := write(t, "sarif", report.Options{Now: now, All: all}, messages)
			doc, err := jsonschema.UnmarshalJSON(strings.NewReader(out))
			if err != nil {
				t.Fatal(err)
			}
			if err := schema.Validate(doc); err != nil {
				t.Errorf("%s: not valid SARIF: %v", name, err)
			}
		}
	}
}

type sarifFile struct {
	Runs []struct {
		Tool struct {
			Driver struct {
				Rules []struct{ ID string }
			}
		}
		Results []struct {
			RuleID              string
			RuleIndex           int
			Level               string
			PartialFingerprints map[string]string
			Suppressions        []struct{ Status string }
			Fixes               []any
			RelatedLocations    []any
			Locations           []struct {
				PhysicalLocation struct {
					ArtifactLocation struct{ URI string }
					Region           *struct{ StartLine int }
				}
			}
		}
	}
}

func TestSARIFResults(t *testing.T) {
	var f sarifFile
	if err := json.Unmarshal([]byte(write(t, "sarif", report.Options{Now: now}, stream())), &f); err != nil {
		t.Fatal(err)
	}
	run := f.Runs[0]
	perCase, statuses, fixes := map[string]int{}, map[string]int{}, 0
	hashes := map[string]bool{}
	for _, r := range run.Results {
		if got := run.Tool.Driver.Rules[r.RuleIndex].ID; got != r.RuleID {
			t.Errorf("rule %d is %s; want %s", r.RuleIndex, got, r.RuleID)
		}
		perCase[r.PartialFingerprints["overgrantCase/v1"]]++
		h := r.PartialFingerprints["primaryLocationLineHash"]
		if hashes[h] {
			t.Errorf("fingerprint %s stands twice", h)
		}
		hashes[h] = true
		for _, s := range r.Suppressions {
			statuses[s.Status]++
		}
		fixes += len(r.Fixes)
		for _, l := range r.Locations {
			if u := l.PhysicalLocation.ArtifactLocation.URI; strings.ContainsAny(u, " !<>\x1b\n\\") {
				t.Errorf("%q is no URI", u)
			}
		}
	}
	if n := perCase[hash("wide")]; n != 3 {
		t.Errorf("%d results for a case in three files; want 3", n)
	}
	if n := perCase[hash("placeholder")]; n != 0 {
		t.Errorf("%d results for a placeholder; want none by default", n)
	}
	if statuses["accepted"] != 1 || statuses["rejected"] == 0 {
		t.Errorf("suppressions %v; want one that holds and the broken one", statuses)
	}
	if fixes != 2 {
		t.Errorf("%d fixes; want 2: for the files of the worktree, not for history, archives or a name with a !", fixes)
	}
}

func TestCSV(t *testing.T) {
	rows, err := csv.NewReader(strings.NewReader(write(t, "csv", report.Options{Now: now}, stream()))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if n := len(rows); n != 1+60+1+2+2+1+1 {
		t.Errorf("%d rows; want the head, one for each sighting and one for the case without any", n)
	}
	author := slices.Index(rows[0], "author")
	for _, r := range rows {
		for _, v := range r {
			if v != "" && strings.IndexByte("=+-@", v[0]) >= 0 {
				t.Errorf("%q begins like a formula", v)
			}
		}
		if strings.Contains(r[author], "HYPERLINK") && r[author][0] != '\'' {
			t.Errorf("author %q is a formula", r[author])
		}
	}
}

func TestJUnit(t *testing.T) {
	var f struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Errors   int `xml:"errors,attr"`
		Skipped  int `xml:"skipped,attr"`
		Suites   []struct {
			Tests []struct {
				Failure *struct{} `xml:"failure"`
				Error   *struct{} `xml:"error"`
				Skipped *struct{} `xml:"skipped"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	d := xml.NewDecoder(strings.NewReader(write(t, "junit", report.Options{Now: now, All: true}, stream())))
	d.Strict = true
	if err := d.Decode(&f); err != nil {
		t.Fatal(err)
	}
	var failures, errs, skipped int
	for _, c := range f.Suites[0].Tests {
		if c.Failure != nil {
			failures++
		}
		if c.Error != nil {
			errs++
		}
		if c.Skipped != nil {
			skipped++
		}
	}
	if f.Tests != len(f.Suites[0].Tests) || f.Failures != failures || f.Errors != errs || f.Skipped != skipped {
		t.Errorf("counts %+v do not fit the tests", f)
	}
	if failures != 3 || errs != 1 || skipped != 2 {
		t.Errorf("%d failures, %d errors, %d skipped; want 3, 1, 2", failures, errs, skipped)
	}
}

func TestHTMLAsksForNothing(t *testing.T) {
	out := write(t, "html", report.Options{Now: now, All: true}, slices.Concat(stream(), reporttest.Incident(now)))
	out = regexp.MustCompile(`(?s)<title>.*?</title>|<text[^>]*>.*?</text>|<td[^>]*>.*?</td>|<p[^>]*>.*?</p>|<dd>.*?</dd>`).ReplaceAllString(out, "")
	if m := regexp.MustCompile(`(?i)(src|href|action|data|poster|srcset)\s*=\s*"[^#"][^"]*"|url\(|@import|<link|<iframe|<object| style=| on[a-z]+=`).FindString(
		regexp.MustCompile(`(?s)<code[^>]*>.*?</code>|<small>.*?</small>|<li>.*?</li>|<span>.*?</span>`).ReplaceAllString(out, "")); m != "" {
		t.Errorf("the page holds %q; it may refer to nothing outside it", m)
	}
	if !strings.Contains(out, `content="default-src 'none'; style-src &#39;sha256-`) && !strings.Contains(out, "default-src &#39;none&#39;") && !strings.Contains(out, "default-src 'none'") {
		t.Error("the page has no content security policy")
	}
}

// TestCaseFollowsTheContract checks the fields that programs rely on.
func TestCaseFollowsTheContract(t *testing.T) {
	first, _, _ := strings.Cut(write(t, "jsonl", report.Options{Now: now}, stream()), "\n")
	var got map[string]any
	if err := json.Unmarshal([]byte(first), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"schema": "overgrant.case/1", "id": hash("wide"), "kind": "account_sas", "provider": "azure", "status": "live_shape",
		"account": "contosomodels", "host": "contosomodels.blob.core.windows.net", "services": []any{"blob", "file", "queue", "table"},
		"container": "public-models", "path": "robust/resnet18.ckpt", "scope": "account", "resource_types": "sco",
		"permissions": "rwdlacupitfx", "start": "2021-10-05T15:00:00Z", "expiry": "2051-10-06T07:00:00Z", "expiry_raw": "2051-10-06T07:00:00Z",
		"protocols": []any{"https"}, "signed_version": "2020-08-04", "signer": "account_key",
		"revocation": map[string]any{"route": "rotate_account_key", "collateral": collateral},
		"first_seen": "2021-10-06T00:00:00Z", "last_seen": "2023-06-23T00:00:00Z", "unknown": []any{},
		"exposed": map[string]any{"from": "2021-10-06T00:00:00Z", "until": "2051-10-06T07:00:00Z", "days": 712.0, "still": true},
	}
	for k, v := range want {
		if !reflect.DeepEqual(got[k], v) {
			t.Errorf("%s = %v; want %v", k, got[k], v)
		}
	}
	for _, k := range []string{"ip", "policy_id", "resource", "table", "shape_why", "suppressed", "link", "endless"} {
		if v, ok := got[k]; ok {
			t.Errorf("%s = %v; want it absent, as it is not known", k, v)
		}
	}
	seen := got["seen"].([]any)[0].(map[string]any)
	for _, k := range []string{"source", "repository", "object", "path", "line", "column", "span", "commit", "author", "time", "in_head", "last_commit", "removed"} {
		if _, ok := seen[k]; !ok {
			t.Errorf("a sighting lacks %s: %v", k, seen)
		}
	}
	if v := got["verdict"].(map[string]any); v["severity"] != "critical" || v["over_provisioned"] != true || len(v["reasons"].([]any)) != 5 {
		t.Errorf("verdict = %v", v)
	}
}

// TestEveryFieldIsDocumented: doc/cases.md names each field that a case can
// have.
func TestEveryFieldIsDocumented(t *testing.T) {
	page, err := os.ReadFile("../../doc/cases.md")
	if err != nil {
		t.Fatal(err)
	}
	fields := map[string]bool{}
	everything := slices.Concat(stream(), reporttest.Incident(now))
	for _, line := range strings.Split(strings.TrimSpace(write(t, "jsonl", report.Options{Now: now, All: true, Reveal: overgrant.Secret.Reveal}, everything)), "\n") {
		d := json.NewDecoder(strings.NewReader(line))
		var c any
		if err := d.Decode(&c); err != nil && err != io.EOF {
			t.Fatal(err)
		}
		names(c, fields)
	}
	for _, typ := range []any{overgrant.Grant{}, overgrant.Sighting{}, overgrant.Place{}, overgrant.Reason{}, overgrant.Exposed{},
		overgrant.Proof{}, overgrant.Reached{}, overgrant.Recovery{}, overgrant.Answer{}, overgrant.Tally{}, overgrant.Area{}} {
		for i := range reflect.TypeOf(typ).NumField() {
			name, _, _ := strings.Cut(reflect.TypeOf(typ).Field(i).Tag.Get("json"), ",")
			if name != "" && name != "shape" {
				fields[name] = true
			}
		}
	}
	for name := range fields {
		if !bytes.Contains(page, []byte("`"+name+"`")) {
			t.Errorf("doc/cases.md does not name the field %s", name)
		}
	}
}

func names(v any, into map[string]bool) {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			into[k] = true
			if !slices.Contains([]string{"permissions", "months", "writable", "skipped_reasons", "partial_reasons"}, k) { // their keys are data
				names(x, into)
			}
		}
	case []any:
		for _, x := range v {
			names(x, into)
		}
	}
}
