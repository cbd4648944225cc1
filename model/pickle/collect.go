package pickle

// A shelf holds the first items of one list or dict, of the latest few: enough
// to tell what a call was given.
type shelf struct {
	serial int64
	n      int64
	items  [shelfItems]slot
}

const (
	shelves    = 64
	shelfItems = 64
)

// stow notes items that were added to the list or dict v.
func (m *machine) stow(v slot, items []slot) {
	m.grow(v, items)
	serial := v.payload()
	s := &m.shelves[serial%shelves]
	if s.serial != serial {
		s.serial, s.n = serial, 0
	}
	if room := shelfItems - s.n; room > 0 {
		copy(s.items[s.n:], items)
	}
	s.n += count(items)
}

// stored returns what is known of the items of a list or dict.
func (m *machine) stored(v slot) []slot {
	if k := v.kind(); k != kList && k != kDict {
		return nil
	}
	s := &m.shelves[v.payload()%shelves]
	if s.serial != v.payload() {
		return nil
	}
	return s.items[:min(s.n, shelfItems)]
}

// collect runs the opcodes that put values into containers.
func (m *machine) collect() {
	t := &m.stack
	switch m.op {
	case 'a': // APPEND
		if !t.has(2) {
			m.underflow()
			return
		}
		v := t.pop()
		m.append([]slot{v})
	case 's': // SETITEM
		if !t.has(3) {
			m.underflow()
			return
		}
		v := t.pop()
		k := t.pop()
		m.setItems([]slot{k, v})
	case 'e', 'u', 0x90: // APPENDS SETITEMS ADDITEMS
		items, ok := t.popMark()
		if !ok {
			m.fault("no MARK on the stack")
			return
		}
		if !t.has(1) {
			m.underflow()
			return
		}
		if len(items) == 0 { // CPython does not even look at what is below
			return
		}
		if m.op == 'u' {
			m.setItems(items)
		} else {
			m.append(items)
		}
	default:
		m.gather()
	}
}

// gather runs the opcodes that make containers.
func (m *machine) gather() {
	t := &m.stack
	if m.op == 0x8f { // EMPTY_SET
		t.push(m.fresh(kSet))
		return
	}
	items, ok := t.popMark()
	if !ok {
		m.fault("no MARK on the stack")
		t.push(mk(kUnknown, 0))
		return
	}
	switch m.op {
	case 't': // TUPLE
		t.push(m.tuple(items))
	case 'l', 'd': // LIST DICT
		k := kList
		if m.op == 'd' {
			k = kDict
		}
		v := m.fresh(k)
		m.stow(v, items)
		t.push(v)
	case 0x91: // FROZENSET
		v := m.fresh(kSet)
		m.members(v, items)
		t.push(v)
	}
}

// members adds items to a set.
func (m *machine) members(v slot, items []slot) {
	m.grow(v, items)
	for _, i := range items {
		if i.kind() == kTuple {
			m.hashedSize(i)
		}
	}
}

// append adds items to the value on top.
func (m *machine) append(items []slot) {
	top := m.stack.s[len(m.stack.s)-1]
	switch top.kind() {
	case kList:
		m.stow(top, items)
	case kSet:
		m.members(top, items)
	case kObject, kUnknown, kRun, kPersist:
		m.refuse("appends to something that is no list")
		if m.op == 0x90 && top.kind() == kObject {
			m.report(Finding{Rule: "build", What: "add to " + m.say(top), Why: "adds to something that is no set: what it has under that name is called", Level: Unknown})
		}
	case kDict, kGlobal, kDerived:
		m.refuse("appends to something that is no list")
		if top.kind() != kDict && !m.plain(top) {
			m.report(Finding{Rule: "build", What: "append to " + m.say(top), Why: "adds to something that is no list", Level: Unknown})
		}
	default:
		m.fault("appends to something that is no list")
	}
}

// setItems stores keys and values in the value on top.
func (m *machine) setItems(items []slot) {
	top := m.stack.s[len(m.stack.s)-1]
	if count(items)%2 != 0 {
		m.fault("a key without a value")
	}
	for i := 0; i+1 < len(items); i += 2 {
		switch items[i].kind() {
		case kDerived:
			m.hashed(items[i])
		case kTuple:
			m.hashedSize(items[i])
		case kText, kEscaped, kQuoted:
			m.hooked(items[i], items[i+1])
		}
	}
	switch top.kind() {
	case kDict:
		m.stow(top, items)
	case kObject:
		if n := m.globals[top.payload()].name; !orderedDict[n] {
			m.refuse("sets items of something that is no dict: PyTorch before 2.10 may")
		}
	case kUnknown, kRun, kPersist:
		m.refuse("sets items of something that is no dict: PyTorch before 2.10 may")
	case kGlobal, kDerived:
		m.refuse("sets items of something that is no dict: PyTorch before 2.10 may")
		level := Bad
		if top.kind() == kDerived && m.derived[top.payload()].what == dResult {
			level = max(m.derived[top.payload()].level, Unknown)
		}
		m.report(Finding{Rule: "build", What: "set an item of " + m.say(top), Why: "changes what the program itself uses", Level: level})
	case kList:
		m.refuse("sets items of something that is no dict: PyTorch before 2.10 may")
	default:
		m.fault("sets items of something that is no dict")
	}
}

var orderedDict = map[name]bool{{"collections", "OrderedDict"}: true, {"collections", "Counter"}: true}

// hashed sees a key that runs code of its own when it is hashed.
func (m *machine) hashed(k slot) {
	if k.kind() == kDerived && m.derived[k.payload()].made {
		m.report(Finding{Rule: "call", What: "hash(" + m.say(k) + ")", Why: "a key made by the pickle runs its own code when it is hashed", Level: Bad})
	}
}
