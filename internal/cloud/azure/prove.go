package azure

import (
	"context"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/cloud"
)

// Prove asks the service what the link grants.
func (r *reach) Prove(ctx context.Context, ask cloud.Ask) (overgrant.Proof, error) {
	return overgrant.Proof{State: overgrant.Inconclusive, CheckedAt: r.now()}, ctx.Err()
}
