package azure

import (
	"context"
	"iter"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/source"
)

func (r *reach) Name() string { return "azure" }
func (r *reach) Expand(ctx context.Context, at source.Range) (source.Expanded, error) { return source.Expanded{}, nil }
func (r *reach) Split(ctx context.Context, at source.Range, n int) ([]source.Range, error) { return []source.Range{at}, nil }
func (r *reach) Content(ctx context.Context, o source.Named) (overgrant.Content, error) { return nil, errNoService }
func (r *reach) Shards(ctx context.Context) iter.Seq2[source.Shard, error] { return nil }
func (r *reach) Pieces(ctx context.Context, s source.Shard) iter.Seq2[overgrant.Piece, error] { return nil }
