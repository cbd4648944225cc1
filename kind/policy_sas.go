package kind

import "github.com/overgrant/overgrant"

var policySAS = Kind{
	Name:  "policy_sas",
	Doc:   "Azure Storage service SAS bound to a stored access policy (si), which may hold permissions and expiry and can be deleted.",
	Marks: sasMarks,
	Find:  findSAS,
	claim: claimPolicySAS,
}

func claimPolicySAS(r *reading) (claim, bool) {
	if !isStorageSAS(r) || r.query.get("si") == "" {
		return claim{}, false
	}
	c := readServiceSAS(r)
	c.grant.Revocation = deletePolicy
	if c.grant.ExpiryRaw == "" {
		c.grant.Extra = append(c.grant.Extra, overgrant.Param{Name: "expiry", Value: "in the stored access policy"})
	}
	return c, true
}
