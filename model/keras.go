package model

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
)

// kerasJudge judges the configuration of a Keras model: a tree of objects, each
// naming a class and often the module it is imported from.
// Source: deserialize_keras_object of keras/src/saving and of
// keras/src/legacy/saving, the latter for the H5 form.
type kerasJudge struct {
	s       *scan
	p       piece
	at      int64  // of the configuration
	version string // of the Keras that wrote the file
	legacy  bool   // the H5 form, where modules are not named

	refused string // why safe mode does not load it
	weight  int    // of refused: a stronger reason wins
}

// refuse records why a current Keras in safe mode would not load the model.
func (k *kerasJudge) refuse(weight int, why string) {
	if weight > k.weight {
		k.refused, k.weight = why, weight
	}
}

// answer tells whether the model loads in safe mode.
func (k *kerasJudge) answer() {
	if k.p.depth > 1 {
		return
	}
	k.s.report.LoadsUnder.KerasSafeMode = "yes"
	if k.refused != "" {
		k.s.report.LoadsUnder.KerasSafeMode = "no: " + k.refused
	}
}

func (k *kerasJudge) tell(rule, what, why string, sev Severity) {
	k.s.find(k.p, Finding{Rule: rule, What: clipText(what, 200), Why: why, Offset: k.at, Severity: sev})
}

// walk judges every object of a tree. layer is the class around it.
func (k *kerasJudge) walk(n *jnode, layer string) {
	if n.kind == '{' {
		for _, class := range n.get("class_name") {
			if class.kind == '"' {
				k.class(n, class.s)
				layer = class.s
			}
		}
		k.lookup(n, layer)
		for _, c := range n.get("_class_name") {
			k.tell("class", "class "+c.s, "a class by name", Info)
		}
	}
	for i := range n.kids {
		k.walk(&n.kids[i], layer)
	}
}

// class judges one object that names its class.
func (k *kerasJudge) class(n *jnode, class string) {
	registered := n.text("registered_name")
	modules := n.get("module")
	module := n.text("module")
	bare := class[strings.LastIndexByte(class, '>')+1:]
	switch {
	case bare == "__lambda__":
		k.lambda("a Python function as bytecode")
	case bare == "Lambda" && (module == "" || kerasOwn(module)):
		k.lambdaLayer(n)
	case bare == "TFOpLambda" || bare == "SlicingOpLambda":
		k.op(n)
	case bare == "TorchModuleWrapper" && (module == "" || kerasOwn(module)):
		k.torch(n)
	case class == "function" || bare == "function":
		k.function(n, module)
	case len(modules) > 0 && module != "" && !kerasOwn(module):
		k.foreign(module, class)
	case kerasOwn(module) && !kerasClassModule(module):
		k.gadget(module, class)
	default:
		k.known(class, registered, module)
	}
}

func (k *kerasJudge) lambda(what string) {
	k.tell("lambda", what, "loading builds the function from bytecode and calling the model runs it (CVE-2024-3660, CVE-2025-9905)", Critical)
	why := "a Lambda holds Python bytecode; Keras before 2.13 has no safe mode and loads it (CVE-2024-3660)"
	if k.legacy {
		why = "a Lambda holds Python bytecode; Keras 2, and Keras 3 before 3.11.3, do not ask for safe mode where the file is HDF5 and load it (CVE-2025-9905)"
	}
	k.refuse(5, why)
}

// lambdaLayer judges a Lambda: bytecode, or the name of a function.
func (k *kerasJudge) lambdaLayer(n *jnode) {
	for _, c := range n.get("config") {
		if c.text("function_type") == "lambda" || c.text("output_shape_type") == "lambda" || c.text("mask_type") == "lambda" || bytecode(c) {
			k.lambda("Lambda with a Python function as bytecode")
			return
		}
	}
	k.tell("lambda", "Lambda of a named function", "the function must be given when the model is loaded, and runs as code", Medium)
	k.refuse(2, "a Lambda needs its function as a custom object")
}

// bytecode says whether marshalled code stands anywhere in a configuration, as
// base64 under function and its kin.
func bytecode(n *jnode) bool {
	if n.kind == '"' && len(n.s) >= 6 {
		s := strings.Map(func(r rune) rune {
			if r == '\n' || r == '\r' {
				return -1
			}
			return r
		}, n.s[:min(len(n.s), 64)])
		b, err := base64.StdEncoding.DecodeString(s[:len(s)/4*4])
		return err == nil && len(b) > 3 && (b[0] == 0xe3 || b[0] == 'c')
	}
	return n.kind != '"' && slices.ContainsFunc(n.kids, func(kid jnode) bool { return bytecode(&kid) })
}

// tensorFunctions are functions of TensorFlow that reach files or code.
var tensorFunctions = []string{
	"read_file", "write_file", "matching_files", "py_function", "numpy_function", "py_func", "load_op_library", "load_library", "load_file_system", "system", "exec", "eval",
	"GFile", "glob", "copy", "rename", "remove", "rmtree", "makedirs", "TFRecordWriter", "TFRecordDataset", "TextLineDataset", "save", "load", "restore", "import_graph_def",
}

// op judges a TensorFlow function that stands as a layer.
func (k *kerasJudge) op(n *jnode) {
	for _, c := range n.get("config") {
		if name := c.text("function"); slices.Contains(tensorFunctions, name[strings.LastIndexByte(name, '.')+1:]) {
			k.tell("operator", "the TensorFlow function "+name, "it reaches files or code when the model runs", High)
		}
	}
}

// torch judges a wrapped PyTorch module, which is a pickle in base64.
func (k *kerasJudge) torch(n *jnode) {
	k.tell("pickle", "TorchModuleWrapper", "Keras 3.11.0 to 3.11.2 unpickles the module while loading, in safe mode too (CVE-2025-49655)", Critical)
	k.refuse(4, "TorchModuleWrapper holds a pickle; Keras 3.11.0 to 3.11.2 load it all the same (CVE-2025-49655)")
	for _, c := range n.get("config") {
		for _, m := range c.get("module") {
			for _, text := range append([]*jnode{m}, m.get("value")...) {
				if b, err := base64.StdEncoding.DecodeString(text.s); err == nil && len(b) > 0 {
					k.s.format(k.p.memory(string(b), "TorchModuleWrapper"))
				}
			}
		}
	}
}

// function judges a function by name.
func (k *kerasJudge) function(n *jnode, module string) {
	name := n.text("config")
	if name == "" {
		name = n.text("registered_name")
	}
	last := name[strings.LastIndexAny(name, ".>")+1:]
	switch {
	case slices.Contains(tensorFunctions, last) && strings.Contains(name, "."):
		k.tell("operator", "the TensorFlow function "+name, "it reaches files or code when the model runs", High)
	case slices.Contains(kerasGadgets, last):
		k.tell("call", "the function "+module+"."+name, "a function of Keras that fetches, unpacks or loads files (CVE-2025-8747, CVE-2025-9906)", High)
		k.refuse(4, module+"."+name+" is no part of a model; Keras before 3.11 loads it all the same (CVE-2025-8747)")
	case (module == "builtins" || module == "") && slices.Contains(pythonRuns, last), dangerousModule(module):
		k.foreign(module, name)
	case module == "builtins" || module == "" || module == "__main__":
		if !slices.Contains(kerasFunctions, last) {
			k.tell("custom", "the function "+name, "it must be given when the model is loaded, and runs as code", Medium)
			k.refuse(2, "the function "+clipText(name, 60)+" must be a custom object")
		}
	case !kerasOwn(module):
		k.foreign(module, name)
	case !kerasFunctionModule(module):
		k.gadget(module, name)
	}
}

// foreign judges a class or function from a module outside Keras.
func (k *kerasJudge) foreign(module, class string) {
	sev, why := Medium, "its module is imported when the model is loaded: code that is not in the file"
	if dangerousModule(module) || module == "builtins" && slices.Contains(pythonRuns, class) {
		sev, why = Critical, "Keras before 3.9 imports the module and calls it with what the file says, in safe mode too (CVE-2025-1550)"
	}
	k.tell("import", module+"."+class, why, sev)
	k.refuse(3, clipText(module+"."+class, 80)+" is not of Keras and not registered; Keras before 3.9 imports it all the same (CVE-2025-1550)")
}

// gadget judges an object of Keras that is no part of a model.
func (k *kerasJudge) gadget(module, class string) {
	sev := Medium
	if slices.Contains(kerasGadgets, class) || slices.Contains(kerasGadgets, module[strings.LastIndexByte(module, '.')+1:]) {
		sev = High
	}
	k.tell("call", module+"."+class, "it is of Keras, but no part of a model: the means of CVE-2025-8747 and CVE-2025-9906", sev)
	k.refuse(3, clipText(module+"."+class, 80)+" is no part of a model; Keras before 3.11 loads it all the same (CVE-2025-8747)")
}

// known judges a class by its name alone.
func (k *kerasJudge) known(class, registered, module string) {
	name := class
	if registered != "" && registered != "function" && strings.Contains(registered, ">") {
		name = registered
	}
	pkg, last, packaged := strings.Cut(name, ">")
	switch {
	case slices.Contains(kerasGadgets, class):
		k.gadget("keras", class)
	case packaged && slices.Contains([]string{"keras", "Keras", "keras_hub", "keras_nlp", "keras_cv", "keras_core", "keras_rs", "TF-Keras"}, pkg):
	case packaged:
		k.custom(pkg + ">" + last)
	case kerasOwn(module), strings.HasPrefix(class, "__"):
	case !slices.Contains(kerasClasses, strings.ToLower(class)):
		k.custom(class)
	}
}

func (k *kerasJudge) custom(name string) {
	k.tell("custom", "the class "+name, "it must be given when the model is loaded, and runs as code", Medium)
	k.refuse(2, "the class "+clipText(name, 60)+" must be a custom object")
}

// lookup judges what a layer reads from files.
func (k *kerasJudge) lookup(n *jnode, layer string) {
	for _, v := range n.get("vocabulary") {
		if v.kind != '"' || v.s == "" {
			continue
		}
		sev := Medium
		if leaves(v.s) != "" {
			sev = High
		}
		k.tell("path", fmt.Sprintf("%s reads its vocabulary from %s", layer, clipText(v.s, 120)), "loading reads any file of the machine, or asks an address (CVE-2025-12058)", sev)
		k.refuse(4, "a vocabulary by path; Keras before 3.12 reads it all the same (CVE-2025-12058)")
	}
}
