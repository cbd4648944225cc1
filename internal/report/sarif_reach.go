package report

import "github.com/overgrant/overgrant"

// askedLines say what the service answered and what lies behind a link.
func askedLines(c *overgrant.Case) []string {
	var all []string
	if c.Proof != nil {
		all = append(all, "Proof: "+proofLine(c.Proof))
	}
	if c.Reach != nil {
		all = append(all, "Behind it: "+reachLine(c)+".")
	}
	return all
}

// sarifProof is a proof in the properties of a result: what programs sort by.
func sarifProof(p *overgrant.Proof) map[string]any {
	m := map[string]any{"state": p.State, "why": clean(p.Why)}
	for name, v := range map[string]string{"cause": string(p.Cause), "checkedAt": stamp(p.CheckedAt), "actions": provenActions(p), "key": p.Key} {
		if v != "" {
			m[name] = clean(v)
		}
	}
	return m
}

// sarifReach is an exposure in the properties of a result.
func sarifReach(c *overgrant.Case) map[string]any {
	e := c.Reach
	cover := coverageOf(e)
	m := map[string]any{
		"containers": e.Containers, "objects": e.Objects, "bytes": e.Bytes, "bytesRead": e.Read, "replaceable": replaceable(e),
		"coverage": map[string]float64{"complete": cover.Complete, "partial": cover.Partial, "skipped": cover.Skipped},
	}
	classes := map[string]int64{}
	for _, h := range classesOf(e) {
		classes[clean(h.name)] += h.amount()
	}
	m["classes"] = classes
	if c.Pending > 0 {
		m["partsPending"] = c.Pending
	}
	return m
}
