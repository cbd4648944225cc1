package azure_test

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/cloud"
	"github.com/overgrant/overgrant/internal/cloud/azure"
	"github.com/overgrant/overgrant/internal/wire"
	"github.com/overgrant/overgrant/kind"
	"github.com/overgrant/overgrant/test/azurite"
)

// stage is an account of the emulator with something in it.
func stage(t *testing.T) *azurite.Account {
	t.Helper()
	a := azurite.Shared(t).NewAccount(t)
	a.PutContainer(t, "private", "")
	a.PutContainer(t, "listed", "container")
	a.PutContainer(t, "named", "blob")
	for _, c := range []string{"private", "listed", "named"} {
		a.PutBlob(t, c, "folder/plan.txt", []byte("a plan"))
	}
	a.PutQueue(t, "jobs", "first", "second")
	a.PutTable(t, "people", map[string]any{"PartitionKey": "p", "RowKey": "1", "Name": "Ada"})
	return a
}

// far and past are an expiry to come and one that is over.
const far = "2051-10-06T00:00:00Z"

var (
	past = azurite.Stamp(time.Now().Add(-24 * time.Hour))
	soon = azurite.Stamp(time.Now().Add(20 * time.Hour))
)

// consent is how far a proof may go.
type consent struct{ writes, conditional bool }

// trial is a link to prove.
type trial struct {
	text    string
	service string // where the host does not tell
	consent
	keys []string
	tap  *tap // hears what is sent; nil if nobody listens
}

func prove(t *testing.T, s *azurite.Server, tr trial) overgrant.Proof {
	t.Helper()
	l, err := kind.Parse(tr.text)
	if err != nil {
		t.Fatalf("Parse: %v", err)
	}
	if tr.service != "" {
		l.Grant.Services = []string{tr.service}
	}
	opt := wire.Options{Run: "test", AllowHosts: s.Hosts(), RootCAs: s.Roots, Tries: 2,
		Probes: wire.Probes{Writes: tr.writes, Conditional: tr.conditional}}
	if tr.tap != nil {
		opt.Dial = tr.tap.dial
	}
	client := wire.NewReadOnly(opt)
	defer client.Close()
	o := cloud.Options{Client: client, Now: time.Now(), AllowHosts: s.Hosts()}
	for _, k := range tr.keys {
		o.Keys = append(o.Keys, overgrant.NewSecret(k))
	}
	r, err := azure.Driver.Open(l, o)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	p, err := r.Prove(t.Context(), cloud.Ask{Writes: cloud.Consent(tr.writes), Conditional: cloud.Consent(tr.conditional)})
	if err != nil {
		t.Fatalf("Prove: %v", err)
	}
	checkSane(t, &p, tr.text)
	return p
}

// checkSane holds for every proof: it says something, and gives nothing away.
func checkSane(t *testing.T, p *overgrant.Proof, link string) {
	t.Helper()
	if p.State == "" || p.Why == "" || !strings.HasSuffix(p.Why, ".") || p.CheckedAt.IsZero() {
		t.Errorf("proof without state, sentence or time: %q %q", p.State, p.Why)
	}
	if (p.State == overgrant.Alive) != (p.Cause == "") {
		t.Errorf("state %s with cause %q", p.State, p.Cause)
	}
	_, sig, ok := strings.Cut(link, "sig=")
	if !ok {
		_, sig, _ = strings.Cut(link, "AccountKey=")
	}
	sig, _, _ = strings.Cut(strings.Trim(sig, "&;"), "&")
	for _, a := range p.Answers {
		if a.Asked == "" || a.Method == "" || a.Host == "" || a.Target == "" || a.Shows == "" {
			t.Errorf("answer with something missing: %+v", a)
		}
		if len(sig) > 20 && strings.Contains(a.Target, sig[:20]) {
			t.Errorf("answer shows the signature: %s", a.Asked)
		}
	}
}

// shows writes a proof for a failing test.
func shows(p *overgrant.Proof) string {
	var b strings.Builder
	b.WriteString(string(p.State) + " " + string(p.Cause) + ": " + p.Why + "\n")
	for _, a := range slices.Sorted(maps.Keys(p.Permissions)) {
		b.WriteString("  " + a + " " + string(p.Permissions[a]) + "\n")
	}
	for _, a := range p.Answers {
		b.WriteString("  " + a.Method + " " + a.Target + " " + a.Code + ": " + a.Asked + ": " + a.Shows + "\n")
	}
	return b.String()
}

// standings writes permissions as "read granted, write not_tried", those that
// were not tried left out.
func standings(p *overgrant.Proof) string {
	var all []string
	for _, a := range slices.Sorted(maps.Keys(p.Permissions)) {
		if s := p.Permissions[a]; s != overgrant.NotTried {
			all = append(all, a+" "+string(s))
		}
	}
	return strings.Join(all, ", ")
}

func TestProveAgainstEmulator(t *testing.T) {
	a := stage(t)
	a.SetPolicies(t, "blob", "private", "",
		azurite.Policy{ID: "narrow", Permissions: "r", Expiry: far},
		azurite.Policy{ID: "wide", Permissions: "racwdl", Expiry: far},
		azurite.Policy{ID: "over", Permissions: "r", Expiry: past})
	a.SetPolicies(t, "queue", "jobs", "", azurite.Policy{ID: "peekers", Permissions: "r", Expiry: far})
	udk := a.Delegate(t, time.Now().Add(-time.Hour), time.Now().Add(24*time.Hour))
	acct := func(s azurite.SAS) string { return a.Link("blob", "", "", a.AccountSAS(s)) }
	both := consent{true, true}
	snapshot := a.Snapshot(t, "private", "folder/plan.txt")
	stranger := azurite.Shared(t).NewAccount(t)
	replaced := func(link string) string { // a signature of the right form that no key made
		i := strings.Index(link, "sig=") + len("sig=")
		return link[:i] + url.QueryEscape(stranger.Key(1)[:43]+"=")
	}
	all := azurite.SAS{Services: "bqt", Types: "sco", Permissions: "rwdlac", Expiry: far}
	tests := []struct {
		name string
		trial
		state overgrant.State
		cause overgrant.Cause
		want  string // standings
	}{
		{"account_all", trial{text: acct(all)}, overgrant.Alive, "",
			"add proven_by_signature, create proven_by_signature, delete proven_by_signature, list granted, read granted, write proven_by_signature"},
		{"account_read_objects", trial{text: acct(azurite.SAS{Services: "b", Types: "o", Permissions: "r", Expiry: far})}, overgrant.Alive, "", "read granted"},
		{"account_write_only", trial{text: acct(azurite.SAS{Services: "b", Types: "o", Permissions: "w", Expiry: far})}, overgrant.Alive, "", "write proven_by_signature"},
		{"account_add_only", trial{text: acct(azurite.SAS{Services: "b", Types: "o", Permissions: "a", Expiry: far})}, overgrant.Alive, "", "add proven_by_signature"},
		{"account_lists_nothing", trial{text: acct(azurite.SAS{Services: "b", Types: "o", Permissions: "rl", Expiry: far})}, overgrant.Alive, "", "list refused, read granted"},
		{"account_of_queues", trial{text: a.Link("queue", "", "", a.AccountSAS(azurite.SAS{Services: "q", Types: "sco", Permissions: "rl", Expiry: far})), service: "queue"}, overgrant.Alive, "",
			"list granted, read proven_by_signature"},
		{"account_https_only", trial{text: acct(azurite.SAS{Services: "b", Types: "sco", Permissions: "rl", Expiry: far, Protocol: "https"})}, overgrant.Alive, "",
			"list proven_by_signature, read proven_by_signature"},
		{"container", trial{text: a.Link("blob", "private", "", a.BlobSAS(azurite.SAS{Container: "private", Permissions: "racwdl", Expiry: far}))}, overgrant.Alive, "",
			"add proven_by_signature, create proven_by_signature, delete proven_by_signature, list granted, read granted, write proven_by_signature"},
		{"container_that_is_public", trial{text: a.Link("blob", "listed", "", a.BlobSAS(azurite.SAS{Container: "listed", Permissions: "rwl", Expiry: far}))}, overgrant.Alive, "",
			"list proven_by_signature, read proven_by_signature, write proven_by_signature"},
		{"container_gone", trial{text: a.Link("blob", "nowhere", "", a.BlobSAS(azurite.SAS{Container: "nowhere", Permissions: "rl", Expiry: far}))}, overgrant.Alive, "", "list granted, read granted"},
		{"blob", trial{text: a.Link("blob", "private", "folder/plan.txt", a.BlobSAS(azurite.SAS{Container: "private", Blob: "folder/plan.txt", Permissions: "r", Expiry: far}))}, overgrant.Alive, "", "read granted"},
		{"snapshot", trial{text: a.Link("blob", "private", "folder/plan.txt", a.BlobSAS(azurite.SAS{Container: "private", Blob: "folder/plan.txt", Snapshot: snapshot, Permissions: "r", Expiry: far}))}, overgrant.Alive, "", "read granted"},
		{"queue", trial{text: a.Link("queue", "jobs", "", a.QueueSAS(azurite.SAS{Container: "jobs", Permissions: "rap", Expiry: far})), service: "queue"}, overgrant.Alive, "",
			"add proven_by_signature, process proven_by_signature, read granted"},
		{"queue_policy", trial{text: a.Link("queue", "jobs", "", a.QueueSAS(azurite.SAS{Container: "jobs", Policy: "peekers"})), service: "queue"}, overgrant.Alive, "", "read granted"},
		{"table", trial{text: a.Link("table", "people", "", a.TableSAS(azurite.SAS{Container: "people", Permissions: "ra", Expiry: far})), service: "table"}, overgrant.Alive, "",
			"add proven_by_signature, read granted"},
		{"expired", trial{text: acct(azurite.SAS{Services: "b", Types: "sco", Permissions: "rl", Expiry: past})}, overgrant.Dead, overgrant.CauseExpired, ""},
		{"not_yet", trial{text: acct(azurite.SAS{Services: "b", Types: "sco", Permissions: "rl", Start: soon, Expiry: far})}, overgrant.Dead, overgrant.CauseNotYet, ""},
		{"bad_signature", trial{text: replaced(acct(all))}, overgrant.Dead, overgrant.CauseKeyRotated, ""},
		{"bad_signature_on_public", trial{text: replaced(a.Link("blob", "listed", "", a.BlobSAS(azurite.SAS{Container: "listed", Permissions: "rl", Expiry: far})))}, overgrant.Dead, overgrant.CauseKeyRotated, ""},
		{"directory_unknown_to_it", trial{text: a.Link("blob", "private", "folder", a.BlobSAS(azurite.SAS{Container: "private", Directory: "folder", Permissions: "rl", Expiry: far}))}, overgrant.Inconclusive, overgrant.CauseUnclear, ""},
		{"policy_narrow", trial{text: a.Link("blob", "private", "", a.BlobSAS(azurite.SAS{Container: "private", Policy: "narrow"})), consent: both}, overgrant.Alive, "",
			"add refused, create refused, delete refused, find refused, list refused, read granted, tag refused, write refused"},
		{"policy_narrow_without_consent", trial{text: a.Link("blob", "private", "", a.BlobSAS(azurite.SAS{Container: "private", Policy: "narrow"}))}, overgrant.Alive, "",
			"find refused, list refused, read granted, tag refused"},
		{"policy_wide", trial{text: a.Link("blob", "private", "", a.BlobSAS(azurite.SAS{Container: "private", Policy: "wide"})), consent: both}, overgrant.Alive, "",
			"add granted, create granted, delete granted, find refused, list granted, read granted, tag refused, write granted"},
		{"policy_wide_no_conditional", trial{text: a.Link("blob", "private", "", a.BlobSAS(azurite.SAS{Container: "private", Policy: "wide"})), consent: consent{writes: true}}, overgrant.Alive, "",
			"add granted, delete granted, find refused, list granted, read granted, tag refused, write granted"},
		{"policy_of_one_blob", trial{text: a.Link("blob", "private", "folder/plan.txt", a.BlobSAS(azurite.SAS{Container: "private", Blob: "folder/plan.txt", Policy: "wide"})), consent: both}, overgrant.Alive, "",
			"create granted, delete granted, read granted, tag refused, write granted"},
		{"policy_over", trial{text: a.Link("blob", "private", "", a.BlobSAS(azurite.SAS{Container: "private", Policy: "over"})), keys: []string{a.Key(1), a.Key(2)}}, overgrant.Dead, overgrant.CausePolicyGone, ""},
		{"policy_gone", trial{text: a.Link("blob", "private", "", a.BlobSAS(azurite.SAS{Container: "private", Policy: "removed"})), keys: []string{a.Key(1), a.Key(2)}}, overgrant.Dead, overgrant.CausePolicyGone, ""},
		{"policy_gone_no_keys", trial{text: a.Link("blob", "private", "", a.BlobSAS(azurite.SAS{Container: "private", Policy: "removed"}))}, overgrant.Dead, overgrant.CauseUnclear, ""},
		{"delegated", trial{text: a.Link("secure", "private", "", a.DelegationSAS(udk, azurite.SAS{Container: "private", Permissions: "rcwdl", Expiry: soon})), consent: both}, overgrant.Alive, "",
			"create granted, delete granted, list granted, read granted, write granted"},
		{"delegated_reads", trial{text: a.Link("secure", "private", "", a.DelegationSAS(udk, azurite.SAS{Container: "private", Permissions: "r", Expiry: soon}))}, overgrant.Alive, "", "read granted"},
		{"delegated_expired", trial{text: a.Link("secure", "private", "", a.DelegationSAS(udk, azurite.SAS{Container: "private", Permissions: "r", Expiry: past}))}, overgrant.Dead, overgrant.CauseExpired, ""},
		{"connection_string_bad", trial{text: strings.Replace(a.ConnectionString(1), a.Key(1), azurite.Shared(t).NewAccount(t).Key(1), 1)}, overgrant.Dead, overgrant.CauseKeyRotated, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := prove(t, a.Server(), tt.trial)
			if p.State != tt.state || p.Cause != tt.cause || standings(&p) != tt.want {
				t.Errorf("Prove() = %s %q, %q; want %s %q, %q\n%s", p.State, p.Cause, standings(&p), tt.state, tt.cause, tt.want, shows(&p))
			}
			if testing.Verbose() {
				t.Log(shows(&p))
			}
		})
	}
}

func TestProveKeys(t *testing.T) {
	a := stage(t)
	p := prove(t, a.Server(), trial{text: a.ConnectionString(2), keys: []string{a.Key(1), a.Key(2)}})
	if p.State != overgrant.Alive || p.Key != "key2" {
		t.Fatalf("a connection string: %s, made by %q; want alive, key2\n%s", p.State, p.Key, shows(&p))
	}
	for _, action := range []string{"read", "list", "write", "delete", "permit", "process"} {
		if s := p.Permissions[action]; s != overgrant.Granted && s != overgrant.ProvenBySignature {
			t.Errorf("a key: %s is %s; want it proven", action, s)
		}
	}
	var services []string
	for _, r := range p.Services {
		if r.State != overgrant.Alive || !r.Listing {
			t.Errorf("service %s: %s, listing %t; want alive, true", r.Service, r.State, r.Listing)
		}
		services = append(services, r.Service)
	}
	if got := strings.Join(services, " "); got != "blob queue table" {
		t.Errorf("services = %q; want blob queue table", got)
	}
	if p.SKU == "" || p.AccountKind == "" || p.Recovery == nil || !p.Recovery.LinkSwitchesOff || p.Recovery.StaticWebsite == nil {
		t.Errorf("what a key shows of the account is missing: %q %q %+v", p.SKU, p.AccountKind, p.Recovery)
	}
	a.RotateKey(t, 2)
	p = prove(t, a.Server(), trial{text: strings.Replace(a.ConnectionString(1), a.Key(1), a.Key(2), 1)})
	if p.State != overgrant.Alive {
		t.Errorf("the new key: %s; want alive", p.State)
	}
}

func TestProveRotation(t *testing.T) {
	a := stage(t)
	s := azurite.SAS{Services: "b", Types: "sco", Permissions: "rl", Expiry: far}
	link := a.Link("blob", "", "", a.AccountSAS(s))
	text, old := a.ConnectionString(1), a.Key(1)
	if p := prove(t, a.Server(), trial{text: link, keys: []string{old, a.Key(2)}}); p.State != overgrant.Alive || p.Key != "key1" || p.KeyLayout == "" {
		t.Fatalf("before: %s by %q, %q; want alive by key1\n%s", p.State, p.Key, p.KeyLayout, shows(&p))
	}
	a.RotateKey(t, 1)
	for name, tt := range map[string]struct {
		trial
		key string
	}{
		"link":              {trial{text: link}, ""},
		"link_with_keys":    {trial{text: link, keys: []string{a.Key(1), a.Key(2)}}, "none"},
		"link_with_old_key": {trial{text: link, keys: []string{old}}, "key1"},
		"connection_string": {trial{text: text}, ""},
	} {
		if p := prove(t, a.Server(), tt.trial); p.State != overgrant.Dead || p.Cause != overgrant.CauseKeyRotated || p.Key != tt.key {
			t.Errorf("%s: %s %q by %q; want dead, key_rotated by %q\n%s", name, p.State, p.Cause, p.Key, tt.key, shows(&p))
		}
	}
}

// TestProvePolicyRevives shows that a link on a policy which was removed works
// again once one of its name is made.
func TestProvePolicyRevives(t *testing.T) {
	a := stage(t)
	link := a.Link("blob", "private", "", a.BlobSAS(azurite.SAS{Container: "private", Policy: "readers"}))
	tr := trial{text: link, keys: []string{a.Key(1), a.Key(2)}}
	steps := []struct {
		name     string
		policies []azurite.Policy
		state    overgrant.State
		want     string
	}{
		{"made", []azurite.Policy{{ID: "readers", Permissions: "rl", Expiry: far}}, overgrant.Alive, "find refused, list granted, read granted, tag refused"},
		{"narrowed", []azurite.Policy{{ID: "readers", Permissions: "l", Expiry: far}}, overgrant.Alive, "find refused, list granted, read refused, tag refused"},
		{"removed", nil, overgrant.Dead, ""},
		{"renamed", []azurite.Policy{{ID: "others", Permissions: "rl", Expiry: far}}, overgrant.Dead, ""},
		{"made_again", []azurite.Policy{{ID: "readers", Permissions: "rl", Expiry: far}}, overgrant.Alive, "find refused, list granted, read granted, tag refused"},
	}
	for _, s := range steps {
		a.SetPolicies(t, "blob", "private", "", s.policies...)
		p := prove(t, a.Server(), tr)
		if p.State != s.state || standings(&p) != s.want || (p.Revives != "") != (s.state == overgrant.Dead) {
			t.Errorf("%s: %s, %q, revives %q; want %s, %q\n%s", s.name, p.State, standings(&p), p.Revives, s.state, s.want, shows(&p))
		}
	}
}

func TestProvePublic(t *testing.T) {
	a := stage(t)
	for container, want := range map[string]string{"private": "none", "named": "blob", "listed": "container"} {
		sas := a.BlobSAS(azurite.SAS{Container: container, Permissions: "rl", Expiry: far})
		for _, path := range []string{"", "folder/plan.txt"} {
			if p := prove(t, a.Server(), trial{text: a.Link("blob", container, path, sas)}); p.Public != want || p.State != overgrant.Alive {
				t.Errorf("%s %q: %s, public %q; want alive, %q\n%s", container, path, p.State, p.Public, want, shows(&p))
			}
		}
	}
}
