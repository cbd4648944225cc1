package judge

import (
	"strconv"

	"github.com/overgrant/overgrant"
)

var manyServices = Rule{
	Code:     "many-services",
	Doc:      "One account SAS opens several services, though a link is meant for one.",
	Fix:      "Sign the link for one service (ss=b for blobs).",
	Severity: overgrant.Low,
	Why: func(v View) string {
		if v.Kind != "account_sas" || len(v.Services) < 2 {
			return ""
		}
		return "The same signature works on " + strconv.Itoa(len(v.Services)) + " services: " + v.services() + "."
	},
}
