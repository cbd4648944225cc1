package pickle

import (
	"slices"
	"strings"
)

// What the arguments of a harmless class tell: a class is harmless to make an
// object of by __new__, as most pickles do, but to call it runs __init__, and
// that may open what it is told. Sources: the constructors of nltk, gensim,
// torchvision, Pillow, joblib, Optuna and XGBoost.

// reaches says why calling the class g with args may reach something; empty for
// no reason.
func (m *machine) reaches(g *global, args slot) string {
	items, n, ok := m.items(args)
	if !ok || n > tupleKept && !plainPackages[g.root()] {
		return "a class of a known framework that gets more than can be followed"
	}
	for _, v := range items {
		if m.pathLike(v) {
			return "makes an object of a known framework out of a path, an address or an expression"
		}
		if m.handsOn(v) {
			return "hands a function to a class of a known framework, which may call it"
		}
		if v.textual() && !plainPackages[g.root()] && (n > 1 || !enumLike(g.leaf())) {
			return "makes an object of a known framework out of a name: it may open what is called so"
		}
	}
	return ""
}

// pathLike reports whether a value is, or a list or tuple that holds, a text that
// leads elsewhere, or a path. What a class is told by its __reduce__ is numbers,
// names and tensors.
func (m *machine) pathLike(v slot) bool {
	if m.leads(v) {
		return true
	}
	return slices.ContainsFunc(m.inside(v), m.leads)
}

func (m *machine) leads(v slot) bool {
	if v.kind() == kObject {
		return m.globals[v.payload()].root() == "pathlib"
	}
	if !v.textual() {
		return false
	}
	s, whole := m.text(v)
	return !whole || strings.ContainsAny(s, `/\();|$`+"`")
}

// handsOn reports whether a value is a function that is not harmless to call.
func (m *machine) handsOn(v slot) bool {
	switch v.kind() {
	case kGlobal:
		g := &m.globals[v.payload()]
		return g.class == function || g.class == special && callers[g.rule]
	case kDerived:
		d := &m.derived[v.payload()]
		return d.what == dPartial || d.what == dGetter || d.what == dAttr
	}
	return false
}

func enumLike(leaf string) bool {
	return slices.ContainsFunc(enumEnds, func(end string) bool { return strings.HasSuffix(leaf, end) })
}

// asking are modules whose functions ask their arguments for items, length or
// the like.
var asking = set("builtins operator _operator collections itertools")

// asks reports whether an argument is an object of a framework, whose own code
// would be asked.
func (m *machine) asks(args slot) bool {
	items, _, _ := m.items(args)
	for _, v := range items {
		switch v.kind() {
		case kObject:
			if c := m.globals[v.payload()].class; c == class || c == function {
				return true
			}
		case kDerived:
			if d := &m.derived[v.payload()]; d.what == dPartial || d.what == dResult {
				return true
			}
		}
	}
	return false
}
