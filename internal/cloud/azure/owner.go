package azure

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/cloud"
	"github.com/overgrant/overgrant/internal/wire"
	"github.com/overgrant/overgrant/kind"
)

// OwnerDriver opens storage accounts for their owner.
var OwnerDriver = cloud.OwnerDriver{
	Name:  "azure",
	Doc:   "Azure Storage: stored access policies, account keys, delegation keys and the settings of an account; links of user delegation and links bound to a policy.",
	Opens: func(g overgrant.Grant) bool { return opens(g) && g.Kind != "disk_export_sas" },
	Own: func(l overgrant.Link, opt cloud.OwnerOptions) (cloud.Owner, error) {
		return Own(l, opt, nil)
	},
}

// owner is the owner's door to one account. It is safe for concurrent use.
type owner struct {
	*account
	opt        cloud.OwnerOptions
	door       *wire.OwnerDoor
	arm        *manager               // nil without a login
	credential azcore.TokenCredential // nil without a login

	mu     sync.Mutex
	held   armAccount      // as the resource manager names it; zero until it was looked for
	keys   []armKey        // as they were read last
	how    map[string]mode // by service: what was taken there last
	skew   time.Duration   // that the service is ahead of us
	timed  bool            // skew was read
	signer delegation      // the user delegation key that was got last
}

// Own returns the owner's door to the account that l leads to, as
// OwnerDriver.Own does, with a credential in place of the machine's login where
// it is not nil.
func Own(l overgrant.Link, opt cloud.OwnerOptions, credential azcore.TokenCredential) (cloud.Owner, error) {
	if len(opt.Keys) == 0 && opt.Login == cloud.NoLogin && credential == nil {
		return nil, fmt.Errorf("own account: %w; give a login or an account key", cloud.ErrNotOurs)
	}
	a, err := ownedAccount(l, opt)
	if err != nil {
		return nil, fmt.Errorf("own account: %w", err)
	}
	for i, k := range opt.Keys {
		if _, err := readKey(k.Reveal()); err != nil {
			return nil, fmt.Errorf("own account %s: key %d: %w", a.name, i+1, err)
		}
	}
	o := &owner{account: a, opt: opt, how: map[string]mode{}}
	premises := wire.Premises{Account: a.name, Hosts: a.bound()}
	if opt.Login == cloud.NoLogin && credential == nil {
		if o.door, err = opt.Client.Bind(premises); err != nil {
			return nil, foreignHost(err)
		}
		return o, nil
	}
	of := cloudOf(a.ends[blobs].host, opt)
	if o.door, err = bindOwner(opt.Client, of, premises); err != nil {
		return nil, foreignHost(err)
	}
	if o.arm, err = newManager(of, o.door, opt, credential); err != nil {
		return nil, fmt.Errorf("own account %s: %w", a.name, err)
	}
	o.credential = o.arm.credential
	return o, nil
}

func foreignHost(err error) error {
	if errors.Is(err, wire.ErrForeign) || errors.Is(err, wire.ErrPrivate) {
		err = fmt.Errorf("%w: %w", cloud.ErrHost, err)
	}
	return fmt.Errorf("own account: %w", err)
}

// ownedAccount works out which account a link leads to, and forgets what the
// link would grant: its bearer is not its owner.
func ownedAccount(l overgrant.Link, opt cloud.OwnerOptions) (*account, error) {
	parts := kind.Take(l)
	if parts.Address.Reveal() == "" && len(parts.Settings) == 0 && l.Grant.Kind != anonymous {
		l.Secret = overgrant.NewSecret("")
	}
	l.Grant.Kind = anonymous
	if len(l.Grant.Services) != 1 {
		l.Grant.Services = []string{blobs}
	}
	a, err := readAccount(l, cloud.Options{AllowHosts: opt.AllowHosts, Account: opt.Account}, nil)
	if err != nil {
		return nil, err
	}
	a.key, a.token = nil, overgrant.NewSecret("")
	if e, ok := a.ends[unknown]; ok {
		delete(a.ends, unknown)
		if _, known := a.ends[blobs]; !known {
			a.ends[blobs] = e
		}
	}
	for service := range a.ends {
		if service != dfs && wireServices[service] == wire.Unknown { // copies in another region take no changes
			delete(a.ends, service)
		}
	}
	if !isAccountName(a.name) {
		return nil, fmt.Errorf("%w: the text has no account name; give the name with --account", cloud.ErrIncomplete)
	}
	return a, nil
}

// keyHash returns the SHA-256 of a key, decoded, in hex.
func keyHash(key overgrant.Secret) string {
	raw, err := base64.StdEncoding.DecodeString(key.Reveal())
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// shortHash is a hash as it is told to people.
func shortHash(hash string) string { return hash[:min(len(hash), 12)] }

// locate looks the account up at the resource manager, once.
func (o *owner) locate(ctx context.Context) (armAccount, error) {
	o.mu.Lock()
	known := o.held
	o.mu.Unlock()
	if known.id != "" {
		return known, nil
	}
	if o.arm == nil {
		return armAccount{}, fmt.Errorf("%w: an account key does not reach the resource manager; give a login", cloud.ErrNotOurs)
	}
	h, err := o.arm.find(ctx, o.name)
	if err != nil {
		return armAccount{}, fmt.Errorf("find account %s: %w", o.name, err)
	}
	o.mu.Lock()
	o.held = h
	o.mu.Unlock()
	return h, nil
}

// readAnew asks the resource manager for the keys.
func (o *owner) readAnew(ctx context.Context) ([]armKey, error) {
	h, err := o.locate(ctx)
	if err != nil {
		return nil, err
	}
	keys, err := o.arm.keys(ctx, h)
	if err != nil {
		return nil, err
	}
	o.remember(keys)
	return keys, nil
}

func (o *owner) remember(keys []armKey) {
	o.mu.Lock()
	o.keys = keys
	o.mu.Unlock()
}

// known returns the keys: those that were given, else those that the resource
// manager gives, asked once.
func (o *owner) known(ctx context.Context) ([]armKey, error) {
	if len(o.opt.Keys) > 0 {
		var keys []armKey
		for i, k := range o.opt.Keys {
			text, err := readKey(k.Reveal())
			if err != nil {
				return nil, err
			}
			keys = append(keys, armKey{name: fmt.Sprintf("key%d", i+1), secret: text})
		}
		return keys, nil
	}
	o.mu.Lock()
	keys := o.keys
	o.mu.Unlock()
	if len(keys) > 0 {
		return keys, nil
	}
	return o.readAnew(ctx)
}

// named returns the keys under the names that the resource manager has for them,
// where it tells. Keys that were given come without: one alone may be either.
func (o *owner) named(ctx context.Context) ([]armKey, error) {
	o.mu.Lock()
	keys := o.keys
	o.mu.Unlock()
	if o.arm != nil && len(keys) == 0 {
		keys, _ = o.readAnew(ctx) // those that were given are all that is left
	}
	if len(keys) > 0 {
		return keys, nil
	}
	return o.known(ctx)
}

// SignedBy tells which key made a link.
func (o *owner) SignedBy(ctx context.Context, l overgrant.Link) (string, error) {
	keys, err := o.named(ctx)
	if err != nil {
		return "", fmt.Errorf("tell which key made the link: %w", err)
	}
	for _, k := range keys {
		if _, ok := kind.Matches(l, k.secret); ok {
			return k.name, nil
		}
		if text, ok := keyOf(l); ok && sameKey(text, k.secret) {
			return k.name, nil
		}
	}
	return "", nil
}

// keyOf returns the account key that a link is.
func keyOf(l overgrant.Link) (overgrant.Secret, bool) {
	text := kind.Take(l).Settings["accountkey"]
	return text, text.Reveal() != ""
}

// tolerated is the clock skew that the service tolerates.
//
// Source: Azure Storage REST reference, "Create a service SAS": up to 15 minutes
// either way.
const tolerated = 15 * time.Minute

// heardAt notes how far the service's clock is ahead of ours. The emulator gives
// as the time of some answers when what it names was changed last.
func (o *owner) heardAt(h http.Header) {
	at, err := http.ParseTime(h.Get("Date"))
	if err != nil || h.Get("Date") == h.Get("Last-Modified") {
		return
	}
	o.mu.Lock()
	o.skew, o.timed = at.Sub(o.opt.Now()).Truncate(time.Second), true
	o.mu.Unlock()
}

// checkClock fails with ErrClockSkew if the clocks are known to be too far
// apart.
func (o *owner) checkClock() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.timed && o.skew.Abs() > tolerated {
		return fmt.Errorf("%w: the service is %v ahead; set the clock", cloud.ErrClockSkew, o.skew)
	}
	return nil
}
