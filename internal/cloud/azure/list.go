package azure

import (
	"context"
	"iter"

	"github.com/overgrant/overgrant/internal/source"
)

// Pages lists a range.
func (r *reach) Pages(ctx context.Context, at source.Range) iter.Seq2[*source.Page, error] {
	return func(yield func(*source.Page, error) bool) {}
}
