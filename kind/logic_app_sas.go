package kind

import (
	"strings"

	"github.com/overgrant/overgrant"
)

var logicAppSAS = Kind{
	Name:  "logic_app_sas",
	Doc:   "Callback URL of a workflow trigger in Logic Apps, Power Automate or the Power Platform: whoever has it starts the workflow, usually for ever.",
	Marks: sasMarks,
	Find:  findSAS,
	claim: claimLogicApp,
}

// workflowSuffixes end the hosts of workflows. Source: "Call, trigger, or nest
// logic apps"; "Changes to HTTP or Teams webhook trigger flows".
var workflowSuffixes = []string{
	".logic.azure.com", ".logic.azure.cn", ".logic.azure.us", ".azurewebsites.net",
	".api.powerplatform.com", ".powerplatform.com", ".api.powerplatform.us", ".flow.microsoft.com",
}

// isWorkflow reports whether r calls a trigger: by the host, or by sp, which is
// a path here and never is one in storage.
func isWorkflow(r *reading) bool {
	if strings.HasPrefix(strings.TrimPrefix(r.query.get("sp"), "/"), "triggers") {
		return true
	}
	for _, s := range workflowSuffixes {
		if strings.HasSuffix(r.at.host, s) && strings.Contains(r.at.path, "triggers/") {
			return true
		}
	}
	return false
}

func claimLogicApp(r *reading) (claim, bool) {
	q := r.query
	if !q.has("sig") || !isWorkflow(r) {
		return claim{}, false
	}
	g := overgrant.Grant{
		Provider: "azure", Host: r.at.host, Services: []string{"logic_app"}, Scope: "workflow",
		Permissions: q.get("sp"), Actions: []string{"execute"}, SignedVersion: q.get("sv"), IP: q.get("sip"),
		Signer: "access_key", Revocation: regenerateWorkflowKey,
		StartRaw: q.get("st"), ExpiryRaw: q.get("se"),
	}
	g.Path, _, _ = strings.Cut(r.at.path, "/triggers/")
	if _, workflow, ok := strings.Cut(g.Path, "workflows/"); ok {
		g.Path = workflow
	}
	g.Start, _ = readTime(g.StartRaw)
	g.Expiry, _ = readTime(g.ExpiryRaw)
	g.Endless = g.ExpiryRaw == ""
	if v := q.get("api-version"); v != "" {
		g.Extra = append(g.Extra, overgrant.Param{Name: "api-version", Value: v})
	}
	return claim{grant: g, secret: hmac256Base64.read(q.first("sig"))}, true
}
