package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/cloud"
	"github.com/overgrant/overgrant/internal/remedy"
	"github.com/overgrant/overgrant/internal/report"
	"github.com/overgrant/overgrant/internal/share"
	"github.com/overgrant/overgrant/internal/store"
	"github.com/overgrant/overgrant/internal/wire"
)

// revoking is one run of the command.
type revoking struct {
	*revoke
	world  World
	db     *saved         // nil in a dry run where there is no store
	client *wire.ReadOnly // asks as the bearer of the link
	door   *owned         // nil without a right
	link   overgrant.Link
	sealed error           // why the link's text is not at hand; nil if it is
	of     *overgrant.Case // as the store has it; nil in a dry run that saves nothing
	known  remedy.Known
	out    report.Closing
}

// Bounds of what is read of the store.
const (
	maxKnownCases = 200_000
	maxKnownUsed  = 20_000
)

// begin finds the link and opens what the run needs. Nothing is sent yet.
func (j *revoking) begin(ctx context.Context, args []string) error {
	var err error
	if len(args) == 1 && j.links.file == "" && casePrefix.MatchString(args[0]) {
		err = j.byCase(ctx, args[0])
	} else {
		err = j.byLink(ctx, args)
	}
	if err != nil {
		return err
	}
	if j.sealed != nil && !j.dryRun && !j.giveUp {
		return fmt.Errorf("without its text nobody can confirm that the link is dead: %w", j.sealed)
	}
	if j.client, err = j.access.client(j.world, runID(randomSalt()), wire.Probes{}); err != nil {
		return err
	}
	j.head()
	return nil
}

// head begins the result.
func (j *revoking) head() {
	g := &j.link.Grant
	j.out = report.Closing{Schema: "overgrant.revoke/1", ID: j.link.ID, Text: j.link.Redacted, Kind: g.Kind,
		Account: cmp.Or(g.Account, g.Host), DryRun: j.dryRun, State: "planned", Routes: []overgrant.Route{}}
}

// byCase finds the link of a case of the store.
func (j *revoking) byCase(ctx context.Context, prefix string) error {
	if err := j.open(ctx); err != nil {
		return err
	}
	if j.db == nil {
		return errors.New("there is no store, and so no case; give the link itself")
	}
	c, err := j.db.Case(ctx, prefix)
	if err != nil {
		return fmt.Errorf("%w; overgrant cases lists them", err)
	}
	j.of, j.link = c, c.Link
	j.link.Secret, j.sealed = j.db.vault.Open(ctx, c.Link.ID)
	return nil
}

// byLink takes the link that was given, and puts it on record.
func (j *revoking) byLink(ctx context.Context, args []string) error {
	links, err := j.links.links(ctx, j.world, args, &j.store)
	if err != nil {
		return err
	}
	if len(links) > 1 {
		return fmt.Errorf("there are %d links in this text; give them one by one", len(links))
	}
	j.link = links[0]
	if err := j.open(ctx); err != nil || j.db == nil {
		return err
	}
	if !j.dryRun {
		now := j.world.Now().UTC()
		config, err := readPolicy(j.links.policy, now)
		if err != nil {
			return err
		}
		if err := tell(j.link, now, config, j.db.put); err != nil {
			return err
		}
	}
	c, err := j.db.Case(ctx, j.link.ID)
	if err != nil && !(j.dryRun && errors.Is(err, store.ErrNoCase)) {
		return err
	}
	j.of = c
	return nil
}

// open opens the store: to write to it, and made if need be, unless nothing is
// to be changed.
func (j *revoking) open(ctx context.Context) error {
	path, err := j.store.place(j.world)
	if err != nil {
		return err
	}
	if j.dryRun {
		j.db, err = j.store.existing(ctx, j.world)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	if j.db, err = j.store.openAt(ctx, j.world, path); err != nil {
		return err
	}
	return j.db.put(overgrant.Message{Run: &overgrant.Run{Schema: "overgrant.events/1", Version: version(), Started: j.world.Now().UTC()}})
}

// learn reads what the routes are worked out from: the account, if its owner is
// here, and the store.
func (j *revoking) learn(ctx context.Context) error {
	j.known.Keys = map[string]string{}
	if j.owner.given() {
		door, err := j.owner.own(j.world, &j.access, j.link)
		if err != nil {
			return err
		}
		j.door = door
		e, err := door.Estate(ctx)
		if err != nil {
			return err
		}
		if off := e.Skew.Abs(); off > 15*time.Minute {
			return fmt.Errorf("%w: %s; set it right first", cloud.ErrClockSkew, off.Round(time.Second))
		}
		j.known.Estate = &e
		for _, u := range e.Unread {
			fmt.Fprintf(j.world.Err, "overgrant: not read, %s: %s\n", u.What, u.Why)
		}
	}
	if err := j.recall(ctx); err != nil {
		return err
	}
	j.signers(ctx)
	return nil
}

// recall reads the store.
func (j *revoking) recall(ctx context.Context) error {
	j.known.Now = j.world.Now().UTC()
	if j.db == nil {
		return nil
	}
	account := cmp.Or(j.link.Grant.Account, j.link.Grant.Host)
	for c, err := range j.db.Brief(ctx, store.Filter{Account: account}) {
		if err != nil {
			return err
		}
		if j.known.Cases = append(j.known.Cases, c); len(j.known.Cases) >= maxKnownCases {
			break
		}
	}
	if err := j.recallLedger(ctx); err != nil {
		return err
	}
	for l, err := range j.db.Logged(ctx) {
		if err != nil {
			return err
		}
		j.known.Logged = append(j.known.Logged, l)
	}
	for u, err := range j.db.Used(ctx, account) {
		if err != nil {
			return err
		}
		if j.known.Used = append(j.known.Used, u); len(j.known.Used) >= maxKnownUsed {
			break
		}
	}
	return nil
}

// recallLedger reads the ledger.
func (j *revoking) recallLedger(ctx context.Context) error {
	j.known.Now = j.world.Now().UTC()
	for s, err := range j.db.Ledger(ctx) {
		if err != nil {
			return err
		}
		if !share.IsDryRun(s.Name) { // its run is over, and nobody misses its link
			j.known.Ledger = append(j.known.Ledger, s)
		}
	}
	return nil
}

// signers works out which key made each link whose text is at hand.
func (j *revoking) signers(ctx context.Context) {
	if j.of != nil && j.of.Proof != nil && j.of.Proof.Key != "" {
		j.known.Keys[j.link.ID] = j.of.Proof.Key
	}
	if j.door == nil || j.sealed == nil && !j.signer(ctx, j.link) {
		return
	}
	for _, c := range j.known.Cases {
		if c.Link.ID == j.link.ID || c.Link.Grant.Signer != "account_key" {
			continue
		}
		l := c.Link
		var err error
		if l.Secret, err = j.db.vault.Open(ctx, l.ID); err != nil {
			continue // which key made it stays unknown, and is told so
		}
		if !j.signer(ctx, l) {
			return
		}
	}
}

// signer notes which key made a link. It reports whether the keys can be read.
func (j *revoking) signer(ctx context.Context, l overgrant.Link) bool {
	if l.Grant.Signer != "account_key" {
		return true
	}
	key, err := j.door.SignedBy(ctx, l)
	if err != nil {
		return false // the estate says why
	}
	if key == "" && len(j.known.Estate.Keys) > 1 {
		key = remedy.NoKey
	}
	j.known.Keys[l.ID] = key
	return true
}

// made returns when the key was made that made the link.
func (j *revoking) made() time.Time {
	if j.known.Estate == nil {
		return time.Time{}
	}
	for _, k := range j.known.Estate.Keys {
		if k.Name == j.known.Keys[j.link.ID] {
			return k.Created.UTC()
		}
	}
	return time.Time{}
}

// end lets go of what the run opened.
func (j *revoking) end() error { return j.door.end(j.client, &j.access, j.db) }
