package judge

import (
	"slices"
	"strings"

	"github.com/overgrant/overgrant"
)

var poisonsModels = Rule{
	Code:     "poisons-models",
	Doc:      "The link overwrites or adds machine-learning models. Many model formats run code when they are loaded, so whoever holds the link can run code at everyone who downloads a model.",
	Fix:      "Revoke the link, compare every model with a copy of known origin, publish checksums or signatures, and share models for reading only.",
	Severity: overgrant.Critical,
	Covers:   []string{"poisons-downloads"},
	Why: func(v View) string {
		if v.key() || !v.plants() || !holdsModels(v.Container, v.Path) {
			return ""
		}
		return "Anyone with the link can put a changed model in place of " + v.bait("models") +
			v.till() + "; loading such a file can run the code of a stranger."
	},
}

// modelEndings are endings of model files.
var modelEndings = []string{
	".ckpt", ".pt", ".pth", ".bin", ".pkl", ".pickle", ".safetensors", ".onnx", ".gguf", ".ggml", ".h5", ".hdf5",
	".keras", ".pb", ".joblib", ".npz", ".npy", ".tflite", ".mar", ".nemo", ".mlmodel", ".pdparams", ".t7", ".caffemodel", ".dill",
}

// modelWords in the name of a container or folder say that models are there.
var modelWords = []string{"models", "checkpoints", "checkpoint", "ckpt", "ckpts", "weights", "pretrained", "huggingface"}

// holdsModels reports whether a path is that of a model, or lies where models
// are kept.
func holdsModels(container, path string) bool {
	return endsIn(path, modelEndings) ||
		hasWord(container+"/"+path, modelWords) ||
		strings.EqualFold(container, "model") || slices.Contains(strings.Split(strings.ToLower(path), "/"), "model")
}

// plants reports whether the holder can leave content that others will load.
func (v View) plants() bool {
	if v.Can("write", "create", "add", "update", "move") {
		return true
	}
	return !v.sas() && slices.Contains([]string{"PUT", "POST"}, strings.ToUpper(v.Method))
}

// bait names what would be replaced.
func (v View) bait(things string) string {
	if p := v.pointsAt(); p != "" {
		return name(p)
	}
	return "the " + things + " in " + named("container", v.Container)
}

func endsIn(path string, endings []string) bool {
	dot := strings.LastIndexByte(path, '.')
	return dot >= 0 && slices.Contains(endings, strings.ToLower(path[dot:]))
}

// hasWord reports whether one of the words stands in the text between
// characters that are no letters.
func hasWord(text string, words []string) bool {
	between := func(r rune) bool { return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z') }
	for word := range strings.FieldsFuncSeq(text, between) {
		if slices.Contains(words, strings.ToLower(word)) {
			return true
		}
	}
	return false
}
