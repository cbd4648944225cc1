package share

import (
	"cmp"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/cloud"
	"github.com/overgrant/overgrant/internal/judge"
)

// Want is what somebody wants to share.
type Want struct {
	Name, Owner, Purpose string

	At      Address
	Targets []Target
	Objects []Object        // that the targets name now
	Reach   overgrant.Tally // what the links reach now; zero for what Objects hold
	Form    Form
	Listing Listing
	Life    time.Duration // from Now
	IP      string        // one IPv4 address or a range a-b; empty for any
	Bound   Bound
	Renews  Renews
	Policy  string // with Renews: the policy that they hang on
	Attach  Attach
	Accepts []overgrant.Accept
	Signed  string // SHA-256 of the model as it was signed for an earlier link, hex

	Now    time.Time
	Right  Right
	Estate cloud.Estate
	Ledger []overgrant.Shared
	Judge  judge.Policy
	Salt   [4]byte // makes the name of the policy one that was never there
}

// Right is what the owner's credential can sign with.
type Right struct {
	Login bool // user delegation
	Keys  bool // account keys were given; a login may be allowed to read them
}

// Bound says whether links hang on a stored access policy although they are
// short: then they can be revoked alone.
type Bound bool

// The two ways.
const (
	IfLong Bound = false
	Always Bound = true
)

// Renews says whether the links are there already, and hang on a policy that is
// put off.
type Renews bool

// The two ways.
const (
	Makes Renews = false
	Keeps Renews = true
)

// Attach says whether browsers save what a link gives, instead of showing it.
type Attach bool

// The two ways.
const (
	Shown Attach = false
	Saved Attach = true
)

// Plan is how a share is going to be made. It holds no secret.
type Plan struct {
	Name, Owner, Purpose string
	At                   Address
	Kind                 string // user_delegation_sas or policy_sas
	Policy               *overgrant.StoredPolicy
	Start, Expiry        time.Time
	Wishes               []cloud.Wish
	Grants               []overgrant.Grant // what each wish will grant, the policy's part included
	Objects              []Object          // that are shared
	Paths                []string
	Total                overgrant.Tally
	Signed               string             // SHA-256 of the model that was signed, hex; empty if none was
	Accepts              []overgrant.Accept // those that were needed
	Refused              []overgrant.Reason // rules that hold, and that nobody accepted
	Advice               []overgrant.Reason
	Judge                judge.Policy
}

var shareName = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,48}[A-Za-z0-9])?$`)

// CheckName fails for what cannot name a share: the name stands in that of a
// stored access policy, in files and on the command line.
func CheckName(name string) error {
	if !shareName.MatchString(name) {
		return fmt.Errorf("name share %.60q: want 1 to 50 letters, digits, dots, dashes and underscores, with a letter or digit at both ends", name)
	}
	return nil
}

// CheckIP fails for what is no IPv4 address or range of them.
//
// Source: Azure Storage REST reference, "Create a service SAS", signedIP.
func CheckIP(ip string) error {
	if ip == "" {
		return nil
	}
	from, until, ranged := strings.Cut(ip, "-")
	a, err := netip.ParseAddr(from)
	b := a
	if err == nil && ranged {
		b, err = netip.ParseAddr(until)
	}
	if err != nil || !a.Is4() || !b.Is4() || b.Less(a) {
		return fmt.Errorf("read address %.60q: want one IPv4 address, or a range such as 203.0.113.5-203.0.113.20, the lower one first", ip)
	}
	return nil
}

// Make plans the links. It changes nothing. What judge would flag is in Refused;
// such a plan is not carried out.
func Make(w Want) (Plan, error) {
	if err := w.check(); err != nil {
		return Plan{}, err
	}
	p := Plan{Name: w.Name, Owner: w.Owner, Purpose: w.Purpose, At: w.At, Objects: w.Objects, Total: w.Reach, Signed: w.Signed, Judge: w.Judge}
	if p.Total == (overgrant.Tally{}) {
		p.Total = Total(w.Objects)
	}
	for _, t := range w.Targets {
		p.Paths = append(p.Paths, w.At.Container+"/"+t.Path)
	}
	p.Paths = p.Paths[:min(len(p.Paths), maxPaths)]
	if err := p.sign(w); err != nil {
		return Plan{}, err
	}
	p.wishes(w)
	p.judge(w)
	return p, nil
}

// maxPaths is how many paths of a share the ledger keeps.
const maxPaths = 20

func (w *Want) check() error {
	if err := CheckName(w.Name); err != nil {
		return err
	}
	if err := CheckIP(w.IP); err != nil {
		return err
	}
	for i := range w.Ledger {
		if s := &w.Ledger[i]; s.Name == w.Name {
			if len(s.Begun) > 0 {
				return fmt.Errorf("%w: %s was begun on %s and never finished; take back what there may be of it with: overgrant share revoke %[2]s", ErrTaken, s.Name, s.Begun[0].At.Format(time.DateTime))
			}
			return fmt.Errorf("%w: %s is in the ledger since %s; choose another with --name", ErrTaken, s.Name, s.Made.Format(time.DateOnly))
		}
	}
	switch {
	case w.Life <= 0:
		return fmt.Errorf("share %s: it would have expired already; give --for a time such as 24h or 7d", w.Name)
	case w.Life < time.Minute:
		return fmt.Errorf("share %s: %s is too short for anybody to use; give --for a minute or more", w.Name, w.Life)
	case len(w.Objects) == 0:
		return fmt.Errorf("share %s: %w at what is to be shared", w.Name, ErrNothing)
	case w.Form == Objects && bool(w.Listing):
		return fmt.Errorf("share %s: a link to one object lists nothing; --list is for --as directory and --as container", w.Name)
	case w.Form == Objects && len(w.Objects) > MaxLinks:
		return fmt.Errorf("share %s: %d objects would take as many links, and %d is the most; share fewer, or take --as directory or --as container, which reach what is added later too", w.Name, len(w.Objects), MaxLinks)
	case w.Form == Directory:
		return w.checkDirectory()
	}
	return nil
}

func (w *Want) checkDirectory() error {
	switch {
	case len(w.Targets) != 1 || !w.Targets[0].Below || w.Targets[0].Path == "":
		return fmt.Errorf("share %s: --as directory is for one CONTAINER/PATH/", w.Name)
	case w.Estate.Tree == cloud.Off:
		return fmt.Errorf("share %s: the account has no hierarchical namespace, so no link is bound to a directory; leave --as away for a link for each object", w.Name)
	}
	return nil
}

// sign chooses what signs, and from when to when.
func (p *Plan) sign(w Want) error {
	now := w.Now.UTC().Truncate(time.Second)
	p.Expiry = now.Add(w.Life)
	if w.Right.Login && w.Life <= longestDelegated && w.Bound == IfLong && w.Renews == Makes {
		p.Kind, p.Start = "user_delegation_sas", now.Add(-skew)
		if p.Expiry.Sub(p.Start) > longestDelegated {
			p.Expiry = p.Start.Add(longestDelegated)
		}
		return nil
	}
	p.Kind = "policy_sas"
	if w.Renews == Keeps {
		p.Policy = &overgrant.StoredPolicy{ID: w.Policy, Permissions: w.rights(), Expiry: p.Expiry}
		return nil
	}
	if w.Estate.SharedKey == cloud.Off {
		return fmt.Errorf("share %s: the account takes no signatures of its keys, so a link lives seven days at most and is signed with --login", w.Name)
	}
	if len(w.Estate.Keys) == 0 && !w.Right.Keys {
		return keyless(w)
	}
	if err := room(w); err != nil {
		return err
	}
	p.Policy = &overgrant.StoredPolicy{ID: fmt.Sprintf("%s-%x", w.Name, w.Salt), Permissions: w.rights(), Expiry: p.Expiry}
	return nil
}

// keyless says that no key can sign what hangs on a policy.
func keyless(w Want) error {
	why := "they were not read"
	for _, u := range w.Estate.Unread {
		if u.What == "keys" {
			why = u.Why
		}
	}
	return fmt.Errorf("share %s: %w: links that are bound to a policy, as all are that live longer than seven days, are signed with an account key (%s); without it leave --revocable away and share for seven days at most", w.Name, cloud.ErrNoRights, why)
}

// room fails if the container takes no further policy, and says which could go.
func room(w Want) error {
	var there []cloud.Policy
	for _, have := range w.Estate.Policies {
		if have.Service == cloud.Blob && have.Container == w.At.Container {
			there = append(there, have)
		}
	}
	if len(there) < cloud.MaxPolicies {
		return nil
	}
	var all []string
	for _, have := range there {
		all = append(all, have.ID+" ("+standing(have, w)+")")
	}
	return fmt.Errorf("%w: in container %s stand %s; delete one that is not needed, with overgrant share revoke NAME if it is ours", cloud.ErrPolicyLimit, w.At.Container, strings.Join(all, ", "))
}

// standing says whether a policy could go.
func standing(have cloud.Policy, w Want) string {
	whose := "not made by us"
	for i := range w.Ledger {
		for j := range w.Ledger[i].Links {
			if l := &w.Ledger[i].Links[j]; l.Grant.PolicyID == have.ID && l.Grant.Container == have.Container && l.Grant.Account == w.At.Account {
				whose = "ours, " + w.Ledger[i].Name
			}
		}
	}
	switch {
	case !have.Expiry.IsZero() && !have.Expiry.After(w.Now):
		return whose + ", expired: it can go"
	case have.Expiry.IsZero():
		return whose + ", without an end"
	}
	return whose + ", until " + have.Expiry.UTC().Format(time.DateOnly)
}

// wishes writes a wish for each link.
func (p *Plan) wishes(w Want) {
	base := cloud.Wish{Service: cloud.Blob, Container: p.At.Container, IP: w.IP}
	if p.Policy != nil { // it holds what is permitted, and until when
		base.Policy = p.Policy.ID
	} else {
		base.Permissions, base.Start, base.Expiry = w.rights(), p.Start, p.Expiry
	}
	switch w.Form {
	case Container:
		p.Wishes = []cloud.Wish{base}
	case Directory:
		base.Path, base.Directory = strings.TrimSuffix(w.Targets[0].Path, "/"), true
		p.Wishes = []cloud.Wish{base}
	default:
		for _, o := range p.Objects {
			one := base
			one.Path = o.Name
			if w.Attach == Saved {
				one.FileName = fileName(o.Name)
			}
			p.Wishes = append(p.Wishes, one)
		}
	}
	for i := range p.Wishes {
		p.Grants = append(p.Grants, p.grant(&p.Wishes[i], w.rights()))
	}
}

// rights are the letters of what the links permit.
func (w *Want) rights() string {
	if w.Listing == Lists {
		return "rl"
	}
	return "r"
}

// fileName is what a browser saves an object as. A name that cannot stand in a
// header is left to the browser.
func fileName(path string) string {
	name := path[strings.LastIndexByte(path, '/')+1:]
	if strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r > '~' || r == '"' || r == '\\' }) {
		return ""
	}
	return name
}

// grant is what a wish will grant, in the words of a link that was read, with
// what the policy adds.
func (p *Plan) grant(w *cloud.Wish, rights string) overgrant.Grant {
	g := overgrant.Grant{Kind: p.Kind, Provider: "azure", Account: p.At.Account, Services: []string{cloud.Blob}, Container: w.Container, Path: w.Path,
		Scope: "object", Resource: "b", Permissions: rights, Actions: []string{"read"}, Start: p.Start, Expiry: p.Expiry,
		IP: w.IP, Protocols: []string{"https"}, PolicyID: w.Policy, Signer: "user_delegation_key"}
	switch {
	case w.Path == "":
		g.Scope, g.Resource = "container", "c"
	case w.Directory:
		depth := strings.Count(w.Path, "/") + 1
		g.Scope, g.Resource, g.Depth = "directory", "d", &depth
	}
	if strings.Contains(rights, "l") {
		g.Actions = append(g.Actions, "list")
	}
	if p.Policy != nil {
		g.Signer = "account_key"
	}
	return g
}

// judge asks the rules what they would say of the links.
func (p *Plan) judge(w Want) {
	seen := map[string]bool{}
	for i := range p.Grants {
		for _, r := range judge.Judge(p.Grants[i], w.Now, p.Judge).Reasons {
			if seen[r.Rule] {
				continue
			}
			seen[r.Rule] = true
			at := slices.IndexFunc(w.Accepts, func(a overgrant.Accept) bool { return a.Rule == r.Rule })
			switch {
			case r.Advice:
				p.Advice = append(p.Advice, r)
			case at >= 0:
				p.Accepts = append(p.Accepts, w.Accepts[at])
			default:
				p.Refused = append(p.Refused, r)
			}
		}
	}
}

// flagged returns the first rule that a link breaks which nobody accepted.
func (p *Plan) flagged(g overgrant.Grant, now time.Time) (overgrant.Reason, bool) {
	if p.Policy != nil { // what the link leaves to it
		g.Expiry, g.Permissions, g.Actions = p.Expiry, p.Grants[0].Permissions, p.Grants[0].Actions
	}
	for _, r := range judge.Judge(g, now, p.Judge).Reasons {
		if !r.Advice && !slices.ContainsFunc(p.Accepts, func(a overgrant.Accept) bool { return a.Rule == r.Rule }) {
			return r, true
		}
	}
	return overgrant.Reason{}, false
}

// ParseLife reads how long a share lives: 36h, 90m, or days and weeks as 7d, 2w.
func ParseLife(text string) (time.Duration, error) {
	unit := map[byte]time.Duration{'d': 24 * time.Hour, 'w': 7 * 24 * time.Hour}
	if n := len(text); n > 1 && unit[text[n-1]] != 0 {
		if v, err := strconv.Atoi(text[:n-1]); err == nil && v > -maxDays && v < maxDays {
			return time.Duration(v) * unit[text[n-1]], nil
		}
	}
	d, err := time.ParseDuration(text)
	if err != nil || d.Abs() > maxDays*24*time.Hour {
		return 0, fmt.Errorf("read time %.40q: want a time such as 12h, 7d or 2w", text)
	}
	return d, nil
}

// maxDays bounds how long a time may be that is read, in days or weeks.
const maxDays = 10_000

// DefaultName returns a name for a share of targets that no share of the ledger
// has.
func DefaultName(at Address, targets []Target, now time.Time, ledger []overgrant.Shared) string {
	last := at.Container
	if len(targets) > 0 {
		last = cmp.Or(strings.Trim(targets[0].Path, "/"), at.Container)
	}
	last = last[strings.LastIndexByte(last, '/')+1:]
	clean := strings.Trim(strings.Map(func(r rune) rune {
		if r < 0x80 && shareName.MatchString("a"+string(r)+"a") {
			return r
		}
		return '-'
	}, last), "._-")
	base := cmp.Or(clean[:min(len(clean), 30)], "share")
	base = strings.TrimRight(base, "._-") + "-" + now.UTC().Format("20060102")
	name := base
	for n := 2; slices.ContainsFunc(ledger, func(s overgrant.Shared) bool { return s.Name == name }); n++ {
		name = fmt.Sprintf("%s-%d", base, n)
	}
	return name
}
