package model

import (
	"slices"
	"strings"
)

// isSkops: a node of a skops schema.
// Source: https://github.com/skops-dev/skops, skops/io.
func isSkops(n *jnode) bool {
	return n.has("__loader__") && (n.has("__class__") || n.has("__module__"))
}

// skopsLoaders are the nodes of skops.
var skopsLoaders = strings.Fields(`DictNode ListNode SetNode TupleNode FrozenSetNode FunctionNode PartialNode TypeNode SliceNode ObjectNode MethodNode JsonNode ReduceNode RangeNode
NdArrayNode MaskedArrayNode RandomStateNode RandomGeneratorNode DTypeNode SparseMatrixNode TreeNode SGDNode UnsupportedNode CachedNode OperatorFuncNode QuantileForestNode XGBoostNode LightGBMNode CatBoostNode
DefaultDictNode OrderedDictNode BytesNode BytearrayNode LossNode CriterionNode SplitterNode DatasetNode BunchNode RemainderColsListNode CyLossNode GeneratorNode UUIDNode EnumNode DatetimeNode PathNode`)

// skopsTrusted are packages whose types skops takes without being told to, or
// that its users name daily.
var skopsTrusted = []string{"sklearn", "numpy", "scipy", "builtins", "collections", "xgboost", "lightgbm", "catboost", "quantile_forest", "imblearn", "pandas", "operator", "functools", "skops"}

// skopsGadgets are functions of trusted packages that load, run or fetch.
var skopsGadgets = []string{"load", "loads", "loadtxt", "genfromtxt", "fromfile", "memmap", "save", "savez", "runstring", "exec_command", "read_pickle", "to_pickle", "read_csv", "read_html", "eval", "exec", "open", "compile", "__import__", "getattr", "setattr",
	"system", "popen", "fetch_openml", "fetch_file", "load_svmlight_file", "load_files", "import_module", "_fetch_remote", "call", "methodcaller"}

func judgeSkops(s *scan, p piece, n *jnode) {
	if n.kind == '{' && n.has("__loader__") {
		s.skopsNode(p, n)
	}
	for i := range n.kids {
		judgeSkops(s, p, &n.kids[i])
	}
}

// skopsNode judges one node by what its loader would call.
func (s *scan) skopsNode(p piece, n *jnode) {
	loader, module, class := n.text("__loader__"), n.text("__module__"), n.text("__class__")
	tell := func(what, why string, sev Severity) {
		s.find(p, Finding{Rule: "node", What: clipText(loader+" "+what, 160), Why: why, Severity: sev})
	}
	if !slices.Contains(skopsLoaders, loader) {
		tell("", "no loader of skops is called so", Medium)
	}
	switch loader {
	case "FunctionNode", "PartialNode", "TypeNode":
		for _, c := range append(n.get("content"), n) {
			if m := c.text("module_path"); m != "" {
				s.skopsName(p, loader, m, c.text("function"))
			}
		}
	case "OperatorFuncNode":
		if module != "operator" || !slices.Contains([]string{"attrgetter", "itemgetter"}, class) {
			tell(module+"."+class, "it calls any function by name, whatever the user trusts (CVE-2025-54412)", High)
			return
		}
	case "MethodNode":
		s.skopsMethod(p, n)
	}
	s.skopsName(p, loader, module, class)
}

// skopsMethod judges an attribute of an object.
func (s *scan) skopsMethod(p piece, n *jnode) {
	for _, c := range n.get("content") {
		fn := c.text("func")
		sev, why := Severity(""), "it reaches an attribute by name"
		if strings.Contains(fn, ".") || strings.HasPrefix(fn, "__") {
			sev, why = High, "it walks through attributes to any code, whatever the user trusts (CVE-2025-54413)"
		}
		for _, obj := range c.get("obj") {
			if obj.has("__module__") && (obj.text("__module__") != n.text("__module__") || obj.text("__class__") != n.text("__class__")) {
				sev, why = High, "it names one class and loads another, whatever the user trusts (CVE-2025-54413)"
			}
		}
		if sev != "" {
			s.find(p, Finding{Rule: "node", What: "MethodNode " + clipText(fn, 100), Why: why, Severity: sev})
		}
	}
}

// skopsName judges what a node imports.
func (s *scan) skopsName(p piece, loader, module, class string) {
	root, _, _ := strings.Cut(module, ".")
	calls := loader == "FunctionNode" || loader == "PartialNode"
	f := Finding{Rule: "node", What: clipText(loader+" "+module+"."+class, 160), Severity: Medium, Why: "a type or function that skops does not trust by itself"}
	switch {
	case root == "operator" && loader == "OperatorFuncNode", root == "functools" && class == "partial":
		return
	case dangerousModule(module) || module == "builtins" && slices.Contains(pythonRuns, class):
		f.Severity, f.Why = Critical, "loading it calls or hands out what runs programs"
	case calls && slices.Contains(skopsGadgets, class[strings.LastIndexByte(class, '.')+1:]):
		f.Severity, f.Why = High, "the function loads, runs or fetches"
	case module == "__main__" && !calls:
		f.Severity, f.Why = Info, "a type of the program that wrote the file; it loads where the user trusts it and has it"
	case module == "" || slices.Contains(skopsTrusted, root):
		return
	}
	s.find(p, f)
}
