package judge_test

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/judge"
)

// letters are the rights of a signed link and what they allow.
var letters = map[rune]string{
	'r': "read", 'w': "write", 'd': "delete", 'l': "list", 'a': "add", 'c': "create", 'u': "update", 'p': "process",
	'i': "immutability", 't': "tag", 'f': "find", 'x': "delete_version", 'y': "permanent_delete", 'm': "move",
	'e': "execute", 'o': "own",
}

func rights(sp string) change {
	return func(g *overgrant.Grant) {
		g.Permissions, g.Actions = sp, nil
		for _, l := range sp {
			g.Actions = append(g.Actions, letters[l])
		}
	}
}

// incident is the grant of the link that opened 38 TB of an AI research
// division: a full-rights account SAS for thirty years behind a link to a model.
func incident() overgrant.Grant {
	return careful(
		account("sco", "blob", "file", "queue", "table"),
		rights("rwdlacupitfx"),
		func(g *overgrant.Grant) {
			g.Start = time.Date(2021, 10, 6, 7, 9, 59, 0, time.UTC)
			g.Expiry = time.Date(2051, 10, 6, 15, 9, 59, 0, time.UTC)
			g.IP, g.Container, g.Path = "", "public-models", "robust/resnet18.ckpt"
		})
}

func TestIncident(t *testing.T) {
	v := judge.Judge(incident(), now, judge.Policy{})
	if v.Severity != overgrant.Critical || !v.OverProvisioned {
		t.Errorf("Judge(incident) = %v, over-provisioned %v; want critical, true", v.Severity, v.OverProvisioned)
	}
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/incident.json", string(text)+"\n")
}

func TestVerdict(t *testing.T) {
	shape := func(s overgrant.Shape) change { return func(g *overgrant.Grant) { g.Shape = s } }
	tests := []struct {
		name  string
		grant overgrant.Grant
		worst overgrant.Severity
		over  bool
	}{
		{"careful", careful(), overgrant.Info, false},
		{"listing_one_blob_gives_nothing", careful(can("read", "list")), overgrant.Info, false},
		{"http_is_advice", careful(func(g *overgrant.Grant) { g.Protocols = nil }), overgrant.Low, false},
		{"container_for_reading", careful(on("container", "c", "papers", "")), overgrant.Medium, true},
		{"presigned_for_seven_days", overgrant.Grant{Kind: "s3_presigned_v4", Start: now, Expiry: in(7 * day), ExpiresIn: 604800}, overgrant.None, false},
		{"presigned_listing_of_a_bucket", overgrant.Grant{Kind: "s3_presigned_v4", Scope: "container", Actions: []string{"list"}, Start: now, Expiry: in(day)}, overgrant.None, false},
		{"service_bus_token", overgrant.Grant{Kind: "servicebus_sas", Scope: "queue", KeyName: "sender", Start: now, Expiry: in(day)}, overgrant.Low, false},
		{"not_yet_valid", careful(on("container", "c", "papers", ""), func(g *overgrant.Grant) { g.Start = in(time.Minute) }), overgrant.Medium, true},
		{"expired_is_one_step_lower", careful(on("container", "c", "papers", ""), window(in(-2*day), in(-day))), overgrant.Low, true},
		{"expired_stays_info", careful(func(g *overgrant.Grant) { g.Start, g.Expiry = in(-2*day), in(-day) }), overgrant.Info, false},
		{"placeholder", careful(account("sco"), shape(overgrant.Placeholder)), overgrant.None, false},
		{"emulator", overgrant.Grant{Kind: "account_key", Shape: overgrant.Emulator}, overgrant.None, false},
		{"published_example", careful(account("sco"), shape(overgrant.PublishedExample)), overgrant.None, false},
		{"malformed", careful(account("sco"), shape(overgrant.Malformed)), overgrant.None, false},
		{"nothing_known", overgrant.Grant{}, overgrant.Info, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := judge.Judge(tt.grant, now, judge.Policy{})
			if v.Severity != tt.worst || v.OverProvisioned != tt.over {
				t.Errorf("Judge = %v, over-provisioned %v; want %v, %v. Reasons: %v", v.Severity, v.OverProvisioned, tt.worst, tt.over, codes(v))
			}
		})
	}
}

// TestNoRightIsMissed takes each right that changes something, alone on
// one blob, and expects it to make the grant too wide.
func TestNoRightIsMissed(t *testing.T) {
	for _, l := range "wdacxyumopit" {
		k, action := "service_sas", letters[l]
		g := careful(kind(k), can(action))
		if l == 'p' {
			g = careful(kind(k), can("permit"))
		}
		if v := judge.Judge(g, now, judge.Policy{}); !v.OverProvisioned {
			t.Errorf("right %c: over-provisioned false; reasons %v", l, codes(v))
		}
	}
	for _, l := range "rfe" {
		if v := judge.Judge(careful(rights(string(l))), now, judge.Policy{}); v.OverProvisioned {
			t.Errorf("right %c: over-provisioned true; reasons %v", l, codes(v))
		}
	}
}

func TestAKeyHasOneReason(t *testing.T) {
	g := overgrant.Grant{Kind: "connection_string", Scope: "account", Signer: "account_key", Actions: []string{"everything"}, Endless: true}
	if got := codes(judge.Judge(g, now, judge.Policy{})); !slices.Equal(got, []string{"account-key"}) {
		t.Errorf("reasons = %v; want account-key alone", got)
	}
	p := judge.Policy{Off: map[string]string{"account-key": "it is a honeypot"}}
	if got := judge.Judge(g, now, p); got.Severity != overgrant.Critical {
		t.Errorf("without account-key: %v; want what it covered to show", got)
	}
}

func TestPolicyChangesVerdict(t *testing.T) {
	eightDays := careful(window(now, in(8*day)))
	if v := judge.Judge(eightDays, now, judge.Policy{Limits: judge.Limits{LongDays: 8}}); v.OverProvisioned {
		t.Errorf("eight days where eight are allowed: %v", codes(v))
	}
	if v := judge.Judge(eightDays, now, judge.Policy{Limits: judge.Limits{LongDays: 3, VeryLongDays: 7}}); !slices.Contains(codes(v), "lives-over-a-year") {
		t.Errorf("eight days where seven are very long: %v", codes(v))
	}
	p := judge.Policy{Severity: map[string]overgrant.Severity{"lives-over-a-week": overgrant.Critical}}
	if v := judge.Judge(eightDays, now, p); v.Severity != overgrant.Critical || v.Reasons[0].Severity != overgrant.Critical {
		t.Errorf("severity = %v; want critical", v.Severity)
	}
}

// TestNamesCannotSpoil feeds names that would steer a terminal or flood it.
func TestNamesCannotSpoil(t *testing.T) {
	g := careful(on("container", "c", "a\x1b[31m\u202e\n"+strings.Repeat("x", 5000), ""))
	for _, r := range judge.Judge(g, now, judge.Policy{}).Reasons {
		if strings.ContainsAny(r.Why, "\x1b\u202e\n") || len(r.Why) > 600 {
			t.Errorf("%s: %q", r.Rule, r.Why)
		}
	}
}

func codes(v overgrant.Verdict) []string {
	var all []string
	for _, r := range v.Reasons {
		all = append(all, r.Rule)
	}
	return all
}

// grants draws any grant, sensible or not.
var grants = rapid.Custom(func(t *rapid.T) overgrant.Grant {
	pick := func(label string, of ...string) string { return rapid.SampledFrom(of).Draw(t, label) }
	moment := func(label string) time.Time {
		if rapid.Bool().Draw(t, label+" known") {
			return now.Add(time.Duration(rapid.Int64Range(-2000, 20000).Draw(t, label)) * time.Hour)
		}
		return time.Time{}
	}
	return overgrant.Grant{
		Kind: pick("kind", "account_sas", "service_sas", "policy_sas", "user_delegation_sas", "account_key", "connection_string",
			"s3_presigned_v4", "gcs_v2", "servicebus_sas", "disk_export_sas", "logic_app_sas", "b2_authorization", "cloudfront_signed", "firebase_token", ""),
		Scope:         pick("scope", "account", "container", "directory", "object", "share", "file", "queue", "table", "prefix", "disk", ""),
		Resource:      pick("sr", "", "b", "c", "d", "s", "f"),
		ResourceTypes: pick("srt", "", "s", "co", "sco"),
		Services:      rapid.SliceOfDistinct(rapid.SampledFrom([]string{"blob", "file", "queue", "table"}), rapid.ID).Draw(t, "ss"),
		Container:     pick("container", "", "papers", "public-models", "$web", "$logs"),
		Path:          pick("path", "", "a.txt", "a/b.ckpt", "dir/", "setup.exe"),
		Table:         pick("table", "", "people"),
		Method:        pick("method", "", "GET", "PUT"),
		Actions:       rapid.SliceOfDistinct(rapid.SampledFrom(slices.Sorted(maps.Values(letters))), rapid.ID).Draw(t, "actions"),
		Start:         moment("start"), Expiry: moment("expiry"), KeyExpiry: moment("key"),
		ExpiresIn: rapid.SampledFrom([]int64{0, 60, 1 << 40, -1}).Draw(t, "in"),
		Endless:   rapid.Bool().Draw(t, "endless"), Temporary: rapid.Bool().Draw(t, "temporary"),
		IP: pick("ip", "", "203.0.113.7", "0.0.0.0-255.255.255.255"), PolicyID: pick("policy", "", "p"),
		KeyName: pick("key name", "", "sender", "iothubowner"),
	}
})

func TestMoreRightsAreNeverMilder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := grants.Draw(t, "grant")
		before := judge.Judge(g, now, judge.Policy{})
		more := g
		more.Actions = append(slices.Clone(g.Actions), rapid.SampledFrom(slices.Sorted(maps.Values(letters))).Draw(t, "one more"))
		after := judge.Judge(more, now, judge.Policy{})
		// A right that is told no longer hides in a policy: that advice may go.
		if after.Severity < before.Severity && len(g.Actions) > 0 {
			t.Fatalf("severity fell from %v to %v: %v, then %v", before.Severity, after.Severity, codes(before), codes(after))
		}
		if before.OverProvisioned && !after.OverProvisioned {
			t.Fatalf("no longer over-provisioned: %v, then %v", codes(before), codes(after))
		}
	})
}

func TestJudgeIsPure(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := grants.Draw(t, "grant")
		one, two := judge.Judge(g, now, judge.Policy{}), judge.Judge(g, now, judge.Policy{})
		if !reflect.DeepEqual(one, two) {
			t.Fatalf("Judge = %v, then %v", one, two)
		}
		for i, r := range one.Reasons {
			if i > 0 && (one.Reasons[i-1].Severity < r.Severity || one.Reasons[i-1].Severity == r.Severity && one.Reasons[i-1].Rule >= r.Rule) {
				t.Fatalf("out of order: %v", codes(one))
			}
			if r.Fix == "" || !strings.HasSuffix(r.Why, ".") || strings.Contains(r.Why, "  ") || strings.Contains(r.Why, " .") {
				t.Fatalf("%s: %q", r.Rule, r.Why)
			}
		}
	})
}

func TestRulesOffStayOff(t *testing.T) {
	all := make([]string, 0, len(judge.All))
	for _, r := range judge.All {
		all = append(all, r.Code)
	}
	rapid.Check(t, func(t *rapid.T) {
		p := judge.Policy{Off: map[string]string{}}
		for _, c := range rapid.SliceOfDistinct(rapid.SampledFrom(all), rapid.ID).Draw(t, "off") {
			p.Off[c] = "not here"
		}
		for _, c := range codes(judge.Judge(grants.Draw(t, "grant"), now, p)) {
			if p.Off[c] != "" {
				t.Fatalf("%s is off, and shows", c)
			}
		}
	})
}

// TestHidingChangesNothing compares the verdict with one in which no reason
// hides another: severity and OverProvisioned are the same.
func TestHidingChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := grants.Draw(t, "grant")
		v := judge.Judge(g, now, judge.Policy{})
		worst, over := overgrant.None, false
		for _, r := range judge.All {
			if r.Why(judge.View{Grant: g, Now: now}) != "" {
				worst, over = max(worst, r.Severity), over || !r.Advice
			}
		}
		if g.Status(now) == overgrant.Expired && worst > overgrant.None {
			worst = worst.Lower()
		}
		if v.Severity != worst || v.OverProvisioned != over {
			t.Fatalf("Judge = %v, %v; want %v, %v", v.Severity, v.OverProvisioned, worst, over)
		}
	})
}
