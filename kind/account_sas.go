package kind

import "strings"

var accountSAS = Kind{
	Name:  "account_sas",
	Doc:   "Azure Storage shared access signature for the whole account (ss and srt). It can be revoked only by rotating the account key.",
	Marks: sasMarks,
	Find:  findSAS,
	claim: claimAccountSAS,
}

func claimAccountSAS(r *reading) (claim, bool) {
	q := r.query
	if !isStorageSAS(r) || !q.has("ss", "srt") {
		return claim{}, false
	}
	c := readSAS(r)
	g := &c.grant
	g.Scope = "account"
	g.ResourceTypes = q.get("srt")
	g.Services = servicesOf(q.get("ss"))
	locate(g, r)
	g.Actions = sasActions(g.Permissions, "process")
	if strings.Trim(strings.ToLower(q.get("srt")), "sco") != "" || strings.Trim(strings.ToLower(q.get("ss")), "bfqt") != "" {
		c.secret = c.secret.malformed("ss or srt has letters that no service takes")
	}
	return c, true
}
