package judge

import (
	"github.com/overgrant/overgrant"
)

var workflowCallback = Rule{
	Code:     "workflow-callback",
	Doc:      "A callback of Logic Apps or Power Automate: whoever holds it starts the workflow, with input of their own and the connections of its owner.",
	Fix:      "Regenerate the access key of the workflow, and let the trigger ask for Microsoft Entra ID or fixed addresses.",
	Severity: overgrant.Medium,
	Advice:   true,
	Why: func(v View) string {
		if v.Kind != "logic_app_sas" {
			return ""
		}
		return "Anyone with the link can start the workflow with input of their own " + v.until() + "."
	},
}
