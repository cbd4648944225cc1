package azure_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/cloud"
	"github.com/overgrant/overgrant/internal/cloud/fake/arm"
	"github.com/overgrant/overgrant/kind"
	"github.com/overgrant/overgrant/test/azurite"
)

// open links of an account, one of each sort, all of them alive.
type links struct{ key1, key2, policy, delegated, long, public overgrant.Link }

// fill makes a container with a blob and a link of each sort to it.
func (s *owned) fill(t *testing.T, o cloud.Owner) links {
	t.Helper()
	s.PutContainer(t, "data", "")
	s.PutBlob(t, "data", "a b/ü.txt", []byte("hello"))
	s.PutContainer(t, "open", "blob") // by itself: the emulator takes a dead signature there for none
	s.PutBlob(t, "open", "page.txt", []byte("hello"))
	s.SetPolicies(t, "blob", "data", "", azurite.Policy{ID: "readers", Permissions: "r", Expiry: "2040-01-01T00:00:00Z"})
	now := time.Now()
	soon := azurite.SAS{Permissions: "r", Services: "b", Types: "o", Start: azurite.Stamp(now.Add(-time.Hour)), Expiry: azurite.Stamp(now.Add(24 * time.Hour))}
	second, long := soon, soon
	second.Key, long.Expiry = 2, "2051-10-05T00:00:00Z"
	all := links{
		key1: s.link(t, "blob", "data", "a b/ü.txt", s.AccountSAS(soon)), key2: s.link(t, "blob", "data", "a b/ü.txt", s.AccountSAS(second)),
		policy: s.link(t, "blob", "data", "a b/ü.txt", s.BlobSAS(azurite.SAS{Container: "data", Policy: "readers"})),
		long:   s.link(t, "blob", "data", "a b/ü.txt", s.AccountSAS(long)),
	}
	m, err := o.Mint(t.Context(), cloud.Wish{Container: "data", Path: "a b/ü.txt", Permissions: "r", Expiry: now.Add(48 * time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	all.delegated = m.Link
	all.public = overgrant.Link{Secret: overgrant.NewSecret("https://" + s.gates[0] + "/" + s.Name + "/open/page.txt")}
	s.alive(t, all, "key1 key2 policy delegated long public")
	return all
}

// alive fails unless those links that are named open something, and the others
// do not.
func (s *owned) alive(t *testing.T, l links, want string) {
	t.Helper()
	got := ""
	for _, one := range []struct {
		name string
		link overgrant.Link
	}{{"key1", l.key1}, {"key2", l.key2}, {"policy", l.policy}, {"delegated", l.delegated}, {"long", l.long}, {"public", l.public}} {
		if s.opens(t, one.link) {
			got += " " + one.name
		}
	}
	if got != " "+want {
		t.Errorf("alive:%s; want %s", got, want)
	}
}

func TestEachRouteClosesWhatItSays(t *testing.T) {
	t.Parallel()
	const all = "key1 key2 policy delegated long public"
	tests := []struct {
		name   string
		step   overgrant.Step
		want   string // what lives afterwards
		undone string // and after the way back; empty if there is none
	}{
		{"edit_a_policy", overgrant.Step{Deed: overgrant.EditPolicy, Container: "data", Policy: "readers", Want: &overgrant.StoredPolicy{Permissions: "r", Expiry: time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC)}}, "key1 key2 delegated long public", all},
		{"delete_a_policy", overgrant.Step{Deed: overgrant.DeletePolicy, Service: "blob", Container: "data", Policy: "readers"}, "key1 key2 delegated long public", all},
		{"block_long_ones", overgrant.Step{Deed: overgrant.SetExpirationPolicy, Period: 7 * 24 * time.Hour}, "key1 key2 policy delegated public", all},
		{"rotate_key1", overgrant.Step{Deed: overgrant.RotateKey, Key: "key1"}, "key2 delegated public", ""},
		{"rotate_key2", overgrant.Step{Deed: overgrant.RotateKey, Key: "key2"}, "key1 policy delegated long public", ""},
		{"revoke_delegation", overgrant.Step{Deed: overgrant.RevokeDelegationKeys}, "key1 key2 policy long public", ""},
		{"no_shared_key", overgrant.Step{Deed: overgrant.DisableSharedKey}, "delegated public", all},
		{"no_public_access", overgrant.Step{Deed: overgrant.DisablePublicAccess}, "key1 key2 policy delegated long", all},
		{"close_the_container", overgrant.Step{Deed: overgrant.CloseContainer, Container: "open"}, "key1 key2 policy delegated long", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newOwned(t)
			o := s.owner(t)
			l := s.fill(t, o)
			if tt.step.Deed == overgrant.RotateKey {
				tt.step.KeyHash = hashOf(t, o, tt.step.Key)
			}
			tt.step.Account = s.Name
			done := do(t, o, tt.step)
			s.alive(t, l, tt.want)
			if again := do(t, o, tt.step); !again.Already && tt.step.Deed != overgrant.RevokeDelegationKeys {
				t.Errorf("again = %+v; want done already", again)
			}
			s.alive(t, l, tt.want)
			if done.Before == done.After || (done.Undo != nil) != (tt.undone != "") {
				t.Errorf("done = %+v", done)
			}
			if done.Undo != nil {
				do(t, o, *done.Undo)
				s.alive(t, l, tt.undone)
			}
			s.silent(t)
		})
	}
}

// hashOf returns the hash of a key as the estate tells it.
func hashOf(t *testing.T, o cloud.Owner, name string) string {
	t.Helper()
	e, err := o.Estate(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range e.Keys {
		if k.Name == name {
			return k.Hash
		}
	}
	t.Fatalf("no %s in %+v", name, e.Keys)
	return ""
}

func TestWhichKeyMadeALink(t *testing.T) {
	t.Parallel()
	s := newOwned(t)
	o := s.owner(t)
	l := s.fill(t, o)
	for name, tt := range map[string]struct {
		link overgrant.Link
		want string
	}{"key1": {l.key1, "key1"}, "key2": {l.key2, "key2"}, "policy": {l.policy, "key1"}, "delegated": {l.delegated, ""}} {
		for _, o := range []cloud.Owner{o, s.keyOwner(t)} {
			if got, err := o.SignedBy(t.Context(), tt.link); got != tt.want || err != nil {
				t.Errorf("SignedBy(%s) = %q, %v; want %q", name, got, err, tt.want)
			}
		}
	}
	whole, err := kind.Parse(s.ConnectionString(2))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := o.SignedBy(t.Context(), whole); got != "key2" || err != nil {
		t.Errorf("SignedBy(connection string) = %q, %v; want key2", got, err)
	}
}

// TestRotationThatLostItsAnswer cuts the connection at either side of the
// change: doing the step again tells which it was, and never rotates twice.
func TestRotationThatLostItsAnswer(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		how     arm.How
		already bool
	}{"before": {arm.CutBefore, false}, "after": {arm.CutAfter, true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newOwned(t)
			o := s.owner(t)
			step := overgrant.Step{Deed: overgrant.RotateKey, Key: "key1", KeyHash: hashOf(t, o, "key1")}
			s.manager.Break(arm.Fault{Name: "regenerateKey", How: tt.how})
			if _, err := o.Do(t.Context(), step); err == nil {
				t.Fatal("Do = nil; want that no answer came")
			}
			done, err := s.owner(t).Do(t.Context(), step)
			if err != nil || done.Already != tt.already || done.KeyHash == step.KeyHash {
				t.Errorf("Do again = %+v, %v; want Already %v", done, err, tt.already)
			}
			rotated := 0
			for _, c := range s.manager.Calls() {
				if c.Name == "regenerateKey" && (c.Status == http.StatusOK || tt.how == arm.CutAfter) {
					rotated++
				}
			}
			if rotated != 1 {
				t.Errorf("rotated %d times; want once: %+v", rotated, s.manager.Calls())
			}
		})
	}
}

func TestRefusalsSayWhatToDo(t *testing.T) {
	t.Parallel()
	s := newOwned(t)
	s.PutContainer(t, "data", "")
	o := s.owner(t)
	a, _ := s.manager.Account(s.Name)
	rotate := overgrant.Step{Deed: overgrant.RotateKey, Key: "key2", KeyHash: hashOf(t, o, "key2")}

	s.manager.Deny("Microsoft.Storage/storageAccounts/regenerateKey/action")
	_, err := o.Do(t.Context(), rotate)
	var rights *cloud.RightsError
	if !errors.Is(err, cloud.ErrNoRights) || !errors.As(err, &rights) || rights.Action != "Microsoft.Storage/storageAccounts/regeneratekey/action" || rights.Scope != a.ID() || rights.Roles == "" {
		t.Errorf("without the right: %v", err)
	}
	s.manager.Allow("Microsoft.Storage/storageAccounts/regenerateKey/action")
	s.manager.Lock("frozen", arm.ReadOnly, "/subscriptions/"+a.Subscription)
	for _, step := range []overgrant.Step{rotate, {Deed: overgrant.DisableSharedKey}, {Deed: overgrant.RevokeDelegationKeys}} {
		var locked *cloud.LockedError
		if _, err := o.Do(t.Context(), step); !errors.Is(err, cloud.ErrLocked) || !errors.As(err, &locked) || locked.Lock == "" {
			t.Errorf("%s under a lock: %v", step.Deed, err)
		}
	}
	s.manager.Unlock("frozen")
	s.manager.Break(arm.Fault{Name: "regenerateKey", How: arm.Throttle, After: 1})
	if done := do(t, o, rotate); done.Already {
		t.Errorf("after being throttled: %+v", done)
	}
	for name, step := range map[string]overgrant.Step{
		"other_account": {Deed: overgrant.DisableSharedKey, Account: "somebodyelse"},
	} {
		if _, err := o.Do(t.Context(), step); !errors.Is(err, cloud.ErrNotOurs) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, step := range map[string]overgrant.Step{
		"no_deed": {Deed: "burn"}, "no_key": {Deed: overgrant.RotateKey, KeyHash: rotate.KeyHash}, "no_hash": {Deed: overgrant.RotateKey, Key: "key1"},
		"no_container": {Deed: overgrant.DeletePolicy, Policy: "p"}, "path": {Deed: overgrant.DeletePolicy, Container: "../x", Policy: "p"},
		"no_policy": {Deed: overgrant.EditPolicy, Container: "data"}, "no_want": {Deed: overgrant.AddPolicy, Container: "data", Policy: "p"},
		"public_queue": {Deed: overgrant.CloseContainer, Service: "queue", Container: "data"}, "odd_period": {Deed: overgrant.SetExpirationPolicy, Period: time.Millisecond},
	} {
		if _, err := o.Do(t.Context(), step); !errors.Is(err, cloud.ErrBadStep) {
			t.Errorf("%s: %v; want %v", name, err, cloud.ErrBadStep)
		}
	}
	// A key alone does not reach the resource manager.
	if _, err := s.keyOwner(t).Do(t.Context(), rotate); !errors.Is(err, cloud.ErrNotOurs) {
		t.Errorf("rotation with a key: %v", err)
	}
}

func TestKeysOfUnknownAgeTakeNoExpirationPolicy(t *testing.T) {
	t.Parallel()
	s := newOwned(t)
	a, _ := s.manager.Account(s.Name)
	a.Made = [2]time.Time{}
	s.manager.Add(a)
	_, err := s.owner(t).Do(t.Context(), overgrant.Step{Deed: overgrant.SetExpirationPolicy, Period: time.Hour})
	if !errors.Is(err, cloud.ErrOldKeys) {
		t.Errorf("Do = %v; want %v", err, cloud.ErrOldKeys)
	}
}
