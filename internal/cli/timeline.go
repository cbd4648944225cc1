package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/report"
	"github.com/overgrant/overgrant/internal/store"
)

// timelines writes what happened to the cases with these ids, for the record of
// an incident.
func (o *output) timelines(ctx context.Context, w World, db store.Store, ids func(func(string, error) bool)) error {
	if !slices.Contains(report.Timelines, o.format) {
		return fmt.Errorf("read --format %q: a timeline is written as one of %s", o.format, strings.Join(report.Timelines, ", "))
	}
	p, err := o.open(w)
	if err != nil {
		return err
	}
	var all []overgrant.Timeline
	for id, err := range ids {
		if err != nil {
			return err
		}
		c, err := db.Case(ctx, id)
		if err != nil {
			return err
		}
		all = append(all, c.Timeline(p.now))
	}
	if err := report.WriteTimelines(p.out, o.format, all, p.options); err != nil {
		return err
	}
	return p.drop()
}
