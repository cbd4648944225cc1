package pickle

// callsMax bounds calls that lead to calls: a partial can hold itself.
const callsMax = 32

// call calls f with a tuple of arguments and returns what it gives.
func (m *machine) call(f, args slot) slot {
	m.calls++
	defer func() { m.calls-- }()
	if m.calls > callsMax {
		m.report(Finding{Rule: "call", What: "a call within a call within a call", Why: "functions are handed on without end", Level: Unknown})
		return mk(kUnknown, 0)
	}
	switch f.kind() {
	case kGlobal:
		return m.callGlobal(f, args)
	case kDerived:
		return m.callDerived(f, args)
	case kObject:
		m.called(f, args, "calls an object", Unknown)
	case kUnknown, kRun, kPersist:
		m.called(f, args, "calls something that only running would tell", Unknown)
	default:
		m.fault("a call of something that cannot be called")
		return mk(kUnknown, 0)
	}
	return m.derive(derived{text: "<result>", level: Unknown})
}

// callsTold bounds how many calls of one import are told in words.
const callsTold = 64

// called records a call.
func (m *machine) called(f, args slot, why string, level Level) {
	if f.kind() == kGlobal {
		g := &m.globals[f.payload()]
		if g.calls++; g.calls > callsTold && level <= g.worst {
			m.decodeArgs(args, level)
			return
		}
		g.worst = max(g.worst, level)
	}
	what := m.say(f)
	if items, n, ok := m.items(args); ok {
		what += "(" + m.sayAll(items, n, 2) + ")"
	} else {
		what += "(…)"
	}
	m.report(Finding{Rule: "call", What: what, Why: why, Level: level})
	m.decodeArgs(args, level)
}

func (m *machine) callGlobal(f, args slot) slot {
	g := &m.globals[f.payload()]
	making := m.making
	m.making = false
	if g.appetite != frugal {
		why, gives := m.swells(g, f, args)
		if why != "" {
			g.called = true
			m.called(f, args, why, Unknown)
		}
		if gives != 0 {
			return gives
		}
	}
	switch g.class {
	case harmless:
		if asking[g.root()] && !making && m.asks(args) {
			m.called(f, args, "asks an object of a framework for what it holds: its own code answers", Unknown)
		}
		if dictLike[g.name] && !making {
			m.pairs(f, args)
		}
		return mk(kObject, f.payload())
	case class:
		if why := m.reaches(g, args); why != "" && !making {
			g.called = true
			m.called(f, args, why, Unknown)
		}
		return mk(kObject, f.payload())
	case special:
		items, n, ok := m.items(args)
		c := &callOf{f: f, args: args, items: items, n: n, ok: ok}
		if making && n == 0 && ok && g.rule == "trampoline" {
			return c.object() // has no function yet
		}
		g.called = true
		return m.apply(g.rule, c)
	case function:
		if making { // of a function CPython makes no object: this is a class in small letters
			return mk(kObject, f.payload())
		}
		g.called = true
		m.called(f, args, "a function of a known framework that loading a model has no need of", Unknown)
	default:
		g.called = true
		m.called(f, args, g.why, max(g.level, Unknown))
	}
	return m.resultOf(f, max(g.level, Unknown))
}

// resultOf is what calling an import gives, one value for each level.
func (m *machine) resultOf(f slot, level Level) slot {
	g := &m.globals[f.payload()]
	if v := g.result; v != 0 && m.derived[v.payload()].level == level {
		return v
	}
	v := m.derive(derived{text: clip(m.say(f), sayMax) + "(…)", level: level})
	if v.kind() == kDerived {
		g.result = v
	}
	return v
}

func (m *machine) callDerived(f, args slot) slot {
	d := m.derived[f.payload()]
	switch d.what {
	case dPartial:
		items, _, _ := m.items(args)
		if len(d.args)+len(items) > tupleKept {
			break
		}
		return m.call(d.fn, m.tuple(append(append([]slot{}, d.args...), items...)))
	case dGetter:
		items, n, ok := m.items(args)
		if ok && n == 1 {
			return m.attribute(items[0], d.attr)
		}
	case dAttr:
		if d.attr == "__new__" && d.level == Info {
			return m.callNew(d, args)
		}
		if d.level == Info && m.innerClass(d) {
			return f
		}
	}
	if d.what == dBytes {
		m.fault("a call of something that cannot be called")
		return mk(kUnknown, 0)
	}
	m.called(f, args, "calls something that was computed", max(d.level, Unknown))
	return m.derive(derived{text: clip(d.text, sayMax) + "(…)", level: max(d.level, Unknown)})
}

// callNew calls the __new__ of a class, whose first argument is the class.
func (m *machine) callNew(d derived, args slot) slot {
	items, n, ok := m.items(args)
	if !ok || n == 0 || n > tupleKept || items[0] != d.fn && !m.isClass(items[0]) {
		m.called(d.fn, args, "makes an object of another class than it says", Unknown)
		return m.derive(derived{text: clip(d.text, sayMax) + "(…)", level: Unknown})
	}
	m.making = true
	return m.call(items[0], m.tuple(items[1:]))
}

// innerClass reports whether an attribute of a harmless class is named like a
// class: one defined inside the other.
func (m *machine) innerClass(d derived) bool {
	return d.fn.kind() == kGlobal && capWord(d.attr) && m.globals[d.fn.payload()].class != special
}

// callOf is a call of an import with a rule of its own.
type callOf struct {
	f, args slot
	items   []slot // the first arguments, as far as they are known
	n       int64  // how many there are
	ok      bool   // whether they are known
}

func (c *callOf) arg(i int) slot {
	if i < len(c.items) {
		return c.items[i]
	}
	return 0
}

// object is what calling a class gives.
func (c *callOf) object() slot { return mk(kObject, c.f.payload()) }

// suspect records the call as one that is not known to be harmless.
func (m *machine) suspect(c *callOf, why string, level Level) slot {
	for _, v := range c.items {
		level = max(level, m.levelOf(v))
	}
	m.called(c.f, c.args, why, level)
	if c.f.kind() == kGlobal {
		return m.resultOf(c.f, level)
	}
	return m.derive(derived{text: clip(m.say(c.f), sayMax) + "(…)", level: level})
}

// levelOf tells how bad it is to have a value called.
func (m *machine) levelOf(v slot) Level {
	switch v.kind() {
	case kGlobal:
		switch g := &m.globals[v.payload()]; g.class {
		case denied:
			return g.level
		case unknown:
			return Unknown
		case special:
			if callers[g.rule] || g.level > Info {
				return Unknown
			}
		}
	case kDerived:
		return m.derived[v.payload()].level
	}
	return Info
}

// callers are rules of imports that call what they are given.
var callers = set("attributeOf getter methodCaller partial trampoline lazily construct reconstruct fromTypeV2 makeType iterator ufunc fileArray getItem createArray evalRepr")

// callable judges a value that something harmless will call.
func (m *machine) callable(v slot, by string) Level {
	level := m.levelOf(v)
	if v.kind() == kUnknown || v.kind() == kPersist {
		level = Unknown
	}
	if level > Info {
		m.report(Finding{Rule: "call", What: by + "(" + m.say(v) + ", …)", Why: "hands on a function to be called", Level: level})
	}
	return level
}
