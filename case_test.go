package overgrant_test

import (
	"testing"
	"time"

	"github.com/overgrant/overgrant"
)

func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t
}

func TestStatus(t *testing.T) {
	now := at("2026-01-15T12:00:00Z")
	tests := []struct {
		name  string
		grant overgrant.Grant
		want  overgrant.Status
	}{
		{"endless", overgrant.Grant{}, overgrant.LiveShape},
		{"inside_its_window", overgrant.Grant{Start: now.Add(-1), Expiry: now.Add(1)}, overgrant.LiveShape},
		{"ends_this_moment", overgrant.Grant{Expiry: now}, overgrant.Expired},
		{"begins_this_moment", overgrant.Grant{Start: now}, overgrant.LiveShape},
		{"begins_later", overgrant.Grant{Start: now.Add(1), Expiry: now.Add(2)}, overgrant.NotYetValid},
		{"expired_before_it_began", overgrant.Grant{Start: now.Add(1), Expiry: now.Add(-1)}, overgrant.Expired},
		{"its_key_ended", overgrant.Grant{Expiry: now.Add(9), KeyExpiry: now.Add(-1)}, overgrant.Expired},
		{"its_key_ends_later", overgrant.Grant{Expiry: now.Add(1), KeyExpiry: now.Add(9)}, overgrant.LiveShape},
		{"placeholder", overgrant.Grant{Shape: overgrant.Placeholder, Expiry: now.Add(-1)}, "placeholder"},
		{"emulator", overgrant.Grant{Shape: overgrant.Emulator}, "emulator"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.grant.Status(now); got != tt.want {
				t.Errorf("Status() = %s; want %s", got, tt.want)
			}
		})
	}
}

func fold(messages ...overgrant.Message) []*overgrant.Case {
	var cs overgrant.Cases
	for _, m := range messages {
		cs.Add(m)
	}
	return cs.Sorted(at("2026-01-15T12:00:00Z"))
}

func found(id string, g overgrant.Grant) overgrant.Message {
	return overgrant.Message{Found: &overgrant.Found{Link: overgrant.Link{ID: id, Grant: g}}}
}

func seen(id string, s overgrant.Sighting) overgrant.Message {
	return overgrant.Message{Seen: &overgrant.Seen{ID: id, Sighting: s}}
}

func TestExposure(t *testing.T) {
	commit := overgrant.Sighting{Commit: "c", Time: at("2020-07-20T23:12:00Z")}
	tests := []struct {
		name  string
		grant overgrant.Grant
		want  overgrant.Exposed
	}{
		{"until_it_expired", overgrant.Grant{Kind: "k", Start: at("2020-06-10T00:00:00Z"), Expiry: at("2021-10-05T15:06:23Z")},
			overgrant.Exposed{From: commit.Time, Until: at("2021-10-05T15:06:23Z"), Days: 442}},
		{"from_when_it_began", overgrant.Grant{Kind: "k", Start: at("2026-01-10T00:00:00Z"), Expiry: at("2051-10-06T00:00:00Z")},
			overgrant.Exposed{From: at("2026-01-10T00:00:00Z"), Until: at("2051-10-06T00:00:00Z"), Days: 5, Still: true}},
		{"for_ever", overgrant.Grant{Kind: "k"}, overgrant.Exposed{From: commit.Time, Days: 2005, Still: true}},
		{"dead_when_committed", overgrant.Grant{Kind: "k", Expiry: at("2020-01-01T00:00:00Z")}, overgrant.Exposed{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			judged := overgrant.Message{Judged: &overgrant.Judged{ID: "1", Status: tt.grant.Status(at("2026-01-15T12:00:00Z"))}}
			if got := fold(found("1", tt.grant), judged, seen("1", commit))[0].Exposure; got != tt.want {
				t.Errorf("Exposure = %+v; want %+v", got, tt.want)
			}
		})
	}
}

func TestCasesFold(t *testing.T) {
	yes := true
	bare := overgrant.Grant{Kind: "service_sas"}
	full := overgrant.Grant{Kind: "service_sas", Account: "contoso", Host: "contoso.blob.core.windows.net"}
	head := overgrant.Sighting{Place: overgrant.Place{Source: "git", Repository: "r", Path: "a"}, Commit: "c", Time: at("2020-01-01T00:00:00Z"), InHead: &yes, Written: "w"}
	file := overgrant.Sighting{Place: overgrant.Place{Source: "dir", Path: "r/a"}, Written: "w"}
	other := overgrant.Sighting{Place: overgrant.Place{Source: "dir", Path: "r/b"}, Written: "w"}

	t.Run("the_fuller_link_stays", func(t *testing.T) {
		for _, order := range [][]overgrant.Message{{found("1", bare), found("1", full)}, {found("1", full), found("1", bare)}} {
			if got := fold(order...)[0].Link.Grant.Account; got != "contoso" {
				t.Errorf("Account = %q; want contoso", got)
			}
		}
	})
	t.Run("a_file_seen_in_head_counts_once", func(t *testing.T) {
		if got := len(fold(found("1", bare), seen("1", file), seen("1", head), seen("1", other), seen("1", head))[0].Seen); got != 2 {
			t.Errorf("%d sightings; want 2", got)
		}
	})
	t.Run("worst_first_then_by_id", func(t *testing.T) {
		judged := func(id string, s overgrant.Severity) overgrant.Message {
			return overgrant.Message{Judged: &overgrant.Judged{ID: id, Status: overgrant.LiveShape, Verdict: overgrant.Verdict{Severity: s}}}
		}
		var ids string
		for _, c := range fold(found("b", bare), found("a", bare), found("c", bare), judged("b", overgrant.Low), judged("a", overgrant.Low), judged("c", overgrant.High)) {
			ids += c.Link.ID
		}
		if ids != "cab" {
			t.Errorf("order %s; want cab", ids)
		}
	})
	t.Run("a_sighting_without_its_link_is_kept", func(t *testing.T) {
		if got := len(fold(seen("1", file))); got != 1 {
			t.Errorf("%d cases; want 1", got)
		}
	})
}

func TestSeverityText(t *testing.T) {
	for s := overgrant.None; s <= overgrant.Critical; s++ {
		text, _ := s.MarshalText()
		var back overgrant.Severity
		if err := back.UnmarshalText(text); err != nil || back != s {
			t.Errorf("%s reads back as %s, %v", text, back, err)
		}
	}
	var s overgrant.Severity
	if err := s.UnmarshalText([]byte("dreadful")); err == nil {
		t.Errorf("a severity that is none was read")
	}
	if got := overgrant.Info.Lower(); got != overgrant.Info {
		t.Errorf("Info.Lower() = %s; want info", got)
	}
}
