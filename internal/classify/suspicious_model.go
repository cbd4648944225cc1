package classify

import "github.com/overgrant/overgrant"

var suspiciousModel = Class{
	Name:     "suspicious_model",
	Title:    "suspicious models",
	Doc:      "Model files that would run code that is not known, or about which readers disagree: imports that no framework needs, archives that show different members to different programs, pickles hidden behind what is loaded. Told by content only.",
	Severity: overgrant.Medium,
	Unit:     "models",
}
