package pickle

import "strings"

// name is an import: a module and what it is asked for.
type name struct{ module, attr string }

func (n name) String() string { return n.module + "." + n.attr }

// python3 returns the name that find_class looks up.
func (n name) python3() name {
	if to, ok := renamed[n]; ok {
		return to
	}
	if n.module == "exceptions" {
		return name{"builtins", n.attr}
	}
	if to, ok := moved[n.module]; ok {
		return name{to, n.attr}
	}
	return n
}

// root returns the first part of the module.
func (n name) root() string {
	root, _, _ := strings.Cut(n.module, ".")
	return root
}

// leaf returns the last part of the name.
func (n name) leaf() string { return n.attr[strings.LastIndexByte(n.attr, '.')+1:] }

// global is an import that the pickle names.
type global struct {
	name
	judgement
	at     int64
	op     byte
	called bool  // a finding tells of the call
	after  bool  // it was named after a fault
	calls  int   // that were seen
	worst  Level // of the calls that were told
	appetite
	result slot // what calling it gives, where that does not depend on arguments
}

// globalsMax bounds how many imports are told apart.
const (
	globalsMax   = 1 << 12
	globalsLight = 1 << 10 // that take little memory
)

// global pushes an import and judges it once.
func (m *machine) global(n name) {
	m.weightsGlobal(n)
	if m.proto < 3 {
		n = n.python3()
	}
	if !safeText(n.module) || !safeText(n.attr) {
		n = name{printable(n.module), printable(n.attr)}
	}
	v, ok := m.intern(n)
	if !ok {
		m.dynamic("more imports than may be kept")
		return
	}
	m.stack.push(v)
}

// intern judges an import once and returns it; ok is false where there are more
// than are told apart.
func (m *machine) intern(n name) (v slot, ok bool) {
	if id, ok := m.byName[n]; ok {
		return mk(kGlobal, int64(id)), true
	}
	if len(m.globals) >= globalsMax {
		m.lost = true
		return 0, false
	}
	if len(m.globals) == globalsLight {
		m.heavy()
	}
	id := int32(len(m.globals))
	m.byName[n] = id
	m.globals = append(m.globals, global{name: n, judgement: judge(n), appetite: appetites[n.String()], at: m.opAt, op: m.op, after: m.res.Fault != ""})
	m.res.Globals = append(m.res.Globals, n.String())
	if m.proto < 4 && strings.Contains(n.attr, ".") && (m.op == 'c' || m.op == 'i' || m.op == 0x93) {
		m.report(Finding{Rule: "inconsistent", What: n.String(), Why: "a name with a dot: CPython follows it from protocol 4 on only", Level: Unknown})
	}
	return mk(kGlobal, int64(id)), true
}

// dynamic pushes something that is imported under a name that only running
// would tell.
func (m *machine) dynamic(why string) {
	m.refuse("an import under a computed name")
	m.report(Finding{Rule: "dynamic", What: "an import under a computed name", Why: why, Level: Unknown})
	m.stack.push(m.derive(derived{text: "<computed import>", level: Unknown}))
}

func safeText(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < 0x20 || s[i] == 0x7f {
			return false
		}
	}
	return true
}

func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7f || r == 0xfffd {
			return '?'
		}
		return r
	}, s)
}
