package kind

import "strings"

var diskExportSAS = Kind{
	Name:  "disk_export_sas",
	Doc:   "Export link of a managed disk or snapshot (an md- host and a policy that is a GUID): the whole disk as a VHD.",
	Marks: sasMarks,
	Find:  findSAS,
	claim: claimDiskExport,
}

// claimDiskExport tells export links by their host: the accounts of managed
// disks are named md-…, and the link is bound to a policy of the disk's own.
func claimDiskExport(r *reading) (claim, bool) {
	h, _, ok := readStorageHost(r.at)
	if !ok || !strings.HasPrefix(h.account, "md-") || !isStorageSAS(r) || !isGUID(r.query.get("si")) || r.query.get("sr") != "b" {
		return claim{}, false
	}
	c := readServiceSAS(r)
	g := &c.grant
	g.Scope, g.Revocation = "disk", endDiskAccess
	if len(g.Actions) == 0 {
		// The policy has the permissions: read, or write for an upload.
		g.Actions = []string{"read"}
	}
	return c, true
}

// isGUID reports whether s is 8-4-4-4-12 hex digits.
func isGUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		if dash := i == 8 || i == 13 || i == 18 || i == 23; dash != (s[i] == '-') || !dash && !isHex(s[i]) {
			return false
		}
	}
	return true
}
