package judge

import (
	"github.com/overgrant/overgrant"
)

var listsMoreThanMeant = Rule{
	Code:     "lists-more-than-meant",
	Doc:      "The address names one object, and yet the link lists all that lies around it. This is how a link to one file becomes a tour of an account.",
	Fix:      "Sign a link for this one object (sr=b), with r and without l.",
	Severity: overgrant.High,
	Covers:   []string{"can-list"},
	Why: func(v View) string {
		p := v.pointsAt()
		if p == "" || !v.lists() {
			return ""
		}
		more := ""
		if v.account() && v.reaches("s") {
			more = ", and of all containers"
		}
		return "The address names " + name(p) + ", and yet the link lists the names of " + v.listed() + more + "."
	},
}
