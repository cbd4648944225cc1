package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/cloud"
	"github.com/overgrant/overgrant/internal/report"
	"github.com/overgrant/overgrant/internal/share"
	"github.com/overgrant/overgrant/internal/store"
	"github.com/overgrant/overgrant/internal/wire"
	"github.com/spf13/cobra"
)

// sharing holds the flags that making and extending a share have in common.
type sharing struct {
	access access
	store  storeFlags
	owner  ownerFlags

	policy  string
	life    string
	accepts []string
	why     string
	format  string
	out     string
	reveal  bool
	dryRun  bool
	yes     bool
	budget  byteSize
	quiet   bool
}

func (s *sharing) flags(c *cobra.Command) {
	s.access.flags(c)
	s.owner.flags(c)
	s.store.placeFlags(c)
	s.budget = measureBudget
	f := c.Flags()
	f.StringVar(&s.policy, "policy", "", "read thresholds from `FILE` (default .overgrant.yaml in the working directory)")
	f.StringArrayVar(&s.accepts, "accept", nil, "share although `CODE` speaks against it: a rule, or a class of data; with --why. May be given again")
	f.StringVar(&s.why, "why", "", "`TEXT` that the ledger keeps with what was accepted")
	f.StringVarP(&s.format, "format", "f", "text", "text or json")
	f.StringVarP(&s.out, "output", "o", "", "write the links to `FILE`, readable by you alone: .html is a page to download from, .json a list for programs, anything else one link a line")
	f.BoolVar(&s.reveal, "reveal", false, "print the links, which open what they open for whoever sees them")
	f.BoolVar(&s.dryRun, "dry-run", false, "show what the link would reach, and make none")
	f.BoolVar(&s.yes, "yes", false, "do not ask")
	f.Var(&s.budget, "read-budget", "look into content of at most `SIZE`, such as 500MB or 20GiB")
	f.BoolVarP(&s.quiet, "quiet", "q", false, "no progress on the terminal")
	f.Lookup("key-env").Usage = "act as the owner with the account key in the environment variable `NAME`; give it twice for key1 and key2. Links are then bound to a stored access policy"
	_ = c.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]string{"text", "json"}, cobra.ShellCompDirectiveNoFileComp))
}

// shares holds the flags of the command.
type shares struct {
	sharing
	as      string
	list    bool
	ip      string
	bound   bool
	name    string
	by      string
	purpose string
	signKey string
	sums    bool
}

func shareCommand(w World) *cobra.Command {
	s := &shares{}
	c := &cobra.Command{
		Use:   "share CONTAINER/PATH… | CONTAINER/PREFIX/ | URL…",
		Short: "Mint a link that reaches what was meant, and keep it in the ledger",
		Long: `Share objects of a storage account the narrow way. First the dry run: what
exactly would the link reach, now and later, compared with what was asked for.
A backup, a key, a credential, a model that runs code or goes out unsigned stops
it, and so does any rule that overgrant explain would flag. --accept CODE --why
TEXT sets one aside, and the ledger keeps the reason.

Then the links are made: one for each object, to read, over https. A PREFIX is
the objects below it as they are now; --as directory or --as container takes one
link for all, which reaches what is added later too. For up to seven days links
are signed by user delegation (--login). Longer ones, and those of --revocable,
are bound to a stored access policy made for this share, so that they can be
extended and revoked alone. It is never an account SAS.

Each link is in the ledger of the store before it is shown: its fingerprint, not
the link. Links are secrets and are not printed: -o FILE writes them to a file
that you alone can read, --reveal prints them. One of the two is needed.

The account is read with the owner's credential: --login, or --key-env NAME.
For the dry run a login makes itself a link that reads the container for two
hours; it is never shown, and the ledger has it. Nothing is changed in the
account but policies.

Exit codes: 0 shared, or a dry run with nothing against it; 1 something speaks
against it; 2 wrong usage, or it cannot be done; 3 part of what is to be shared
could not be looked into.`,
		Example: `  overgrant share --login --account contosomodels --dry-run models/resnet18/
  overgrant share --login --account contosomodels --for 3d --purpose "review of the paper" --sign-key signing.pem -o resnet18.html models/resnet18/
  overgrant share --login --for 30d --accept lives-over-a-week --why "course until May" --purpose course --sign-key signing.pem -o links.json \
      https://contosomodels.blob.core.windows.net/models/resnet18/weights.safetensors
  overgrant share list --expiring 7d
  overgrant share extend --login --for 7d resnet18-20260131
  overgrant share revoke --login resnet18-20260131`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("say what to share: CONTAINER/PATH, CONTAINER/PREFIX/, or its URL; or share list, extend, revoke")
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return s.run(c.Context(), w, args) },
	}
	s.flags(c)
	f := c.Flags()
	f.StringVar(&s.life, "for", "24h", "the links work for this `TIME`, such as 12h, 7d or 2w")
	f.StringVar(&s.as, "as", string(share.Objects), "one link for each of the `THINGS` objects, or one for a directory or a container")
	f.BoolVar(&s.list, "list", false, "the link also gives the names of what it opens, with --as directory or container")
	f.StringVar(&s.ip, "ip", "", "the links work from `ADDRESS` only: one IPv4 address, or a range a-b")
	f.BoolVar(&s.bound, "revocable", false, "bind short links to a stored access policy too, so that they can be revoked alone")
	f.StringVar(&s.name, "name", "", "the share is called `NAME` in the ledger (default the last name of what is shared, and the day)")
	f.StringVar(&s.by, "owner", "", "`WHO` answers for the share (default $USER)")
	f.StringVar(&s.purpose, "purpose", "", "what the share is for, kept in the ledger")
	f.StringVar(&s.signKey, "sign-key", "", "sign the manifest of what is shared with the private key in `FILE` (PEM), as overgrant manifest sign does")
	f.BoolVar(&s.sums, "sha256", false, "read every object for its SHA-256, for the page, the list and the README; --sign-key does too")
	_ = c.RegisterFlagCompletionFunc("as", cobra.FixedCompletions([]string{"objects", "directory", "container"}, cobra.ShellCompDirectiveNoFileComp))
	c.AddCommand(shareList(w), shareExtend(w), shareRevoke(w))
	return c
}

// check refuses flags that cannot be meant.
func (s *sharing) check() error {
	switch {
	case s.format != "text" && s.format != "json":
		return fmt.Errorf("read --format %q: want text or json", s.format)
	case len(s.accepts) > 0 && s.why == "":
		return errors.New("--accept needs --why TEXT: the ledger keeps the reason")
	case len(s.why) > maxWhy:
		return fmt.Errorf("read --why: %d bytes is more than the %d that are kept", len(s.why), maxWhy)
	}
	return nil
}

// maxWhy bounds a reason and a purpose, in bytes.
const maxWhy = 1000

// accepted are the rules that are set aside.
func (s *sharing) accepted() (all []overgrant.Accept) {
	for _, code := range s.accepts {
		all = append(all, overgrant.Accept{Rule: code, Why: s.why})
	}
	return all
}

func (s *shares) run(ctx context.Context, w World, args []string) (fault error) {
	if err := s.check(); err != nil {
		return err
	}
	want, err := s.want(w, args)
	if err != nil {
		return &exit{exitUsage, err}
	}
	j := &sharer{sharing: &s.sharing, world: w, signKey: s.signKey, sums: s.sums}
	defer func() { fault = errors.Join(fault, j.end()) }()
	if err := j.begin(ctx, want.At); err != nil {
		return &exit{exitUsage, err}
	}
	want.Ledger = j.ledger
	if want.Name == "" {
		want.Name = share.DefaultName(want.At, want.Targets, want.Now, j.ledger)
	}
	return j.mint(ctx, want)
}

// want reads what is to be shared.
func (s *shares) want(w World, args []string) (share.Want, error) {
	now := w.Now().UTC()
	if s.by == "" {
		s.by = w.Getenv("USER")
	}
	want := share.Want{Name: s.name, Owner: s.by, Purpose: s.purpose, Form: share.Form(s.as), Listing: share.Listing(s.list), IP: s.ip,
		Bound: share.Bound(s.bound), Attach: share.Attach(ending(s.out) == ".html"), Accepts: s.accepted(), Now: now}
	var err error
	if want.At, want.Targets, err = share.ParseTargets(args, s.access.account); err != nil {
		return want, err
	}
	if want.Life, err = share.ParseLife(s.life); err != nil {
		return want, fmt.Errorf("read --for: %w", err)
	}
	config, err := readPolicy(s.policy, now)
	if err != nil {
		return want, err
	}
	want.Judge = config.Policy
	switch {
	case want.Life <= 0:
		return want, fmt.Errorf("read --for %s: the links would have expired already", s.life)
	case want.Form != share.Objects && want.Form != share.Directory && want.Form != share.Container:
		return want, fmt.Errorf("read --as %q: want objects, directory or container", s.as)
	case want.Form != share.Objects && ending(s.out) == ".html":
		return want, errors.New("a page has a link for each object; leave --as away, or give -o a file that is no .html")
	case want.Form != share.Objects && (s.signKey != "" || s.sums):
		return want, errors.New("--sign-key and --sha256 are about objects as they are now; leave --as away")
	case want.Name != "" && share.CheckName(want.Name) != nil:
		return want, share.CheckName(want.Name)
	case share.CheckIP(want.IP) != nil:
		return want, share.CheckIP(want.IP)
	case !s.dryRun && want.Purpose == "":
		return want, errors.New("say what the share is for, with --purpose TEXT: the ledger keeps it")
	case len(want.Purpose) > maxWhy || len(want.Owner) > maxWhy:
		return want, fmt.Errorf("--purpose and --owner have at most %d bytes", maxWhy)
	case !s.dryRun && want.Owner == "":
		return want, errors.New("say who answers for the share, with --owner WHO")
	}
	return want, nil
}

// sharer is one run that makes or changes shares.
type sharer struct {
	*sharing
	world   World
	signKey string
	sums    bool

	db     *saved // nil in a dry run where there is no store
	door   *owned
	ledger []overgrant.Shared
	salt   [8]byte
	read   *cloud.Estate  // the account; nil until it is needed
	unread string         // why nothing of it could be read
	reader *wire.ReadOnly // of the dry run; nil before it
	yard   *yard          // what the dry run saw
	out    report.Sharing
}

// begin opens the store and the owner's door. Nothing is sent yet.
func (j *sharer) begin(ctx context.Context, at share.Address) error {
	if !j.owner.given() {
		return errNotOurs
	}
	if err := j.openLedger(ctx, changes(!j.dryRun)); err != nil {
		return err
	}
	return j.open(at)
}

// open opens the owner's door to the account of a container.
func (j *sharer) open(at share.Address) error {
	j.salt = randomSalt()
	l := overgrant.Link{Redacted: at.URL(), Secret: overgrant.NewSecret(at.URL()),
		Grant: overgrant.Grant{Kind: "anonymous", Provider: "azure", Account: at.Account, Services: []string{"blob"}, Container: at.Container}}
	j.access.account = at.Account
	var err error
	j.door, err = j.owner.own(j.world, &j.access, l)
	return err
}

// changes says whether a run writes to the store.
type changes bool

// openLedger opens the store and reads the ledger.
func (j *sharer) openLedger(ctx context.Context, writes changes) error {
	path, err := j.store.place(j.world)
	if err != nil {
		return err
	}
	if writes {
		j.db, err = j.store.openAt(ctx, j.world, path)
	} else if j.db, err = j.store.existing(ctx, j.world); err != nil && errors.Is(err, fs.ErrNotExist) {
		return nil // a dry run needs none
	}
	if err != nil {
		return err
	}
	for s, err := range j.db.Ledger(ctx) {
		if err != nil {
			return err
		}
		j.ledger = append(j.ledger, s)
	}
	return nil
}

// minter is what makes links and puts them on record.
func (j *sharer) minter() *share.Minter {
	m := &share.Minter{Owner: j.door, Now: j.world.Now, Attempt: store.NewRun(j.world.Now(), [4]byte(j.salt[4:]))}
	m.Record = func(ctx context.Context, entries []overgrant.Minted) error {
		if len(entries) == 0 {
			return nil
		}
		all := make([]overgrant.Message, len(entries))
		for i := range entries {
			all[i] = overgrant.Message{Minted: &entries[i]}
		}
		return j.db.Put(context.WithoutCancel(ctx), j.db.run, all...)
	}
	if j.db.vault.CanSeal() {
		m.Seal = j.db.vault.Seal
	}
	return m
}

// mint shows what the links would reach, and makes them.
func (j *sharer) mint(ctx context.Context, want share.Want) error {
	p, hold, err := j.plan(ctx, want)
	if err != nil {
		return &exit{exitUsage, err}
	}
	if err := j.show(); err != nil {
		return err
	}
	if len(hold) > 0 {
		return j.finish(refusal(hold))
	}
	if j.dryRun {
		return j.finish(nil)
	}
	if err := j.produce(ctx, p, fmt.Sprintf("Make %s of account %s? Type yes:", linksOf(len(p.Wishes)), p.At.Account)); err != nil {
		return j.finish(&exit{exitUsage, err})
	}
	return j.finish(nil)
}

func linksOf(n int) string {
	if n == 1 {
		return "1 link"
	}
	return count(int64(n)) + " links"
}

// produce makes the links of a plan and hands them out.
func (j *sharer) produce(ctx context.Context, p share.Plan, question string) (fault error) {
	if j.sharing.out == "" && !j.reveal {
		return errors.New("say where the links go: -o FILE writes them to a file that you alone can read, --reveal prints them")
	}
	hand, err := openHandout(j.sharing.out)
	if err != nil {
		return err
	}
	defer func() { fault = errors.Join(fault, hand.drop()) }()
	if err := (&asker{j.world, j.yes}).ask(ctx, question, "yes", p.At.Account); err != nil {
		return err
	}
	signed, err := j.sign(ctx, &p)
	if err != nil {
		return err
	}
	mint := j.minter()
	if _, err := j.share(p.Name); err != nil { // and nobody else may make it meanwhile
		mint.Reserve = func(ctx context.Context, first overgrant.Minted) error {
			return j.db.Reserve(context.WithoutCancel(ctx), j.db.run, first)
		}
	}
	links, err := mint.Mint(ctx, p)
	if err != nil {
		return err
	}
	if err := j.handOut(hand, &p, links, signed); err != nil {
		return fmt.Errorf("%w; the links are on record, and nobody has them: overgrant share revoke %s", err, p.Name)
	}
	return nil
}

// refusal is the exit where something speaks against it.
func refusal(hold []share.Stop) error {
	for _, s := range hold {
		if s.Code != share.Unread {
			return &exit{code: exitFound}
		}
	}
	return &exit{code: exitPartial}
}

// show writes the plan.
func (j *sharer) show() error {
	if j.format == "json" {
		return nil
	}
	if err := report.WriteSharing(j.world.Out, &j.out, j.world.look()); err != nil {
		return &exit{exitUsage, fmt.Errorf("write the plan: %w", err)}
	}
	return nil
}

// finish writes the result, and gives the exit of the command.
func (j *sharer) finish(err error) error {
	var written error
	if j.format == "json" {
		written = j.world.writeJSON(&j.out)
	} else if err == nil && !j.dryRun {
		written = report.WriteShared(j.world.Out, &j.out, j.world.look())
	}
	if written != nil {
		return &exit{exitUsage, fmt.Errorf("write the result: %w", written)}
	}
	return err
}

// end lets go of what the run opened.
func (j *sharer) end() error { return j.door.end(j.reader, &j.access, j.db) }

// readingFor is how long the link lives that a dry run makes itself to read.
const readingFor = 2 * time.Hour
