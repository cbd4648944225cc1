package azure_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/cloud"
	"github.com/overgrant/overgrant/test/azurite"
)

func tlsWith(roots *x509.CertPool) *tls.Config {
	return &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
}

var never = time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC)

// do takes a step that must go well.
func do(t *testing.T, o cloud.Owner, s overgrant.Step) cloud.Done {
	t.Helper()
	done, err := o.Do(t.Context(), s)
	if err != nil {
		t.Fatalf("Do(%s) = %v", s.Deed, err)
	}
	return done
}

func TestEstateIsRead(t *testing.T) {
	t.Parallel()
	s := newOwned(t)
	s.PutContainer(t, "data", "blob")
	s.PutContainer(t, "empty", "")
	s.PutQueue(t, "jobs")
	s.PutTable(t, "people")
	s.SetPolicies(t, "blob", "data", "blob", azurite.Policy{ID: "readers", Permissions: "rl", Expiry: "2040-01-01T00:00:00Z"}, azurite.Policy{ID: "bare", Permissions: "r"})
	s.SetPolicies(t, "queue", "jobs", "", azurite.Policy{ID: "workers", Permissions: "p"})
	s.SetPolicies(t, "table", "people", "", azurite.Policy{ID: "askers", Permissions: "r", Start: "2024-01-01T00:00:00Z", Expiry: "2040-01-01T00:00:00Z"})
	a, _ := s.manager.Account(s.Name)
	s.manager.Lock("hands-off", "CanNotDelete", a.ID())

	for name, o := range map[string]cloud.Owner{"login": s.owner(t), "key": s.keyOwner(t)} {
		t.Run(name, func(t *testing.T) {
			e, err := o.Estate(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var told []string
			for _, p := range e.Policies {
				told = append(told, fmt.Sprintf("%s/%s/%s %s %s", p.Service, p.Container, p.ID, p.Permissions, p.Expiry.Format("2006")))
			}
			want := []string{"blob/data/bare r 0001", "blob/data/readers rl 2040", "queue/jobs/workers p 0001", "table/people/askers r 2040"}
			if !slices.Equal(told, want) {
				t.Errorf("policies %q; want %q", told, want)
			}
			if len(e.Holders) != 4 || e.Holders[0] != (cloud.Holder{Service: "blob", Name: "data", Public: "blob"}) {
				t.Errorf("holders %+v", e.Holders)
			}
			if len(e.Keys) != 2 || len(e.Keys[0].Hash) != 64 || e.Keys[0].Name != cloud.Key1 {
				t.Errorf("keys %+v", e.Keys)
			}
			if len(e.Unread) != 0 {
				t.Errorf("unread %+v", e.Unread)
			}
			if name == "key" {
				if e.SharedKey != cloud.NotRead || e.ID != "" {
					t.Errorf("a key read settings: %+v", e)
				}
				return
			}
			if e.SharedKey != cloud.On || e.PublicAccess != cloud.On || e.SoftDeleteDays != 7 || e.Logging != cloud.Off || e.Expiration != nil || e.Keys[0].Created.Year() != 2024 || e.ID != a.ID() {
				t.Errorf("estate %+v", e)
			}
			if want := (cloud.Lock{Name: "hands-off", Level: "CanNotDelete", Scope: a.ID()}); len(e.Locks) != 1 || e.Locks[0] != want {
				t.Errorf("locks %+v; want %+v", e.Locks, want)
			}
		})
	}
	s.silent(t)
}

// silent fails if the record of requests holds a key or a token.
func (s *owned) silent(t *testing.T) {
	t.Helper()
	for _, secret := range []string{s.Key(1), s.Key(2), "Bearer", "SharedKey", "eyJ"} {
		if strings.Contains(s.record.String(), secret) {
			t.Error("the record of requests holds a secret")
		}
	}
	if !strings.Contains(s.record.String(), "overgrant-") {
		t.Error("the record of requests is empty")
	}
}

func TestPoliciesAreChangedOneByOne(t *testing.T) {
	t.Parallel()
	s := newOwned(t)
	for _, service := range []string{"blob", "queue", "table"} {
		t.Run(service, func(t *testing.T) {
			o, name := s.owner(t), "holder"
			switch service {
			case "blob":
				s.PutContainer(t, name, "container")
			case "queue":
				s.PutQueue(t, name)
			case "table":
				s.PutTable(t, name)
			}
			first := map[string]string{"blob": "rl", "queue": "p", "table": "r"}[service]
			s.SetPolicies(t, service, name, map[string]string{"blob": "container"}[service],
				azurite.Policy{ID: "kept", Permissions: first, Start: "2024-01-01", Expiry: "2039-12-31"}, azurite.Policy{ID: "old & <odd>", Permissions: first, Start: "2024-01-01T07:00Z", Expiry: "2039-12-31T07:00Z"})
			want := overgrant.StoredPolicy{Permissions: first, Start: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC), Expiry: never}
			step := overgrant.Step{Service: service, Container: name, Policy: "ours", Want: &want}

			step.Deed = overgrant.EditPolicy
			if _, err := o.Do(t.Context(), step); !errors.Is(err, cloud.ErrNoPolicy) {
				t.Errorf("edit of what is not there = %v", err)
			}
			step.Deed = overgrant.AddPolicy
			if d := do(t, o, step); d.Already || d.Undo == nil || d.Undo.Deed != overgrant.DeletePolicy || !strings.Contains(d.After, "2040") {
				t.Errorf("add = %+v", d)
			}
			if d := do(t, o, step); !d.Already || d.Undo != nil {
				t.Errorf("add again = %+v; want done already", d)
			}
			other := step
			other.Want = &overgrant.StoredPolicy{Permissions: first, Start: want.Start, Expiry: never.AddDate(1, 0, 0)}
			if _, err := o.Do(t.Context(), other); !errors.Is(err, cloud.ErrConflict) {
				t.Errorf("add of another of that name = %v", err)
			}
			other.Deed, other.Want = overgrant.EditPolicy, &overgrant.StoredPolicy{Permissions: first, Start: want.Start, Expiry: time.Date(2024, 1, 2, 0, 0, 0, 0, time.UTC)}
			d := do(t, o, other)
			if d.Undo == nil || !d.Undo.Want.Expiry.Equal(never) {
				t.Errorf("end = %+v", d)
			}
			do(t, o, *d.Undo)
			step.Deed = overgrant.DeletePolicy
			do(t, o, step)
			if d := do(t, o, step); !d.Already {
				t.Errorf("delete again = %+v; want done already", d)
			}
			s.left(t, o, service, []string{"kept", "old & <odd>"})
		})
	}
}

// left fails unless a service has these policies, and what was public still is.
func (s *owned) left(t *testing.T, o cloud.Owner, service string, want []string) {
	t.Helper()
	e, err := o.Estate(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range e.Policies {
		if p.Service == service {
			got = append(got, p.ID)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("policies %q; want %q", got, want)
	}
	for _, h := range e.Holders {
		if h.Service == "blob" && h.Public != "container" {
			t.Errorf("container is public for %q; want it left as it was", h.Public)
		}
	}
}

func TestFivePoliciesAreTheLimit(t *testing.T) {
	t.Parallel()
	s := newOwned(t)
	s.PutContainer(t, "data", "")
	o := s.keyOwner(t)
	var five []azurite.Policy
	for i := range 5 {
		five = append(five, azurite.Policy{ID: fmt.Sprint("p", i), Permissions: "r"})
	}
	s.SetPolicies(t, "blob", "data", "", five...)
	step := overgrant.Step{Deed: overgrant.AddPolicy, Container: "data", Policy: "sixth", Want: &overgrant.StoredPolicy{Permissions: "r", Expiry: never}}
	if _, err := o.Do(t.Context(), step); !errors.Is(err, cloud.ErrPolicyLimit) || !strings.Contains(err.Error(), `"p4"`) {
		t.Errorf("add of a sixth = %v", err)
	}
}

// TestNoChangeIsLost has several owners add and delete policies of one container
// at the same time: each ends up as it was told.
func TestNoChangeIsLost(t *testing.T) {
	t.Parallel()
	s := newOwned(t)
	s.PutContainer(t, "data", "")
	s.SetPolicies(t, "blob", "data", "", azurite.Policy{ID: "kept", Permissions: "r"}, azurite.Policy{ID: "doomed", Permissions: "r"})
	var group sync.WaitGroup
	for i := range 3 {
		o := s.keyOwner(t)
		step := overgrant.Step{Deed: overgrant.AddPolicy, Container: "data", Policy: fmt.Sprint("new", i), Want: &overgrant.StoredPolicy{Permissions: "r", Expiry: never}}
		if i == 2 {
			step = overgrant.Step{Deed: overgrant.DeletePolicy, Container: "data", Policy: "doomed"}
		}
		group.Go(func() {
			for {
				_, err := o.Do(t.Context(), step)
				if err == nil || !errors.Is(err, cloud.ErrConflict) {
					if err != nil {
						t.Errorf("Do = %v", err)
					}
					return
				}
			}
		})
	}
	group.Wait()
	e, err := s.keyOwner(t).Estate(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range e.Policies {
		got = append(got, p.ID)
	}
	if want := []string{"kept", "new0", "new1"}; !slices.Equal(got, want) {
		t.Errorf("policies %q; want %q", got, want)
	}
}
