package model

import (
	"bytes"
	"errors"
	"io"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// hydra is a configuration from which NeMo builds a model.
var hydra = Format{
	Name: "hydra",
	Doc:  "NeMo's model_config.yaml: Hydra's _target_, which names what is called",
	look: func(_ *scan, p piece) bool { return textual(readUpTo(p.at, 0, headSize)) && p.size != 0 },
	scan: scanHydra,
}

const hydraBytes = 1 << 20 // of one configuration that are read

// hydraTrusted are packages whose classes NeMo's configurations name.
var hydraTrusted = []string{"nemo", "nemo_text_processing", "torch", "pytorch_lightning", "lightning", "megatron", "transformers", "torchmetrics", "omegaconf", "apex", "transformer_engine", "torchaudio", "numpy", "collections", "nvidia"}

// hydraGadgets are callables of those packages that run or load code.
var hydraGadgets = []string{"load", "system", "popen", "exec", "eval", "get_object", "_locate", "import_module", "call", "run", "Popen", "check_output", "getattr", "compile", "load_module", "hub", "get_method", "instantiate", "runstring", "load_state_dict_from_url", "download_url_to_file"}

// scanHydra takes a text that has _target_, or that NeMo's archive calls its
// configuration.
func scanHydra(s *scan, p piece) bool {
	b, err := io.ReadAll(io.LimitReader(p.stream(), hydraBytes+1))
	if err != nil && len(b) == 0 || !bytes.Contains(b, []byte("_target_")) && !bytes.Contains(b, []byte(`\x5f`)) && !bytes.Contains(b, []byte(`\u005f`)) || !textual(b[:min(len(b), 4096)]) {
		return false
	}
	var doc yaml.Node
	err = errors.New("more than 1 MiB")
	if len(b) <= hydraBytes && bytes.Count(b, []byte{'\n'})+bytes.Count(b, []byte{','})+bytes.Count(b, []byte{'['})+bytes.Count(b, []byte{'{'}) < 100_000 {
		err = decodeYAML(b, &doc)
	}
	if base := path.Base(strings.ReplaceAll(p.path, "!", "/")); base == "model_config.yaml" && s.report.Format == "" {
		s.report.Format = "nemo"
	}
	s.name(p, "hydra")
	if err != nil {
		s.unread(p, "YAML: "+clipText(err.Error(), 80))
		s.targetsByLine(p, b)
		return true
	}
	s.targets(p, &doc, 0)
	return true
}

// decodeYAML reads the first document; the library may panic on broken input.
func decodeYAML(b []byte, doc *yaml.Node) (err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("broken")
		}
	}()
	return yaml.NewDecoder(bytes.NewReader(b)).Decode(doc)
}

// targets judges every _target_ of a document. Aliases lead to nodes that are
// judged where they stand.
func (s *scan) targets(p piece, n *yaml.Node, depth int) {
	if depth > 500 {
		s.unread(p, "YAML nested too deep")
		return
	}
	if n.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(n.Content); i += 2 {
			if key := n.Content[i].Value; key == "_target_" || key == "target" || key == "_call_" {
				value := n.Content[i+1]
				if value.Kind == yaml.AliasNode {
					value = value.Alias
				}
				s.target(p, value.Value, value.Line)
			}
		}
	}
	for _, kid := range n.Content {
		s.targets(p, kid, depth+1)
	}
}

// targetsByLine judges a document that does not parse, line by line.
func (s *scan) targetsByLine(p piece, b []byte) {
	for line := range strings.Lines(string(b)) {
		if _, rest, ok := strings.Cut(line, "_target_"); ok {
			s.target(p, strings.Trim(strings.TrimSpace(strings.TrimLeft(rest, `"': `)), `"',}`), 0)
		}
	}
}

// hydraFunctions are where configurations take functions and values from, not
// classes.
var hydraFunctions = []string{"nemo", "nemo_text_processing", "megatron", "torch.nn", "torch.optim", "torchmetrics", "torchaudio.functional", "collections", "omegaconf"}

// hydraInternals are parts of trusted packages that build, fetch or start.
var hydraInternals = []string{"cpp_extension", "f2py", "distutils", "hub", "dynamic_module_utils", "package", "multiprocessing", "distributed", "elastic", "testing", "jit", "serialization", "_internal", "deploy", "onnx", "cli", "launchers", "plugins"}

// hydraOdd says whether a callable of a trusted package is none that models name.
func hydraOdd(root, name, last string) bool {
	if last == "" {
		return true
	}
	if root != "nemo" && root != "megatron" && slices.ContainsFunc(strings.Split(name, "."), func(part string) bool { return slices.Contains(hydraInternals, part) }) {
		return root == "torch" || root == "numpy" || root == "transformers"
	}
	if last[0] >= 'A' && last[0] <= 'Z' {
		return false
	}
	plain := []string{"torch.tensor", "torch.zeros", "torch.ones", "torch.device", "torch.float", "torch.bfloat", "torch.half", "torch.int", "torch.arange", "torch.linspace", "numpy.array", "numpy.float", "numpy.int", "numpy.zeros", "numpy.ones", "numpy.arange", "numpy.linspace"}
	return !slices.ContainsFunc(hydraFunctions, func(p string) bool { return root == p || strings.HasPrefix(name, p+".") }) &&
		!slices.ContainsFunc(plain, func(p string) bool { return strings.HasPrefix(name, p) })
}

func (s *scan) target(p piece, name string, line int) {
	if name == "" {
		return
	}
	module, last := name, name
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		module, last = name[:i], name[i+1:]
	}
	root, _, _ := strings.Cut(name, ".")
	f := Finding{Rule: "target", What: clipText(name, 120), Offset: int64(line), Severity: Medium, Why: "Hydra imports and calls it when the model is loaded (CVE-2025-23304)"}
	switch {
	case dangerousModule(module), dangerousModule(name), root == "builtins" && slices.Contains(pythonRuns, last), slices.Contains(pythonRuns, name), slices.Contains(hydraGadgets, last):
		f.Severity = Critical
	case strings.Contains(name, "${"):
		f.Why = "the name is put together when the model is loaded"
	case slices.Contains(hydraTrusted, root):
		if !hydraOdd(root, name, last) {
			return
		}
		f.Why = "Hydra calls it when the model is loaded: a function, where models name classes"
	case !strings.Contains(name, "."):
		return
	}
	s.find(p, f)
}
