package kind

import (
	"strings"

	"github.com/overgrant/overgrant"
)

var serviceSAS = Kind{
	Name:  "service_sas",
	Doc:   "Azure Storage shared access signature for one container, directory, blob, share, file, queue or table, signed with the account key.",
	Marks: sasMarks,
	Find:  findSAS,
	claim: claimServiceSAS,
}

func claimServiceSAS(r *reading) (claim, bool) {
	if !isStorageSAS(r) {
		return claim{}, false
	}
	return readServiceSAS(r), true
}

// readServiceSAS reads what service, policy and user delegation SAS have in
// common.
func readServiceSAS(r *reading) claim {
	c := readSAS(r)
	g := &c.grant
	h := locate(g, r)
	g.Version, g.Snapshot = r.query.get("versionid"), r.query.get("snapshot")
	g.KeyRange = keyRange(r.query)
	if tn := r.query.get("tn"); tn != "" {
		g.Table = tn
	}
	service := serviceOf(r.query, h.service)
	if service != "" {
		g.Services = []string{service}
	}
	setScope(g, service)
	process := "permit"
	if service == "queue" {
		process = "process"
	}
	g.Actions = sasActions(g.Permissions, process)
	return c
}

// serviceOf tells the service from sr, the table name, the host or, in a bare
// token without sr, from permissions that only queues have.
func serviceOf(q params, host string) string {
	switch sr := q.get("sr"); {
	case q.get("tn") != "":
		return "table"
	case sr == "s" || sr == "f":
		return "file"
	case resources[sr] != "":
		return "blob"
	case host != "":
		return host
	case !q.has("sr") && strings.ContainsAny(q.get("sp"), "pu"):
		return "queue"
	}
	return ""
}

// setScope names what one signature reaches.
func setScope(g *overgrant.Grant, service string) {
	g.Scope = resources[g.Resource]
	if g.Scope == "" {
		switch service {
		case "queue", "table":
			g.Scope = service
		case "blob", "file":
			g.Scope = "service"
		}
	}
}

// keyRange writes the rows of a table that a SAS is limited to.
func keyRange(q params) string {
	from := strings.TrimSuffix(q.get("spk")+"/"+q.get("srk"), "/")
	to := strings.TrimSuffix(q.get("epk")+"/"+q.get("erk"), "/")
	if from == "" && to == "" {
		return ""
	}
	return from + " to " + to
}
