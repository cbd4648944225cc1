package azure

import (
	"cmp"
	"slices"
	"strings"

	"github.com/overgrant/overgrant/internal/source"
)

// Known returns the range of an object whose name is known. There is none where
// the link does not read by name: it is for one object, or does not read.
func (r *reach) Known(container, name string) (source.Range, bool) {
	target, folder := r.target()
	at := source.Range{Service: cmp.Or(r.service, blobs), Container: container, Prefix: name, Marker: string(objectMark)}
	if r.wholeAccount() {
		if at.Service != files {
			at.Service = blobs
		}
		return at, name != "" && container != "" && slices.Contains(r.granted(), at.Service) && r.permits("o", "r")
	}
	at.Container = cmp.Or(container, target)
	reads := strings.Contains(r.grant.Permissions, "r") || r.grant.PolicyID != ""
	if !scoped(r.grant.Scope) || !reads || at.Container != target || target == "" || name == "" || at.Service != blobs && at.Service != files {
		return source.Range{}, false
	}
	return at, r.grant.Scope != "directory" || strings.HasPrefix(name, directory(folder))
}
