package model

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// scanTorchZip reads a checkpoint or a TorchScript archive: every pickle, every
// piece of code, and whatever else is no tensor.
func scanTorchZip(a *archive) bool {
	s := a.s
	for i := range a.members {
		m := &a.members[i]
		low := strings.ToLower(m.name)
		if s.ctx.Err() != nil {
			return true
		}
		if m.size == 0 || plainRecord(low) {
			continue
		}
		in, ok := a.open(m)
		if !ok || a.again(m, strings.HasSuffix(low, ".pkl")) {
			continue
		}
		switch {
		case strings.HasSuffix(low, ".pkl"):
			a.pickle(m, in)
		case strings.HasSuffix(low, ".py"):
			s.script(in)
		default:
			s.format(in)
		}
		a.check(in)
	}
	if a.script {
		s.weightsOnly(weights{refused: "TorchScript archives are not loaded so"})
	}
	if a.carved {
		s.unread(a.p, "the archive has no directory; its members were found by their own headers")
	}
	return true
}

// plainRecord reports whether a member holds a tensor or one of the small
// records that PyTorch writes: nothing of them is interpreted.
func plainRecord(low string) bool {
	dir, base := path.Split(low)
	switch base {
	case "version", "byteorder", ".format_version", ".storage_alignment", "serialization_id":
		return true
	}
	number := base != "" && strings.Trim(base, "0123456789") == ""
	parent := path.Base(dir)
	return number && (parent == "data" || parent == "constants" || parent == "tensors" || parent == "xl_model_weights")
}

// pickle runs a pickle of a checkpoint. Those of TorchScript are read by a
// reader in C++ that knows few imports; they are run all the same.
func (a *archive) pickle(m *member, in piece) {
	s := a.s
	weights := s.pickles(in, true).weights
	if path.Base(strings.ToLower(m.name)) == "data.pkl" && !a.script {
		s.weightsOnly(weights)
	}
}

// scriptMax bounds the code that is read of one file, in bytes.
const scriptMax = 4 << 20

// scriptOps are operators of TorchScript that reach files.
// Source: torch/csrc/jit/runtime/register_special_ops.cpp and native_functions.yaml.
var scriptOps = []struct{ text, why string }{
	{"aten.save(", "writes a file"}, {"aten::save", "writes a file"}, {"torch.save(", "writes a file"},
	{"aten.from_file(", "maps a file into memory, and may make it"}, {"aten::from_file", "maps a file into memory, and may make it"},
	{"torch.from_file(", "maps a file into memory, and may make it"}, {"torch.classes.load_library", "loads a library"}, {"ops.load_library", "loads a library"},
	{"__import__", "imports"}, {"os.system", "runs a command"}, {"subprocess", "runs a command"}, {"open(", "opens a file"},
}

// script reads code of TorchScript, which is a language of its own: it cannot
// import, but some of its operators reach files.
func (s *scan) script(p piece) {
	s.large(p)
	text := string(readUpTo(p.at, 0, scriptMax))
	for _, op := range scriptOps {
		if i := strings.Index(text, op.text); i >= 0 {
			s.find(p, Finding{Rule: "script", What: op.text, Why: "an operator that " + op.why, Offset: int64(i), Severity: High})
		}
	}
	s.scriptLibraries(p, text)
	if i := strings.Index(text, " print("); i >= 0 {
		line, _, _ := strings.Cut(text[i+1:], "\n")
		s.find(p, Finding{Rule: "script", What: clipText(line, 80), Why: "code of a model that does more than compute", Offset: int64(i + 1), Severity: Medium})
	}
	if len(text) == scriptMax {
		s.unread(p, "more code than is read")
	}
}

// scriptUses matches operators and classes that code of TorchScript names.
var scriptUses = regexp.MustCompile(`\b(?:ops|torch\.classes)\.([A-Za-z_]\w*)\.\w+`)

// scriptKnown are the namespaces that come with PyTorch and its libraries.
var scriptKnown = []string{
	"aten", "prim", "prims", "quantized", "_quantized", "torchvision", "image", "torchaudio", "torchtext", "prepacked", "mkldnn", "onednn", "xnnpack", "sparse", "cuda", "mkldnn_prepacked", "_caffe2", "fbgemm", "fb", "static_runtime", "profiler",
	"rnn", "dist_rpc", "metal", "metal_prepack", "vulkan", "vulkan_prepack", "mps", "inductor", "c10d", "torchrec", "torch_sparse", "torch_scatter", "torch_cluster", "torch_spline_conv", "pyg", "torchao", "debugprims", "nnapi", "tensorexpr", "tensorrt",
}

// scriptLibraries tells of operators and classes that need a library of their
// maker.
func (s *scan) scriptLibraries(p piece, text string) {
	for _, m := range scriptUses.FindAllStringSubmatchIndex(text, 1000) {
		if ns := text[m[2]:m[3]]; !slices.Contains(scriptKnown, ns) {
			s.find(p, Finding{Rule: "script", What: clipText(text[m[0]:m[1]], 80), Why: "it needs a library of its maker, which runs as code in the process", Offset: int64(m[0]), Severity: Medium})
		}
	}
}
