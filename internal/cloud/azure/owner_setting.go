package azure

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/storage/armstorage"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/cloud"
)

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
	h, client, err := o.managed(ctx)
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
	h, client, err := o.managed(ctx)
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

// managed returns the account as the resource manager knows it, and the client
// that changes it.
func (o *owner) managed(ctx context.Context) (armAccount, *armstorage.AccountsClient, error) {
	h, err := o.locate(ctx)
	if err != nil {
		return h, nil, err
	}
	client, err := o.arm.accounts(h.subscription)
	return h, client, err
}

// settings reads the account's settings. Properties are never nil.
func (o *owner) settings(ctx context.Context) (armAccount, armstorage.Account, error) {
	h, client, err := o.managed(ctx)
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
	h, client, err := o.managed(ctx)
	if err != nil {
		return err
	}
	if _, err := client.Update(ctx, h.group, h.name, armstorage.AccountUpdateParameters{Properties: &p}, nil); err != nil {
		return armError(err, "Microsoft.Storage/storageAccounts/write")
	}
	return nil
}

// turn is what a step does with a switch.
type turn struct {
	read func(*armstorage.AccountProperties) cloud.Switch
	set  func(*armstorage.AccountPropertiesUpdateParameters, *bool)
	to   cloud.Switch
	what string
	undo overgrant.Deed
}

var turns = map[overgrant.Deed]turn{
	overgrant.DisableSharedKey:    {sharedKeyOn, setSharedKey, cloud.Off, sharedKeyWords, overgrant.EnableSharedKey},
	overgrant.EnableSharedKey:     {sharedKeyOn, setSharedKey, cloud.On, sharedKeyWords, overgrant.DisableSharedKey},
	overgrant.DisablePublicAccess: {publicOn, setPublic, cloud.Off, publicWords, overgrant.EnablePublicAccess},
	overgrant.EnablePublicAccess:  {publicOn, setPublic, cloud.On, publicWords, overgrant.DisablePublicAccess},
}

const (
	sharedKeyWords = "account keys and what they signed are "
	publicWords    = "public containers are "
)

func setSharedKey(p *armstorage.AccountPropertiesUpdateParameters, on *bool) {
	p.AllowSharedKeyAccess = on
}

func setPublic(p *armstorage.AccountPropertiesUpdateParameters, on *bool) {
	p.AllowBlobPublicAccess = on
}

// switchWords say how a switch stands.
var switchWords = map[cloud.Switch]string{cloud.On: "allowed", cloud.Off: "refused"}

// setSwitch turns one of the two switches.
func (o *owner) setSwitch(ctx context.Context, s overgrant.Step) (cloud.Done, error) {
	_, account, err := o.settings(ctx)
	if err != nil {
		return cloud.Done{}, err
	}
	t := turns[s.Deed]
	is := t.read(account.Properties)
	done := cloud.Done{Before: t.what + switchWords[is], After: t.what + switchWords[t.to], Already: is == t.to, Within: settingHolds, Undo: &overgrant.Step{Deed: t.undo}}
	if done.Already {
		return done, nil
	}
	var change armstorage.AccountPropertiesUpdateParameters
	t.set(&change, to.Ptr(t.to == cloud.On))
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
	if !strings.Contains(text, ".") {
		text = "0." + text
	}
	if n, err := fmt.Sscanf(text, "%d.%d:%d:%d", &days, &hours, &minutes, &seconds); err != nil || n != 4 || days < 0 || days > 100_000 {
		return nil
	}
	e := &cloud.Expiration{Action: cloud.Log, Period: time.Duration(days*86400+hours*3600+minutes*60+seconds) * time.Second}
	if p.ExpirationAction != nil {
		e.Action = string(*p.ExpirationAction)
	}
	return e
}
