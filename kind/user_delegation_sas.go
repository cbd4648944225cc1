package kind

var userDelegationSAS = Kind{
	Name:  "user_delegation_sas",
	Doc:   "Azure Storage SAS signed with a user delegation key (skoid, sktid), at most seven days long and limited to what its signer may do.",
	Marks: sasMarks,
	Find:  findSAS,
	claim: claimUserDelegationSAS,
}

func claimUserDelegationSAS(r *reading) (claim, bool) {
	q := r.query
	if !isStorageSAS(r) || !q.any("skoid") || !q.any("sktid", "ske") {
		return claim{}, false
	}
	c := readServiceSAS(r)
	g := &c.grant
	g.Signer, g.SignerID, g.TenantID = "user_delegation_key", q.get("skoid"), q.get("sktid")
	g.Revocation = revokeDelegation
	if t, ok := readTime(q.get("ske")); ok {
		g.KeyExpiry = t
		// The link dies with its key, whatever se says.
		if g.Expiry.IsZero() {
			g.Expiry = t
		}
	}
	return c, true
}
