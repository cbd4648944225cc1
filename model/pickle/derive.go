package pickle

import (
	"strconv"
	"strings"
)

// derived is something that the pickle computes out of imports.
type derived struct {
	what  deed
	text  string // in words
	level Level  // of calling it
	fn    slot   // dPartial: the function; dAttr: the object; dType: the dtype
	attr  string // dAttr: the attribute; dGetter: the path
	args  []slot // dPartial: those it brings
	made  bool   // a class made by the pickle itself

	size    int64  // dDtype: bytes of an item, 0 for not known
	objects bool   // dDtype: items are pickled objects
	coding  string // dBytes: how fn is to be decoded
}

type deed uint8

const (
	dResult deed = iota // the result of a call
	dAttr               // an attribute of something
	dGetter             // operator.attrgetter
	dPartial
	dBytes // a constant, decoded
	dDtype // numpy.dtype
	dLong  // an iterator that has no end, or none in sight
)

// derivedMax bounds how many are told apart.
const (
	derivedMax   = 1 << 14
	derivedLight = 1 << 11 // that take little memory
)

func (m *machine) derive(d derived) slot {
	if len(m.derived) >= derivedMax {
		m.lost = m.lost || d.what != dDtype && d.what != dLong
		return mk(kUnknown, 0)
	}
	if len(m.derived) == derivedLight {
		m.heavy()
	}
	d.text = clip(d.text, 2*sayMax)
	m.derived = append(m.derived, d)
	return mk(kDerived, int64(len(m.derived)-1))
}

// full reports whether nothing more can be told apart; what is computed then is
// not known, and the result says so.
func (m *machine) full() bool {
	m.lost = m.lost || len(m.derived) >= derivedMax
	return len(m.derived) >= derivedMax
}

func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}

// plain reports whether a value can be held and called without harm.
func (m *machine) plain(v slot) bool {
	switch v.kind() {
	case kGlobal:
		c := m.globals[v.payload()].class
		return c == harmless || c == function || c == class
	case kDerived:
		return m.derived[v.payload()].level == Info
	case kUnknown, kPersist, kRun:
		return false
	}
	return true
}

// dtype makes a numpy.dtype of the first argument of its constructor.
func (m *machine) dtype(items []slot) slot {
	d := derived{what: dDtype, text: "numpy.dtype(…)"}
	if len(items) > 0 {
		if s, ok := m.text(items[0]); ok {
			d.size, d.objects = itemSize(s)
		}
	}
	return m.derive(d)
}

// itemSize returns the bytes of an item of a type such as f8 or V12.
func itemSize(s string) (size int64, objects bool) {
	s = strings.TrimLeft(s, "<>|=")
	if s == "" {
		return 0, false
	}
	n, err := strconv.ParseInt(s[1:], 10, 40)
	if err != nil && s[1:] != "" {
		return 0, false
	}
	switch s[0] {
	case 'O':
		return 8, true
	case 'U':
		return 4 * n, false
	case 'b', 'i', 'u', 'f', 'c', 'S', 'a', 'V', 'm', 'M', 'B':
		if s == "b" || s == "B" {
			n = 1
		}
		return n, false
	}
	return 0, false
}

// typeState sees the state of a dtype: (version, order, subdtype, names, fields,
// size, alignment, flags). Source: numpy, _core/src/multiarray/descriptor.c.
func (d *derived) typeState(items []slot, n int64, ok bool) {
	if !ok || n < 7 {
		return
	}
	if size := items[5]; size.kind() == kInt && size.whole() > 0 {
		d.size = size.whole()
	}
	if n < 8 || items[7].kind() != kInt {
		return
	}
	const hasObject = 0x01
	d.objects = d.objects || items[7].whole()&hasObject != 0
}

// buildObject sees the state of an object of a known class. joblib writes an
// array between the opcodes where one of its wrappers has got its state.
// Source: joblib/numpy_pickle.py, NumpyUnpickler.load_build.
func (m *machine) buildObject(inst, state slot) {
	n := m.globals[inst.payload()].name
	m.buildFramework(n, state)
	if n.attr != "NumpyArrayWrapper" || !strings.HasSuffix(n.module, "joblib.numpy_pickle") {
		return
	}
	m.res.Arrays++
	if m.opt.Plain {
		return
	}
	items := m.stored(state)
	var shape, dtype, padded slot
	for i := 0; i+1 < len(items); i += 2 {
		switch key, _ := m.text(items[i]); key {
		case "shape":
			shape = items[i+1]
		case "dtype":
			dtype = items[i+1]
		case "numpy_array_alignment_bytes":
			padded = items[i+1]
		}
	}
	m.passArray(shape, dtype, padded)
}

func (m *machine) passArray(shape, dtype, padded slot) {
	dims, n, ok := m.items(shape)
	if !ok || n > tupleKept || dtype.kind() != kDerived || m.derived[dtype.payload()].what != dDtype {
		m.exhaust("an array of joblib whose shape or type is not plain")
		return
	}
	d := &m.derived[dtype.payload()]
	if d.objects {
		m.objects()
		return
	}
	total := d.size
	for _, v := range dims {
		if v.kind() != kInt || v.whole() < 0 || total < 0 || v.whole() > 0 && total > 1<<44/v.whole() {
			m.exhaust("an array of joblib of impossible size")
			return
		}
		total *= v.whole()
	}
	if d.size == 0 {
		m.exhaust("an array of joblib of a type that is not known")
		return
	}
	m.frame = 0
	if padded.kind() == kInt {
		if !m.need(1) {
			return
		}
		pad := int64(m.buf[m.i])
		m.i++
		m.skip(pad)
	}
	m.skip(total)
}

// objects runs the pickle that joblib writes in place of an array of objects.
func (m *machine) objects() {
	if m.opt.depth >= depthMax {
		m.exhaust("arrays of objects nested too deep")
		return
	}
	o := m.opt
	o.depth++
	o.Opcodes -= m.res.Opcodes
	o.Memory /= 2
	at, before := m.at(), m.res.Fault != ""
	in := takeMachine(m.ctx, m.r, at, o)
	in.run()
	in.finish()
	res := in.res
	in.release()
	m.merge(&res, before)
	m.reset(m.r, res.End)
	if res.Exhausted != "" {
		m.exhaust(res.Exhausted)
	}
	if !res.Stopped {
		m.fault("an array of objects that breaks off")
		m.done = true
	}
}

// depthMax bounds pickles in the middle of pickles.
const depthMax = 8

// merge takes over what running an inner pickle told.
func (m *machine) merge(in *Result, after bool) {
	for _, f := range in.Findings {
		m.record(f, after)
	}
	m.res.Globals = append(m.res.Globals, in.Globals...)
	m.res.Opcodes += in.Opcodes
	m.res.Arrays += in.Arrays
	m.res.Straddles = m.res.Straddles || in.Straddles
}
