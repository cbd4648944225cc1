package remedy

import (
	"errors"
	"fmt"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/cloud"
)

// Errors of Ready. They are told to the user with what to do next.
var (
	ErrOpen     = errors.New("an attempt is open")
	ErrBothKeys = errors.New("both keys of an account are never replaced in one go")
	ErrNot      = errors.New("the route cannot be taken")
)

// moving is how long clients have to move to the key that was not replaced
// before that one may be replaced too without a word.
const moving = 24 * time.Hour

// Moved says whether somebody saw to it that clients use the key that was made
// anew.
type Moved bool

// Ready reports whether a route may be begun for a case: ErrNot where it cannot
// be taken, ErrOpen where another attempt was not brought to an end, ErrBothKeys
// where it would leave the clients of an account without a key that works.
func Ready(id string, r *overgrant.Route, k Known, moved Moved) error {
	if r.Not != "" || len(r.Steps) == 0 {
		return fmt.Errorf("%w: %s: %s", ErrNot, r.Name, r.Not)
	}
	if err := oneKey(r); err != nil {
		return err
	}
	for _, c := range k.Cases {
		attempts := overgrant.Attempts(c.Remedies)
		for i := range attempts {
			if err := apart(id, r, &attempts[i], k.Now, moved); err != nil {
				return err
			}
		}
	}
	return nil
}

// oneKey refuses a route that replaces two keys.
func oneKey(r *overgrant.Route) error {
	n := 0
	for i := range r.Steps {
		if r.Steps[i].Deed == overgrant.RotateKey {
			n++
		}
	}
	if n > 1 {
		return fmt.Errorf("%w: replace one, move clients to it, then replace the other in an attempt of its own", ErrBothKeys)
	}
	return nil
}

// apart refuses a route that would run into an attempt that was made before.
func apart(id string, r *overgrant.Route, a *overgrant.Attempt, now time.Time, moved Moved) error {
	if a.Open() && a.Case == id {
		return fmt.Errorf("%w for this case: overgrant revoke %.12s --resume goes on with it, --give-up ends it", ErrOpen, id)
	}
	_, carried := a.Carried()
	if a.Open() && !carried && len(a.Taken) > 0 {
		return fmt.Errorf("%w for case %.12s of the same account, and it is not known how far it came: overgrant revoke %[2]s --resume finds out", ErrOpen, a.Case)
	}
	for _, other := range rotations(a) {
		for i := range r.Steps {
			s := &r.Steps[i]
			if s.Deed != overgrant.RotateKey || s.Key == other.key || s.Account != other.account || bool(moved) || now.Sub(other.at) >= moving {
				continue
			}
			return fmt.Errorf("%w: %s was replaced at %s for case %.12s; move all clients to it first, then say so with --clients-moved",
				ErrBothKeys, other.key, other.at.UTC().Format(time.RFC3339), a.Case)
		}
	}
	return nil
}

// rotation is a key that an attempt replaced.
type rotation struct {
	account, key string
	at           time.Time
}

func rotations(a *overgrant.Attempt) (all []rotation) {
	if a.Route == nil {
		return nil
	}
	for _, t := range a.Taken {
		if t.Step < 1 || t.Step > len(a.Route.Steps) || t.State == overgrant.Failed {
			continue
		}
		if s := &a.Route.Steps[t.Step-1]; s.Deed == overgrant.RotateKey {
			at := t.Done
			if at.IsZero() {
				at = t.Begun
			}
			all = append(all, rotation{s.Account, s.Key, at})
		}
	}
	return all
}

// refusals are answers that say for certain that a step was not carried out.
var refusals = []error{cloud.ErrNoRights, cloud.ErrLocked, cloud.ErrPolicyLimit, cloud.ErrNotOurs, cloud.ErrNoAccount,
	cloud.ErrNoLogin, cloud.ErrNoPolicy, cloud.ErrBadStep, cloud.ErrClockSkew}

// refused reports whether err says for certain that the step that it answers was
// not carried out.
func refused(err error) bool {
	for _, r := range refusals {
		if errors.Is(err, r) {
			return true
		}
	}
	return false
}
