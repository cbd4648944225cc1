package azure

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/cloud"
)

// How long a change takes to hold everywhere.
//
// Source: "Define a stored access policy": up to 30 seconds. "Prevent Shared Key
// authorization" and "Remediate anonymous read access" warn that some requests
// may be taken for a while, and give no figure; minutes were seen. Delegation
// keys are cached, for how long is not documented.
const (
	policyHolds  = 30 * time.Second
	settingHolds = 10 * time.Minute
)

// Do takes one step.
func (o *owner) Do(ctx context.Context, s overgrant.Step) (cloud.Done, error) {
	ctx, cancel := context.WithTimeout(ctx, armTimeout)
	defer cancel()
	if s.Account != "" && s.Account != o.name {
		return cloud.Done{}, fmt.Errorf("do %s: %w: the step is about another account", s.Deed, cloud.ErrNotOurs)
	}
	do := map[overgrant.Deed]func(context.Context, overgrant.Step) (cloud.Done, error){
		overgrant.AddPolicy: o.doPolicy, overgrant.EditPolicy: o.doPolicy, overgrant.DeletePolicy: o.doPolicy,
		overgrant.CloseContainer:       o.closeContainer,
		overgrant.SetExpirationPolicy:  o.setExpiration,
		overgrant.RotateKey:            o.rotate,
		overgrant.RevokeDelegationKeys: o.revoke,
		overgrant.DisableSharedKey:     o.setSwitch, overgrant.EnableSharedKey: o.setSwitch,
		overgrant.DisablePublicAccess: o.setSwitch, overgrant.EnablePublicAccess: o.setSwitch,
	}[s.Deed]
	if do == nil {
		return cloud.Done{}, fmt.Errorf("do %.40q: %w: no such deed", s.Deed, cloud.ErrBadStep)
	}
	done, err := do(ctx, s)
	if err != nil {
		return cloud.Done{}, fmt.Errorf("%s of account %s: %w", strings.ReplaceAll(string(s.Deed), "_", " "), o.name, err)
	}
	done.At = o.opt.Now().UTC()
	if done.Already {
		done.Undo, done.Within = nil, 0
	}
	if done.Undo != nil {
		done.Undo.Account = o.name
	}
	return done, nil
}

// maxPolicyID is the longest name of a policy.
//
// Source: Azure Storage REST reference, "Define a stored access policy".
const maxPolicyID = 64

// doPolicy adds, edits or deletes one stored access policy.
func (o *owner) doPolicy(ctx context.Context, s overgrant.Step) (cloud.Done, error) {
	h := holder{cmp.Or(s.Service, blobs), s.Container}
	if err := h.check(); err != nil {
		return cloud.Done{}, err
	}
	if s.Policy == "" || len([]rune(s.Policy)) > maxPolicyID {
		return cloud.Done{}, fmt.Errorf("%w: a policy has a name of 1 to %d characters", cloud.ErrBadStep, maxPolicyID)
	}
	var want *overgrant.StoredPolicy
	if s.Deed != overgrant.DeletePolicy {
		if s.Want == nil || s.Want.ID != "" && s.Want.ID != s.Policy {
			return cloud.Done{}, fmt.Errorf("%w: it does not say what the policy %q is to say", cloud.ErrBadStep, s.Policy)
		}
		p := *s.Want
		p.ID, p.Permissions = s.Policy, inOrder(h.service, p.Permissions)
		want = &p
	}
	var done cloud.Done
	err := o.change(ctx, h, func(ids *identifiers) (bool, error) {
		done = cloud.Done{Within: policyHolds, Before: tellPolicy(nil), After: tellPolicy(want)}
		i := ids.index(s.Policy)
		var had *overgrant.StoredPolicy
		if i >= 0 {
			had = &ids.all[i].policy
			done.Before = tellPolicy(had)
		}
		done.Already = had == nil && want == nil || had != nil && want != nil && equalPolicy(*had, *want)
		if done.Already {
			return false, nil
		}
		done.Undo = undoPolicy(h, s, had)
		return true, ids.apply(s, i, want)
	})
	return done, err
}

// apply puts want in place of the policy at i, which is -1 if there is none.
func (ids *identifiers) apply(s overgrant.Step, i int, want *overgrant.StoredPolicy) error {
	switch {
	case s.Deed == overgrant.AddPolicy && i >= 0:
		return fmt.Errorf("%w: there is another policy %q already", cloud.ErrConflict, s.Policy)
	case s.Deed == overgrant.AddPolicy && len(ids.all) >= cloud.MaxPolicies:
		return fmt.Errorf("%w; delete one of %s", cloud.ErrPolicyLimit, ids.names())
	case s.Deed == overgrant.EditPolicy && i < 0:
		return fmt.Errorf("%w: %q", cloud.ErrNoPolicy, s.Policy)
	case want == nil:
		ids.all = append(ids.all[:i:i], ids.all[i+1:]...)
	case i < 0:
		ids.all = append(ids.all, newIdentifier(*want))
	default:
		ids.all[i] = newIdentifier(*want)
	}
	return nil
}

func (ids *identifiers) names() string {
	var all []string
	for _, id := range ids.all {
		all = append(all, fmt.Sprintf("%q", id.policy.ID))
	}
	return strings.Join(all, ", ")
}

// undoPolicy returns the step that brings a policy back to what it was.
func undoPolicy(h holder, s overgrant.Step, had *overgrant.StoredPolicy) *overgrant.Step {
	undo := &overgrant.Step{Deed: overgrant.DeletePolicy, Service: h.service, Container: h.name, Policy: s.Policy}
	if had == nil {
		return undo
	}
	was := *had
	undo.Deed, undo.Want = overgrant.EditPolicy, &was
	if s.Deed == overgrant.DeletePolicy {
		undo.Deed = overgrant.AddPolicy
	}
	return undo
}

// tellPolicy says in words what a policy says.
func tellPolicy(p *overgrant.StoredPolicy) string {
	if p == nil {
		return "no such policy"
	}
	words := []string{"permissions " + cmp.Or(p.Permissions, "left to the link")}
	if !p.Start.IsZero() {
		words = append(words, "from "+p.Start.UTC().Format(time.RFC3339))
	}
	if p.Expiry.IsZero() {
		return strings.Join(append(words, "until the link says"), ", ")
	}
	return strings.Join(append(words, "until "+p.Expiry.UTC().Format(time.RFC3339)), ", ")
}

// closeContainer ends anonymous access to a container and keeps its policies.
func (o *owner) closeContainer(ctx context.Context, s overgrant.Step) (cloud.Done, error) {
	h := holder{blobs, s.Container}
	if err := h.check(); err != nil || s.Service != "" && s.Service != blobs {
		return cloud.Done{}, fmt.Errorf("%w: only containers of blobs are ever public", cloud.ErrBadStep)
	}
	var done cloud.Done
	err := o.change(ctx, h, func(ids *identifiers) (bool, error) {
		done = cloud.Done{Before: tellPublic(ids.public), After: tellPublic(""), Already: ids.public == "", Within: policyHolds}
		ids.public = ""
		return !done.Already, nil
	})
	return done, err
}

func tellPublic(level string) string {
	switch level {
	case "":
		return "anybody may read nothing"
	case "blob":
		return "anybody may read blobs whose name is known"
	}
	return "anybody may list and read all blobs"
}

// isMissing reports whether err says that what was asked for is not there.
func isMissing(err error) bool { return statusOf(err) == http.StatusNotFound }
