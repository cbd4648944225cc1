package share

import (
	"strings"
	"time"

	"github.com/overgrant/overgrant"
	"github.com/overgrant/overgrant/internal/cloud"
)

// dryRun begins the names under which the ledger has the links through which
// dry runs read. No share can have such a name.
const dryRun = "(dry run of "

// IsDryRun reports whether a name of the ledger is that of a link through which a
// dry run read.
func IsDryRun(name string) bool { return strings.HasPrefix(name, dryRun) }

// Reading is the entry of a link that a dry run makes for itself: so that storage
// logs, which show its use, do not show an unknown one.
func Reading(w *Want, m *cloud.Minted, attempt string, at time.Time) overgrant.Minted {
	return linked(overgrant.Minted{Name: dryRun + w.Name + ")", At: at.UTC(), Change: overgrant.Made, Owner: w.Owner,
		Purpose: "to look at what is to be shared; nobody else has it", Expiry: m.Link.Grant.Expiry, Paths: []string{w.At.Container + "/"}, Attempt: attempt}, m)
}
