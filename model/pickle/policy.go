package pickle

import (
	"slices"
	"strings"
)

// PolicyVersion names the state of the lists and rules by which imports are
// judged. Sources: the modules of CPython 2.7 to 3.13; the constructors,
// __new__, __setstate__, __del__ and __getattr__ methods of NumPy 1.24, SciPy
// 1.10, scikit-learn 1.2, pandas 1.5, PyTorch 1.13 to 2.10, statsmodels 0.13,
// NLTK 3.8, gensim 4, NetworkX 2.8, Pillow 9.4, Optuna 3 and XGBoost 1.7; the
// advisories of picklescan, fickling and modelscan; pickles that these libraries
// write themselves.
const PolicyVersion = "3"

// classOf says what an import is to someone who loads a model.
type classOf uint8

const (
	unknown  classOf = iota // not on any list
	harmless                // on the list of what frameworks need
	class                   // a class of a known framework, by its name
	function                // a function of a known framework: harmless as a value, not to be called
	special                 // depends on the arguments
	denied                  // runs code, reaches files or the network
)

// judgement is what is known of an import.
type judgement struct {
	class classOf
	level Level  // of a denied one when it is called; of a special one when it is not
	why   string // a sentence
	rule  string // of a special one, for apply
}

// judge looks an import up: what depends on arguments first, then what is known
// to be dangerous, then what is known to be needed.
func judge(n name) judgement {
	full := n.String()
	if r, ok := specials[full]; ok {
		return judgement{class: special, level: r.level, rule: r.rule, why: "depends on what it is called with"}
	}
	if exact[full] || flagName(n) {
		return judgement{class: harmless}
	}
	if why := dangerous(n, full); why != "" {
		return judgement{class: denied, level: Dangerous, why: why}
	}
	return known(n, full)
}

func dangerous(n name, full string) string {
	if why, ok := deniedNames[full]; ok {
		return why
	}
	if why, ok := deniedRoots[n.root()]; ok {
		return why
	}
	for part := range strings.SplitSeq(n.attr, ".") {
		if deniedParts[part] && (strings.Contains(n.attr, ".") || !deniedNotLeaf[part]) {
			return "reaches a module of the system by a detour"
		}
	}
	for _, prefix := range deniedModules {
		if n.module == prefix.path || strings.HasPrefix(n.module, prefix.path+".") || strings.HasPrefix(full, prefix.path+".") {
			return prefix.why
		}
	}
	return ""
}

// known applies what is known of whole packages.
func known(n name, full string) judgement {
	const why = "not on the list of what models need: loading runs code that is not known"
	other := judgement{why: why}
	leaf := n.leaf()
	if n.module == "builtins" && (strings.HasSuffix(leaf, "Error") || strings.HasSuffix(leaf, "Warning") || strings.HasSuffix(leaf, "Exception")) && capWord(leaf) {
		return judgement{class: harmless}
	}
	if n.root() == "__torch__" {
		return judgement{class: harmless} // TorchScript's own classes: no module of Python is called so
	}
	if n.root() == "scipy" && strings.HasPrefix(n.module, "scipy.stats") && strings.HasSuffix(leaf, "_gen") && !strings.Contains(n.attr, ".") {
		return judgement{class: class}
	}
	if strings.HasPrefix(n.module, "statsmodels.tsa.statespace._") && len(n.attr) > 1 && strings.IndexByte("sdcz", n.attr[0]) >= 0 && capWord(n.attr[1:]) {
		return judgement{class: class} // of Cython, one for each type of number
	}
	if valueModules[n.module] && !strings.Contains(n.attr, ".") && !strings.Contains(n.attr, "__") {
		return judgement{class: function}
	}
	if !packages[n.root()] || strings.Contains(full, "__") && !strings.HasPrefix(leaf, "__pyx_unpickle_") || riskyPath(n) {
		return other
	}
	for part := range strings.SplitSeq(n.attr, ".") {
		if !capWord(part) {
			return lower(n, leaf)
		}
		if riskyClass(part) && !imageFile(n) {
			return other
		}
	}
	return judgement{class: class}
}

// imageFile reports whether a class is a picture of Pillow, which sets its state
// from pixels and opens no file. Source: PIL/Image.py, Image.__setstate__.
func imageFile(n name) bool {
	return strings.HasPrefix(n.module, "PIL.") && strings.HasSuffix(n.module, "ImagePlugin") && strings.HasSuffix(n.attr, "ImageFile")
}

// lower judges a function of a known package.
func lower(n name, leaf string) judgement {
	first, rest, dotted := strings.Cut(n.attr, ".")
	switch {
	case strings.HasPrefix(leaf, "__pyx_unpickle_") && !dotted:
		return judgement{class: harmless} // made by Cython for its own classes
	case leaf == "newObj" && n.root() == "sklearn":
		return judgement{class: harmless} // the same, of an older Cython
	case dotted && (strings.Contains(rest, ".") || !capWord(first) && !lowerClasses[first] || riskyClass(first)):
		return judgement{why: "not on the list of what models need: loading runs code that is not known"}
	case riskyFunction(leaf):
		return judgement{why: "a function of a known framework that loads, runs or fetches by its name"}
	}
	return judgement{class: function}
}

// lowerClasses are classes with methods that are kept in pickles and whose names
// do not look like those of classes.
var lowerClasses = set("interp1d interp2d gaussian_kde rv_frozen ndarray")

// riskyFunction reports whether a function is named like one that loads, runs or
// fetches, or calls what it is given: not even as a value has a model use for it.
func riskyFunction(leaf string) bool {
	for word := range strings.SplitSeq(strings.ToLower(leaf), "_") {
		if riskyVerbs[word] {
			return true
		}
	}
	return false
}

var riskyVerbs = set(`load loads reload open exec execfile eval import importlib download urlopen urlretrieve fetch unpickle pickle unpickler system popen
	subprocess shell spawn command compile memmap fromfile tofile loadtxt genfromtxt read write writer save dump dumps imread imwrite unlink rmtree makedirs
	getfile locate apply invoke instantiate deserialize`)

// capWord reports whether a name is written as those of classes are.
func capWord(s string) bool {
	s = strings.TrimLeft(s, "_")
	if s == "" || s[0] < 'A' || s[0] > 'Z' {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c != '_' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}

// riskyClass reports whether a class is named like one that opens, runs or
// fetches something.
func riskyClass(s string) bool {
	if foreignClasses[s] {
		return true
	}
	for _, word := range riskyWords {
		if strings.Contains(s, word) {
			return true
		}
	}
	for _, word := range riskyEnds {
		if strings.HasSuffix(s, word) && s != "DataLoader" && s != "GaussianProcess" {
			return true
		}
	}
	return false
}

// riskyPath reports whether a module lies in a part of a package that is no
// place for what a model holds.
func riskyPath(n name) bool {
	if n.root() == "torch" && !slices.ContainsFunc(torchPaths, func(p string) bool {
		return n.module == p || p != "torch" && strings.HasPrefix(n.module, p+".")
	}) {
		return true
	}
	for _, p := range riskyModules {
		if n.module == p || strings.HasPrefix(n.module, p+".") {
			return true
		}
	}
	for part := range strings.SplitSeq(n.module, ".") {
		if riskyParts[part] {
			return true
		}
	}
	return false
}
