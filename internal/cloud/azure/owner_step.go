package azure

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/storage/armstorage"

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

// rotate makes one key anew. The key that is to go is named by its hash, so that
// doing it again does not make the new one anew.
func (o *owner) rotate(ctx context.Context, s overgrant.Step) (cloud.Done, error) {
	if s.Key != cloud.Key1 && s.Key != cloud.Key2 || len(s.KeyHash) != 64 {
		return cloud.Done{}, fmt.Errorf("%w: it does not name key1 or key2 and the hash of the key that is to go", cloud.ErrBadStep)
	}
	keys, err := o.readAnew(ctx)
	if err != nil {
		return cloud.Done{}, err
	}
	now, ok := keyNamed(keys, s.Key)
	if !ok {
		return cloud.Done{}, fmt.Errorf("the account has no %s", s.Key)
	}
	if hash := keyHash(now.secret); !strings.EqualFold(hash, s.KeyHash) {
		return cloud.Done{Already: true, Before: tellKey(now), After: tellKey(now), KeyHash: hash}, nil
	}
	h, err := o.locate(ctx)
	if err != nil {
		return cloud.Done{}, err
	}
	client, err := o.arm.accounts(h.subscription)
	if err != nil {
		return cloud.Done{}, err
	}
	answer, err := client.RegenerateKey(ctx, h.group, h.name, armstorage.AccountRegenerateKeyParameters{KeyName: to.Ptr(s.Key)}, nil)
	if err != nil {
		return cloud.Done{}, armError(err, "Microsoft.Storage/storageAccounts/regeneratekey/action")
	}
	after, ok := keyNamed(readKeys(answer.Keys), s.Key)
	if !ok || keyHash(after.secret) == keyHash(now.secret) {
		return cloud.Done{}, fmt.Errorf("the service says that it made %s anew, and names the old one", s.Key)
	}
	o.remember(readKeys(answer.Keys))
	return cloud.Done{Before: tellKey(now), After: tellKey(after), KeyHash: keyHash(after.secret)}, nil
}

func keyNamed(keys []armKey, name string) (armKey, bool) {
	for _, k := range keys {
		if k.name == name {
			return k, true
		}
	}
	return armKey{}, false
}

// tellKey names a key by the start of its hash.
func tellKey(k armKey) string {
	text := k.name + " " + shortHash(keyHash(k.secret))
	if !k.created.IsZero() {
		text += " made " + k.created.Format(time.RFC3339)
	}
	return text
}

// revoke ends all user delegation keys.
func (o *owner) revoke(ctx context.Context, _ overgrant.Step) (cloud.Done, error) {
	h, err := o.locate(ctx)
	if err != nil {
		return cloud.Done{}, err
	}
	client, err := o.arm.accounts(h.subscription)
	if err != nil {
		return cloud.Done{}, err
	}
	if _, err := client.RevokeUserDelegationKeys(ctx, h.group, h.name, nil); err != nil {
		return cloud.Done{}, armError(err, "Microsoft.Storage/storageAccounts/revokeUserDelegationKeys/action")
	}
	o.mu.Lock()
	o.signer = delegation{}
	o.mu.Unlock()
	return cloud.Done{Before: "user delegation keys handed out so far are taken", After: "none that was handed out before now is", Within: settingHolds}, nil
}

// settings reads the account's settings. Properties are never nil.
func (o *owner) settings(ctx context.Context) (armAccount, armstorage.Account, error) {
	h, err := o.locate(ctx)
	if err != nil {
		return h, armstorage.Account{}, err
	}
	client, err := o.arm.accounts(h.subscription)
	if err != nil {
		return h, armstorage.Account{}, err
	}
	answer, err := client.GetProperties(ctx, h.group, h.name, nil)
	if err != nil {
		return h, answer.Account, armError(err, "Microsoft.Storage/storageAccounts/read")
	}
	if answer.Properties == nil {
		answer.Properties = &armstorage.AccountProperties{}
	}
	return h, answer.Account, nil
}

// update changes settings, and nothing that is not given.
func (o *owner) update(ctx context.Context, p armstorage.AccountPropertiesUpdateParameters) error {
	h, err := o.locate(ctx)
	if err != nil {
		return err
	}
	client, err := o.arm.accounts(h.subscription)
	if err != nil {
		return err
	}
	if _, err := client.Update(ctx, h.group, h.name, armstorage.AccountUpdateParameters{Properties: &p}, nil); err != nil {
		return armError(err, "Microsoft.Storage/storageAccounts/write")
	}
	return nil
}

// setSwitch turns one of the two switches.
func (o *owner) setSwitch(ctx context.Context, s overgrant.Step) (cloud.Done, error) {
	_, account, err := o.settings(ctx)
	if err != nil {
		return cloud.Done{}, err
	}
	p := account.Properties
	shared := s.Deed == overgrant.DisableSharedKey || s.Deed == overgrant.EnableSharedKey
	on := s.Deed == overgrant.EnableSharedKey || s.Deed == overgrant.EnablePublicAccess
	var is bool
	var change armstorage.AccountPropertiesUpdateParameters
	var undo, what = overgrant.Deed(""), ""
	if shared {
		is, change.AllowSharedKeyAccess, what = sharedKeyOn(p) == cloud.On, &on, "account keys and what they signed are "
		undo = map[bool]overgrant.Deed{true: overgrant.DisableSharedKey, false: overgrant.EnableSharedKey}[on]
	} else {
		is, change.AllowBlobPublicAccess, what = publicOn(p) == cloud.On, &on, "public containers are "
		undo = map[bool]overgrant.Deed{true: overgrant.DisablePublicAccess, false: overgrant.EnablePublicAccess}[on]
	}
	words := map[bool]string{true: what + "allowed", false: what + "refused"}
	done := cloud.Done{Before: words[is], After: words[on], Already: is == on, Within: settingHolds, Undo: &overgrant.Step{Deed: undo}}
	if done.Already {
		return done, nil
	}
	return done, o.update(ctx, change)
}

// sharedKeyOn reads a switch that is on until it is set.
//
// Source: specification of Microsoft.Storage: "The default value is null, which
// is equivalent to true."
func sharedKeyOn(p *armstorage.AccountProperties) cloud.Switch {
	if p.AllowSharedKeyAccess != nil && !*p.AllowSharedKeyAccess {
		return cloud.Off
	}
	return cloud.On
}

// publicOn reads a switch that was on by default until 2023, and off since; the
// answer says which.
func publicOn(p *armstorage.AccountProperties) cloud.Switch {
	if p.AllowBlobPublicAccess != nil && !*p.AllowBlobPublicAccess {
		return cloud.Off
	}
	return cloud.On
}

// setExpiration sets or removes the account's policy on how long signatures may
// last.
func (o *owner) setExpiration(ctx context.Context, s overgrant.Step) (cloud.Done, error) {
	if s.Period < 0 || s.Period%time.Second != 0 {
		return cloud.Done{}, fmt.Errorf("%w: the period is no whole number of seconds", cloud.ErrBadStep)
	}
	_, account, err := o.settings(ctx)
	if err != nil {
		return cloud.Done{}, err
	}
	p := account.Properties
	had := readExpiration(p.SasPolicy)
	var want *cloud.Expiration
	change := armstorage.AccountPropertiesUpdateParameters{SasPolicy: azcore.NullValue[*armstorage.SasPolicy]()}
	if s.Period > 0 {
		want = &cloud.Expiration{Period: s.Period, Action: cloud.Block}
		change.SasPolicy = &armstorage.SasPolicy{SasExpirationPeriod: to.Ptr(writePeriod(s.Period)), ExpirationAction: to.Ptr(armstorage.ExpirationActionBlock)}
	}
	done := cloud.Done{Before: tellExpiration(had), After: tellExpiration(want), Within: settingHolds}
	if had == nil && want == nil || had != nil && want != nil && *had == *want {
		done.Already = true
		return done, nil
	}
	if k := p.KeyCreationTime; want != nil && (k == nil || k.Key1 == nil || k.Key2 == nil) {
		return cloud.Done{}, fmt.Errorf("%w: the service takes no such policy while it does not know how old the keys are", cloud.ErrOldKeys)
	}
	if had == nil || had.Action == cloud.Block { // one that only logs cannot be said in a step
		done.Undo = &overgrant.Step{Deed: overgrant.SetExpirationPolicy}
		if had != nil {
			done.Undo.Period = had.Period
		}
	}
	return done, o.update(ctx, change)
}

func tellExpiration(e *cloud.Expiration) string {
	if e == nil {
		return "signatures may last for ever"
	}
	verb := "are noted in the log"
	if e.Action == cloud.Block {
		verb = "are refused"
	}
	return "signatures that last longer than " + e.Period.String() + " " + verb
}

// writePeriod writes a period as DD.HH:MM:SS.
func writePeriod(d time.Duration) string {
	s := int64(d / time.Second)
	return fmt.Sprintf("%d.%02d:%02d:%02d", s/86400, s/3600%24, s/60%60, s%60)
}

// readExpiration reads the account's policy; nil if there is none.
func readExpiration(p *armstorage.SasPolicy) *cloud.Expiration {
	if p == nil || p.SasExpirationPeriod == nil {
		return nil
	}
	var days, hours, minutes, seconds int64
	text := *p.SasExpirationPeriod
	if _, err := fmt.Sscanf(text, "%d.%d:%d:%d", &days, &hours, &minutes, &seconds); err != nil {
		if days = 0; true {
			if _, err := fmt.Sscanf(text, "%d:%d:%d", &hours, &minutes, &seconds); err != nil {
				return nil
			}
		}
	}
	e := &cloud.Expiration{Action: cloud.Log, Period: time.Duration(days*86400+hours*3600+minutes*60+seconds) * time.Second}
	if p.ExpirationAction != nil {
		e.Action = string(*p.ExpirationAction)
	}
	return e
}

// isMissing reports whether err says that what was asked for is not there.
func isMissing(err error) bool { return statusOf(err) == http.StatusNotFound }
