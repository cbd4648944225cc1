package closed_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/report"
	"github.com/overgrant/overgrant/test/azurite"
)

// made is a generated link with what it hangs on.
type made struct {
	link, id string
	key      int    // that signed it; 0 for delegation
	policy   string // container/name
	long     bool   // lasts 400 days, and says when it starts
	dates    bool   // has both dates of its own
}

const links = 200

// generate makes links over two keys, five policies of two containers (two of
// one name), and three delegation keys.
func generate(t *testing.T, a *account, seed uint64) []made {
	t.Helper()
	now := time.Now().UTC()
	random := rand.New(rand.NewPCG(seed, 7))
	policies := map[string][]string{"models": {"readers", "writers", "partners"}, "backups": {"readers", "vendors"}}
	for _, name := range []string{"models", "backups"} {
		a.PutContainer(t, name, "")
		a.PutBlob(t, name, "weights.bin", []byte("weights"))
		var all []azurite.Policy
		for _, p := range policies[name] {
			all = append(all, azurite.Policy{ID: p, Permissions: "rl", Expiry: stamp(now.Add(48 * time.Hour))})
		}
		a.SetPolicies(t, "blob", name, "", all...)
	}
	var delegated []azurite.DelegationKey
	for i := range 3 {
		delegated = append(delegated, a.Delegate(t, now.Add(-time.Duration(i+1)*time.Hour), now.Add(48*time.Hour)))
	}
	all := make([]made, links)
	for i := range all {
		m := &all[i]
		container := []string{"models", "backups"}[random.IntN(2)]
		// A second apart, so that no two links are the same.
		s := azurite.SAS{Permissions: "r", Container: container, Blob: "weights.bin", Key: 1 + random.IntN(2),
			Start: stamp(now.Add(-2*time.Hour - time.Duration(i)*time.Second)), Expiry: stamp(now.Add(20 * time.Hour))}
		m.key, m.dates = s.Key, true
		if m.long = random.IntN(2) == 0; m.long {
			s.Expiry = stamp(now.Add(400 * 24 * time.Hour))
		}
		query := ""
		switch random.IntN(4) {
		case 0:
			s.Services, s.Types, s.Permissions = "b", "sco", "rl"
			query = a.AccountSAS(s)
		case 1:
			query = a.BlobSAS(s)
		case 2:
			name := policies[container][random.IntN(len(policies[container]))]
			// The policy has the dates; the name that a browser saves under tells one link from another.
			query = a.BlobSAS(azurite.SAS{Container: container, Blob: "weights.bin", Key: s.Key, Policy: name, Disposition: fmt.Sprintf("inline-%d", i)})
			m.policy, m.long, m.dates = container+"/"+name, false, false
		case 3:
			s.Expiry = stamp(now.Add(20 * time.Hour))
			query = a.DelegationSAS(delegated[random.IntN(3)], s)
			m.key, m.long = 0, false
		}
		m.link = a.link(container, "weights.bin", query)
	}
	return all
}

// TestWhatThePlanSays closes links of one account, one route after the other.
// After each, every link that the plan said would go on works, and every one
// that it said would stop does not.
func TestWhatThePlanSays(t *testing.T) {
	a := newAccount(t)
	all := generate(t, a, 1)
	texts := make([]string, len(all))
	for i := range all {
		texts[i] = all[i].link
	}
	for i, id := range a.leak(t, texts...) {
		all[i].id = id
	}
	working := a.living(t, all)
	if n := count(working); n != links {
		t.Fatalf("%d links work before; want %d", n, links)
	}
	tests := []struct {
		route string
		args  []string
		pick  func(*made) bool
	}{
		{"delete_stored_policy", nil, func(m *made) bool { return m.policy == "models/readers" }},
		{"end_stored_policy", nil, func(m *made) bool { return m.policy == "backups/vendors" }},
		{"revoke_delegation_keys", nil, func(m *made) bool { return m.key == 0 }},
		{"rotate_account_key", nil, func(m *made) bool { return m.key == 1 && m.dates }},
		{"block_long_signatures", nil, func(m *made) bool { return m.key == 2 && m.long }},
		{"disable_shared_key", nil, func(m *made) bool { return m.key == 2 && m.dates && !m.long }},
	}
	died := 0
	for _, tt := range tests {
		i := slices.IndexFunc(all, func(m made) bool { return tt.pick(&m) && working[m.id] })
		if i < 0 {
			t.Fatalf("%s: no link is left to close", tt.route)
		}
		code, got, said := a.revoke(t, "--yes", "--route", tt.route, all[i].id)
		if code != 0 || got.State != "closed" {
			t.Fatalf("%s = %d, %s\n%s", tt.route, code, got.State, said)
		}
		after := a.living(t, all)
		died += a.compare(t, tt.route, all, plan{got, all[i].id, working, after})
		working = after
	}
	if n := count(working); n != 0 || died != links {
		t.Errorf("%d links work at the end, %d died by plan; want none, and all", n, died)
	}
	if keys := a.rotations(); !slices.Equal(keys, []string{"key1"}) {
		t.Errorf("rotated %v; want key1 once", keys)
	}
}

// plan is what a route was said to do, and which links worked before and after.
type plan struct {
	report.Closing
	closed        string
	before, after map[string]bool
}

// compare holds a plan against what happened, and returns how many links died.
func (a *account) compare(t *testing.T, route string, all []made, p plan) (died int) {
	t.Helper()
	i := slices.IndexFunc(p.Routes, func(r overgrant.Route) bool { return r.Name == route })
	dies := map[string]bool{p.closed: true}
	for _, d := range p.Routes[i].Dies {
		dies[d.ID] = true
	}
	lives := map[string]bool{}
	for _, id := range p.Routes[i].Survives {
		lives[id] = true
	}
	for _, m := range all {
		switch {
		case dies[m.id] && lives[m.id]:
			t.Errorf("%s: link %.8s both dies and survives", route, m.id)
		case dies[m.id] && p.after[m.id]:
			t.Errorf("%s: link %.8s works, though the plan said that it dies: key %d, policy %q, long %v", route, m.id, m.key, m.policy, m.long)
		case lives[m.id] && !p.after[m.id]:
			t.Errorf("%s: link %.8s is dead, though the plan said that it survives: key %d, policy %q, long %v", route, m.id, m.key, m.policy, m.long)
		case p.before[m.id] && !p.after[m.id] && !dies[m.id]:
			t.Errorf("%s: link %.8s died, of which the plan said nothing: key %d, policy %q, long %v", route, m.id, m.key, m.policy, m.long)
		case p.after[m.id] && !lives[m.id] && (route != "block_long_signatures" || m.policy == ""):
			t.Errorf("%s: link %.8s works, of which the plan said nothing: key %d, policy %q, long %v", route, m.id, m.key, m.policy, m.long)
		}
		if p.before[m.id] && !p.after[m.id] {
			died++
		}
	}
	t.Logf("%s: %d died, %d go on", route, died, count(p.after))
	return died
}

func count(set map[string]bool) (n int) {
	for _, is := range set {
		if is {
			n++
		}
	}
	return n
}

// living asks the service for each link.
func (a *account) living(t *testing.T, all []made) map[string]bool {
	t.Helper()
	works := make([]bool, len(all))
	var wait sync.WaitGroup
	next := make(chan int)
	for range 8 {
		wait.Go(func() {
			for i := range next {
				works[i] = a.opens(t, all[i].link)
			}
		})
	}
	for i := range all {
		next <- i
	}
	close(next)
	wait.Wait()
	set := map[string]bool{}
	for i := range all {
		set[all[i].id] = works[i]
	}
	return set
}
