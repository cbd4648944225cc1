package judge

import (
	"github.com/overgrant/overgrant"
)

var canTakeMessages = Rule{
	Code:     "can-take-messages",
	Doc:      "The link takes messages out of a queue (right p): they are read, and gone for whom they were meant.",
	Fix:      "Give the worker that empties the queue an identity of its own, and share at most the right to add.",
	Severity: overgrant.High,
	Why: func(v View) string {
		if !v.sas() || !v.serves("queue") || !v.Can("process") {
			return ""
		}
		where := named("queue", v.Container)
		if v.account() {
			where = "every queue of " + named("storage account", v.Account)
		}
		return "Anyone with the link can take messages out of " + where + ", so that their receiver never sees them" + v.till() + "."
	},
}
