package judge

import (
	"slices"
	"strings"

	"github.com/overgrant/overgrant"
)

var reachesLogs = Rule{
	Code:     "reaches-logs",
	Doc:      "The link reaches the logs of the account itself ($logs, $blobchangefeed, insights-logs-...): who did what, from where, and the names of files long gone.",
	Fix:      "Keep logs in an account of their own that nobody shares links to.",
	Severity: overgrant.Medium,
	Why: func(v View) string {
		if !v.sas() {
			return ""
		}
		if c := strings.ToLower(v.Container); !v.account() && (c == "$logs" || c == "$blobchangefeed" || strings.HasPrefix(c, "insights-logs-")) {
			return "The link can " + v.mayDo() + " the logs in " + named("container", v.Container) + " " + v.until() + "."
		}
		if v.Kind != "account_sas" || !v.serves("blob") || !v.reaches("o") {
			return ""
		}
		var words []string
		for _, d := range deeds {
			if v.Can(d.action) && slices.Contains([]string{"read", "write", "delete"}, d.action) {
				words = append(words, d.words)
			}
		}
		if len(words) == 0 {
			return ""
		}
		return "The link also reaches the logs that are kept in the account ($logs, $blobchangefeed, insights-logs-...): its holder can " + and(words) + " them."
	},
}
