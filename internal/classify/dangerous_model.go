package classify

import "github.com/overgrant/overgrant"

var dangerousModel = Class{
	Name:     "dangerous_model",
	Title:    "models with code that runs on loading",
	Doc:      "Model files that run code as soon as they are loaded, which no model needs: a pickle that calls a shell, a Keras layer with a program in it, a template that reaches into Python. Told by content only; the file is read, never loaded.",
	Severity: overgrant.Critical,
	Unit:     "models",
}
