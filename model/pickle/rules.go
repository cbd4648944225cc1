package pickle

import (
	"slices"
	"strings"
)

// attributeOf is getattr: harmless for a constant name of a harmless class or
// object, such as a member of an Enum or a method that is kept as a value.
func attributeOf(m *machine, c *callOf) slot {
	if !c.ok || c.n < 2 {
		return m.suspect(c, "reads an attribute that only running would tell", Unknown)
	}
	attr, whole := m.text(c.arg(1))
	if !whole || !c.arg(1).textual() {
		return m.suspect(c, "reads an attribute under a computed name", Bad)
	}
	return m.attribute(c.arg(0), attr)
}

// attribute reads an attribute of a value.
func (m *machine) attribute(of slot, attr string) slot {
	if v, ok := m.member(of, attr); ok {
		return v
	}
	if m.full() {
		return mk(kUnknown, 0)
	}
	d := derived{what: dAttr, fn: of, attr: attr, text: clip(m.say(of), sayMax) + "." + short(attr, sayMax)}
	why := ""
	switch {
	case attr == "__new__" && of.kind() == kGlobal:
		if d.level = m.levelOf(of); d.level > Info {
			why = "makes objects of something that is not known to be harmless"
		}
	case of.textual() && plainMethods[attr]:
	case strings.Contains(attr, "__"):
		d.level, why = Bad, "reaches into the workings of Python"
	case riskyAttr(attr):
		d.level, why = Bad, "takes out a function that runs code or reaches files"
	default:
		d.level, why = m.attributeLevel(of)
	}
	if d.level > Info {
		m.report(Finding{Rule: "attribute", What: d.text, Why: why, Level: d.level})
	}
	return m.derive(d)
}

// member returns an attribute of an import that has a judgement of its own, as
// if it had been imported by its dotted name.
func (m *machine) member(of slot, attr string) (slot, bool) {
	if of.kind() != kGlobal {
		return 0, false
	}
	n := m.globals[of.payload()].name
	n.attr += "." + attr
	full := n.String()
	if _, ok := specials[full]; !ok && !exact[full] && deniedNames[full] == "" {
		return 0, false
	}
	return m.intern(n)
}

// isClass reports whether a value is a harmless class: its __new__ is then one
// more way to make an object of it.
func (m *machine) isClass(v slot) bool {
	if v.kind() != kGlobal {
		return false
	}
	c := m.globals[v.payload()].class
	return c == harmless || c == class
}

func (m *machine) attributeLevel(of slot) (Level, string) {
	switch of.kind() {
	case kGlobal:
		g := &m.globals[of.payload()]
		if g.class == harmless || g.class == class || g.class == special && g.level == Info {
			return Info, ""
		}
		if g.class == denied {
			return g.level, g.why
		}
		return Unknown, "an attribute of something that is not known to be harmless"
	case kObject:
		return Info, ""
	case kDerived:
		if d := &m.derived[of.payload()]; d.level == Info {
			return Info, ""
		} else if d.level > Unknown {
			return d.level, "an attribute of something that was reached by a detour"
		}
	}
	return Unknown, "an attribute of a value that only running would tell"
}

// riskyAttr reports whether an attribute is one that exploits take from modules
// and objects which are harmless as such.
func riskyAttr(attr string) bool {
	for part := range strings.SplitSeq(attr, ".") {
		if riskyAttrs[part] || deniedParts[part] {
			return true
		}
	}
	return false
}

// plainMethods are those of texts: 'abc'.upper is kept as a value.
var plainMethods = set(`capitalize casefold center count encode endswith expandtabs find index isalnum isalpha isascii isdecimal isdigit isidentifier islower
	isnumeric isprintable isspace istitle isupper join ljust lower lstrip partition removeprefix removesuffix replace rfind rindex rjust rpartition rsplit rstrip
	split splitlines startswith strip swapcase title translate upper zfill`)

var riskyAttrs = set(`system popen exec eval execfile Popen check_output getoutput import_module load_module exec_module modules environ write_text
	write_bytes unlink rmdir tofile fromfile gi_frame gi_code f_globals f_locals f_builtins f_back cr_frame tb_frame func_globals format_map runcode
	runsource subclasses mro`)

// getter is operator.attrgetter.
func getter(m *machine, c *callOf) slot {
	attr, ok := m.text(c.arg(0))
	if !ok || c.n != 1 {
		return m.suspect(c, "reads attributes under computed names", Unknown)
	}
	d := derived{what: dGetter, attr: attr, text: m.say(c.f) + "('" + short(attr, sayMax) + "')"}
	if strings.Contains(attr, "__") || riskyAttr(attr) {
		d.level = Bad
		m.report(Finding{Rule: "attribute", What: d.text, Why: "reaches into the workings of Python", Level: Bad})
	}
	return m.derive(d)
}

// methodCaller is operator.methodcaller: a function as harmless as the name of
// the method that it will call.
func methodCaller(m *machine, c *callOf) slot {
	attr, ok := m.text(c.arg(0))
	if !ok || !c.arg(0).textual() || !identifier(attr) {
		return m.suspect(c, "calls a method under a computed name", Unknown)
	}
	d := derived{what: dAttr, attr: attr, text: m.say(c.f) + "('" + short(attr, sayMax) + "', …)"}
	if strings.Contains(attr, "__") || riskyAttr(attr) {
		return m.suspect(c, "calls a method that runs code or reaches files", Bad)
	}
	return m.derive(d)
}

func identifier(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i] | 0x20
		if s[i] != '_' && (c < 'a' || c > 'z') && (i == 0 || s[i] < '0' || s[i] > '9') {
			return false
		}
	}
	return s != ""
}

// lazily makes an iterator that calls a function for each item: harmless where
// the function is harmless to call with anything.
func lazily(m *machine, c *callOf) slot {
	ok := c.ok && c.n >= 2
	for _, v := range c.items {
		_, n, known := m.items(v)
		ok = ok && m.inert(v) && (v.kind() != kTuple || known && n <= tupleKept)
		for _, w := range m.inside(v) {
			ok = ok && m.inert(w)
		}
	}
	if ok {
		return c.object()
	}
	return trampoline(m, c)
}

// inert reports whether a value runs nothing of its own, whatever is asked of it.
func (m *machine) inert(v slot) bool {
	switch v.kind() {
	case kGlobal:
		return m.globals[v.payload()].class == harmless
	case kObject:
		g := &m.globals[v.payload()]
		return g.class == harmless || g.rule == "iterator"
	case kDerived:
		return m.derived[v.payload()].what == dDtype
	case kUnknown, kRun, kPersist:
		return false
	}
	return true
}

// getItem is operator.getitem, by which types such as List[int] are written.
func getItem(m *machine, c *callOf) slot {
	if v := c.arg(0); v.kind() == kGlobal && c.ok && c.n == 2 {
		if n := m.globals[v.payload()].name; n.module == "typing" && exact[n.String()] {
			return c.object()
		}
	}
	return m.suspect(c, "takes an item of something that only running would tell", Unknown)
}

// zoneFile is dateutil's tzfile(file, name): without a file it opens nothing.
func zoneFile(m *machine, c *callOf) slot {
	if c.ok && c.n == 2 && c.arg(0).kind() == kNone {
		return c.object()
	}
	return m.suspect(c, "opens the file that it is told", Unknown)
}

// createArray is dill._dill._create_array(func, args, state, attributes), and
// what JAX does in the same way.
func createArray(m *machine, c *callOf) slot {
	if !c.ok || c.n < 2 {
		return m.suspect(c, "calls the function that it is given", Unknown)
	}
	return m.call(c.arg(0), c.arg(1))
}

// evalRepr is dill's way to write a range: it evaluates its text.
func evalRepr(m *machine, c *callOf) slot {
	s, whole := m.text(c.arg(0))
	inner, ok := strings.CutPrefix(strings.TrimPrefix(s, "x"), "range(")
	if ok && whole && c.n == 1 && strings.HasSuffix(inner, ")") && strings.Trim(inner, "0123456789-, )") == "" {
		return c.object()
	}
	return m.suspect(c, runs, Dangerous)
}

// itemGetter is operator.itemgetter: harmless with numbers and plain keys.
func itemGetter(m *machine, c *callOf) slot {
	for _, v := range c.items {
		if s, _ := m.text(v); v.kind() == kInt || v.textual() && !strings.Contains(s, "__") && len(s) < 64 && !strings.ContainsAny(s, " ;|&>") {
			continue
		}
		return m.suspect(c, "takes items under computed keys", Unknown)
	}
	return c.object()
}

// partial is functools.partial: as harmless as the function it holds.
func partial(m *machine, c *callOf) slot {
	if !c.ok || c.n == 0 {
		return m.suspect(c, "makes a function that only running would tell", Unknown)
	}
	f := c.arg(0)
	if m.full() {
		return mk(kUnknown, 0)
	}
	d := derived{what: dPartial, fn: f, text: m.say(c.f) + "(" + clip(m.sayAll(c.items, c.n, 1), sayMax) + ")"}
	if len(c.items) > 1 {
		d.args = slices.Clone(c.items[1:])
	}
	switch k := f.kind(); {
	case k == kText || k == kNone || k == kInt || k == kBytes || k == kList || k == kDict:
		return m.suspect(c, "a partial of something that cannot be called", Unknown)
	default:
		d.level = m.heldBy(f, m.say(c.f))
	}
	return m.derive(d)
}

// heldBy judges a function that a partial holds. One that is harmless until it
// is called is judged when the partial is.
func (m *machine) heldBy(f slot, by string) Level {
	if f.kind() == kGlobal && keepable[m.globals[f.payload()].rule] {
		return Info
	}
	return m.callable(f, by)
}

// trampoline calls what it is given.
func trampoline(m *machine, c *callOf) slot {
	level := Unknown
	for _, v := range c.items {
		if v.kind() == kTuple || v.kind() == kList {
			for _, w := range m.inside(v) {
				level = max(level, m.levelOf(w))
			}
		}
	}
	return m.suspect(c, "calls the function that it is given", level)
}

// construct makes an object of the class that is its first argument.
func construct(m *machine, c *callOf) slot {
	f := c.arg(0)
	if !c.ok || f == 0 {
		return m.suspect(c, "makes an object of a class that only running would tell", Unknown)
	}
	rest := c.items[1:]
	m.making = true
	if len(rest) == 1 && rest[0].kind() == kTuple {
		return m.call(f, rest[0])
	}
	if f.kind() == kGlobal && m.globals[f.payload()].class == special {
		return m.call(f, m.tuple(rest))
	}
	if len(rest) > 0 {
		m.callable(rest[0], m.say(c.f))
	}
	return m.call(f, m.tuple(rest))
}

// reconstruct is copyreg._reconstructor(class, base, state).
func reconstruct(m *machine, c *callOf) slot {
	f := c.arg(0)
	if !c.ok || f == 0 {
		return m.suspect(c, "makes an object of a class that only running would tell", Unknown)
	}
	m.callable(c.arg(1), m.say(c.f))
	if base := c.arg(1); base.kind() == kGlobal && m.globals[base.payload()].String() == "builtins.object" && m.unfilled(f) {
		return mk(kObject, f.payload())
	}
	if f.kind() == kGlobal && (m.globals[f.payload()].class == harmless || m.globals[f.payload()].class == class || m.globals[f.payload()].class == special && m.globals[f.payload()].level == Info) {
		return mk(kObject, f.payload())
	}
	m.making = true
	return m.call(f, m.tuple(c.items[1:]))
}

// unfilled reports whether object.__new__ makes an object of a class that is
// harmless as long as it holds nothing.
func (m *machine) unfilled(f slot) bool {
	if f.kind() != kGlobal {
		return false
	}
	g := &m.globals[f.payload()]
	return g.class == class || g.class == function || g.class == harmless || g.rule == "trampoline"
}

// ofClass is a constructor whose first argument is the class that it makes an
// object of, or that it keeps.
func ofClass(m *machine, c *callOf) slot {
	for i, v := range c.items {
		if i == 0 && v.kind() == kGlobal && m.globals[v.payload()].rule == "fileArray" && m.globals[c.f.payload()].root() == "numpy" {
			continue // an array that was once mapped from a file and is bytes now
		}
		if k := v.kind(); k == kGlobal || k == kDerived {
			m.callable(v, m.say(c.f))
		}
	}
	return c.object()
}

// fromTypeV2 is torch._tensor._rebuild_from_type_v2(func, type, args, state), or
// the older one without V2.
func fromTypeV2(m *machine, c *callOf) slot {
	if !c.ok || c.n < 3 {
		return m.suspect(c, "calls the function that it is given", Unknown)
	}
	m.callable(c.arg(1), m.say(c.f))
	m.weightsCall(c.arg(0))
	return m.call(c.arg(0), c.arg(2))
}

// makeType is type or a metaclass: with one argument a question, with three a new class.
func makeType(m *machine, c *callOf) slot {
	if c.ok && c.n == 1 {
		return m.derive(derived{what: dAttr, text: "type(" + m.say(c.arg(0)) + ")", fn: c.arg(0), level: m.levelOf(c.arg(0))})
	}
	v := m.suspect(c, "makes a class with methods of its own choice", Bad)
	if v.kind() == kDerived {
		m.derived[v.payload()].made = true
	}
	return v
}

// iterator is iter: with two arguments it calls the first.
func iterator(m *machine, c *callOf) slot {
	if c.ok && c.n == 1 && !m.asks(c.args) {
		return c.object()
	}
	return trampoline(m, c)
}

// ufunc is numpy's _ufunc_reconstruct(module, name), which imports.
func ufunc(m *machine, c *callOf) slot {
	module, _ := m.text(c.arg(0))
	attr, ok := m.text(c.arg(1))
	if !ok || judge(name{module, attr}).class != function && judge(name{module, attr}).class != harmless {
		return m.suspect(c, "imports the module that it is given", Bad)
	}
	return c.object()
}

// encodeText is _codecs.encode, by which protocols up to 2 write bytes.
func encodeText(m *machine, c *callOf) slot {
	codec, _ := m.text(c.arg(1))
	if c.n == 2 && (codec == "latin1" || codec == "latin-1" || codec == "utf-8" || codec == "ascii") {
		return m.derive(derived{what: dBytes, fn: c.arg(0), coding: "latin1", text: "b" + m.say(c.arg(0))})
	}
	return m.suspect(c, "encodes with a codec that models do not use", Unknown)
}

// decoder decodes its argument; the machine follows it.
func decoder(m *machine, c *callOf, coding string) slot {
	m.called(c.f, c.args, "unpacks data while loading, as hidden second stages do", Unknown)
	return m.derive(derived{what: dBytes, fn: c.arg(0), coding: coding, level: Unknown, text: m.say(c.f) + "(…)"})
}

// namedTuple makes a class out of names; Python checks that they are names.
func namedTuple(m *machine, c *callOf) slot {
	if c.ok && c.n >= 2 && c.arg(0).textual() {
		return c.object()
	}
	return m.suspect(c, "makes a class of computed names", Unknown)
}

// tensorBytes is torch.storage._load_from_bytes: torch.load of its argument.
func tensorBytes(m *machine, c *callOf) slot {
	v := c.arg(0)
	m.refuse("torch.storage._load_from_bytes loads a second file")
	if m.opt.Inner == nil || !m.hand(v) {
		return m.suspect(c, "loads a second file that cannot be followed", Unknown)
	}
	return c.object()
}

// set makes a set of the words of s.
func set(s string) map[string]bool {
	words := map[string]bool{}
	for w := range strings.FieldsSeq(s) {
		words[w] = true
	}
	return words
}
