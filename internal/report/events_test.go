package report_test

import (
	"errors"
	"strings"
	"testing"
	"unicode"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/report"
	"github.com/overgrant/overgrant/internal/report/reporttest"
)

// readBack reads a stream and fails on any error.
func readBack(t *testing.T, s string) []overgrant.Message {
	t.Helper()
	var all []overgrant.Message
	for m, err := range report.ReadEvents(strings.NewReader(s)) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, m)
	}
	return all
}

func TestRoundTrip(t *testing.T) {
	for name, messages := range map[string][]overgrant.Message{"scan": stream(), "measure": reporttest.Incident(now)} {
		written := write(t, "events", report.Options{Now: now}, messages)
		for _, f := range report.All {
			o := report.Options{Now: now, All: true, Width: 90}
			if got, want := write(t, f.Name, o, readBack(t, written)), write(t, f.Name, o, messages); got != want {
				t.Errorf("%s: %s of events that were read back differs: %s", name, f.Name, firstDifference(want, got))
			}
		}
	}
}

func TestReadEvents(t *testing.T) {
	good := `{"seen":{"id":"a","sighting":{"span":[1,2]}}}`
	end := `{"summary":{"pieces":1,"objects":0,"bytes":2,"elapsed":3}}`
	tests := []struct {
		name, text string
		messages   int
		errs       []error
	}{
		{"whole", good + "\n" + end + "\n", 2, nil},
		{"no_newline_at_the_end", good + "\n" + end, 2, nil},
		{"empty_lines", "\n" + good + "\n\n\n" + end + "\n", 2, nil},
		{"cut_between_lines", good + "\n", 1, []error{report.ErrCut}},
		{"cut_within_a_line", good + "\n" + end[:20], 1, []error{report.ErrLine, report.ErrCut}},
		{"damaged_line", "{\n" + good + "\n" + end, 2, []error{report.ErrLine}},
		{"of_a_newer_version", `{"proved":{"id":"a"}}` + "\n" + end, 1, []error{report.ErrLine}},
		{"two_in_one", `{"run":{"schema":"overgrant.events/1"},"summary":{}}` + "\n" + end, 1, []error{report.ErrLine}},
		{"two_streams", good + "\n" + end + "\n" + `{"run":{"schema":"overgrant.events/1"}}` + "\n" + end, 4, nil},
		{"second_stream_cut", end + "\n" + `{"run":{"schema":"overgrant.events/1"}}` + "\n" + good, 3, []error{report.ErrCut}},
		{"nothing", "", 0, []error{report.ErrCut}},
		{"long_line", `{"x":"` + strings.Repeat("y", 17<<20) + "\"}\n" + end, 1, []error{report.ErrLine}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n, errs := 0, tt.errs
			for _, err := range report.ReadEvents(strings.NewReader(tt.text)) {
				if err == nil {
					n++
					continue
				}
				if len(errs) == 0 || !errors.Is(err, errs[0]) {
					t.Fatalf("error %v; want %v", err, errs)
				}
				errs = errs[1:]
			}
			if n != tt.messages || len(errs) > 0 {
				t.Errorf("%d messages, errors still wanted %v; want %d messages", n, errs, tt.messages)
			}
		})
	}
}

func TestReadEventsOfAnotherSchema(t *testing.T) {
	for _, err := range report.ReadEvents(strings.NewReader(`{"run":{"schema":"overgrant.events/9"}}` + "\n{}\n")) {
		if err == nil || !strings.Contains(err.Error(), "overgrant.events/9") {
			t.Errorf("error %v; want one that names the schema", err)
		}
	}
}

func FuzzReadEvents(f *testing.F) {
	for _, s := range seeds(f) {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		all := readLoose(string(data))
		if again := readLoose(write(t, "events", report.Options{}, all)); len(again) != len(all) {
			t.Errorf("%d messages read again; want %d", len(again), len(all))
		}
	})
}

// FuzzFormats reports whatever a stream may hold, in the format that pick
// names.
func FuzzFormats(f *testing.F) {
	for _, s := range seeds(f) {
		for i := range report.All {
			f.Add([]byte(s), byte(i))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, pick byte) {
		format := report.All[int(pick)%len(report.All)].Name
		out := write(t, format, report.Options{Now: now, All: true, Width: int(pick)}, readLoose(string(data)))
		for _, r := range out {
			if r != '\n' && (unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Bidi_Control, r)) {
				t.Errorf("%s lets %U through", format, r)
			}
		}
	})
}

// seeds are short streams.
func seeds(t testing.TB) []string {
	var all []string
	for _, i := range []int{0, 3} {
		c := fixtureCases()[i]
		m := []overgrant.Message{{Run: &overgrant.Run{Started: now}}, {Found: &overgrant.Found{Link: c.link}},
			{Seen: &overgrant.Seen{ID: c.link.ID, Sighting: c.seen[len(c.seen)-1]}}, {Judged: &overgrant.Judged{ID: c.link.ID, Status: "live_shape", Verdict: c.verdict}},
			skip(overgrant.Place{Path: hostileName}, "cannot be opened", "x", 3), {Summary: &overgrant.Summary{Pieces: 1}}}
		all = append(all, write(t, "events", report.Options{}, m))
	}
	var asked []overgrant.Message
	for _, m := range reporttest.Incident(now) {
		if m.Measured == nil || len(asked) < 14 {
			asked = append(asked, m)
		}
	}
	return append(all, all[0][:len(all[0])/2], write(t, "events", report.Options{}, asked),
		`{"measured":{"id":"a","round":"1","shard":"","exposure":{"containers":-1,"objects":-5,"bytes":9223372036854775807,"areas":{"x":null,"y/z":{"objects":1,"bytes":-4,"newest":9223372036854775807},"":{"objects":2,"bytes":0}},"classes":{"c":null,"d":{"severity":"high","count":-1}},"months":{"9999-12":{"objects":1,"bytes":1},"x":{"objects":1,"bytes":2},"0001-01":{"objects":1,"bytes":9223372036854775807}},"writable":{"\u001b":{"objects":1,"bytes":1}},"coverage":{"skipped":{"<b>":{"objects":9,"bytes":9}}}},"rest":["a","b"]}}`,
		`{"proven":{"id":"a","proof":{"state":"\u001b","permissions":{"read":"x"},"answers":[{"status":-1}],"recovery":{},"checked_at":"0001-01-01T00:00:00Z"}}}`,
		`{"found":{"link":{"id":"","grant":{"kind":"x","expiry":"9999-12-31T23:59:59Z","directory_depth":-1}}}}`,
		"{\"judged\":{\"id\":\"a\",\"verdict\":{\"severity\":\"critical\"}}}\n\x00\xff\n{")
}

func readLoose(s string) (all []overgrant.Message) {
	for m, err := range report.ReadEvents(strings.NewReader(s)) {
		if err == nil {
			all = append(all, m)
		}
	}
	return all
}
