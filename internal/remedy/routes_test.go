package remedy_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/cloud"
	"github.com/overgrant/overgrant/internal/remedy"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

// link returns a made-up link to an account of Azure.
func link(id string, change func(*overgrant.Grant)) overgrant.Link {
	l := overgrant.Link{ID: id, Redacted: "https://contoso/" + id + "?sig=…", Grant: overgrant.Grant{
		Kind: "account_sas", Provider: "azure", Account: "contoso", Host: "contoso.blob.core.windows.net", Services: []string{"blob"},
		Signer: "account_key", Start: now.Add(-day), Expiry: now.Add(400 * day)}}
	if change != nil {
		change(&l.Grant)
	}
	return l
}

func policy(id, container string) func(*overgrant.Grant) {
	return func(g *overgrant.Grant) {
		g.Kind, g.PolicyID, g.Container = "policy_sas", id, container
		g.Start, g.Expiry = time.Time{}, time.Time{}
	}
}

func delegated(g *overgrant.Grant) {
	g.Kind, g.Signer, g.Expiry = "user_delegation_sas", "user_delegation_key", now.Add(day)
}

func anonymous(container string) func(*overgrant.Grant) {
	return func(g *overgrant.Grant) {
		g.Kind, g.Signer, g.Container, g.Start, g.Expiry = "anonymous", "", container, time.Time{}, time.Time{}
	}
}

func accountKey(g *overgrant.Grant) {
	g.Kind, g.Start, g.Expiry = "account_key", time.Time{}, time.Time{}
}

func lasting(d time.Duration) func(*overgrant.Grant) {
	return func(g *overgrant.Grant) { g.Expiry = g.Start.Add(d) }
}

// caseOf returns a case of a link that may work.
func caseOf(l overgrant.Link) *overgrant.Case {
	return &overgrant.Case{Link: l, Status: l.Grant.Status(now)}
}

func estate() *cloud.Estate {
	return &cloud.Estate{Account: "contoso", ID: "/subscriptions/s/x", SharedKey: cloud.On, PublicAccess: cloud.On,
		Keys:    []cloud.AccountKey{{Name: cloud.Key1, Hash: "h1", Created: now.Add(-900 * day)}, {Name: cloud.Key2, Hash: "h2", Created: now.Add(-900 * day)}},
		Holders: []cloud.Holder{{Service: "blob", Name: "models"}, {Service: "blob", Name: "other"}},
		Policies: []cloud.Policy{
			{Service: "blob", Container: "models", StoredPolicy: overgrant.StoredPolicy{ID: "readers", Permissions: "r", Expiry: now.Add(90 * day)}},
			{Service: "blob", Container: "other", StoredPolicy: overgrant.StoredPolicy{ID: "readers", Permissions: "r", Start: now.Add(-day), Expiry: now.Add(day)}},
		}}
}

func named(t *testing.T, routes []overgrant.Route, name string) overgrant.Route {
	t.Helper()
	i := slices.IndexFunc(routes, func(r overgrant.Route) bool { return r.Name == name })
	if i < 0 {
		t.Fatalf("no route %s", name)
	}
	return routes[i]
}

func names(routes []overgrant.Route) (all []string) {
	for _, r := range routes {
		n := r.Name
		if r.Not != "" {
			n = "-" + n
		}
		all = append(all, n)
	}
	return all
}

func TestRoutesOfEachKind(t *testing.T) {
	tests := []struct {
		name   string
		change func(*overgrant.Grant)
		key    string
		want   []string
	}{
		{"account_sas", nil, cloud.Key1, []string{"block_long_signatures", "rotate_account_key", "disable_shared_key", "-delete_commit"}},
		{"key_not_known", nil, "", []string{"block_long_signatures", "disable_shared_key", "-rotate_account_key", "-delete_commit"}},
		{"neither_key", nil, remedy.NoKey, []string{"block_long_signatures", "disable_shared_key", "-rotate_account_key", "-delete_commit"}},
		{"short_lived", lasting(time.Minute), cloud.Key1, []string{"rotate_account_key", "disable_shared_key", "-block_long_signatures", "-delete_commit"}},
		{"policy", policy("readers", "models"), cloud.Key2, []string{"delete_stored_policy", "end_stored_policy", "rotate_account_key", "disable_shared_key", "-delete_commit"}},
		{"policy_gone", policy("gone", "models"), cloud.Key2, []string{"rotate_account_key", "disable_shared_key", "-delete_stored_policy", "-end_stored_policy", "-delete_commit"}},
		{"policy_of_no_container", policy("readers", ""), cloud.Key2, []string{"rotate_account_key", "disable_shared_key", "-delete_stored_policy", "-end_stored_policy", "-delete_commit"}},
		{"delegation", delegated, "", []string{"revoke_delegation_keys", "-remove_role_assignment", "-delete_commit"}},
		{"account_key", accountKey, cloud.Key1, []string{"rotate_account_key", "disable_shared_key", "-delete_commit"}},
		{"anonymous", anonymous("models"), "", []string{"close_container", "disable_public_access", "-delete_commit"}},
		{"emulator", func(g *overgrant.Grant) { g.Shape = overgrant.Emulator; g.Revocation.Route = "none" }, "", []string{"-none", "-delete_commit"}},
		{"disk", func(g *overgrant.Grant) { g.Kind = "disk_export_sas" }, "", []string{"-end_disk_access", "-delete_commit"}},
		{"s3", func(g *overgrant.Grant) {
			*g = overgrant.Grant{Kind: "s3_presigned_v4", Provider: "aws", SignerID: "ASIAEXAMPLE", Temporary: true, Revocation: overgrant.Revocation{Route: "revoke_sessions", Collateral: "x"}}
		}, "", []string{"-deny_signature_age", "-revoke_sessions", "-disable_access_key", "-delete_commit"}},
		{"gcs", func(g *overgrant.Grant) {
			*g = overgrant.Grant{Kind: "gcs_v4", Provider: "gcp", Signer: "service_account", Revocation: overgrant.Revocation{Route: "delete_service_account_key", Collateral: "x"}}
		}, "", []string{"-delete_service_account_key", "-disable_service_account", "-delete_commit"}},
		{"gcs_hmac", func(g *overgrant.Grant) {
			*g = overgrant.Grant{Kind: "gcs_v2", Provider: "gcp", Signer: "access_key", Revocation: overgrant.Revocation{Route: "deactivate_hmac_key", Collateral: "x"}}
		}, "", []string{"-deactivate_hmac_key", "-delete_commit"}},
		{"service_bus", func(g *overgrant.Grant) {
			*g = overgrant.Grant{Kind: "servicebus_sas", Provider: "azure", Signer: "shared_access_policy", Revocation: overgrant.Revocation{Route: "regenerate_policy_key", Collateral: "every token"}}
		}, "", []string{"-regenerate_policy_key", "-delete_commit"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := link("aa", tt.change)
			routes := remedy.Routes(l, remedy.Known{Now: now, Estate: estate(), Keys: map[string]string{"aa": tt.key}})
			if got := names(routes); !slices.Equal(got, tt.want) {
				t.Errorf("Routes() = %q; want %q", got, tt.want)
			}
			for _, r := range routes {
				if r.Doc == "" || r.Not == "" && (r.Holds == "" || r.Revives == "" || r.Unknown == "") {
					t.Errorf("%s does not say all that it should: %+v", r.Name, r)
				}
				for _, s := range r.Steps {
					if s.Account != "contoso" {
						t.Errorf("%s is about account %q", r.Name, s.Account)
					}
				}
			}
		})
	}
}

func TestCollateral(t *testing.T) {
	leaked := link("00", policy("readers", "models"))
	others := map[string]func(*overgrant.Grant){
		"same_policy":           policy("readers", "models"),
		"same_name_elsewhere":   policy("readers", "other"),
		"other_policy":          policy("writers", "unlisted"),
		"same_policy_other_key": policy("readers", "models"),
		"long_key1":             nil,
		"long_key2":             nil,
		"short_key1":            lasting(2 * day),
		"no_start_key2":         func(g *overgrant.Grant) { g.Start = time.Time{} },
		"key1_itself":           accountKey,
		"delegation":            func(g *overgrant.Grant) { delegated(g); g.Start = time.Time{} },
		"anonymous":             anonymous("models"),
		"expired":               func(g *overgrant.Grant) { g.Expiry = now.Add(-time.Hour) },
		"dead":                  nil,
		"no_key":                nil,
		"unknown_key":           nil,
		"other_account":         func(g *overgrant.Grant) { g.Account = "fabrikam" },
	}
	keys := map[string]string{"00": cloud.Key1, "same_policy": cloud.Key1, "same_name_elsewhere": cloud.Key1, "other_policy": cloud.Key2,
		"same_policy_other_key": cloud.Key2, "long_key1": cloud.Key1, "long_key2": cloud.Key2, "short_key1": cloud.Key1, "no_start_key2": cloud.Key2,
		"key1_itself": cloud.Key1, "no_key": remedy.NoKey}
	k := remedy.Known{Now: now, Estate: estate(), Keys: keys, Cases: []*overgrant.Case{caseOf(leaked)}}
	for name, change := range others {
		c := caseOf(link(name, change))
		if name == "dead" {
			c.Proof = &overgrant.Proof{State: overgrant.Dead}
		}
		k.Cases = append(k.Cases, c)
	}
	slices.SortFunc(k.Cases, func(a, b *overgrant.Case) int { return strings.Compare(a.Link.ID, b.Link.ID) })
	tests := []struct {
		route string
		from  overgrant.Link
		dies  []string
		maybe int
	}{
		{remedy.DeletePolicy, leaked, []string{"same_policy", "same_policy_other_key"}, 0},
		{remedy.EndPolicy, leaked, []string{"same_policy", "same_policy_other_key"}, 0},
		{remedy.RotateKey, leaked, []string{"key1_itself", "long_key1", "same_name_elsewhere", "same_policy", "short_key1"}, 1},
		{remedy.NoSharedKey, leaked, []string{"key1_itself", "long_key1", "long_key2", "no_start_key2", "other_policy", "same_name_elsewhere", "same_policy", "same_policy_other_key", "short_key1", "unknown_key"}, 0},
		// Five leave their dates to a stored policy, one is signed by delegation and says no start.
		{remedy.BlockLong, link("01", nil), []string{"long_key1", "long_key2", "no_start_key2", "unknown_key"}, 6},
		{remedy.RevokeDelegation, link("01", delegated), []string{"delegation"}, 0},
		{remedy.CloseContainer, link("01", anonymous("models")), []string{"anonymous"}, 0},
		{remedy.NoPublicAccess, link("01", anonymous("other")), []string{"anonymous"}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.route, func(t *testing.T) {
			r := named(t, remedy.Routes(tt.from, k), tt.route)
			var got []string
			for _, d := range r.Dies {
				got = append(got, d.ID)
				if d.Sort != "case" || d.Why == "" || d.What == "" {
					t.Errorf("collateral %+v; want a case with what and why", d)
				}
			}
			if !slices.Equal(got, tt.dies) {
				t.Errorf("dies %q\nwant %q", got, tt.dies)
			}
			alive := 12 - len(tt.dies) - tt.maybe // others that work, in this account, and the leaked one
			if tt.from.ID != "00" {
				alive++
			}
			if len(r.Survives) != alive {
				t.Errorf("%d survive: %q; want %d", len(r.Survives), r.Survives, alive)
			}
			if tt.maybe > 0 && !strings.Contains(r.Unknown, fmt.Sprintf("%d known link", tt.maybe)) {
				t.Errorf("Unknown = %q; want it to count %d links", r.Unknown, tt.maybe)
			}
		})
	}
}

func TestLedgerAndClients(t *testing.T) {
	l := link("00", nil)
	shared := func(name, id, hash string, change func(*overgrant.Grant)) overgrant.Shared {
		x := link(id, change)
		return overgrant.FoldLedger([]overgrant.Minted{{Name: name, At: now.Add(-day), Change: overgrant.Made, ID: id, Text: x.Redacted, Grant: x.Grant, KeyHash: hash, Expiry: x.Grant.Expiry}})
	}
	used := func(token, key, hash, known string, requests int64) overgrant.Used {
		return overgrant.Used{Token: token, Kind: "account_key", Account: "Contoso", Key: key, KeyHash: hash, Requests: requests, First: now.Add(-9 * day), Last: now.Add(-day),
			Callers: 3, TopCallers: []overgrant.Counted{{Name: "10.0.0.7", Count: 9}}, Agents: 1, TopAgents: []overgrant.Counted{{Name: "azcopy/10", Count: 9}},
			Match: overgrant.UsedMatch{Known: known}}
	}
	k := remedy.Known{Now: now, Estate: estate(), Keys: map[string]string{"00": cloud.Key1, "0a": cloud.Key1},
		Cases:  []*overgrant.Case{caseOf(l), caseOf(link("0a", nil))},
		Ledger: []overgrant.Shared{shared("ours1", "0b", "h1", nil), shared("ours2", "0c", "h2", nil), shared("also_a_case", "0a", "h1", nil), shared("of_an_old_key", "0d", "h0", nil)},
		Used: []overgrant.Used{used("t1", "key1", "h1", "", 100), used("t2", "key2", "h2", "", 5), used("t3", "key1", "h0", "", 50), used("t4", "key1", "", "0a", 7), used("t5", "key1", "h1", "00", 7),
			{Token: "t6", Kind: "account_sas", Account: "contoso", Key: "key1", Requests: 4, Failed: 4}},
	}
	r := named(t, remedy.Routes(l, k), remedy.RotateKey)
	var got []string
	for _, d := range r.Dies {
		got = append(got, fmt.Sprintf("%s %s %d", d.Sort, d.ID, d.Uses))
	}
	want := []string{"case 0a 7", "ledger ours1 0", "client  100"}
	if !slices.Equal(got, want) {
		t.Errorf("dies %q; want %q", got, want)
	}
	if d := r.Dies[len(r.Dies)-1]; !strings.Contains(d.What, "10.0.0.7 and 2 more") || !strings.Contains(d.What, "azcopy") {
		t.Errorf("the client is %q; want its address and agent", d.What)
	}
	if !strings.Contains(r.Unknown, "2026-02-20") {
		t.Errorf("Unknown = %q; want the days that the logs cover", r.Unknown)
	}
	ended := remedy.Ended(l, &r, k)
	if len(ended) != 2 || ended[0].Name != "ours1" || ended[1].Name != "also_a_case" || ended[0].Change != overgrant.Revoked || !ended[0].At.Equal(now) {
		t.Errorf("Ended() = %+v; want ours1 and also_a_case revoked", ended)
	}
}

// TestUnderstoodSignatures takes a link that neither key made for dead, unless
// it was seen to work with the keys that the account has now.
func TestUnderstoodSignatures(t *testing.T) {
	k := remedy.Known{Now: now, Estate: estate(), Keys: map[string]string{"00": cloud.Key1, "works": remedy.NoKey, "unseen": remedy.NoKey}}
	works := caseOf(link("works", nil))
	works.LastAlive = now.Add(-time.Hour)
	k.Cases = []*overgrant.Case{works, caseOf(link("unseen", nil))}
	r := named(t, remedy.Routes(link("00", nil), k), remedy.RotateKey)
	if !strings.Contains(r.Unknown, "1 known link of the account may stop") || !strings.Contains(r.Unknown, "1 known link that neither key made") || len(r.Survives)+len(r.Dies) != 0 {
		t.Errorf("Unknown = %q, survives %q, dies %v; want one that may stop, one taken to be dead", r.Unknown, r.Survives, r.Dies)
	}
	r = named(t, remedy.Routes(works.Link, k), remedy.RotateKey)
	if !strings.Contains(r.Not, "not understood") {
		t.Errorf("Not = %q; want it to say that the signature is not understood", r.Not)
	}
}

func TestEndedPolicyIsWhole(t *testing.T) {
	k := remedy.Known{Now: now, Estate: estate(), Keys: map[string]string{}}
	r := named(t, remedy.Routes(link("00", policy("readers", "models")), k), remedy.EndPolicy)
	want := overgrant.StoredPolicy{ID: "readers", Permissions: "r", Expiry: now.Add(-time.Hour)}
	if s := r.Steps[0]; s.Deed != overgrant.EditPolicy || s.Policy != "readers" || s.Container != "models" || s.Service != "blob" || *s.Want != want {
		t.Errorf("step %+v, want %+v; want %+v", s, s.Want, want)
	}
	own := link("00", policy("readers", "models"))
	own.Grant.Expiry = now.Add(day)
	if r := named(t, remedy.Routes(own, k), remedy.EndPolicy); !strings.Contains(r.Not, "expiry of its own") {
		t.Errorf("Not = %q; want it to say that the link has an expiry of its own", r.Not)
	}
}

func TestWhatTheAccountAllows(t *testing.T) {
	tests := []struct {
		name, route, not string
		change           func(*cloud.Estate)
		grant            func(*overgrant.Grant)
	}{
		{"no_manager", remedy.RotateKey, "--login", func(e *cloud.Estate) { e.ID = "" }, nil},
		{"locked", remedy.RotateKey, `"freeze"`, func(e *cloud.Estate) { e.Locks = []cloud.Lock{{Name: "freeze", Level: "ReadOnly"}} }, nil},
		{"may_not_be_deleted_is_no_lock", remedy.RotateKey, "", func(e *cloud.Estate) { e.Locks = []cloud.Lock{{Name: "keep", Level: "CanNotDelete"}} }, nil},
		{"keys_not_read", remedy.RotateKey, "no rights", func(e *cloud.Estate) { e.Keys = nil; e.Unread = []cloud.Unread{{What: "keys", Why: "no rights"}} }, nil},
		{"age_of_keys_unknown", remedy.BlockLong, "how old", func(e *cloud.Estate) { e.Keys[1].Created = time.Time{} }, nil},
		{"blocked_already", remedy.BlockLong, "already", func(e *cloud.Estate) { e.Expiration = &cloud.Expiration{Period: 30 * day, Action: cloud.Block} }, nil},
		{"only_logged", remedy.BlockLong, "", func(e *cloud.Estate) { e.Expiration = &cloud.Expiration{Period: 30 * day, Action: cloud.Log} }, nil},
		{"off_already", remedy.NoSharedKey, "already", func(e *cloud.Estate) { e.SharedKey = cloud.Off }, nil},
		{"private_already", remedy.NoPublicAccess, "already", func(e *cloud.Estate) { e.PublicAccess = cloud.Off }, anonymous("models")},
		{"policies_not_read", remedy.DeletePolicy, "", func(e *cloud.Estate) {
			e.Policies = nil
			e.Unread = []cloud.Unread{{What: "policies of blob", Why: "no rights"}}
		}, policy("readers", "models")},
		{"policy_to_edit_not_read", remedy.EndPolicy, "could not be read", func(e *cloud.Estate) {
			e.Policies = nil
			e.Unread = []cloud.Unread{{What: "policies of blob", Why: "no rights"}}
		}, policy("readers", "models")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := estate()
			tt.change(e)
			r := named(t, remedy.Routes(link("00", tt.grant), remedy.Known{Now: now, Estate: e, Keys: map[string]string{"00": cloud.Key1}}), tt.route)
			if (tt.not == "") != (r.Not == "") || !strings.Contains(r.Not, tt.not) {
				t.Errorf("Not = %q; want %q", r.Not, tt.not)
			}
		})
	}
}

func TestPeriodSparesMost(t *testing.T) {
	for _, tt := range []struct {
		lasts, want time.Duration
	}{{400 * day, 365 * day}, {365 * day, 180 * day}, {31 * day, 30 * day}, {8 * day, 7 * day}, {2 * day, day}, {2 * time.Hour, time.Hour}} {
		r := named(t, remedy.Routes(link("00", lasting(tt.lasts)), remedy.Known{Now: now}), remedy.BlockLong)
		if r.Steps[0].Period != tt.want {
			t.Errorf("a link of %s is blocked by %s; want %s", tt.lasts, r.Steps[0].Period, tt.want)
		}
	}
}

// TestLeastFirst puts the route that ends fewer known things before one that
// reaches less far by its nature.
func TestLeastFirst(t *testing.T) {
	k := remedy.Known{Now: now, Estate: estate(), Keys: map[string]string{"00": cloud.Key1}}
	for i := range 3 {
		id := fmt.Sprintf("long%d", i)
		k.Cases, k.Keys[id] = append(k.Cases, caseOf(link(id, nil))), cloud.Key2
	}
	got := remedy.Default(remedy.Routes(link("00", nil), k))
	if got == nil || got.Name != remedy.RotateKey || len(got.Dies) != 0 || !strings.Contains(got.Doc, "key2 is left alone") {
		t.Errorf("Default() = %+v; want to rotate key1, and a word about key2", got)
	}
}
