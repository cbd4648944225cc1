package judge_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/judge"
)

const id = "9f8e0b6c1d2a3f4e5061728394a5b6c7d8e9fa0b1c2d3e4f5061728394a5b6c7"

// entry is a good suppression with one line changed.
func entry(lines ...string) string {
	all := map[string]string{
		"case": "9f8e0b6c1d2a", "why": "rotated by the owner", "by": "ann@contoso.example", "until": "2026-12-31", "sightings": "3",
	}
	for _, l := range lines {
		key, value, _ := strings.Cut(l, "=")
		all[key] = value
	}
	out := "suppressions:\n- "
	for i, key := range []string{"case", "why", "by", "until", "sightings"} {
		if i > 0 {
			out += "  "
		}
		if all[key] == "-" {
			out += "# no " + key + "\n"
			continue
		}
		out += key + ": " + all[key] + "\n"
	}
	return out
}

func TestParse(t *testing.T) {
	c, err := judge.Parse([]byte(`# all that can be said
version: 1
lifetime:
  long_days: 14
  very_long_days: 90
rules:
  http-allowed: {severity: high}
  no-ip-limit:
    off: Our clients have
      changing addresses.
suppressions:
  - case: "9F8E0B6C1D2A"
    why: rotated by the owner
    by: ann@contoso.example
    until: 2026-12-31
    sightings: 3
  - case: 123456789012
    why: x
    by: y
    until: 2020-01-01
`), now)
	if err != nil {
		t.Fatal(err)
	}
	if c.Policy.Limits != (judge.Limits{LongDays: 14, VeryLongDays: 90}) {
		t.Errorf("limits = %+v", c.Policy.Limits)
	}
	if c.Policy.Severity["http-allowed"] != overgrant.High || c.Policy.Off["no-ip-limit"] != "Our clients have changing addresses." {
		t.Errorf("policy = %+v", c.Policy)
	}
	if len(c.Suppressions) != 2 || c.Suppressions[1] != (judge.Suppression{
		Case: "9f8e0b6c1d2a", Why: "rotated by the owner", By: "ann@contoso.example",
		Until: time.Date(2026, 12, 31, 23, 59, 59, 0, time.UTC), Sightings: 3,
	}) {
		t.Errorf("suppressions = %+v", c.Suppressions)
	}
	if got := c.Lapsed(now); len(got) != 1 || got[0].Case != "123456789012" {
		t.Errorf("Lapsed = %+v; want the second", got)
	}
}

func TestParseNothing(t *testing.T) {
	for _, text := range []string{"", "\n", "# nothing\n", "---\n", "null\n"} {
		c, err := judge.Parse([]byte(text), now)
		if err != nil || len(c.Suppressions) > 0 || c.Policy.Off != nil {
			t.Errorf("Parse(%q) = %+v, %v; want the default", text, c, err)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	long := strings.Repeat("x", 1001)
	tests := []struct{ name, text, want string }{
		{"unknown_key", "lifetime:\n  long_day: 3\n", "line 2: unknown key long_day; want one of long_days, very_long_days"},
		{"unknown_rule", "rules:\n  expires: {severity: low}\n", "line 2: unknown key expires; want one of account-key,"},
		{"key_given_twice", "version: 1\nversion: 1\n", "line 2: version stands here twice"},
		{"other_version", "version: 2\n", "line 1: version is not one this program reads; write 1"},
		{"a_list", "- a\n", "line 1: want a mapping with the keys lifetime, rules, suppressions, version"},
		{"not_yaml", "a: [\n", "not YAML: line"},
		{"two_documents", "version: 1\n---\nversion: 1\n", "line 2: a second document"},
		{"alias", "lifetime: &a {long_days: 1}\nrules: *a\n", "line 2: rules is an alias"},
		{"unknown_anchor", "rules: *hunter2\n", "not YAML: unknown anchor …"},
		{"merge", "lifetime:\n  <<: {long_days: 1}\n", "line 2: unknown key; want"},
		{"no_number", "lifetime: {long_days: 1.5}\n", "line 1: long_days is no whole number from 1 to 100000"},
		{"zero_days", "lifetime: {long_days: 0}\n", "long_days is no whole number"},
		{"limits_crossed", "lifetime: {long_days: 30, very_long_days: 7}\n", "very_long_days is less than long_days (30)"},
		{"no_severity", "rules: {can-tag: {severity: bad}}\n", "not a severity; want info"},
		{"severity_none", "rules: {can-tag: {severity: none}}\n", "not a severity"},
		{"severity_off", "rules: {can-tag: {severity: off}}\n", "(or off, with a reason)"},
		{"nothing_said", "rules: {can-tag: {}}\n", "nothing is said of can-tag"},
		{"off_without_reason", "rules: {can-tag: {off: }}\n", "off is empty; write one sentence"},
		{"off_true", "rules: {can-tag: {off: true}}\n", "off wants the reason, not true"},
		{"suppressions_no_list", "suppressions: {case: a}\n", "suppressions is no list"},
		{"entry_no_mapping", "suppressions: [a]\n", "want a mapping with the keys by, case"},
		{"no_case", entry("case=-"), "the suppression has no case; every one needs case, why, by and until"},
		{"no_why", entry("why=-"), "has no why"},
		{"no_by", entry("by=-"), "has no by"},
		{"no_until", entry("until=-"), "has no until"},
		{"empty_why", entry(`why=" "`), "line 3: why is empty"},
		{"long_why", entry("why=" + long), "why is longer than 1000 bytes"},
		{"why_that_steers_a_terminal", entry(`why="\e[31m"`), "characters that do not print"},
		{"short_case", entry("case=9f8e0b6c1d2"), "line 2: case is no case id"},
		{"case_not_hex", entry("case=hunter2hunter2"), "case is no case id"},
		{"until_no_date", entry("until=soon"), "until is no date; write it as 2006-01-02"},
		{"until_too_far", entry("until=2027-02-21"), "until is more than 90 days away; write 2027-02-20 or an earlier day"},
		{"sightings_zero", entry("sightings=0"), "sightings is no whole number"},
		{"unknown_key_in_entry", entry() + "  note: a\n", "line 7: unknown key note"},
		{"case_twice", entry() + strings.TrimPrefix(entry("case=9f8e0b6c1d2a3f"), "suppressions:\n"), "line 7: the same case as in line 2"},
		{"too_large", strings.Repeat("#\n", 1<<19) + "#", "more than the 1048576 allowed"},
		{"too_many", "suppressions:\n" + strings.Repeat("- a\n", 10_001), "10001 suppressions, more than the 10000 allowed"},
		{"many_problems", "suppressions:\n" + strings.Repeat("- a\n", 100), "and 80 problems more"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := judge.Parse([]byte(tt.text), now)
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), "parse policy: ") {
				t.Errorf("Parse = %v; want %q", err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("Parse repeats a value of the file: %v", err)
			}
		})
	}
}

func TestParseTellsAll(t *testing.T) {
	_, err := judge.Parse([]byte(entry("why=-", "until=soon")+"lifetime: {long_days: x}\n"), now)
	if n := strings.Count(fmt.Sprint(err), "line "); n != 3 {
		t.Errorf("Parse = %v; want three problems", err)
	}
}

func TestUntilTheLastDayAllowed(t *testing.T) {
	if _, err := judge.Parse([]byte(entry("until=2027-02-20")), now); err != nil {
		t.Errorf("until 90 days away: %v", err)
	}
}

// FuzzPolicy feeds any text. What is accepted keeps the promises that the rest
// of the program builds on.
func FuzzPolicy(f *testing.F) {
	f.Add([]byte(entry()))
	f.Add([]byte("version: 1\nlifetime: {long_days: 3}\nrules: {can-tag: {off: never}}\n"))
	f.Add([]byte("a: &a [*a, *a]\n"))
	f.Add([]byte("a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n"))
	f.Add([]byte("? {? {? a}}\n"))
	f.Add([]byte("suppressions: [[[[[[\n"))
	f.Add([]byte("\xff\xfea\x00"))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := judge.Parse(text, now)
		if err != nil {
			if len(err.Error()) > 64<<10 {
				t.Errorf("an error of %d bytes", len(err.Error()))
			}
			return
		}
		for i, s := range c.Suppressions {
			if len(s.Case) < 12 || s.Why == "" || s.By == "" || s.Until.After(now.AddDate(0, 0, 91)) {
				t.Errorf("accepted %+v", s)
			}
			if i > 0 && strings.HasPrefix(s.Case, c.Suppressions[i-1].Case) {
				t.Errorf("two entries for %s", s.Case)
			}
			if h, ok := c.Suppress(judge.Standing{ID: s.Case}, now); !ok || h.Why != s.Why {
				t.Errorf("Suppress(%s) = %v, %v", s.Case, h, ok)
			}
		}
		for rule, why := range c.Policy.Off {
			if why == "" {
				t.Errorf("%s is off without a reason", rule)
			}
		}
	})
}
