package azure

import (
	"cmp"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/cloud"
	"github.com/overgrant/overgrant/kind"
)

// signVersion is the version whose layouts links are signed in. Its layout of
// 2020-12-06 is the newest that service and user delegation SAS of every cloud
// take.
const signVersion = "2022-11-02"

// longestDelegation is how long a user delegation key may last.
//
// Source: Azure Storage REST reference, "Get User Delegation Key".
const longestDelegation = 7 * 24 * time.Hour

// delegation is a user delegation key.
type delegation struct {
	Object  string           `xml:"SignedOid"`
	Tenant  string           `xml:"SignedTid"`
	Start   string           `xml:"SignedStart"`
	Expiry  string           `xml:"SignedExpiry"`
	Service string           `xml:"SignedService"`
	Version string           `xml:"SignedVersion"`
	key     overgrant.Secret // base64
	from    time.Time
	until   time.Time
}

// permissionLetters are the permissions of each service, in the order in which links have
// them.
//
// Source: Azure Storage REST reference, "Create a service SAS", "Specify
// permissions".
var permissionLetters = map[string]string{blobs: "racwdxyltmeopi", files: "rcwdl", queues: "raup", tables: "raud"}

// inOrder puts permissions in the order that the service wants, each once.
// Letters that it does not have come last, as they are: it refuses them itself.
func inOrder(service, permissions string) string {
	var b strings.Builder
	for _, l := range permissionLetters[service] {
		if strings.ContainsRune(permissions, l) {
			b.WriteRune(l)
		}
	}
	for _, l := range permissions {
		if !strings.ContainsRune(permissionLetters[service], l) && !strings.ContainsRune(b.String(), l) {
			b.WriteRune(l)
		}
	}
	return b.String()
}

// Mint makes a link.
func (o *owner) Mint(ctx context.Context, w cloud.Wish) (cloud.Minted, error) {
	w.Service = cmp.Or(w.Service, blobs)
	if err := o.checkWish(w); err != nil {
		return cloud.Minted{}, fmt.Errorf("make a link: %w", err)
	}
	m, err := o.mint(ctx, w)
	if err != nil {
		return cloud.Minted{}, fmt.Errorf("make a link to %s of account %s: %w", holder{w.Service, w.Container}.words(), o.name, err)
	}
	return m, nil
}

// checkWish fails for what no link can grant.
func (o *owner) checkWish(w cloud.Wish) error {
	if err := (holder{w.Service, w.Container}).check(); err != nil {
		return err
	}
	bad := func(why string) error { return fmt.Errorf("%w: %s", cloud.ErrBadStep, why) }
	switch {
	case w.Service != blobs && w.Service != files:
		return bad("links are made to blobs and files only")
	case strings.Trim(w.Permissions, permissionLetters[w.Service]) != "":
		return bad(fmt.Sprintf("permissions are letters of %s", permissionLetters[w.Service]))
	case w.Policy == "" && (w.Permissions == "" || w.Expiry.IsZero()):
		return bad("a link without a policy says what it permits and until when")
	case w.Policy == "" && w.Service != blobs:
		return bad("user delegation is for blobs only; bind links to files to a stored access policy")
	case w.Directory && (w.Path == "" || w.Service != blobs):
		return bad("a directory has a path, in a container of blobs")
	case w.Policy == "" && !w.Expiry.After(o.opt.Now()):
		return bad("the link would have expired already")
	case w.Policy == "" && w.Expiry.Sub(o.opt.Now()) > longestDelegation:
		return bad("a user delegation link lasts seven days at most; bind a longer one to a stored access policy")
	case w.Key != "" && w.Key != cloud.Key1 && w.Key != cloud.Key2:
		return bad("the key is key1 or key2")
	case strings.ContainsAny(w.Path+w.FileName, "\r\n\x00") || len(w.Path) > 1024 || strings.HasPrefix(w.Path, "/"):
		return bad("no object has that name")
	case !isRange(w.IP):
		return bad("the address is no IPv4 address or range a-b")
	}
	return nil
}

// isRange reports whether s is empty, an IPv4 address, or a range of them.
func isRange(s string) bool {
	if s == "" {
		return true
	}
	from, until, ranged := strings.Cut(s, "-")
	a, err := netip.ParseAddr(from)
	if err != nil || !a.Is4() {
		return false
	}
	if !ranged {
		return true
	}
	b, err := netip.ParseAddr(until)
	return err == nil && b.Is4() && !b.Less(a)
}

func (o *owner) mint(ctx context.Context, w cloud.Wish) (cloud.Minted, error) {
	if w.Policy == "" && w.Start.IsZero() {
		w.Start = o.opt.Now().Add(-tolerated)
	}
	d := draft{Wish: w, account: o.name}
	var m cloud.Minted
	if w.Policy == "" {
		k, err := o.delegated(ctx, w)
		if err != nil {
			return m, err
		}
		d.by, d.key = &k, k.key
	} else {
		k, err := o.policyKey(ctx, &d)
		if err != nil {
			return m, err
		}
		d.key, m.Key, m.KeyHash = k.secret, k.name, keyHash(k.secret)
	}
	if err := o.checkClock(); err != nil {
		return m, err
	}
	path := "/" + w.Container
	if w.Path != "" {
		path += "/" + escapeName(w.Path)
	}
	l, err := kind.Parse(o.ends[w.Service].at(path, d.sign()).String())
	if err != nil {
		return m, fmt.Errorf("read the link that was made: %w", err)
	}
	m.Link = l
	return m, nil
}

// policyKey makes sure that the policy is there and leaves to the link what the
// link says, and returns the key that signs.
func (o *owner) policyKey(ctx context.Context, d *draft) (armKey, error) {
	h := holder{d.Service, d.Container}
	ids, err := o.policies(ctx, h)
	if err != nil {
		return armKey{}, fmt.Errorf("read the policies: %w", err)
	}
	i := ids.index(d.Policy)
	if i < 0 {
		return armKey{}, fmt.Errorf("%w: %q; make it first, or the link is dead", cloud.ErrNoPolicy, d.Policy)
	}
	p := ids.all[i].policy
	twice := p.Permissions != "" && d.Permissions != "" || !p.Expiry.IsZero() && !d.Expiry.IsZero() || !p.Start.IsZero() && !d.Start.IsZero()
	none := p.Permissions == "" && d.Permissions == "" || p.Expiry.IsZero() && d.Expiry.IsZero()
	switch {
	case twice:
		return armKey{}, fmt.Errorf("%w: the policy %q says what the link says too, which the service refuses", cloud.ErrBadStep, d.Policy)
	case none:
		return armKey{}, fmt.Errorf("%w: neither the policy %q nor the link says what is permitted, or until when", cloud.ErrBadStep, d.Policy)
	}
	keys, err := o.known(ctx)
	if err != nil {
		return armKey{}, err
	}
	k, ok := keyNamed(keys, cmp.Or(d.Key, cloud.Key1))
	if !ok {
		return armKey{}, fmt.Errorf("%s was not given", cmp.Or(d.Key, cloud.Key1))
	}
	if len(o.opt.Keys) == 0 {
		return k, nil
	}
	ask := command{service: h.service, path: "/" + h.name, query: h.query(), right: h.right("get")}
	if _, err := o.send(ctx, ask, o.keySigner(h.service, k.secret)); err != nil {
		return armKey{}, fmt.Errorf("try %s before it signs: %w", k.name, err)
	}
	return k, nil
}

// delegated returns a user delegation key that lasts as long as the link. One
// that was got for another link serves if it does.
func (o *owner) delegated(ctx context.Context, w cloud.Wish) (delegation, error) {
	o.mu.Lock()
	have := o.signer
	o.mu.Unlock()
	if have.key.Reveal() != "" && !have.from.After(w.Start) && !have.until.Before(w.Expiry) {
		return have, nil
	}
	now := o.opt.Now().UTC()
	from := w.Start.UTC().Truncate(time.Second)
	if from.Before(now) {
		from = now.Add(-tolerated).Truncate(time.Second)
	}
	until := w.Expiry.UTC().Truncate(time.Second)
	body := xml.Header + "<KeyInfo><Start>" + stamp(from) + "</Start><Expiry>" + stamp(until) + "</Expiry></KeyInfo>"
	r, err := o.call(ctx, command{method: http.MethodPost, service: blobs, query: "restype=service&comp=userdelegationkey", body: []byte(body),
		right: "Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action", only: byToken})
	if err != nil {
		return delegation{}, fmt.Errorf("get a user delegation key: %w", err)
	}
	var k struct {
		XMLName xml.Name `xml:"UserDelegationKey"`
		delegation
		Value string
	}
	if err := xml.Unmarshal(r.body, &k); err != nil || k.Value == "" {
		return delegation{}, errors.New("get a user delegation key: the answer is none of the service")
	}
	k.key, k.from, k.until = overgrant.NewSecret(k.Value), from, until
	o.mu.Lock()
	o.signer = k.delegation
	o.mu.Unlock()
	return k.delegation, nil
}

// stamp writes a time as links have it.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05Z")
}

// draft is a link before it is signed.
type draft struct {
	cloud.Wish
	account string
	by      *delegation // nil where an account key signs
	key     overgrant.Secret
}

// queryPart is a parameter of a link.
type queryPart struct{ name, value string }

// resource returns sr, and how deep a directory lies.
func (d draft) resource() (sr, depth string) {
	switch {
	case d.Service == files && d.Path == "":
		return "s", ""
	case d.Service == files:
		return "f", ""
	case d.Path == "":
		return "c", ""
	case d.Directory:
		return "d", fmt.Sprint(len(strings.Split(strings.Trim(d.Path, "/"), "/")))
	}
	return "b", ""
}

// canonical names what is signed for: /blob/account/container/path, not escaped.
func (d draft) canonical() string {
	name := "/" + d.Service + "/" + d.account + "/" + d.Container
	if path := strings.TrimSuffix(d.Path, "/"); path != "" {
		name += "/" + path
	}
	return name
}

// disposition makes browsers save what they get under a name.
func (d draft) disposition() string {
	if d.FileName == "" {
		return ""
	}
	return `attachment; filename="` + strings.NewReplacer(`\`, "_", `"`, "_").Replace(d.FileName) + `"`
}

// sign returns the query of the link.
//
// Source: Azure Storage REST reference, "Create a service SAS" and "Create a
// user delegation SAS", version 2020-12-06 and later.
func (d draft) sign() string {
	sr, depth := d.resource()
	sp, st, se := inOrder(d.Service, d.Permissions), stamp(d.Start), stamp(d.Expiry)
	lines := []string{sp, st, se, d.canonical()}
	params := []queryPart{{"sv", signVersion}, {"sr", sr}, {"sdd", depth}, {"si", d.Policy}, {"sp", sp}, {"st", st}, {"se", se}, {"spr", "https"}, {"sip", d.IP}}
	if k := d.by; k != nil {
		lines = append(lines, k.Object, k.Tenant, k.Start, k.Expiry, k.Service, k.Version, "", "", d.Correlation)
		params = append(params, queryPart{"skoid", k.Object}, queryPart{"sktid", k.Tenant}, queryPart{"skt", k.Start}, queryPart{"ske", k.Expiry},
			queryPart{"sks", k.Service}, queryPart{"skv", k.Version}, queryPart{"scid", d.Correlation})
	} else {
		lines = append(lines, d.Policy)
	}
	lines = append(lines, d.IP, "https", signVersion)
	if d.Service == blobs {
		lines = append(lines, sr, "", "")
	}
	lines = append(lines, "", d.disposition(), "", "", "")
	params = append(params, queryPart{"rscd", d.disposition()})
	params = append(params, queryPart{"sig", sharedKey{key: d.key}.mac(strings.Join(lines, "\n"))})
	var b strings.Builder
	for _, p := range params {
		if p.value == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('&')
		}
		b.WriteString(p.name + "=" + escapeValue(p.value))
	}
	return b.String()
}
