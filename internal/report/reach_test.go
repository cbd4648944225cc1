package report_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/report"
	"github.com/overgrant/overgrant/internal/report/reporttest"
)

// one is a stream about one link, with what was proven and measured of it.
func one(proof *overgrant.Proof, shards ...overgrant.Measured) []overgrant.Message {
	m := []overgrant.Message{
		{Run: &overgrant.Run{Started: now}},
		{Found: &overgrant.Found{Link: link("one", wideGrant, "https://contosomodels.blob.core.windows.net/?sig=")}},
		{Judged: &overgrant.Judged{ID: hash("one"), Status: overgrant.LiveShape, Verdict: verdict(overgrant.Low, overHTTP)}},
	}
	if proof != nil {
		m = append(m, overgrant.Message{Proven: &overgrant.Proven{ID: hash("one"), Proof: *proof}})
	}
	for i := range shards {
		shards[i].ID, shards[i].Round = hash("one"), "1"
		m = append(m, overgrant.Message{Measured: &shards[i]})
	}
	return append(m, overgrant.Message{Summary: &overgrant.Summary{Pieces: 7, Bytes: 9, Elapsed: 2 * time.Second}})
}

func flat(s string) string { return strings.Join(strings.Fields(s), " ") }

func TestSentences(t *testing.T) {
	class := func(title, unit string, s overgrant.Severity, named, seen, n int64, people int) *overgrant.ClassHeld {
		c := &overgrant.ClassHeld{Title: title, Unit: unit, Severity: s, Named: overgrant.Tally{Objects: named}, Seen: overgrant.Tally{Objects: seen}, Count: n}
		for i := range people {
			c.People.Join(uint64(i+1) << 40)
		}
		return c
	}
	tests := []struct {
		name    string
		classes map[string]*overgrant.ClassHeld
		want    string
	}{
		{"nothing", nil, "reaches 2.0 TB in 1 object in 1 container "},
		{"one_of_each", map[string]*overgrant.ClassHeld{"private_key": class("private keys", "keys", overgrant.Critical, 1, 1, 1, 0)}, "; 1 private key "},
		{"by_name_only", map[string]*overgrant.ClassHeld{"credential_dump": class("credential dumps", "hashes", overgrant.Critical, 1, 0, 0, 0)}, "; 1 credential dump, by name "},
		{"another_unit", map[string]*overgrant.ClassHeld{"credential_dump": class("credential dumps", "hashes", overgrant.Critical, 1, 1, 1, 0)}, "; 1 hash in credential dumps "},
		{"people", map[string]*overgrant.ClassHeld{"chat": class("chat messages", "messages", overgrant.High, 2, 2, 31402, 359)}, "; 31,402 chat messages of 359 people "},
		{"a_person", map[string]*overgrant.ClassHeld{"chat": class("chat messages", "messages", overgrant.High, 2, 2, 3, 1)}, "; 3 chat messages of 1 person "},
		{"files_of", map[string]*overgrant.ClassHeld{"b": class("files of workstation backups", "files", overgrant.Critical, 1, 0, 0, 0)}, "; 1 file of workstation backups, by name "},
		{"secrets_in", map[string]*overgrant.ClassHeld{"s": class("secrets in text", "secrets", overgrant.High, 0, 1, 1, 0)}, "; 1 secret in text "},
		{"low_is_not_said", map[string]*overgrant.ClassHeld{"m": class("model files", "models", overgrant.Info, 5, 0, 0, 0)}, "reaches 2.0 TB in 1 object in 1 container "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := overgrant.Exposure{Containers: 1, Tally: overgrant.Tally{Objects: 1, Bytes: 2e12}, Classes: tt.classes}
			out := flat(write(t, "text", report.Options{Now: now, Width: 110}, one(nil, overgrant.Measured{Exposure: e})))
			if !strings.Contains(out, tt.want) {
				t.Errorf("text does not say %q:\n%s", tt.want, out)
			}
		})
	}
}

// Models that run code are named however much else there is, and so is that a
// link that writes may have brought them there.
func TestArmedModelsStandOut(t *testing.T) {
	e := overgrant.Exposure{
		Tally: overgrant.Tally{Objects: 40, Bytes: 2e12}, Writable: map[string]overgrant.Tally{"model": {Objects: 40}},
		Classes: map[string]*overgrant.ClassHeld{
			"dangerous_model": {Title: "models with code that runs on loading", Severity: overgrant.Critical, Unit: "models", Seen: overgrant.Tally{Objects: 2}, Count: 2},
		},
		Coverage: overgrant.Coverage{
			Partial:    overgrant.Tally{Objects: 3, Bytes: 9000},
			PartialWhy: map[string]overgrant.Tally{"limit reached": {Objects: 1, Bytes: 1000}, "encrypted": {Objects: 2, Bytes: 8000}},
		},
	}
	for i := range 12 {
		e.Classes[fmt.Sprint("class_", i)] = &overgrant.ClassHeld{Title: fmt.Sprint("keys of sort ", i), Severity: overgrant.Critical, Named: overgrant.Tally{Objects: 100}, Count: 100}
	}
	for name, want := range map[string][]string{
		"text": {
			"; 2 models with code that runs on loading; 6 more classes of sensitive data; 40 models anyone",
			"could replace 40 models; 2 models that would run code on loading may have been put there with it",
			"in part 2 objects (8.0 kB): encrypted; 1 object (1.0 kB): limit reached ",
		},
		"markdown": {"2 objects (8.0 kB): encrypted"},
		"html":     {"read in part: encrypted"},
		"jsonl":    {`"partial_reasons":{"encrypted":{"objects":2,"bytes":8000}`},
	} {
		out := flat(write(t, name, report.Options{Now: now, Width: 110}, one(nil, overgrant.Measured{Exposure: e})))
		for _, w := range want {
			if !strings.Contains(out, w) {
				t.Errorf("%s does not say %q:\n%s", name, w, out)
			}
		}
	}
}

func TestSummaryOfVerifyAndMeasure(t *testing.T) {
	alive := &overgrant.Proof{State: overgrant.Alive, CheckedAt: now, Answers: make([]overgrant.Answer, 1)}
	dead := &overgrant.Proof{State: overgrant.Dead, Cause: overgrant.CauseKeyRotated, CheckedAt: now}
	reach := overgrant.Measured{Rest: []string{"x"}, Exposure: overgrant.Exposure{Containers: 1, Tally: overgrant.Tally{Objects: 1, Bytes: 38_100_000_000_000}, Requests: 1, Read: 2000,
		Classes: map[string]*overgrant.ClassHeld{"private_key": {Severity: overgrant.Critical, Count: 1}}}}
	tests := []struct {
		name     string
		messages []overgrant.Message
		want     []string
		not      string
	}{
		{"alive", one(alive), []string{"1 case: 1 low (none at or above medium).", "Asked about 1 link, with 1 request, in 2.0 s: 1 alive."}, "Looked into"},
		{"dead", one(dead), []string{"1 case: 1 proven dead (none at or above medium).", "Asked about 1 link, in 2.0 s: 1 dead."}, "1 low"},
		{"measured", one(alive, reach), []string{"1 case: 1 critical (1 at or above medium).", "Asked about 1 link, with 1 request: 1 alive.",
			"Listed 1 object (38.1 TB) in 1 container behind 1 link; 2.0 kB of content read, 1 request, in 2.0 s; 1 part still to be measured."}, "Looked into"},
		{"dead_since_it_was_measured", one(dead, reach), []string{"1 case: 1 critical"}, "proven dead"},
		{"scanned_before", slices.Concat(stream(), one(alive)), []string{"Looked into 12,345 files", "Asked about 1 link"}, "12,352"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var b bytes.Buffer
			r := report.NewSummary(&b, report.Options{Now: now, Width: 110})
			for _, m := range tt.messages {
				_ = r.Add(m)
			}
			if err := r.Close(); err != nil {
				t.Fatal(err)
			}
			out := flat(b.String())
			for _, want := range tt.want {
				if !strings.Contains(out, want) {
					t.Errorf("the summary does not say %q:\n%s", want, out)
				}
			}
			if strings.Contains(out, tt.not) {
				t.Errorf("the summary says %q:\n%s", tt.not, out)
			}
		})
	}
}

// TestWorstCountsEverywhere: what was found behind a link makes a harmless
// grant critical, and the service's refusal makes a wide one nothing.
func TestWorstCountsEverywhere(t *testing.T) {
	found := overgrant.Measured{Exposure: overgrant.Exposure{Classes: map[string]*overgrant.ClassHeld{"private_key": {Severity: overgrant.Critical, Count: 1}}}}
	for name, tt := range map[string]struct {
		messages []overgrant.Message
		want     map[string]string
	}{
		"found": {one(nil, found), map[string]string{"junit": `failures="1"`, "sarif": `"level":"error"`, "csv": ",critical,live_shape", "jsonl": `"severity":"critical"`, "html": `data-severity="critical"`, "markdown": "| **critical** |", "text": " CRITICAL "}},
		"dead":  {one(&overgrant.Proof{State: overgrant.Dead}), map[string]string{"junit": `failures="0"`, "sarif": `"level":"note"`, "csv": ",none,live_shape", "jsonl": `"severity":"none"`, "html": "proven dead", "markdown": "| **proven dead** |", "text": " PROVEN DEAD "}},
	} {
		for format, want := range tt.want {
			if out := write(t, format, report.Options{Now: now, FailOn: overgrant.Low}, tt.messages); !strings.Contains(out, want) {
				t.Errorf("%s: %s does not have %q", name, format, want)
			}
		}
	}
}

// TestExposureFollowsTheContract checks the fields that programs rely on.
func TestExposureFollowsTheContract(t *testing.T) {
	line, _, _ := strings.Cut(write(t, "jsonl", report.Options{Now: now}, reporttest.Incident(now)), "\n")
	var c struct {
		ID    string
		Proof struct {
			State       string
			Permissions map[string]string
			CheckedAt   time.Time `json:"checked_at"`
		}
		Exposure struct {
			Containers, Objects, Bytes int64
			Coverage                   map[string]any
			Finds                      []struct {
				Class    string
				Count    int64
				People   int64
				Examples []string
			}
			Areas []map[string]any
			Left  int `json:"areas_left_out"`
		}
	}
	if err := json.Unmarshal([]byte(line), &c); err != nil {
		t.Fatal(err)
	}
	if c.ID != reporttest.ID || c.Proof.State != "alive" || c.Proof.Permissions["write"] != "proven_by_signature" || !c.Proof.CheckedAt.Equal(now) {
		t.Errorf("proof = %+v", c.Proof)
	}
	e := c.Exposure
	if e.Containers != reporttest.Containers || e.Objects != reporttest.Objects || e.Bytes != reporttest.Bytes {
		t.Errorf("%d containers, %d objects, %d bytes; want those of the fixture", e.Containers, e.Objects, e.Bytes)
	}
	sum := 0.0
	for _, part := range []string{"complete", "partial", "skipped"} {
		share, is := e.Coverage[part].(float64)
		if !is || share < 0 || share > 1 {
			t.Errorf("coverage.%s = %v; want a share, 0 to 1", part, e.Coverage[part])
		}
		sum += share
	}
	if sum <= 0.9 || sum > 1 {
		t.Errorf("the shares of the coverage add up to %v", sum)
	}
	chat := slices.IndexFunc(e.Finds, func(f struct {
		Class    string
		Count    int64
		People   int64
		Examples []string
	}) bool {
		return f.Class == "chat_message"
	})
	if chat < 0 || e.Finds[chat].Count != reporttest.Messages || e.Finds[chat].People != reporttest.People || len(e.Finds[chat].Examples) == 0 {
		t.Errorf("finds = %+v", e.Finds)
	}
	if len(e.Areas) != 500 || e.Left == 0 {
		t.Errorf("%d areas and %d left out; want the 500 largest and the count of the others", len(e.Areas), e.Left)
	}
}

func TestCSVOfAnIncident(t *testing.T) {
	rows, err := csv.NewReader(strings.NewReader(write(t, "csv", report.Options{Now: now}, reporttest.Incident(now)))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for i, name := range rows[0] {
		got[name] = rows[1][i]
	}
	for name, want := range map[string]string{
		"severity": "critical", "proof": "alive", "proven_actions": "add create delete delete_version find list read write", "containers": "212",
		"objects": "1362047", "bytes": "38100000000000", "coverage_partial": "0.2388", "replaceable": "5151", "parts_pending": "0",
	} {
		if got[name] != want {
			t.Errorf("%s = %q; want %q", name, got[name], want)
		}
	}
	if !strings.HasPrefix(got["classes"], "private_key=118 ") {
		t.Errorf("classes = %q", got["classes"])
	}
	page := report.All[slices.IndexFunc(report.All, func(f report.Format) bool { return f.Name == "csv" })].Doc
	for _, name := range rows[0][slices.Index(rows[0], "proof"):slices.Index(rows[0], "source")] {
		if !strings.Contains(page, name) {
			t.Errorf("the page on csv does not name the column %s", name)
		}
	}
}

// TestOrderAndRepeatsDoNotMatter: workers deliver shards in any order, and
// some of them twice.
func TestOrderAndRepeatsDoNotMatter(t *testing.T) {
	all := reporttest.Incident(now)
	last := len(all) - 1
	from := slices.IndexFunc(all, func(m overgrant.Message) bool { return m.Measured != nil })
	to := from
	for all[to].Measured != nil {
		to++
	}
	want := map[string]string{}
	for _, f := range report.All {
		want[f.Name] = write(t, f.Name, report.Options{Now: now}, all)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 5 {
		shards := slices.Clone(all[from:to])
		for range 40 {
			shards = append(shards, shards[random.IntN(len(shards))])
		}
		random.Shuffle(len(shards), func(i, j int) { shards[i], shards[j] = shards[j], shards[i] })
		mixed := slices.Concat(all[:from], shards, all[to:last], all[last:])
		read := readBack(t, write(t, "events", report.Options{}, mixed))
		for _, f := range report.All {
			if f.Name == "events" {
				continue
			}
			if got := write(t, f.Name, report.Options{Now: now}, read); got != want[f.Name] {
				t.Errorf("%s depends on the order of the shards: %s", f.Name, firstDifference(want[f.Name], got))
			}
		}
	}
}

// vast is a measurement of 100 million objects in 100,000 containers, with
// names as long and hostile as a service allows.
func vast(cases int) []overgrant.Message {
	var m []overgrant.Message
	long := strings.Repeat("<\x1b>", 80)
	for c := range cases {
		id := hash(fmt.Sprint("vast ", c))
		m = append(m, overgrant.Message{Found: &overgrant.Found{Link: overgrant.Link{ID: id, Grant: wideGrant}}})
		p := overgrant.Proof{State: overgrant.Alive, CheckedAt: now}
		for i := range 500 {
			p.Answers = append(p.Answers, overgrant.Answer{Asked: "list", Target: fmt.Sprint(i, long), Shows: long})
		}
		m = append(m, overgrant.Message{Proven: &overgrant.Proven{ID: id, Proof: p}})
		for s := range 100 / cases {
			e := overgrant.Exposure{Containers: 1000, Tally: overgrant.Tally{Objects: 1e6, Bytes: 1e15}, Areas: map[string]*overgrant.Area{}, Months: map[string]overgrant.Tally{}, Classes: map[string]*overgrant.ClassHeld{}}
			for i := range 400 {
				e.Areas[fmt.Sprintf("c%03d-%04d%s", s, i, long)] = &overgrant.Area{Tally: overgrant.Tally{Objects: 1000, Bytes: 1e12}, Class: long, Severity: overgrant.Severity(i % 6)}
				e.Months[fmt.Sprintf("%04d-%02d", 1970+i/12, i%12+1)] = overgrant.Tally{Objects: 1000, Bytes: 1e12}
			}
			for i := range 10 {
				e.Classes[fmt.Sprint(s, i, long)] = &overgrant.ClassHeld{Title: long, Unit: long, Severity: overgrant.High, Count: 3, Examples: []string{long}}
			}
			e.Coverage.Skipped = map[string]overgrant.Tally{fmt.Sprint(s, long): {Objects: 3, Bytes: 4}}
			got := overgrant.Measured{ID: id, Round: "1", Shard: fmt.Sprint(s), Exposure: e}
			for i := range 200 {
				got.Finds = append(got.Finds, overgrant.Find{Class: fmt.Sprint(i%30, long), Severity: overgrant.High, Place: overgrant.Place{Path: long}, Count: 2, Unit: long, Hint: long})
			}
			m = append(m, overgrant.Message{Measured: &got})
		}
	}
	return append(m, overgrant.Message{Summary: &overgrant.Summary{}})
}

// TestVastPages: a page stays one that a browser opens at once.
func TestVastPages(t *testing.T) {
	for _, cases := range []int{1, 10, 100} {
		m := vast(cases)
		for format, most := range map[string]int{"html": 5_000_000, "markdown": 65_536} {
			if n := len(write(t, format, report.Options{Now: now}, m)); n > most {
				t.Errorf("%d cases: %s writes %d bytes; want at most %d", cases, format, n, most)
			} else {
				t.Logf("%d cases: %s writes %d bytes", cases, format, n)
			}
		}
	}
}
