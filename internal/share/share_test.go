package share_test

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/cloud"
	"github.com/overgrant/overgrant/internal/judge"
	"github.com/overgrant/overgrant/internal/share"
)

var update = flag.Bool("update", false, "rewrite golden files")

func TestParseTargets(t *testing.T) {
	cloudly := share.Address{Account: "contosomodels", Base: "https://contosomodels.blob.core.windows.net", Container: "models"}
	local := share.Address{Account: "devstore1", Base: "http://127.0.0.1:10000/devstore1", Container: "models"}
	china := share.Address{Account: "contosomodels", Base: "https://contosomodels.blob.core.chinacloudapi.cn", Container: "models"}
	own := share.Address{Account: "contosomodels", Base: "https://files.contoso.example", Container: "models"}
	tests := []struct {
		name, account string
		args          []string
		at            share.Address
		want          []share.Target
	}{
		{"object", "contosomodels", []string{"models/a/b.bin"}, cloudly, []share.Target{{Path: "a/b.bin"}}},
		{"prefix", "contosomodels", []string{"models/a/"}, cloudly, []share.Target{{Path: "a/", Below: true}}},
		{"container", "contosomodels", []string{"models/"}, cloudly, []share.Target{{Below: true}}},
		{"twice", "contosomodels", []string{"models/a", "models/a", "models/b"}, cloudly, []share.Target{{Path: "a"}, {Path: "b"}}},
		{"url", "", []string{"https://contosomodels.blob.core.windows.net/models/a%20b/%C3%A4"}, cloudly, []share.Target{{Path: "a b/ä"}}},
		{"another_cloud", "", []string{"https://contosomodels.blob.core.chinacloudapi.cn/models/x"}, china, []share.Target{{Path: "x"}}},
		{"emulator", "", []string{"http://127.0.0.1:10000/devstore1/models/x/"}, local, []share.Target{{Path: "x/", Below: true}}},
		{"emulator_and_account", "devstore1", []string{"http://127.0.0.1:10000/devstore1/models/x"}, local, []share.Target{{Path: "x"}}},
		{"custom_domain", "contosomodels", []string{"https://files.contoso.example/models/x"}, own, []share.Target{{Path: "x"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			at, got, err := share.ParseTargets(tt.args, tt.account)
			if err != nil || at != tt.at || !slices.Equal(got, tt.want) {
				t.Errorf("ParseTargets = %+v, %+v, %v; want %+v, %+v", at, got, err, tt.at, tt.want)
			}
		})
	}
	for name, args := range map[string][]string{
		"none": nil, "no_path": {"models"}, "container_name": {"Models/x"}, "double_slash": {"models//x"}, "control": {"models/a\nb"},
		"query": {"https://contosomodels.blob.core.windows.net/models/x?sig=abc"}, "scheme": {"ftp://contosomodels.blob.core.windows.net/models/x"},
		"user": {"https://a:b@contosomodels.blob.core.windows.net/models/x"}, "two": {"models/a", "other/b"}, "many": slices.Repeat([]string{"models/a"}, share.MaxTargets+1),
		"long": {"models/" + strings.Repeat("x", 1025)},
	} {
		if _, _, err := share.ParseTargets(args, "contosomodels"); !errors.Is(err, share.ErrTarget) || strings.Contains(err.Error(), "abc") {
			t.Errorf("%s: ParseTargets = %v; want ErrTarget, and no secret", name, err)
		}
	}
}

func FuzzParseTargets(f *testing.F) {
	for _, s := range []string{"models/a", "https://contosomodels.blob.core.windows.net/models/a%2F", "http://127.0.0.1:1/a/b/c", "$web/x/", "https://[::1]/aaa/bbb/c?d"} {
		f.Add(s, "contosomodels")
		f.Add(s, "")
	}
	f.Fuzz(func(t *testing.T, arg, account string) {
		at, all, err := share.ParseTargets([]string{arg}, account)
		if err != nil {
			return
		}
		if at.Account == "" || at.Container == "" || len(all) != 1 || !strings.HasPrefix(at.Base, "http") {
			t.Fatalf("ParseTargets(%q) = %+v, %+v", arg, at, all)
		}
		again, same, err := share.ParseTargets([]string{at.Container + "/" + all[0].Path}, at.Account)
		if err != nil || again.Container != at.Container || same[0] != all[0] {
			t.Fatalf("ParseTargets of what was read = %+v, %+v, %v", again, same, err)
		}
	})
}

func TestParseLife(t *testing.T) {
	for text, want := range map[string]time.Duration{"12h": 12 * time.Hour, "7d": 168 * time.Hour, "2w": 336 * time.Hour, "90m": 90 * time.Minute, "-1d": -24 * time.Hour} {
		if got, err := share.ParseLife(text); err != nil || got != want {
			t.Errorf("ParseLife(%q) = %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "d", "7", "1.5d", "99999999999d", "soon", "300000h"} {
		if got, err := share.ParseLife(text); err == nil {
			t.Errorf("ParseLife(%q) = %v; want an error", text, got)
		}
	}
}

func TestMake(t *testing.T) {
	const day = 24 * time.Hour
	tests := []struct {
		name   string
		change func(*share.Want)
		kind   string
		rules  string // refused
		err    string
	}{
		{"a_day", func(*share.Want) {}, "user_delegation_sas", "", ""},
		{"seven_days", func(w *share.Want) { w.Life = 7 * day }, "user_delegation_sas", "", ""},
		{"eight_days", func(w *share.Want) { w.Life = 8 * day }, "policy_sas", "lives-over-a-week", ""},
		{"eight_days_accepted", func(w *share.Want) {
			w.Life, w.Accepts = 8*day, []overgrant.Accept{{Rule: "lives-over-a-week", Why: "x"}}
		}, "policy_sas", "", ""},
		{"two_years", func(w *share.Want) {
			w.Life, w.Accepts = 730*day, []overgrant.Accept{{Rule: "lives-over-a-week", Why: "x"}}
		}, "policy_sas", "lives-over-a-year", ""},
		{"a_longer_limit", func(w *share.Want) { w.Life, w.Judge = 30*day, judge.Policy{Limits: judge.Limits{LongDays: 60}} }, "policy_sas", "", ""},
		{"key_only", func(w *share.Want) { w.Right = share.Right{Keys: true} }, "policy_sas", "", ""},
		{"revocable", func(w *share.Want) { w.Bound = share.Always }, "policy_sas", "", ""},
		{"container", func(w *share.Want) { w.Form = share.Container }, "user_delegation_sas", "container-scope", ""},
		{"container_that_lists", func(w *share.Want) { w.Form, w.Listing = share.Container, share.Lists }, "user_delegation_sas", "can-list container-scope", ""},
		{"logs", func(w *share.Want) { w.At.Container = "$logs" }, "user_delegation_sas", "reaches-logs", ""},
		{"directory", func(w *share.Want) {
			w.Form, w.Targets, w.Estate.Tree = share.Directory, w.Targets[:1], cloud.On
		}, "user_delegation_sas", "directory-scope", ""},
		{"flat_directory", func(w *share.Want) {
			w.Form, w.Targets, w.Estate.Tree = share.Directory, w.Targets[:1], cloud.Off
		}, "", "", "hierarchical"},
		{"two_directories", func(w *share.Want) { w.Form = share.Directory }, "", "", "one CONTAINER/PATH/"},
		{"keys_refused", func(w *share.Want) { w.Life, w.Estate.SharedKey = 30*day, cloud.Off }, "", "", "seven days at most"},
		{"keyless", func(w *share.Want) {
			w.Bound, w.Estate = share.Always, cloud.Estate{Unread: []cloud.Unread{{What: "keys", Why: "no right"}}}
		}, "", "", "signed with an account key (no right)"},
		{"taken", func(w *share.Want) { w.Ledger = []overgrant.Shared{{Name: "demo"}} }, "", "", "taken"},
		{"begun", func(w *share.Want) { w.Ledger = []overgrant.Shared{{Name: "demo", Begun: make([]overgrant.Minted, 1)}} }, "", "", "never finished"},
		{"nothing", func(w *share.Want) { w.Objects = nil }, "", "", "nothing"},
		{"seconds", func(w *share.Want) { w.Life = time.Second }, "", "", "too short"},
		{"too_many", func(w *share.Want) { w.Objects = make([]share.Object, share.MaxLinks+1) }, "", "", "the most"},
		{"address", func(w *share.Want) { w.IP = "::1" }, "", "", "IPv4"},
		{"name", func(w *share.Want) { w.Name = "../x" }, "", "", "name share"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := wanted(day)
			w.Accepts = nil
			tt.change(&w)
			p, err := share.Make(w)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("Make = %v; want %q", err, tt.err)
				}
				return
			}
			var rules []string
			for _, r := range p.Refused {
				rules = append(rules, r.Rule)
			}
			slices.Sort(rules)
			if err != nil || p.Kind != tt.kind || strings.Join(rules, " ") != tt.rules {
				t.Fatalf("Make = %s, refused %v, %v; want %s, %q", p.Kind, rules, err, tt.kind, tt.rules)
			}
			for i, wish := range p.Wishes {
				if (p.Policy == nil) == (wish.Expiry.IsZero()) || (p.Policy != nil) != (wish.Policy != "") {
					t.Errorf("wish %d has neither or both of a policy and an end", i)
				}
				if g := p.Grants[i]; !slices.Equal(g.Protocols, []string{"https"}) || g.Can("write", "create", "add", "delete", "tag") || g.Expiry.Sub(noon) > w.Life {
					t.Errorf("wish %d grants %+v", i, g)
				}
			}
		})
	}
}

func TestDefaultName(t *testing.T) {
	for path, want := range map[string]string{"models/resnet18/": "resnet18-20260301", "models/": "models-20260301", "models/a/wéights (1).bin": "w-ights--1-.bin-20260301", "models/--": "share-20260301"} {
		at, targets, err := share.ParseTargets([]string{path}, "contosomodels")
		if err != nil {
			t.Fatal(err)
		}
		got := share.DefaultName(at, targets, noon, nil)
		if got != want || share.CheckName(got) != nil {
			t.Errorf("DefaultName(%s) = %q; want %q", path, got, want)
		}
		if next := share.DefaultName(at, targets, noon, []overgrant.Shared{{Name: got}}); next != want+"-2" {
			t.Errorf("DefaultName of a name that is taken = %q", next)
		}
	}
}

func TestRoom(t *testing.T) {
	w := wanted(30 * 24 * time.Hour)
	for i, expiry := range []time.Time{noon.Add(-time.Hour), noon.Add(time.Hour), {}, noon.Add(time.Hour), noon.Add(time.Hour)} {
		w.Estate.Policies = append(w.Estate.Policies, cloud.Policy{Service: cloud.Blob, Container: "models", StoredPolicy: overgrant.StoredPolicy{ID: string(rune('a' + i)), Expiry: expiry}})
	}
	l := overgrant.SharedLink{Minted: overgrant.Minted{Grant: overgrant.Grant{Account: "contosomodels", Container: "models", PolicyID: "b"}}}
	w.Ledger = []overgrant.Shared{{Name: "before", Links: []overgrant.SharedLink{l}}}
	_, err := share.Make(w)
	if !errors.Is(err, cloud.ErrPolicyLimit) {
		t.Fatalf("Make = %v; want ErrPolicyLimit", err)
	}
	for _, want := range []string{"a (not made by us, expired: it can go)", "b (ours, before, until 2026-03-01)", "c (not made by us, without an end)"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("Make = %v; want %q", err, want)
		}
	}
	w.Estate.Policies[0].Container = "other"
	if _, err := share.Make(w); err != nil {
		t.Errorf("Make with room for one = %v", err)
	}
}

func TestWeigh(t *testing.T) {
	at, targets, err := share.ParseTargets([]string{"models/a/", "models/b.bin"}, "contosomodels")
	if err != nil {
		t.Fatal(err)
	}
	f := share.Found{Unlooked: map[string]overgrant.Tally{"beyond the read budget": {Objects: 4}}, Asked: overgrant.Tally{Objects: 3, Bytes: 6}, Versions: overgrant.Tally{Objects: 2}, Links: 1,
		Reach: overgrant.Exposure{Tally: overgrant.Tally{Objects: 10, Bytes: 100}, Classes: map[string]*overgrant.ClassHeld{
			"private_key":      {Severity: overgrant.Critical, Title: "private keys", Named: overgrant.Tally{Objects: 1}, Examples: []string{"models/a/id_rsa", "models/c/id_rsa"}},
			"suspicious_model": {Severity: overgrant.Medium, Title: "models", Seen: overgrant.Tally{Objects: 1}},
			"contact_data":     {Severity: overgrant.Medium, Title: "e-mail addresses", Seen: overgrant.Tally{Objects: 1}},
			"model":            {Severity: overgrant.Low},
		}},
		Gaps: []overgrant.Skipped{{Reason: "device", Benign: true}, {Place: overgrant.Place{Path: "models/a/x.zip"}, Reason: "closed archive"}}}
	w := share.Weigh(share.Container, at, targets, f)
	var codes []string
	for _, s := range w.Stops {
		codes = append(codes, s.Code)
	}
	if got := strings.Join(codes, " "); got != "private_key credential_inside suspicious_model unread unsigned_model" {
		t.Errorf("stops: %s", got)
	}
	if w.Others != (overgrant.Tally{Objects: 7, Bytes: 94}) || w.Worst != "private_key: models/c/id_rsa" || len(w.Notes) != 2 {
		t.Errorf("Weigh = %+v", w)
	}
	if last := w.Stops[3]; !strings.HasSuffix(last.Why, ": 5") || len(last.Examples) != 2 {
		t.Errorf("unread: %+v", last)
	}
	hold := share.Accept(w.Stops, []overgrant.Accept{{Rule: "private_key", Why: "a test key"}, {Rule: "unread", Why: "looked at by hand"}})
	if len(hold) != 3 || w.Stops[0].Accepted != "a test key" {
		t.Errorf("Accept leaves %+v", hold)
	}
	f.Signed = true
	if w := share.Weigh(share.Container, at, targets, f); len(w.Stops) != 4 {
		t.Errorf("Weigh of what is signed = %+v", w.Stops)
	}
	if clear := share.Weigh(share.Objects, at, targets, share.Found{Asked: f.Asked, Reach: overgrant.Exposure{Tally: f.Asked}}); len(clear.Stops) != 0 || clear.Worst != "" || clear.Others.Objects != 0 {
		t.Errorf("Weigh of what is harmless = %+v", clear)
	}
}

// card is a share with names that mean to break out of what is written.
func card() *share.Card {
	sum := strings.Repeat("5e", 32)
	link := "https://contosomodels.blob.core.windows.net/models/a%281%29?sv=2022-11-02&sr=b&sig="
	return &share.Card{Name: "resnet18-20260301", Purpose: "For the <b>reviewers</b> | of \"the\" paper", Owner: "Ada & Co", Container: "models", Form: share.Objects,
		Expiry: noon.Add(72 * time.Hour), IP: "203.0.113.5-203.0.113.20", Total: overgrant.Tally{Objects: 3, Bytes: 46_900_013},
		Files: []share.CardFile{
			{Object: share.Object{Name: "config.json", Size: 13, SHA256: sum, MD5: strings.Repeat("d4", 16)}, Link: overgrant.NewSecret(link + "Zmlyc3Q%3D")},
			{Object: share.Object{Name: "weights | `x` [a](b).safetensors", Size: 46_900_000, SHA256: sum}, Link: overgrant.NewSecret(link + "c2Vjb25k&x=(a b)")},
			{Object: share.Object{Name: "a\u202e<script>alert(1)</script>.txt", Size: 0, SHA256: sum}, Link: overgrant.NewSecret(link + "dGhpcmQ%3D")},
		},
		Signature: "resnet18-20260301.sig", Root: strings.Repeat("ab", 32)}
}

func TestCard(t *testing.T) {
	write := map[string]func(*share.Card, *bytes.Buffer) error{
		"page.html":  func(c *share.Card, b *bytes.Buffer) error { return c.WritePage(b) },
		"files.json": func(c *share.Card, b *bytes.Buffer) error { return c.WriteList(b) },
		"links.txt":  func(c *share.Card, b *bytes.Buffer) error { return c.WriteLinks(b) },
		"snippet.md": func(c *share.Card, b *bytes.Buffer) error { return c.WriteSnippet(b) },
	}
	for name, do := range write {
		t.Run(name, func(t *testing.T) {
			for _, shown := range []bool{true, false} {
				c, file := card(), filepath.Join("testdata", name)
				if !shown {
					file = filepath.Join("testdata", "hidden-"+name)
				} else {
					c.Reveal = func(s overgrant.Secret) string { return s.Reveal() }
				}
				var b bytes.Buffer
				if err := do(c, &b); err != nil {
					t.Fatal(err)
				}
				if strings.Contains(b.String(), "sig=") != shown || strings.Contains(b.String(), "<script>") && strings.HasSuffix(name, "html") {
					t.Errorf("%s: wrong about secrets, or about markup", file)
				}
				if *update {
					if err := os.WriteFile(file, b.Bytes(), 0o600); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				if b.String() != string(want) {
					t.Errorf("%s differs:\n%s", file, b.String())
				}
			}
		})
	}
}
