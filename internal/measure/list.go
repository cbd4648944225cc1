package measure

import (
	"context"
	"errors"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/source"
)

// list lists a range until the shard is full, and says what is left.
func (m *Measurer) list(ctx context.Context, r source.Range, got *overgrant.Measured) error {
	t := newTotals(m, r)
	defer t.clear()
	rest, listed, err := m.pages(ctx, r, t, got)
	if err != nil && (!listed || ctx.Err() != nil) {
		return m.unlisted(ctx, r, err, got)
	}
	t.finish(&got.Exposure)
	for _, c := range t.sample.all() {
		got.Candidates = append(got.Candidates, c.candidate(got.Shard))
	}
	if got.Inventory, err = t.packer.Segment(r); err != nil {
		return err
	}
	if rest == (source.Range{}) {
		return nil
	}
	parts, err := m.cut(ctx, r, rest)
	if err != nil {
		return err
	}
	for _, p := range parts {
		got.Rest = append(got.Rest, nameOf(shard{Range: p}))
	}
	return nil
}

// pages counts pages until the shard is full. What is left of the range is in
// rest. If a page could not be had, listed says whether one came before it.
func (m *Measurer) pages(ctx context.Context, r source.Range, t *totals, got *overgrant.Measured) (rest source.Range, listed bool, err error) {
	rest = r
	for page, err := range m.from.Pages(ctx, r) {
		var skip *source.Skip
		switch {
		case errors.As(err, &skip):
			got.Gaps = append(got.Gaps, skip.Skipped)
			continue
		case err != nil:
			return rest, listed, err
		}
		if err := t.page(ctx, page); err != nil {
			return rest, false, &recordError{err}
		}
		m.opt.Meter.page(page)
		rest, listed = page.Next, true
		if t.objects >= int64(m.opt.ShardSize) || ctx.Err() != nil {
			return rest, listed, ctx.Err()
		}
	}
	return source.Range{}, true, nil
}

// cuts says into how many parts what is left of a container is cut after so many
// shards in a row. A container of a few shards is listed as it stands: finding
// where to cut costs requests.
func cuts(leg int) int {
	switch leg {
	case 1:
		return 8
	case 16, 128, 1024:
		return 4
	}
	return 1
}

// cut returns the ranges that go on where a shard of r ended.
func (m *Measurer) cut(ctx context.Context, r, rest source.Range) ([]source.Range, error) {
	rest.Leg = r.Leg + 1
	n := cuts(rest.Leg)
	if n == 1 {
		return []source.Range{rest}, nil
	}
	parts, err := m.from.Split(ctx, rest, n)
	if err != nil || len(parts) == 0 {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return []source.Range{rest}, nil // it can be listed as it stands
	}
	for i := range parts {
		parts[i].Leg = rest.Leg
	}
	return parts, nil
}

// namesOf are the names of a page, each on a line, for those who look into
// names.
func (t *totals) namesOf(page *source.Page) []byte {
	t.names = t.names[:0]
	for i := range page.Objects {
		t.names = append(append(t.names, page.Objects[i].Name...), '\n')
	}
	return t.names
}

// keep puts an object into the inventory.
func (t *totals) keep(o *source.Object) {
	if t.m.opt.Inventory == KeepAll {
		t.packer.Add(o)
	}
}
