package pickle

import (
	"regexp"
	"strings"
)

// What setting the state of an object can run although its class is harmless.

// hooks are attributes that the unpickler itself looks up and calls: whoever can
// set them has their value called. Source: Modules/_pickle.c, load_build and
// do_append.
var hooks = map[string]bool{"__setstate__": true, "append": true, "extend": true, "__class__": true}

// hooked sees a key and its value on their way into a dict.
func (m *machine) hooked(key, v slot) {
	_, n := key.place()
	if !key.textual() || n < 6 || n > 21 {
		return
	}
	if n > 14 {
		m.parses(key, v)
		return
	}
	switch v.kind() {
	case kGlobal, kDerived, kObject, kUnknown, kPersist:
	default:
		return
	}
	s, _ := m.text(key)
	if !hooks[s] || v.kind() == kObject && s != "__setstate__" {
		return
	}
	if m.hooks++; m.hooks > callsTold {
		return
	}
	m.report(Finding{Rule: "build", What: "set " + s + " to " + m.say(v), Why: "the unpickler calls what an object has under this name", Level: max(m.levelOf(v), Unknown)})
}

// parserKey is the item of the state of SciPy's distributions, and of those that
// other packages derive from them, that is run as code.
const parserKey = "_parse_arg_template"

// parses sees a key that may be parserKey, of whatever it is the state.
func (m *machine) parses(key, v slot) {
	if s, _ := m.text(key); s != parserKey || !v.textual() {
		return
	}
	if code := m.code(v); !parserOfArguments(code) {
		m.report(Finding{Rule: "build", What: "set " + parserKey + " to '" + short(strings.TrimSpace(code), sayMax) + "'", Why: "SciPy's distributions run this item of their state as code", Level: Dangerous})
	}
}

// dictLike are classes that make a dict out of pairs.
var dictLike = map[name]bool{
	{"builtins", "dict"}: true, {"collections", "OrderedDict"}: true, {"collections", "UserDict"}: true, {"collections", "ChainMap"}: true,
	{"types", "MappingProxyType"}: true,
}

// pairs sees the keys and values that a dict is made of in one call.
func (m *machine) pairs(f, args slot) {
	items, _, _ := m.items(args)
	for _, v := range items {
		switch v.kind() {
		case kObject, kDerived, kUnknown, kPersist:
			if v.kind() != kObject || !dictLike[m.globals[v.payload()].name] {
				m.called(f, args, "makes a dict of items that only running would tell", Unknown)
			}
		}
		for _, p := range m.inside(v) {
			if kv := m.inside(p); len(kv) == 2 {
				m.hooked(kv[0], kv[1])
			}
		}
	}
}

// inside returns the items of a tuple or list, as far as they are known.
func (m *machine) inside(v slot) []slot {
	if v.kind() == kTuple {
		items, _, _ := m.items(v)
		return items
	}
	return m.stored(v)
}

// buildFramework sees the state of an object of a framework.
func (m *machine) buildFramework(n name, state slot) {
	switch {
	case strings.HasSuffix(n.attr, "_gen") || strings.HasPrefix(n.module, "scipy.stats") && strings.HasPrefix(n.attr, "rv_") && !strings.HasSuffix(n.attr, "_frozen"):
		m.buildChecked(n, state, parserKey, parserOfArguments)
	case strings.HasPrefix(n.module, "statsmodels") && (n.module == "statsmodels.base.data" || strings.HasSuffix(n.attr, "Data")):
		m.buildChecked(n, state, "formula", plainFormula)
	}
}

// buildChecked sees the state of an object that runs one of its items as code.
func (m *machine) buildChecked(n name, state slot, key string, fine func(string) bool) {
	what := "set " + key + " of " + n.String()
	items := m.stored(state)
	if state.kind() != kDict || items == nil && m.filled(state) || len(items) >= shelfItems {
		m.report(Finding{Rule: "build", What: what, Why: "the class runs this item of its state as code, and the state cannot be followed", Level: Unknown})
		return
	}
	for i := 0; i+1 < len(items); i += 2 {
		k, _ := m.text(items[i])
		if !items[i].textual() {
			m.report(Finding{Rule: "build", What: what, Why: "the class runs an item of its state as code, and its keys are computed", Level: Unknown})
			return
		}
		if k != key || items[i+1].kind() == kNone {
			continue
		}
		code := m.code(items[i+1])
		if !fine(code) {
			m.report(Finding{Rule: "build", What: what + " to '" + short(strings.TrimSpace(code), sayMax) + "'", Why: "the class runs this item of its state as code", Level: Dangerous})
		}
	}
}

// filled reports whether a dict whose items are no longer known may have had any.
func (m *machine) filled(v slot) bool { return m.shelves[v.payload()%shelves].serial != v.payload() }

// codeMax bounds code that is looked through.
const codeMax = 8 << 10

// code reads a text to its end; what is longer than any real one comes as is not
// fine.
func (m *machine) code(v slot) string {
	off, n := v.place()
	if !v.textual() || n == lenMax {
		return "\x00"
	}
	return decode(v.kind(), m.look(off, int(min(n, codeMax))))
}

// parserOfArguments reports whether code is the one that SciPy makes for its
// distributions. Source: scipy/stats/_distn_infrastructure.py, parse_arg_template.
func parserOfArguments(code string) bool {
	for line := range strings.SplitSeq(code, "\n") {
		if line != "" && !parserLine.MatchString(line) {
			return false
		}
	}
	return true
}

var parserLine = regexp.MustCompile(`^(def _parse_args(_rvs|_stats)?\(self, [A-Za-z0-9_, =.'+-]*\):|    return (self\._argcheck_rvs)?\([A-Za-z0-9_, =.+-]*\)[A-Za-z0-9_, =.+-]*)$`)

// plainFormula reports whether a formula of patsy names columns, operators and
// functions of mathematics only: patsy evaluates everything else as Python.
func plainFormula(s string) bool {
	if strings.Contains(s, "__") || strings.ContainsAny(s, "\x00;[]{}\\\n`@") {
		return false
	}
	for _, c := range formulaCall.FindAllStringSubmatch(s, -1) {
		if f := c[1]; f != "" && !formulaFunctions[f] && !formulaNumpy.MatchString(f) {
			return false
		}
	}
	return true
}

var (
	formulaCall      = regexp.MustCompile(`([A-Za-z_][A-Za-z0-9_. ]*?) *\(`)
	formulaNumpy     = regexp.MustCompile(`^(np|numpy)\.(log|log2|log10|log1p|exp|expm1|sqrt|abs|power|square|sin|cos|tan|sign|floor|ceil|where|maximum|minimum|round)$`)
	formulaFunctions = set("C I Q bs cr cc te dmatrix center scale standardize Treatment Sum Diff Helmert Poly log exp sqrt Intercept")
)
