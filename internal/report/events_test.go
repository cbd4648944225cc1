package report_test

import (
	"errors"
	"strings"
	"testing"
	"unicode"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/report"
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
	written := write(t, "events", report.Options{Now: now}, stream())
	for _, f := range report.All {
		o := report.Options{Now: now, All: true, Width: 90}
		if got, want := write(t, f.Name, o, readBack(t, written)), write(t, f.Name, o, stream()); got != want {
			t.Errorf("%s of events that were read back differs: %s", f.Name, firstDifference(want, got))
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
	return append(all, all[0][:len(all[0])/2],
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
