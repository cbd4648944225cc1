package cli

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/cloud"
	"github.com/overgrant/overgrant/internal/find"
	"github.com/overgrant/overgrant/internal/judge"
	"github.com/overgrant/overgrant/internal/measure"
	"github.com/overgrant/overgrant/internal/pipeline"
	"github.com/overgrant/overgrant/internal/report"
	"github.com/overgrant/overgrant/internal/share"
	"github.com/overgrant/overgrant/internal/source"
	"github.com/overgrant/overgrant/internal/wire"
	"github.com/overgrant/overgrant/kind"
)

// plan weighs what the links would reach and plans them. It returns what speaks
// against it, and notes all of it for the output.
func (j *sharer) plan(ctx context.Context, want share.Want) (share.Plan, []share.Stop, error) {
	e, err := j.estate(ctx)
	if err != nil {
		return share.Plan{}, nil, err
	}
	want.Estate, want.Right = *e, share.Right{Login: j.owner.login, Keys: len(j.owner.keyEnv) > 0}
	want.Salt = [4]byte(j.salt[:4])
	yard, found, err := j.weigh(ctx, want)
	if err != nil {
		return share.Plan{}, nil, err
	}
	want.Objects, want.Reach = yard.objects(), found.Reach.Tally
	if want.Form == share.Objects {
		want.Reach = overgrant.Tally{}
	}
	weighed := share.Weigh(want.Form, want.At, want.Targets, found)
	hold := share.Accept(weighed.Stops, want.Accepts)
	p, err := share.Make(want)
	if err != nil {
		return p, nil, err
	}
	p.Accepts = append(p.Accepts, acceptedStops(weighed.Stops)...)
	for _, r := range p.Refused {
		hold = append(hold, share.Stop{Code: r.Rule, Severity: r.Severity, Why: r.Why})
	}
	j.tell(want, &p, &weighed)
	j.yard = yard
	if len(hold) > 0 {
		j.out.State = "refused"
	}
	return p, hold, nil
}

// estate reads the account, once.
func (j *sharer) estate(ctx context.Context) (*cloud.Estate, error) {
	if j.read != nil {
		return j.read, nil
	}
	e, err := j.door.Estate(ctx)
	switch {
	case errors.Is(err, cloud.ErrNoRights), errors.Is(err, cloud.ErrNoAccount): // a right to the container alone is enough for user delegation
		j.unread, e = err.Error(), cloud.Estate{}
	case err != nil:
		return nil, err
	}
	if off := e.Skew.Abs(); off > 15*time.Minute {
		return nil, fmt.Errorf("%w: %s; set it right first", cloud.ErrClockSkew, off.Round(time.Second))
	}
	j.read = &e
	return j.read, nil
}

func acceptedStops(stops []share.Stop) (all []overgrant.Accept) {
	for _, s := range stops {
		if s.Accepted != "" {
			all = append(all, overgrant.Accept{Rule: s.Code, Why: s.Accepted})
		}
	}
	return all
}

// tell notes the plan for the output.
func (j *sharer) tell(want share.Want, p *share.Plan, w *share.Weighed) {
	o := &j.out
	*o = report.Sharing{Schema: "overgrant.share/1", Name: p.Name, Account: p.At.Account, Container: p.At.Container, Scope: string(want.Form),
		Owner: p.Owner, Purpose: p.Purpose, Kind: p.Kind, Rights: p.Grants[0].Permissions, IP: want.IP, Start: p.Start, Expiry: p.Expiry,
		Count: len(p.Wishes), AskedFor: w.Asked, Reach: w.Now, Others: w.Others, Worst: w.Worst, Later: w.Later, Notes: w.Notes,
		Stops: []report.SharingStop{}, Accepts: p.Accepts, State: "planned"}
	if p.Policy != nil {
		o.Policy = p.Policy.ID
	}
	if j.unread != "" {
		o.Notes = append(o.Notes, "the account's settings and policies could not be read: "+j.unread)
	}
	for _, t := range want.Targets {
		o.Asked = append(o.Asked, p.At.Container+"/"+t.Path)
	}
	for _, s := range w.Stops {
		o.Stops = append(o.Stops, report.SharingStop{Code: s.Code, Severity: s.Severity, Why: s.Why, Examples: s.Examples, Accepted: s.Accepted,
			Fix: stopFix(s.Code) + " If it is meant: --accept " + s.Code + " --why TEXT"})
	}
	for _, r := range p.Refused {
		o.Stops = append(o.Stops, report.SharingStop{Code: r.Rule, Severity: r.Severity, Why: r.Why, Fix: r.Fix + " If it is meant: --accept " + r.Rule + " --why TEXT"})
	}
	for _, r := range p.Advice {
		o.Advice = append(o.Advice, r.Rule+": "+r.Why)
	}
	if want.Form != share.Objects && (w.Others.Objects > 0 || len(p.Refused) > 0) && w.Asked.Objects <= share.MaxLinks {
		o.Instead = fmt.Sprintf("%s, one for each object that was asked for: leave --as away", linksOf(int(w.Asked.Objects)))
	}
}

// stopFix says what to do about a stop.
func stopFix(code string) string {
	switch code {
	case share.Unread:
		return "Look at it yourself, or let more be read with --read-budget."
	case share.Unsigned:
		return "Sign it with --sign-key KEY.pem, so that whoever downloads it can tell."
	}
	return "Take it out of there, or share less."
}

// weigh measures what the links would reach, through the owner's right to read.
func (j *sharer) weigh(ctx context.Context, want share.Want) (*yard, share.Found, error) {
	var f share.Found
	reach, err := j.reading(ctx, want)
	if err != nil {
		return nil, f, err
	}
	y := &yard{Lister: reach, container: want.At.Container, targets: want.Targets, form: want.Form, asked: map[string]share.Object{}}
	var mu sync.Mutex
	sink := func(m overgrant.Message) error {
		mu.Lock()
		defer mu.Unlock()
		switch {
		case m.Measured != nil:
			f.Reach.Add(&m.Measured.Exposure)
			f.Finds = append(f.Finds, m.Measured.Finds[:min(len(m.Measured.Finds), max(0, maxShareFinds-len(f.Finds)))]...)
		case m.Skipped != nil:
			f.Gaps = append(f.Gaps, *m.Skipped)
		}
		return nil
	}
	meter := &measure.Meter{}
	s := pipeline.Survey{Case: "share", Round: j.world.Now().Format(time.RFC3339Nano), Reach: y, Bearer: measure.Bearer{Reads: true},
		Sample: shareSample, Budget: int64(j.budget), Finder: find.New(find.Options{}), Config: judge.Config{Policy: want.Judge}, Now: want.Now,
		Runner: runner(0), Sink: sink, Survey: meter, Salt: randomNumber(j.salt)}
	if j.budget == 0 {
		s.Budget = -1
	}
	done := (&measuring{survey: &survey{quiet: j.quiet}, job: &job{world: j.world}}).progress(meter)
	out, err := s.Run(ctx)
	done()
	if err != nil {
		return nil, f, err
	}
	if out.Open > 0 {
		return nil, f, fmt.Errorf("look at what is to be shared: part of it could not be listed now; try again: %s", firstGap(f.Gaps))
	}
	for _, l := range out.Links {
		if l.Grant.Status(want.Now) == overgrant.LiveShape {
			f.Links++
		}
	}
	f.Asked, f.Unlooked = y.tally(), maps.Clone(f.Reach.Coverage.Skipped)
	delete(f.Unlooked, measure.NothingToLookFor)
	f.Signed = j.signKey != "" || want.Signed != ""
	f.Versions = f.Reach.Versions
	f.Versions.Add(f.Reach.Snapshots)
	return y, f, y.missing(want, f.Gaps)
}

func firstGap(gaps []overgrant.Skipped) string {
	if len(gaps) == 0 {
		return "the service did not say why"
	}
	return strings.Trim(gaps[0].Reason+": "+gaps[0].Detail, ": ")
}

// How far a dry run looks: objects of each class, and finds that are kept.
const (
	shareSample   = 5000
	maxShareFinds = 10_000
)

func randomNumber(salt [8]byte) (n uint64) {
	for _, b := range salt {
		n = n<<8 | uint64(b)
	}
	return n
}

// reading opens the container with the right to read it: a login's link for two
// hours, which nobody sees, or the account's key.
func (j *sharer) reading(ctx context.Context, want share.Want) (cloud.Reach, error) {
	l, err := j.readingLink(ctx, want)
	if err != nil {
		return nil, fmt.Errorf("read what is to be shared: %w", err)
	}
	client, err := j.access.client(j.world, runID(j.salt), wire.Probes{})
	if err != nil {
		return nil, err
	}
	j.reader = client
	opt := cloud.Options{Client: client, Now: want.Now}
	if want.Form != share.Objects {
		opt.Versions = "all"
	}
	return j.access.reach(l, opt)
}

func (j *sharer) readingLink(ctx context.Context, want share.Want) (overgrant.Link, error) {
	if j.owner.login {
		m, err := j.door.Mint(ctx, cloud.Wish{Container: want.At.Container, Permissions: "rl", Expiry: j.world.Now().UTC().Add(readingFor).Truncate(time.Second)})
		if err == nil {
			return m.Link, j.recordReading(ctx, &want, &m)
		}
		if len(j.owner.keyEnv) == 0 {
			return m.Link, err
		}
	}
	return kind.Parse(fmt.Sprintf("DefaultEndpointsProtocol=https;AccountName=%s;AccountKey=%s;BlobEndpoint=%s;",
		want.At.Account, strings.TrimSpace(j.world.Getenv(j.owner.keyEnv[0])), want.At.Base))
}

// recordReading puts the link of the dry run into the ledger before it is used,
// if there is one: a dry run alone makes no store.
func (j *sharer) recordReading(ctx context.Context, want *share.Want, m *cloud.Minted) error {
	if j.db == nil {
		return nil
	}
	mint := j.minter()
	if err := mint.Record(ctx, []overgrant.Minted{share.Reading(want, m, mint.Attempt, j.world.Now())}); err != nil {
		return fmt.Errorf("record the link of the dry run: %w", err)
	}
	return nil
}

// yard is the part of a container that links would reach.
type yard struct {
	source.Lister
	container string
	targets   []share.Target
	form      share.Form

	mu    sync.Mutex
	asked map[string]share.Object
	where map[string]source.Named
	more  overgrant.Tally // asked for, beyond those that are kept
}

// Expand gives what the links would reach.
func (y *yard) Expand(ctx context.Context, r source.Range) (source.Expanded, error) {
	if r != (source.Range{}) {
		return y.Lister.Expand(ctx, r)
	}
	e := source.Expanded{Containers: 1}
	if y.form == share.Container {
		e.Ranges = []source.Range{{Service: cloud.Blob, Container: y.container}}
		return e, nil
	}
	for i, t := range y.targets {
		covered := slices.ContainsFunc(y.targets, func(o share.Target) bool { return o != t && o.Below && strings.HasPrefix(t.Path, o.Path) })
		if !covered && !slices.Contains(y.targets[:i], t) {
			e.Ranges = append(e.Ranges, source.Range{Service: cloud.Blob, Container: y.container, Prefix: t.Path})
		}
	}
	return e, nil
}

// Pages lists a range, without what the links would not reach. A name that is
// asked for is the beginning of others.
func (y *yard) Pages(ctx context.Context, r source.Range) iter.Seq2[*source.Page, error] {
	return func(yield func(*source.Page, error) bool) {
		var kept source.Page
		for page, err := range y.Lister.Pages(ctx, r) {
			if err != nil || page == nil {
				if !yield(page, err) {
					return
				}
				continue
			}
			kept = source.Page{Objects: kept.Objects[:0], Next: page.Next, Bytes: page.Bytes}
			for i := range page.Objects {
				o := &page.Objects[i]
				meant := slices.ContainsFunc(y.targets, func(t share.Target) bool { return t.Has(string(o.Name)) })
				if meant && o.State == source.Current {
					y.note(r, o)
				}
				if meant || y.form == share.Container {
					kept.Objects = append(kept.Objects, *o)
				}
			}
			if !yield(&kept, nil) {
				return
			}
		}
	}
}

// note keeps an object that was asked for.
func (y *yard) note(r source.Range, o *source.Object) {
	y.mu.Lock()
	defer y.mu.Unlock()
	name := string(o.Name)
	if _, known := y.asked[name]; !known && len(y.asked) > share.MaxLinks {
		y.more.Add(overgrant.Tally{Objects: 1, Bytes: o.Size})
		return
	}
	obj := share.Object{Name: name, Size: o.Size, MD5: hex.EncodeToString(o.MD5)}
	if o.Modified != 0 {
		obj.Modified = time.Unix(o.Modified, 0).UTC()
	}
	y.asked[name] = obj
	if y.where == nil {
		y.where = map[string]source.Named{}
	}
	y.where[name] = source.Named{Range: r, Name: name, Size: o.Size, Tag: string(o.Tag), State: o.State, Version: string(o.Version)}
}

// objects are those that were asked for, by name; one more than may be shared if
// there are more.
func (y *yard) objects() []share.Object {
	var all []share.Object
	for _, name := range slices.Sorted(maps.Keys(y.asked)) {
		all = append(all, y.asked[name])
	}
	return all
}

func (y *yard) tally() overgrant.Tally {
	t := share.Total(y.objects())
	t.Add(y.more)
	return t
}

// missing fails if there is nothing at one of the targets.
func (y *yard) missing(want share.Want, gaps []overgrant.Skipped) error {
	if len(y.asked) == 0 && len(gaps) > 0 {
		return fmt.Errorf("look at what is to be shared: %s", firstGap(gaps))
	}
	for _, t := range want.Targets {
		if y.more.Objects > 0 {
			break // not every name was kept
		}
		there := false
		for name := range y.asked {
			there = there || t.Has(name)
		}
		if there {
			continue
		}
		if !t.Below {
			return fmt.Errorf("%w at %s/%s; names are compared to the letter, and what lies below it is shared as %[2]s/%s/", share.ErrNothing, want.At.Container, t.Path)
		}
		return fmt.Errorf("%w below %s/%s; is it the right account and container?", share.ErrNothing, want.At.Container, t.Path)
	}
	return nil
}
