package share_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/cloud"
	"github.com/overgrant/overgrant/internal/share"
	"github.com/overgrant/overgrant/kind"
)

// errKilled stands for the end of the process: nothing after it is carried out.
var errKilled = errors.New("killed")

// scene is an account with policies, and a ledger. It ends after so many acts.
type scene struct {
	left     int  // acts until the end; less than 0 for none
	after    bool // the last act is carried out, and not answered
	policies map[string]overgrant.StoredPolicy
	ledger   []overgrant.Minted
	minted   int
	broken   error // what the next step of the owner fails with
}

func (s *scene) act(do func()) error {
	if s.left == 0 {
		return errKilled
	}
	if s.left--; s.left == 0 && !s.after {
		return errKilled
	}
	do()
	if s.left == 0 {
		return errKilled
	}
	return nil
}

func (s *scene) Do(_ context.Context, step overgrant.Step) (cloud.Done, error) {
	if err := s.broken; err != nil {
		s.broken = nil
		return cloud.Done{}, err
	}
	if _, there := s.policies[step.Policy]; !there && step.Deed == overgrant.EditPolicy {
		return cloud.Done{}, cloud.ErrNoPolicy
	}
	return cloud.Done{}, s.act(func() {
		if step.Deed == overgrant.DeletePolicy {
			delete(s.policies, step.Policy)
		} else {
			s.policies[step.Policy] = *step.Want
		}
	})
}

// Mint makes a link whose signature is made up.
func (s *scene) Mint(_ context.Context, w cloud.Wish) (m cloud.Minted, err error) {
	err = s.act(func() {
		s.minted++
		sum := sha256.Sum256(fmt.Appendf(nil, "%v %d", w, s.minted))
		q := url.Values{"sv": {"2022-11-02"}, "sr": {"b"}, "spr": {"https"}, "sig": {base64.StdEncoding.EncodeToString(sum[:])}}
		for name, value := range map[string]string{"si": w.Policy, "sp": w.Permissions, "sip": w.IP} {
			if value != "" {
				q.Set(name, value)
			}
		}
		if w.Policy == "" {
			q.Set("se", w.Expiry.Format(time.RFC3339))
			q.Set("st", w.Start.Format(time.RFC3339))
			for name, value := range map[string]string{"skoid": "11111111-1111-4111-8111-111111111111", "sktid": "22222222-2222-4222-8222-222222222222",
				"skt": w.Start.Format(time.RFC3339), "ske": w.Expiry.Format(time.RFC3339), "sks": "b", "skv": "2022-11-02"} {
				q.Set(name, value)
			}
		}
		m.Link, err = kind.Parse("https://contosomodels.blob.core.windows.net/" + w.Container + "/" + w.Path + "?" + q.Encode())
	})
	return m, err
}

func (s *scene) record(_ context.Context, entries []overgrant.Minted) error {
	return s.act(func() { s.ledger = append(s.ledger, entries...) })
}

func (s *scene) minter(now time.Time) *share.Minter {
	return &share.Minter{Owner: s, Record: s.record, Now: func() time.Time { return now }, Attempt: now.Format(time.RFC3339)}
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func wanted(life time.Duration) share.Want {
	at, targets, err := share.ParseTargets([]string{"models/a/", "models/b.bin"}, "contosomodels")
	if err != nil {
		panic(err)
	}
	return share.Want{Name: "demo", Owner: "ada", Purpose: "a talk", At: at, Targets: targets, Form: share.Objects, Life: life, Now: noon, Right: share.Right{Login: true}, Estate: cloud.Estate{Keys: []cloud.AccountKey{{Name: cloud.Key1}}},
		Objects: []share.Object{{Name: "a/1", Size: 1}, {Name: "a/2", Size: 2}, {Name: "b.bin", Size: 3}},
		Accepts: []overgrant.Accept{{Rule: "lives-over-a-week", Why: "a course"}}}
}

// TestKilled ends the program before and after every act of a share, and checks
// that the ledger knows of all that is in the account, and that it can all be
// taken back.
func TestKilled(t *testing.T) {
	for _, life := range []time.Duration{24 * time.Hour, 30 * 24 * time.Hour} {
		for acts := 1; ; acts++ {
			done := false
			for _, after := range []bool{false, true} {
				s := &scene{left: acts, after: after, policies: map[string]overgrant.StoredPolicy{"readers": {ID: "readers"}}}
				p, err := share.Make(wanted(life))
				if err != nil {
					t.Fatal(err)
				}
				links, err := s.minter(noon).Mint(t.Context(), p)
				done = err == nil
				if err != nil && links != nil {
					t.Errorf("%v, %d acts: links are given out that are not on record", life, acts)
				}
				checkTruth(t, s, fmt.Sprintf("%v, %d acts, after %v", life, acts, after))
			}
			if done {
				break
			}
			if acts > 50 {
				t.Fatal("it never ends")
			}
		}
	}
}

// checkTruth holds the ledger against the account.
func checkTruth(t *testing.T, s *scene, where string) {
	t.Helper()
	folded := overgrant.FoldLedger(s.ledger)
	known := map[string]bool{"readers": true}
	for _, l := range folded.Links {
		known[l.Grant.PolicyID] = true
	}
	for _, b := range folded.Begun {
		known[b.Grant.PolicyID] = true
	}
	for id := range s.policies {
		if !known[id] {
			t.Errorf("%s: the ledger does not know of the policy %s", where, id)
		}
	}
	s.left = -1
	if err := s.minter(noon.Add(time.Hour)).Revoke(t.Context(), share.Revoke(folded, noon.Add(time.Hour))); err != nil {
		t.Errorf("%s: revoke: %v", where, err)
	}
	folded = overgrant.FoldLedger(s.ledger)
	if len(s.policies) != 1 || len(folded.Begun) > 0 {
		t.Errorf("%s: after revoke stand %d policies, begun %d", where, len(s.policies), len(folded.Begun))
	}
	for _, l := range folded.Links {
		if l.Grant.PolicyID != "" && l.Revoked.IsZero() {
			t.Errorf("%s: a link is not revoked in the ledger", where)
		}
	}
}

// TestKilledExtension ends the program before and after every act of an
// extension.
func TestKilledExtension(t *testing.T) {
	for acts := 1; acts <= 4; acts++ {
		for _, after := range []bool{false, true} {
			s := &scene{left: -1, policies: map[string]overgrant.StoredPolicy{}}
			p, err := share.Make(wanted(30 * 24 * time.Hour))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.minter(noon).Mint(t.Context(), p); err != nil {
				t.Fatal(err)
			}
			extend := func(at time.Time) error {
				x, err := share.Extend(overgrant.FoldLedger(s.ledger), share.Renewal{Now: at, Life: 60 * 24 * time.Hour})
				if err != nil {
					t.Fatal(err)
				}
				there := cloud.Policy{Service: cloud.Blob, Container: "models", StoredPolicy: s.policies[p.Policy.ID]}
				if err := x.Keep([]cloud.Policy{there}); err != nil {
					t.Fatal(err)
				}
				return s.minter(at).Extend(t.Context(), x)
			}
			s.left, s.after = acts, after
			err = extend(noon.Add(time.Hour))
			folded := overgrant.FoldLedger(s.ledger)
			if have := s.policies[p.Policy.ID].Expiry; !have.Equal(folded.Expiry) && !slices.ContainsFunc(folded.Begun, func(b overgrant.Minted) bool { return b.Expiry.Equal(have) }) {
				t.Errorf("%d acts, after %v: the policy ends %v, of which the ledger knows nothing", acts, after, have)
			}
			if s.left = -1; err == nil {
				continue
			}
			if err := extend(noon.Add(2 * time.Hour)); err != nil {
				t.Errorf("%d acts: again: %v", acts, err)
			}
			folded = overgrant.FoldLedger(s.ledger)
			if want := s.policies[p.Policy.ID]; len(folded.Begun) > 0 || !folded.Expiry.Equal(want.Expiry) || want.Permissions != "r" {
				t.Errorf("%d acts: after it was done again: %+v, begun %d", acts, want, len(folded.Begun))
			}
		}
	}
}

// TestUndone fails in the middle of a share that goes on running.
func TestUndone(t *testing.T) {
	p, err := share.Make(wanted(30 * 24 * time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	s := &scene{left: -1, policies: map[string]overgrant.StoredPolicy{}, broken: cloud.ErrPolicyLimit}
	if _, err := s.minter(noon).Mint(t.Context(), p); !errors.Is(err, cloud.ErrPolicyLimit) {
		t.Errorf("Mint = %v; want ErrPolicyLimit", err)
	}
	if f := overgrant.FoldLedger(s.ledger); len(f.Begun) != 0 || len(f.Links) != 0 {
		t.Errorf("the ledger says %+v", f)
	}
	m := s.minter(noon)
	m.Seal = func(context.Context, overgrant.Link) error { return errors.New("the vault is full") }
	if links, err := m.Mint(t.Context(), p); err == nil || links != nil || len(s.policies) != 0 {
		t.Errorf("Mint with a vault that fails = %v, %v, policies %v", links, err, s.policies)
	}
	if f := overgrant.FoldLedger(s.ledger); len(f.Begun) != 0 || len(f.Links) != 0 {
		t.Errorf("the ledger says %+v", f)
	}
}
