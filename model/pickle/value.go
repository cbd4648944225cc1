package pickle

// A slot is one value of the symbolic machine in eight bytes: a kind in the top
// byte and below it whatever the kind needs. Text stays in the file: a slot
// says where it stands.
type slot uint64

type kind uint8

const (
	kEmpty   kind = iota // no value: a memo entry that was never written
	kNone                // None, True, False, floats, buffers: values without a story
	kInt                 // low 56 bits: the value, two's complement, where it fits
	kText                // UTF-8 as it stands: place and length
	kEscaped             // text with \u escapes: the line of UNICODE
	kQuoted              // text in quotes with escapes: the line of STRING
	kBytes               // place and length
	kLost                // text that is no longer known
	kList                // serial number
	kDict                // serial number
	kSet                 // serial number
	kTuple               // length, place in the ring of tuples, and size
	kGlobal              // number of the import
	kObject              // what calling an import gave: number of the import
	kDerived             // number of something computed: an attribute, a partial, a decoded text
	kPersist             // what persistent_load gives
	kUnknown             // anything at all
	kRun                 // as many values that are of no interest
)

const (
	payloadBits = 56
	payloadMask = 1<<payloadBits - 1
	lenBits     = 12
	lenMax      = 1<<lenBits - 1 // a length that did not fit
	ringLenBits = 8
	ringLenMax  = 1<<ringLenBits - 1
	ringAtBits  = 42
	ringAtMask  = 1<<ringAtBits - 1
)

func mk(k kind, payload int64) slot { return slot(k)<<payloadBits | slot(payload)&payloadMask }

func (s slot) kind() kind     { return kind(s >> payloadBits) }
func (s slot) payload() int64 { return int64(s & payloadMask) }

// whole returns the value of a kInt.
func (s slot) whole() int64 { return int64(s<<8) >> 8 }

// span makes a constant of n bytes at off.
func span(k kind, off, n int64) slot { return mk(k, off<<lenBits|min(n, lenMax)) }

// place returns where a constant stands and its length; lenMax or more is told
// as lenMax.
func (s slot) place() (off, n int64) { return s.payload() >> lenBits, s.payload() & lenMax }

// textual reports whether the value is a str that a name can be made of.
func (s slot) textual() bool {
	k := s.kind()
	return k == kText || k == kEscaped || k == kQuoted
}

// stack is that of the unpickler. Values far below the top that are of no
// interest are held as runs, so that a list of millions of them costs nothing.
type stack struct {
	s     []slot
	marks []int32
	max   int    // slots; beyond it values are folded
	full  bool   // even runs do not help: the machine must stop
	grow  func() // if not nil, called where max is reached: it raises max, once
}

// topKept is how many slots at the top are never folded into runs.
const topKept = 1024

func (t *stack) push(v slot) {
	if len(t.s) >= t.max {
		if t.full {
			return
		}
		t.room()
	}
	t.s = append(t.s, v)
}

// room makes room for one more value, unless the stack is full.
func (t *stack) room() {
	if t.grow != nil {
		t.grow()
		t.grow = nil
		return
	}
	t.fold()
}

// fence returns the index below which no opcode may reach.
func (t *stack) fence() int {
	if n := len(t.marks); n > 0 {
		return int(t.marks[n-1])
	}
	return 0
}

// has reports whether n values lie above the fence.
func (t *stack) has(n int) bool {
	have := len(t.s) - t.fence()
	if have >= n {
		return true
	}
	for _, v := range t.s[t.fence():] {
		if v.kind() == kRun {
			have += int(v.payload()) - 1
		}
	}
	return have >= n
}

// pop takes the top value; the caller has asked has.
func (t *stack) pop() slot {
	top := len(t.s) - 1
	v := t.s[top]
	if v.kind() != kRun {
		t.s = t.s[:top]
		return v
	}
	if n := v.payload() - 1; n > 0 {
		t.s[top] = mk(kRun, n)
	} else {
		t.s = t.s[:top]
	}
	return mk(kUnknown, 0)
}

func (t *stack) mark() bool {
	if len(t.marks) >= t.max && t.grow != nil {
		t.room()
	}
	if len(t.marks) >= t.max {
		t.full = true
		return false
	}
	t.marks = append(t.marks, int32(len(t.s)))
	return true
}

// popMark takes all values above the last mark. They stand until the next push.
func (t *stack) popMark() ([]slot, bool) {
	n := len(t.marks)
	if n == 0 {
		return nil, false
	}
	at := t.marks[n-1]
	items := t.s[at:]
	t.s, t.marks = t.s[:at], t.marks[:n-1]
	return items, true
}

// fold turns values that nobody will ask for into runs.
func (t *stack) fold() {
	keep := len(t.s) - topKept
	out, mark := 0, 0
	for i, v := range t.s {
		fresh := false
		for mark < len(t.marks) && int(t.marks[mark]) == i {
			t.marks[mark] = int32(out)
			mark, fresh = mark+1, true
		}
		if i >= keep || v.kind() == kGlobal || v.kind() == kDerived {
			t.s[out] = v
			out++
			continue
		}
		n := int64(1)
		if v.kind() == kRun {
			n = v.payload()
		}
		if out > 0 && !fresh && t.s[out-1].kind() == kRun {
			t.s[out-1] += slot(n)
			continue
		}
		t.s[out] = mk(kRun, n)
		out++
	}
	for ; mark < len(t.marks); mark++ {
		t.marks[mark] = int32(out)
	}
	t.s = t.s[:out]
	if out > t.max-t.max/8 {
		t.full = true
	}
}

// count returns how many values items stand for.
func count(items []slot) int64 {
	n := int64(len(items))
	if n < topKept {
		return n
	}
	for _, v := range items {
		if v.kind() == kRun {
			n += v.payload() - 1
		}
	}
	return n
}
