package share

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/cloud"
	"github.com/overgrant/overgrant/kind"
)

// Doer is the part of the owner's door that a share needs.
type Doer interface {
	Do(ctx context.Context, s overgrant.Step) (cloud.Done, error)
	Mint(ctx context.Context, w cloud.Wish) (cloud.Minted, error)
}

// Minter makes the links of plans. All fields but Reserve and Seal must be
// set.
type Minter struct {
	Owner Doer
	// Record puts entries into the ledger, all or none. When it returns they
	// survive the end of the process.
	Record func(ctx context.Context, entries []overgrant.Minted) error
	// Reserve records the first entry of a name. It fails if the ledger has that
	// name, whoever put it there meanwhile. Nil for a name that is there already.
	Reserve func(ctx context.Context, first overgrant.Minted) error
	// Seal keeps the text of a link where only its owner can open it; nil if there
	// is no such place.
	Seal    func(ctx context.Context, l overgrant.Link) error
	Now     func() time.Time
	Attempt string // names this run; of two, the greater one is the later
}

// Mint carries out a plan: the intention is recorded, then the policy made, then
// the links, which are recorded before they are returned. Whatever fails in
// between leaves no link that anybody has; a policy that was made is taken away
// again, or stands as begun in the ledger.
//
// It fails with ErrRefused where the plan was refused, or where a link that was
// made would be flagged.
func (m *Minter) Mint(ctx context.Context, p Plan) ([]cloud.Minted, error) {
	if len(p.Refused) > 0 {
		return nil, fmt.Errorf("%w: %s", ErrRefused, p.Refused[0].Rule)
	}
	intent := p.entry(overgrant.Intended, m)
	intent.Text = p.At.URL()
	if len(p.Grants) > 0 {
		intent.Grant = p.Grants[0]
	}
	if err := m.intend(ctx, intent); err != nil {
		return nil, fmt.Errorf("record the intention: %w; nothing was done", err)
	}
	made, err := m.make(ctx, p)
	if err != nil {
		return nil, m.undo(ctx, p, err)
	}
	if m.Seal != nil {
		for i := range made {
			if err := m.Seal(ctx, made[i].Link); err != nil {
				return nil, m.undo(ctx, p, fmt.Errorf("seal a link: %w", err))
			}
		}
	}
	if err := m.Record(ctx, m.entriesOf(&p, made)); err != nil {
		return nil, m.undo(ctx, p, fmt.Errorf("record the links: %w", err))
	}
	return made, nil
}

// intend records what is going to be done.
func (m *Minter) intend(ctx context.Context, e overgrant.Minted) error {
	if m.Reserve != nil {
		return m.Reserve(ctx, e)
	}
	return m.Record(ctx, []overgrant.Minted{e})
}

// entriesOf are the entries of the links of a plan.
func (m *Minter) entriesOf(p *Plan, made []cloud.Minted) []overgrant.Minted {
	all := make([]overgrant.Minted, len(made))
	for i := range made {
		e := linked(p.entry(overgrant.Made, m), &made[i])
		if len(p.Wishes) == len(p.Objects) && len(made) > 1 {
			e.Objects = overgrant.Tally{Objects: 1, Bytes: p.Objects[i].Size}
			e.Paths = []string{p.At.Container + "/" + p.Objects[i].Name}
		}
		all[i] = e
	}
	return all
}

// linked makes of an entry one about a link.
func linked(e overgrant.Minted, m *cloud.Minted) overgrant.Minted {
	e.ID, e.Text, e.Grant, e.KeyHash, e.LogHash = m.Link.ID, m.Link.Redacted, m.Link.Grant, m.KeyHash, kind.LogHash(m.Link)
	return e
}

// make makes the policy and the links.
func (m *Minter) make(ctx context.Context, p Plan) ([]cloud.Minted, error) {
	if p.Policy != nil {
		step := p.step(overgrant.AddPolicy)
		step.Want = p.Policy
		if _, err := m.Owner.Do(ctx, step); err != nil {
			return nil, fmt.Errorf("make the policy %s: %w", p.Policy.ID, err)
		}
	}
	all := make([]cloud.Minted, 0, len(p.Wishes))
	for i := range p.Wishes {
		one, err := m.Owner.Mint(ctx, p.Wishes[i])
		if err != nil {
			return nil, err
		}
		if r, bad := p.flagged(one.Link.Grant, m.Now()); bad {
			return nil, fmt.Errorf("%w: the link that was made breaks %s", ErrRefused, r.Rule)
		}
		all = append(all, one)
	}
	return all, nil
}

// undo takes away the policy of a share that was not made: its name was never
// there before, so it is nobody else's. If that cannot be
// done, the ledger goes on to say that it was begun.
func (m *Minter) undo(ctx context.Context, p Plan, cause error) error {
	ctx = context.WithoutCancel(ctx)
	if p.Policy != nil && !errors.Is(cause, cloud.ErrPolicyLimit) && !errors.Is(cause, cloud.ErrNoRights) {
		if _, err := m.Owner.Do(ctx, p.step(overgrant.DeletePolicy)); err != nil && !errors.Is(err, cloud.ErrNoPolicy) {
			return fmt.Errorf("%w; and its policy may be left (%w): overgrant share revoke %s", cause, err, p.Name)
		}
	}
	if err := m.Record(ctx, []overgrant.Minted{answered(p.entry(overgrant.Revoked, m))}); err != nil {
		return fmt.Errorf("%w; and that could not be recorded: %w", cause, err)
	}
	return cause
}

// answered makes of an entry one that answers its intention and concerns no link
// that is in the ledger.
func answered(e overgrant.Minted) overgrant.Minted {
	e.ID = "attempt " + e.Attempt
	return e
}

// step is a step about the policy of the plan.
func (p *Plan) step(d overgrant.Deed) overgrant.Step {
	return overgrant.Step{Deed: d, Account: p.At.Account, Service: cloud.Blob, Container: p.At.Container, Policy: p.Policy.ID}
}

// entry is an entry of the ledger about the whole plan.
func (p *Plan) entry(c overgrant.Change, m *Minter) overgrant.Minted {
	return overgrant.Minted{Name: p.Name, At: m.Now().UTC(), Change: c, Owner: p.Owner, Purpose: p.Purpose, Expiry: p.Expiry,
		Accepts: p.Accepts, Paths: p.Paths, Objects: p.Total, Signed: p.Signed, Attempt: m.Attempt}
}
