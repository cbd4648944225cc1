package pickle

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
)

// act runs the opcodes that import and call.
func (m *machine) act() {
	switch m.op {
	case 'c', 'i': // GLOBAL INST
		m.named()
	case 0x93: // STACK_GLOBAL
		m.stackGlobal()
	case 'R', 0x81: // REDUCE NEWOBJ
		m.reduce()
	case 0x92: // NEWOBJ_EX
		m.newObjectEx()
	case 'o': // OBJ
		m.object()
	case 'b': // BUILD
		m.build()
	case 'P', 'Q': // PERSID BINPERSID
		m.persistent()
	case 0x82, 0x83, 0x84: // EXT1 EXT2 EXT4
		m.extension()
	}
}

// named runs the opcodes that name an import on two lines.
func (m *machine) named() {
	if m.op == 'c' && m.again() {
		return
	}
	framed := m.frame != 0
	var parts [2]string
	for k := range parts {
		if m.frame != 0 {
			m.crossLine()
		}
		line, _, ok := m.line()
		if !ok {
			m.truncated()
			return
		}
		parts[k] = string(bytes.Clone(line[:min(len(line), textMax)]))
	}
	n := name{parts[0], parts[1]}
	if m.op == 'c' {
		m.global(n)
		if !framed {
			m.remember(n)
		}
		return
	}
	items, ok := m.stack.popMark()
	if !ok {
		m.fault("no MARK on the stack")
	}
	args := m.tuple(items)
	m.making = len(items) == 0 // CPython leaves out __init__ where there are no arguments
	m.global(n)
	m.stack.push(m.call(m.stack.pop(), args))
}

// again pushes an import that was named before in the same letters.
func (m *machine) again() bool {
	if m.frame != 0 || len(m.byLines) == 0 {
		return false
	}
	n := lines2(m.buf[m.i:])
	id, ok := m.byLines[string(m.buf[m.i:m.i+n])]
	if n == 0 || !ok {
		return false
	}
	m.i += n
	m.stack.push(mk(kGlobal, int64(id)))
	return true
}

// remember notes the two lines that the import on top was named by.
func (m *machine) remember(n name) {
	top := m.stack.s[len(m.stack.s)-1]
	if top.kind() != kGlobal || len(n.module)+len(n.attr) > textMax || len(m.byLines) >= globalsMax {
		return
	}
	m.byLines[n.module+"\n"+n.attr+"\n"] = int32(top.payload())
}

// lines2 returns the length of the first two lines of b, 0 where there are less.
func lines2(b []byte) int {
	k := bytes.IndexByte(b, '\n')
	if k < 0 {
		return 0
	}
	l := bytes.IndexByte(b[k+1:], '\n')
	if l < 0 {
		return 0
	}
	return k + l + 2
}

func (m *machine) stackGlobal() {
	if !m.stack.has(2) {
		m.underflow()
		m.stack.push(mk(kUnknown, 0))
		return
	}
	attr, module := m.stack.pop(), m.stack.pop()
	if !attr.textual() || !module.textual() {
		if k := attr.kind(); k == kInt || k == kNone || k == kTuple || module.kind() == kTuple {
			m.fault("STACK_GLOBAL of something that is no text")
		}
		m.dynamic("the name is computed, or further back than is kept")
		return
	}
	n := name{m.keepText(module), m.keepText(attr)}
	if _, long := module.place(); long > textMax {
		m.dynamic("the name is too long for any module")
		return
	}
	m.global(n)
}

// pinnedMax bounds the texts that are kept.
const pinnedMax = 1 << 12

// keepText reads a text and keeps it, where it may be asked for again once it
// has left the buffer.
func (m *machine) keepText(v slot) string {
	s, _ := m.text(v)
	off, _ := v.place()
	if len(m.pinned) < pinnedMax {
		m.pinned[off] = s
	}
	if m.memo.lossy {
		for _, p := range m.lastPut {
			if p.v == v {
				m.memo.pin(p.idx, v)
			}
		}
	}
	return s
}

func (m *machine) reduce() {
	if !m.stack.has(2) {
		m.underflow()
		m.stack.push(mk(kUnknown, 0))
		return
	}
	args := m.stack.pop()
	f := m.stack.pop()
	m.weightsCall(f)
	m.making = m.op == 0x81
	m.stack.push(m.call(f, args))
}

func (m *machine) newObjectEx() {
	if !m.stack.has(3) {
		m.underflow()
		m.stack.push(mk(kUnknown, 0))
		return
	}
	m.stack.pop() // keyword arguments
	args := m.stack.pop()
	m.making = true
	m.stack.push(m.call(m.stack.pop(), args))
}

func (m *machine) object() {
	items, ok := m.stack.popMark()
	if !ok || len(items) == 0 {
		m.fault("OBJ without a class")
		m.stack.push(mk(kUnknown, 0))
		return
	}
	f := items[0]
	m.making = len(items) == 1
	m.stack.push(m.call(f, m.tuple(items[1:])))
}

func (m *machine) persistent() {
	if m.op == 'P' {
		if m.frame != 0 {
			m.crossLine()
		}
		if _, _, ok := m.line(); !ok {
			m.truncated()
			return
		}
		m.stack.push(mk(kPersist, 0))
		return
	}
	if !m.stack.has(1) {
		m.underflow()
		return
	}
	id := m.stack.pop()
	m.storage(id)
	if items, _, ok := m.items(id); ok && len(items) > 1 && items[1].kind() == kGlobal {
		if s, _ := m.text(items[0]); s == "module" { // of old checkpoints: a class with its source, which is only compared
			m.stack.push(items[1])
			return
		}
	}
	m.stack.push(mk(kPersist, 0))
}

func (m *machine) extension() {
	width := 1 << (m.op - 0x82)
	if !m.need(width) {
		return
	}
	var b [4]byte
	copy(b[:], m.buf[m.i:m.i+width])
	m.i += width
	code := binary.LittleEndian.Uint32(b[:])
	what := fmt.Sprintf("extension %d", code)
	m.report(Finding{Rule: "extension", What: what, Why: "an import that the loading program has given a number; the file does not say which", Level: Unknown})
	m.stack.push(m.derive(derived{text: "<" + what + ">", level: Unknown}))
}

// build runs BUILD: the state of an object is set.
func (m *machine) build() {
	if !m.stack.has(2) {
		m.underflow()
		return
	}
	state := m.stack.pop()
	inst := m.stack.s[len(m.stack.s)-1]
	m.weightsBuild(inst)
	switch inst.kind() {
	case kGlobal:
		m.report(Finding{Rule: "build", What: "change attributes of " + m.say(inst), Why: "the state is set on the class, function or module itself", Level: Bad})
	case kDerived:
		m.buildDerived(inst, state)
	case kObject:
		m.buildObject(inst, state)
	case kText, kEscaped, kQuoted, kBytes, kInt, kNone, kTuple:
		m.fault("BUILD of a plain value")
	}
}

func (m *machine) buildDerived(inst, state slot) {
	d := &m.derived[inst.payload()]
	items, n, ok := m.items(state)
	switch d.what {
	case dDtype:
		d.typeState(items, n, ok)
	case dPartial:
		if ok && len(items) > 0 {
			d.level = max(d.level, m.heldBy(items[0], "functools.partial"))
			d = &m.derived[inst.payload()]
			d.fn, d.args = items[0], nil
			if len(items) > 1 {
				held, _, _ := m.items(items[1])
				d.args = slices.Clone(held)
			}
		}
	case dResult, dAttr:
		if d.level == Unknown { // what made it was told already
			return
		}
		m.report(Finding{Rule: "build", What: "set the state of " + d.text, Why: "calls a method of something that is not known", Level: d.level})
	}
}

// report records a finding, each but once. After a fault it weighs less: CPython
// does not come that far.
func (m *machine) report(f Finding) {
	f.Offset, f.Opcode = m.opAt, opName(m.op)
	m.record(f, m.res.Fault != "")
}

// findingsMax bounds the findings of one pickle.
const findingsMax = 256

func (m *machine) record(f Finding, after bool) {
	if after && f.Level > Unknown {
		f.Level = Unknown
		f.Why += "; CPython stops before it"
	}
	key := reportKey{f.Rule, f.What}
	if _, ok := m.reported[key]; ok {
		return
	}
	if len(m.res.Findings) >= findingsMax {
		for i := range m.res.Findings {
			if m.res.Findings[i].Level < f.Level {
				m.res.Findings[i] = f
				return
			}
		}
		return
	}
	m.reported[key] = struct{}{}
	m.res.Findings = append(m.res.Findings, f)
}

// keepable are rules of imports that are harmless as a value: nothing called
// them in a pickle that was followed to its end.
var keepable = set("attributeOf trampoline lazily")

// finish tells of the imports that no call has told of, and what the pickle
// gives.
func (m *machine) finish() {
	kept := m.res.Stopped && m.res.Fault == "" && m.res.Exhausted == "" && !m.lost
	for i := range m.globals {
		g := &m.globals[i]
		if g.called {
			continue
		}
		f := Finding{Rule: "import", What: g.String(), Why: g.why, Offset: g.at, Opcode: opName(g.op)}
		switch g.class {
		case denied:
			f.Level = g.level
		case unknown:
			f.Level = Unknown
		case special:
			if f.Level = g.level; g.level == Info || kept && keepable[g.rule] {
				continue
			}
		default:
			continue
		}
		m.record(f, g.after)
	}
	if m.lost && m.res.Exhausted == "" {
		m.res.Exhausted = "more imports or computed values than may be kept"
	}
	m.res.IsInt = m.top.kind() == kInt
	if m.res.IsInt {
		m.res.Top = m.top.whole()
	}
}
