package classify

import "github.com/overgrant/overgrant"

var unsafeModel = Class{
	Name:     "unsafe_model",
	Title:    "models in unsafe formats",
	Doc:      "Model files in formats that can hold code for the program that loads them, in which none was found. Told by content only.",
	Severity: overgrant.Low,
	Unit:     "models",
}
